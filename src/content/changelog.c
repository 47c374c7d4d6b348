/* SPDX-License-Identifier: Apache-2.0 */
#include "content/changelog.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/archive.h"
#include "content/pool.h"
#include "model/version.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IDS_MAX    10000 /* ids that are kept; no real changelog comes near */
#define LINKS_MAX  4     /* packages that a shared changelog is followed through */
#define NUMBER_MAX 10    /* digits of an id's number */
#define GROUP_SIZE 4     /* letters in a group of a GHSA id */
#define TEXT_MAX   ((size_t)32 * 1024 * 1024)
#define NOTE_MAX   (TEXT_MAX + 1024)

#define DIGITS  "0123456789"
#define LETTERS "23456789cfghjmpqrvwx" /* of GHSA ids */

/* Ids as they are written: a prefix, then groups of digits or letters with '-' between. */
static const struct id_form {
	const char *prefix;
	size_t groups;
	const char *alphabet;
	size_t least, most; /* characters in a group */
} id_forms[] = {
	{ "CVE-", 2, DIGITS, 1, NUMBER_MAX },
	{ "DSA-", 2, DIGITS, 1, NUMBER_MAX },
	{ "DLA-", 2, DIGITS, 1, NUMBER_MAX },
	{ "GHSA-", 3, LETTERS, GROUP_SIZE, GROUP_SIZE },
};

/* The lowest first. */
static const char *const urgencies[] = { "low", "medium", "high", "emergency", "critical" };

struct summary {
	const char *from, *to;
	char **ids; /* owned, as each of them */
	size_t id_count, id_capacity;
	size_t urgency; /* place in urgencies + 1; 0: none yet */
	int64_t newest_at;
	size_t entries;
	bool is_chosen; /* the entry that is being read */
};

/* The size of the id at the start of a text; 0 when there is none. */
static size_t id_size(const char *text, const struct id_form *form)
{
	size_t size = strlen(form->prefix);

	if (strncmp(text, form->prefix, size) != 0)
		return 0;
	for (size_t group = 0; group < form->groups; group++) {
		size_t found = strspn(text + size, form->alphabet);

		if (found < form->least || found > form->most)
			return 0;
		size += found;
		if (group + 1 < form->groups && text[size++] != '-')
			return 0;
	}
	return size;
}

/* With any case of letters; the prefix becomes upper case, what follows lower case. */
char *changelog_id(const char *text)
{
	CLEANUP(free) char *id = mem_strdup(text);
	char *dash = strchr(id, '-');

	for (char *at = id; *at; at++)
		*at = (char)(dash && at < dash ? (toupper)((unsigned char)*at)
					       : (tolower)((unsigned char)*at));
	for (size_t i = 0; i < sizeof id_forms / sizeof *id_forms; i++) {
		size_t size = id_size(id, &id_forms[i]);

		if (size && !id[size])
			return STEAL(&id);
	}
	return NULL;
}

static void take_ids(struct summary *s, const char *line)
{
	for (const char *at = line; (at = strpbrk(at, "CDG")); at++) {
		if (at > line && isalnum((unsigned char)at[-1]))
			continue;
		for (size_t i = 0; i < sizeof id_forms / sizeof *id_forms; i++) {
			size_t size = id_size(at, &id_forms[i]);

			if (!size || s->id_count == IDS_MAX)
				continue;
			s->ids = mem_room(s->ids, s->id_count, &s->id_capacity, sizeof *s->ids);
			s->ids[s->id_count++] = mem_strndup(at, size);
		}
	}
}

/* "urgency=high", also "urgency=HIGH (security fix)". */
static void take_urgency(struct summary *s, const char *header)
{
	static const char key[] = "urgency=";
	const char *at = strcasestr(header, key);

	for (size_t i = 0; at && i < sizeof urgencies / sizeof *urgencies; i++) {
		size_t size = strlen(urgencies[i]);

		if (strncasecmp(at + sizeof key - 1, urgencies[i], size) == 0 && i + 1 > s->urgency)
			s->urgency = i + 1;
	}
}

/* "name (version) distribution; urgency=medium": the start of an entry. */
static void take_header(struct summary *s, char *line)
{
	char *open = strstr(line, " ("), *close = open ? strchr(open, ')') : NULL;

	s->is_chosen = false;
	if (!close)
		return;
	*close = '\0';
	if (version_compare(&version_order_dpkg, open + 2, s->from) <= 0 && *s->from)
		return;
	if (version_compare(&version_order_dpkg, open + 2, s->to) > 0)
		return;
	s->is_chosen = true;
	s->entries++;
	take_urgency(s, close + 1);
}

/* " -- Name <address>  Mon, 23 Nov 2026 08:15:00 +0100": the end of an entry. */
static void take_trailer(struct summary *s, const char *line)
{
	const char *date = strstr(line, ">  ");
	struct tm parts = { 0 };

	if (!date || !strptime(date + 3, "%a, %d %b %Y %H:%M:%S %z", &parts))
		return;

	long offset = parts.tm_gmtoff; /* timegm() clears it */
	int64_t at = (int64_t)timegm(&parts) - offset;

	if (at > s->newest_at)
		s->newest_at = at;
}

