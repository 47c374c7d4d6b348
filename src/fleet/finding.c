/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/finding.h"

#include "base/deb822.h"
#include "base/error.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

#define FINDINGS_MAX 10000

static const char *const severity_names[SEVERITY_COUNT] = {
	[SEVERITY_NOTE] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};

/* A finding and the strings that it speaks in. */
struct entry {
	struct finding finding;
	char *check, *what, *remedy; /* owned */
};

struct findings {
	struct entry *entries; /* owned */
	size_t count, capacity;
};

static int parse_severity(const char *word, enum severity *out, struct error *err)
{
	for (int i = 0; i < SEVERITY_COUNT; i++) {
		if (word && strcmp(word, severity_names[i]) == 0) {
			*out = (enum severity)i;
			return 0;
		}
	}
	return error_set(err, ERR_CORRUPT, "'%s' is no severity: want note, warning or error",
		word ? word : "");
}

struct findings *findings_new(void)
{
	return mem_new(1, sizeof(struct findings));
}

void findings_add(struct findings *f, const struct finding *finding)
{
	f->entries = mem_room(f->entries, f->count, &f->capacity, sizeof *f->entries);

	struct entry *e = &f->entries[f->count++];

	*e = (struct entry){ .check = mem_strdup(finding->check),
		.what = mem_strdup(finding->what),
		.remedy = mem_strdup(finding->remedy) };
	e->finding = (struct finding){ e->check, finding->severity, e->what, e->remedy };
}

/* A field of several lines starts with an empty one. */
static const char *field_text(const char *field)
{
	return field && *field == '\n' ? field + 1 : field;
}

static int add_finding(struct findings *f, const struct deb822 *d, struct error *err)
{
	const char *remedy = field_text(deb822_get(d, "Do"));
	struct finding finding = {
		.check = deb822_get(d, "Finding"),
		.what = field_text(deb822_get(d, "What")),
		.remedy = remedy ? remedy : "",
	};

	if (!finding.check || !finding.what)
		return error_set(err, ERR_CORRUPT, "a paragraph without Finding and What");
	if (parse_severity(deb822_get(d, "Severity"), &finding.severity, err) < 0)
		return -1;
	if (f->count == FINDINGS_MAX)
		return error_set(err, ERR_CORRUPT, "more than %d findings", FINDINGS_MAX);
	findings_add(f, &finding);
	return 0;
}

/* The offset behind the line "Findings-End: yes" that stands on line `line`, and behind an empty one. */
static size_t offset_behind(const char *text, size_t size, size_t line)
{
	const char *at = text, *end = text + size;

	for (size_t passed = 0; passed < line && at < end; passed++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline ? newline + 1 : end;
	}
	return (size_t)(at - text) + (at < end && *at == '\n');
}

int findings_read(
	const char *text, size_t size, size_t *rest, struct findings **out, struct error *err)
{
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, size);
	CLEANUP(findings_free) struct findings *f = mem_new(1, sizeof *f);
	int got = 0;

	while ((got = deb822_next(d, err)) > 0 && !deb822_get(d, "Findings-End")) {
		if (add_finding(f, d, err) < 0)
			return error_wrap(err, "findings: line %zu", deb822_line(d));
	}
	if (got < 0)
		return error_wrap(err, "findings");
	if (!got)
		return error_set(err, ERR_CORRUPT, "findings: cut off: no 'Findings-End: yes'");
	if (rest)
		*rest = offset_behind(text, size, deb822_line(d));
	*out = STEAL(&f);
	return 0;
}

size_t findings_count(const struct findings *f)
{
	return f->count;
}

const struct finding *findings_at(const struct findings *f, size_t index)
{
	assert(index < f->count);
	return &f->entries[index].finding;
}

bool findings_have_error(const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->entries[i].finding.severity == SEVERITY_ERROR)
			return true;
	}
	return false;
}

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

void findings_free(struct findings *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		free(f->entries[i].check);
		free(f->entries[i].what);
		free(f->entries[i].remedy);
	}
	free(f->entries);
	free(f);
}
