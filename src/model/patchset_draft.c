/* SPDX-License-Identifier: Apache-2.0 */
#include "model/patchset_draft.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/manifest_private.h"

#include <stdlib.h>
#include <string.h>

struct patchset_draft {
	struct manifest manifest; /* every text in it is owned */
};

static void copy_text(void *context, const char **text)
{
	(void)context;
	*text = mem_strdup(*text ? *text : "");
}

static void free_text(void *context, const char **text)
{
	(void)context;
	free((void *)(uintptr_t)*text);
	*text = NULL;
}

static void *add_record(struct patchset_draft *draft, enum paragraph kind, const void *record)
{
	void *copy = manifest_add(&draft->manifest, kind);

	memcpy(copy, record, paragraph_size(kind));
	paragraph_texts(kind, copy, copy_text, NULL);
	return copy;
}

struct patchset_draft *patchset_draft_new(const char *release, int64_t created_at)
{
	struct patchset_draft *draft = mem_new(1, sizeof *draft);
	struct head head = {
		.format = "patchline-set 1",
		.release = release,
		.narrowed_by = "",
		.created_at = created_at,
	};

	add_record(draft, PARAGRAPH_HEAD, &head);
	return draft;
}

void patchset_draft_narrow(struct patchset_draft *draft, const char *how)
{
	struct head *head = manifest_at(&draft->manifest, PARAGRAPH_HEAD, 0);

	free_text(NULL, &head->narrowed_by);
	head->narrowed_by = mem_strdup(how);
}

void patchset_draft_add_package(struct patchset_draft *draft, const struct package *package)
{
	add_record(draft, PARAGRAPH_PACKAGE, package);
}

/* A text of others becomes one line. */
static void make_line(const char **text)
{
	CLEANUP(free) char *line = mem_strdup(*text);

	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	free_text(NULL, text);
	*text = mem_strdup(str_trim(line));
}

void patchset_draft_add_left_out(struct patchset_draft *draft, const struct left_out *left_out)
{
	struct left_out *copy = add_record(draft, PARAGRAPH_LEFT_OUT, left_out);

	make_line(&copy->reason);
}

void patchset_draft_add_unplanned(struct patchset_draft *draft, const struct unplanned *host)
{
	struct unplanned *copy = add_record(draft, PARAGRAPH_UNPLANNED, host);

	make_line(&copy->reason);
}

void patchset_draft_add_repository(struct patchset_draft *draft, const struct repository *r)
{
	add_record(draft, PARAGRAPH_REPOSITORY, r);
}

void patchset_draft_add_source(struct patchset_draft *draft, const struct set_source *source)
{
	add_record(draft, PARAGRAPH_SOURCE, source);
}

/* A line end in a value would make lines, or whole paragraphs, that nobody added. */
struct line_check {
	const char *bad;
};

static void check_line(void *context, const char **text)
{
	struct line_check *check = context;

	if ((*text)[strcspn(*text, "\r\n")])
		check->bad = *text;
}

static int check_lines(const struct manifest *m, struct error *err)
{
	struct line_check check = { 0 };

	for (enum paragraph kind = 0; kind < PARAGRAPH_COUNT; kind++) {
		for (size_t i = 0; i < m->records[kind].count; i++)
			paragraph_texts(kind, manifest_at(m, kind, i), check_line, &check);
	}
	if (check.bad)
		return error_set(err, ERR_USAGE, "sealing: a line end in '%.80s'", check.bad);
	return 0;
}

int patchset_seal(struct patchset_draft *draft, char **text, size_t *size,
	char digest[DIGEST_HEX_SIZE], struct error *err)
{
	CLEANUP(str_done) struct str out = { 0 };
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (check_lines(&draft->manifest, err) < 0)
		return -1;
	manifest_sort(&draft->manifest);
	manifest_write(&draft->manifest, &out);
	/* What is sealed can be read again: the reader alone knows what is allowed. */
	if (patchset_read(out.text, out.size, NULL, &set, err) < 0) {
		err->kind = ERR_USAGE;
		return error_wrap(err, "sealing");
	}
	memcpy(digest, patchset_digest(set), DIGEST_HEX_SIZE);
	*size = out.size;
	*text = str_take(&out);
	return 0;
}

void patchset_draft_free(struct patchset_draft *draft)
{
	if (!draft)
		return;
	for (enum paragraph kind = 0; kind < PARAGRAPH_COUNT; kind++) {
		for (size_t i = 0; i < draft->manifest.records[kind].count; i++)
			paragraph_texts(
				kind, manifest_at(&draft->manifest, kind, i), free_text, NULL);
	}
	manifest_done(&draft->manifest);
	free(draft);
}