static void take_line(struct summary *s, char *line)
{
	if (*line && *line != ' ' && *line != '\t')
		take_header(s, line);
	else if (s->is_chosen && str_starts(line, " -- "))
		take_trailer(s, line);
	else if (s->is_chosen)
		take_ids(s, line);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join_ids(struct summary *s)
{
	CLEANUP(str_done) struct str out = { 0 };

	if (s->id_count)
		qsort(s->ids, s->id_count, sizeof *s->ids, compare_texts);
	for (size_t i = 0; i < s->id_count; i++) {
		if (i && strcmp(s->ids[i], s->ids[i - 1]) == 0)
			continue;
		if (out.size)
			str_add(&out, " ");
		str_add(&out, s->ids[i]);
	}
	for (size_t i = 0; i < s->id_count; i++)
		free(s->ids[i]);
	free(s->ids);
	return str_take(&out);
}

void changelog_summarize(const char *text, size_t size, const char *from, const char *to,
	struct changelog_summary *out)
{
	CLEANUP(free) char *copy = mem_strndup(text, size);
	struct summary s = { .from = from, .to = to };

	for (char *rest = copy; rest;)
		take_line(&s, strsep(&rest, "\n"));
	*out = (struct changelog_summary){
		.advisories = join_ids(&s),
		.urgency = mem_strdup(s.urgency ? urgencies[s.urgency - 1] : ""),
		.newest_at = s.newest_at,
		.entries = s.entries,
	};
}

/*
 * What was read out of a package is kept beside it, because that costs more than all the rest of a
 * freeze: a line with the digest of what follows and the package that is meant, then the packed text.
 */
static char *note_path(const struct pool *pool, const struct changelog_package *package)
{
	CLEANUP(free) char *path = pool_path(pool, package->sha256);

	return mem_printf("%s.changelog", path);
}

/* False when there is no note, or one that is damaged: then the package is read again. */
static bool read_note(const char *path, struct archive_changelog *out)
{
	CLEANUP(free) char *note = NULL;
	char digest[DIGEST_HEX_SIZE];
	struct error ignored;
	size_t size = 0;

	if (file_read(path, NOTE_MAX, &note, &size, &ignored) < 0)
		return false;

	char *end = memchr(note, '\n', size), *space = end ? memchr(note, ' ', size) : NULL;

	if (!end || !space || space > end)
		return false;
	*end = *space = '\0';
	digest_bytes(end + 1, size - (size_t)(end + 1 - note), digest);
	if (strcmp(note, digest) != 0)
		return false;
	out->size = size - (size_t)(end + 1 - note);
	out->packed = mem_new(out->size + 1, 1);
	memcpy(out->packed, end + 1, out->size);
	out->elsewhere = space[1] ? mem_strdup(space + 1) : NULL;
	return true;
}

/* Failing to keep it costs time, no more. */
static void write_note(const char *path, const struct archive_changelog *found)
{
	CLEANUP(str_done) struct str note = { 0 };
	char digest[DIGEST_HEX_SIZE];
	struct error ignored;

	digest_bytes(found->packed ? found->packed : "", found->size, digest);
	str_addf(&note, "%s %s\n", digest, found->elsewhere ? found->elsewhere : "");
	if (found->packed)
		str_add_bytes(&note, found->packed, found->size);
	if (file_write(path, note.text, note.size, 0644, &ignored) < 0)
		unlink(path);
}

/* What cannot be unpacked says why in *unread; that is no failure. */
static int note_unread(char **unread, const struct error *err)
{
	if (err->kind != ERR_CORRUPT)
		return -1;
	*unread = mem_strdup(err->text);
	return 0;
}

static int read_from(const struct pool *pool, const struct changelog_package *package,
	struct archive_changelog *out, char **unread, struct error *err)
{
	CLEANUP(free) char *path = pool_path(pool, package->sha256);
	CLEANUP(free) char *note = note_path(pool, package);

	if (read_note(note, out))
		return 0;
	if (pool_check(pool, package->sha256, err) < 0)
		return error_wrap(err, "changelog of %s", package->name);
	if (archive_deb_changelog(path, package->name, out, err) < 0)
		return note_unread(unread, err);
	write_note(note, out);
	return 0;
}

static const struct changelog_package *find_other(
	const struct changelog_question *q, const char *name)
{
	for (size_t i = 0; i < q->other_count; i++) {
		if (str_equal(q->others[i].name, name))
			return &q->others[i];
	}
	return NULL;
}

int changelog_of_package(const struct pool *pool, const struct changelog_question *question,
	struct changelog_summary *out, struct error *err)
{
	CLEANUP(archive_changelog_done) struct archive_changelog found = { 0 };
	CLEANUP(free) char *text = NULL;
	CLEANUP(free) char *unread = NULL;
	struct changelog_package own = { question->name, question->sha256 };
	const struct changelog_package *next = &own;
	size_t size = 0;

	for (size_t links = 0; next && !found.size && !unread && links < LINKS_MAX; links++) {
		archive_changelog_done(&found);
		if (read_from(pool, next, &found, &unread, err) < 0)
			return -1;
		next = found.elsewhere ? find_other(question, found.elsewhere) : NULL;
	}
	if (archive_decompress_bytes(found.packed, found.size, TEXT_MAX, &text, &size, err) < 0 &&
		note_unread(&unread, err) < 0)
		return error_wrap(err, "changelog of %s", question->name);
	changelog_summarize(text ? text : "", size, question->from, question->to, out);
	out->unread = STEAL(&unread);
	return 0;
}

void changelog_summary_done(struct changelog_summary *summary)
{
	free(summary->advisories);
	free(summary->urgency);
	free(summary->unread);
	*summary = (struct changelog_summary){ 0 };
}
