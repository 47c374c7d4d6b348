/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/manifest_private.h"
#include "model/schema.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FORMAT    "patchline-set 1"
#define KEY_COUNT 4

enum value {
	VALUE_FORMAT, /* FORMAT and nothing else */
	VALUE_NAME,   /* is_name() */
	VALUE_WORD,   /* of a package name, version, architecture or suite */
	VALUE_DIGEST,
	VALUE_PATH,   /* relative, staying below where it starts */
	VALUE_TEXT,   /* one line */
	VALUE_IDS,    /* sorted words, single spaces between */
	VALUE_SIZE,   /* uint64_t, not 0 */
	VALUE_LENGTH, /* uint64_t */
	VALUE_TIME,   /* int64_t */
	VALUE_FLAG,   /* bool: "yes", or not there */
	VALUE_COUNT,
};

struct slot {
	const char *field;
	size_t offset;
	enum value value;
	bool is_optional; /* "" is not written */
};

/* Fields in the order in which they are written; the first one names the kind of paragraph. */
static const struct slot head_slots[] = {
	/* clang-format off */
	{ "Format",      offsetof(struct head, format),      VALUE_FORMAT, false },
	{ "Created",     offsetof(struct head, created_at),  VALUE_TIME,   false },
	{ "Release",     offsetof(struct head, release),     VALUE_TEXT,   false },
	{ "Narrowed-By", offsetof(struct head, narrowed_by), VALUE_TEXT,   true },
	{ 0 },
	/* clang-format on */
};

static const struct slot source_slots[] = {
	/* clang-format off */
	{ "Source",         offsetof(struct set_source, source),         VALUE_NAME,   false },
	{ "Suite",          offsetof(struct set_source, suite),          VALUE_PATH,   false },
	{ "Release-SHA256", offsetof(struct set_source, release_sha256), VALUE_DIGEST, false },
	{ 0 },
	/* clang-format on */
};

static const struct slot repository_slots[] = {
	/* clang-format off */
	{ "Repository",      offsetof(struct repository, platform),        VALUE_NAME,   false },
	{ "Packages-SHA256", offsetof(struct repository, packages_sha256), VALUE_DIGEST, false },
	{ "Packages-Size",   offsetof(struct repository, packages_size),   VALUE_LENGTH, false },
	{ 0 },
	/* clang-format on */
};

static const struct slot package_slots[] = {
	/* clang-format off */
	{ "Package",      offsetof(struct package, name),         VALUE_WORD,   false },
	{ "Version",      offsetof(struct package, version),      VALUE_WORD,   false },
	{ "Architecture", offsetof(struct package, architecture), VALUE_WORD,   false },
	{ "Platform",     offsetof(struct package, platform),     VALUE_NAME,   false },
	{ "SHA256",       offsetof(struct package, sha256),       VALUE_DIGEST, false },
	{ "Size",         offsetof(struct package, size),         VALUE_SIZE,   false },
	{ "Source",       offsetof(struct package, source),       VALUE_NAME,   false },
	{ "Filename",     offsetof(struct package, filename),     VALUE_PATH,   false },
	{ "Advisories",   offsetof(struct package, advisories),   VALUE_IDS,    true },
	{ "Security",     offsetof(struct package, is_security),  VALUE_FLAG,   true },
	{ "New",          offsetof(struct package, is_new),       VALUE_FLAG,   true },
	{ "Above",        offsetof(struct package, above),        VALUE_WORD,   true },
	{ "Passed-By",    offsetof(struct package, passed_by),    VALUE_WORD,   true },
	{ "Raises-Nothing", offsetof(struct package, raises_nothing), VALUE_FLAG, true },
	{ 0 },
	/* clang-format on */
};

static const struct slot left_out_slots[] = {
	/* clang-format off */
	{ "Left-Out",     offsetof(struct left_out, name),         VALUE_WORD, false },
	{ "Version",      offsetof(struct left_out, version),      VALUE_WORD, false },
	{ "Architecture", offsetof(struct left_out, architecture), VALUE_WORD, false },
	{ "Platform",     offsetof(struct left_out, platform),     VALUE_NAME, false },
	{ "Reason",       offsetof(struct left_out, reason),       VALUE_TEXT, false },
	{ 0 },
	/* clang-format on */
};

static const struct slot unplanned_slots[] = {
	/* clang-format off */
	{ "Not-Planned-For", offsetof(struct unplanned, host),        VALUE_NAME, false },
	{ "Environment",     offsetof(struct unplanned, environment), VALUE_NAME, false },
	{ "Reason",          offsetof(struct unplanned, reason),      VALUE_TEXT, false },
	{ 0 },
	/* clang-format on */
};

/* The kinds in the order in which they stand in a manifest; keys are texts of the record. */
static const struct kind {
	size_t size;
	const struct slot *slots;
	size_t keys[KEY_COUNT], key_count;
} kinds[PARAGRAPH_COUNT] = {
	[PARAGRAPH_HEAD] = { sizeof(struct head), head_slots, { 0 }, 0 },
	[PARAGRAPH_SOURCE] = { sizeof(struct set_source), source_slots,
		{ offsetof(struct set_source, source), offsetof(struct set_source, suite) }, 2 },
	[PARAGRAPH_REPOSITORY] = { sizeof(struct repository), repository_slots,
		{ offsetof(struct repository, platform) }, 1 },
	[PARAGRAPH_PACKAGE] = { sizeof(struct package), package_slots,
		{ offsetof(struct package, platform), offsetof(struct package, name),
			offsetof(struct package, architecture), offsetof(struct package, version) },
		4 },
	[PARAGRAPH_LEFT_OUT] = { sizeof(struct left_out), left_out_slots,
		{ offsetof(struct left_out, platform), offsetof(struct left_out, name),
			offsetof(struct left_out, architecture),
			offsetof(struct left_out, version) },
		4 },
	[PARAGRAPH_UNPLANNED] = { sizeof(struct unplanned), unplanned_slots,
		{ offsetof(struct unplanned, host) }, 1 },
};

static const char **text_at(void *record, size_t offset)
{
	return (const char **)((char *)record + offset);
}

static const char *const *text_of(const void *record, size_t offset)
{
	return (const char *const *)((const char *)record + offset);
}

size_t paragraph_size(enum paragraph kind)
{
	return kinds[kind].size;
}

void *manifest_at(const struct manifest *m, enum paragraph kind, size_t index)
{
	assert(index < m->records[kind].count);
	return (char *)m->records[kind].items + index * kinds[kind].size;
}

void *manifest_add(struct manifest *m, enum paragraph kind)
{
	struct records *r = &m->records[kind];

	r->items = mem_room(r->items, r->count, &r->capacity, kinds[kind].size);
	r->count++;
	return memset(manifest_at(m, kind, r->count - 1), 0, kinds[kind].size);
}

int paragraph_compare(enum paragraph kind, const void *a, const void *b)
{
	int order = 0;

	for (size_t i = 0; i < kinds[kind].key_count && order == 0; i++)
		order = strcmp(*text_of(a, kinds[kind].keys[i]), *text_of(b, kinds[kind].keys[i]));
	return order;
}

static int compare_records(const void *a, const void *b, void *kind)
{
	return paragraph_compare(*(const enum paragraph *)kind, a, b);
}

void manifest_sort(struct manifest *m)
{
	for (enum paragraph kind = 0; kind < PARAGRAPH_COUNT; kind++) {
		struct records *r = &m->records[kind];

		if (r->count)
			qsort_r(r->items, r->count, kinds[kind].size, compare_records, &kind);
	}
}

void paragraph_texts(enum paragraph kind, void *record,
	void (*on_text)(void *context, const char **text), void *context)
{
	for (const struct slot *s = kinds[kind].slots; s->field; s++) {
		if (s->value < VALUE_SIZE)
			on_text(context, text_at(record, s->offset));
	}
}

static void write_slot(const struct slot *s, const void *record, struct str *out)
{
	const char *at = (const char *)record + s->offset, *text = NULL;
	char time_text[CLOCK_TEXT_SIZE], number[32];

	if (s->value == VALUE_FLAG) {
		text = *(const bool *)at ? "yes" : "";
	} else if (s->value == VALUE_SIZE || s->value == VALUE_LENGTH) {
		snprintf(number, sizeof number, "%llu",
			(unsigned long long)*(const uint64_t *)(const void *)at);
		text = number;
	} else if (s->value == VALUE_TIME) {
		text = clock_format(*(const int64_t *)(const void *)at, time_text);
	} else {
		text = *text_of(record, s->offset);
	}
	if (s->is_optional && !*text)
		return;
	str_add(out, s->field);
	str_add_bytes(out, ": ", 2);
	str_add(out, text);
	str_add_bytes(out, "\n", 1);
}

void manifest_write(const struct manifest *m, struct str *out)
{
	for (enum paragraph kind = 0; kind < PARAGRAPH_COUNT; kind++) {
		for (size_t i = 0; i < m->records[kind].count; i++) {
			if (out->size)
				str_add_bytes(out, "\n", 1);
			for (const struct slot *s = kinds[kind].slots; s->field; s++)
				write_slot(s, manifest_at(m, kind, i), out);
		}
	}
}

static bool is_format(const char *text)
{
	return strcmp(text, FORMAT) == 0;
}

static bool is_word(const char *text)
{
	if (!isalnum((unsigned char)*text))
		return false;
	while (isalnum((unsigned char)*text) || (*text && strchr("+-.~:_", *text)))
		text++;
	return !*text;
}

static bool is_line(const char *text)
{
	if (!*text || *text == ' ')
		return false;
	while ((unsigned char)*text >= ' ' && *text != 0x7f)
		text++;
	return !*text;
}

/* No way out of the directory it is put behind, and no white space. */
static bool is_path(const char *text)
{
	if (*text == '/' || !is_line(text) || strchr(text, ' '))
		return false;
	for (const char *at = text; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "..", 2) == 0 && (!at[2] || at[2] == '/'))
			return false;
	}
	return true;
}

static bool is_ids(const char *text)
{
	const char *before = NULL;
	size_t before_size = 0;

	while (*text) {
		size_t size = strcspn(text, " ");
		size_t both = size < before_size ? size : before_size;
		int order = before ? memcmp(before, text, both) : -1;

		if (!size || order > 0 || (order == 0 && before_size >= size))
			return false;
		before = text;
		before_size = size;
		text += size;
		if (*text && !*++text)
			return false;
	}
	return !before || is_line(before);
}

static const struct {
	bool (*is_good)(const char *text);
	const char *want;
} values[VALUE_COUNT] = {
	[VALUE_FORMAT] = { is_format, "'" FORMAT "'" },
	[VALUE_NAME] = { is_name, "a name" },
	[VALUE_WORD] = { is_word, "letters, digits and +-.~:_" },
	[VALUE_DIGEST] = { digest_is_valid, "64 hexadecimal digits" },
	[VALUE_PATH] = { is_path, "a path that stays below its start" },
	[VALUE_TEXT] = { is_line, "one line" },
	[VALUE_IDS] = { is_ids, "sorted ids" },
};

static bool read_size(const char *text, uint64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno;
}

static bool read_time(const char *text, int64_t *out)
{
	struct tm parts = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);

	*out = end ? (int64_t)timegm(&parts) : 0;
	return end && !*end;
}

/* Put a field's text into the record; answers what was wanted instead, or NULL when it is good. */
static const char *read_value(const struct slot *s, void *record, const char *text)
{
	char *at = (char *)record + s->offset;

	if (s->value == VALUE_SIZE || s->value == VALUE_LENGTH) {
		uint64_t *size = (uint64_t *)(void *)at;

		return read_size(text, size) && (*size || s->value == VALUE_LENGTH)
			       ? NULL
			       : "a size in bytes";
	}
	if (s->value == VALUE_TIME)
		return read_time(text, (int64_t *)(void *)at) ? NULL : "2026-11-23T08:15:00Z";
	if (s->value == VALUE_FLAG) {
		*(bool *)at = true;
		return strcmp(text, "yes") == 0 ? NULL : "'yes'";
	}
	*text_at(record, s->offset) = text;
	return values[s->value].is_good(text) ? NULL : values[s->value].want;
}

static int read_fields(
	const struct deb822 *d, const struct slot *slots, void *record, struct error *err)
{
	size_t line = deb822_line(d), taken = 0;

	for (const struct slot *s = slots; s->field; s++) {
		const char *name = taken < deb822_count(d) ? deb822_name_at(d, taken) : "";

		if (strcmp(name, s->field) == 0) {
			const char *text = deb822_value_at(d, taken);
			const char *want = read_value(s, record, text);

			if (want)
				return error_set(err, ERR_CORRUPT, "line %zu: %s '%.80s' is not %s",
					line + taken, s->field, text, want);
			taken++;
		} else if (!s->is_optional) {
			return error_set(err, ERR_CORRUPT, "line %zu: want field '%s'%s%.40s%s",
				line + taken, s->field, *name ? ", not '" : "", name,
				*name ? "'" : "");
		} else if (s->value < VALUE_SIZE) {
			*text_at(record, s->offset) = "";
		}
	}
	if (taken < deb822_count(d))
		return error_set(err, ERR_CORRUPT, "line %zu: unexpected field '%.40s'",
			line + taken, deb822_name_at(d, taken));
	return 0;
}

int paragraph_read(
	const struct deb822 *d, enum paragraph *kind, union record *record, struct error *err)
{
	const char *first = deb822_count(d) ? deb822_name_at(d, 0) : "";

	memset(record, 0, sizeof *record);
	for (enum paragraph k = 0; k < PARAGRAPH_COUNT; k++) {
		if (strcmp(kinds[k].slots[0].field, first) == 0) {
			*kind = k;
			return read_fields(d, kinds[k].slots, record, err);
		}
	}
	return error_set(err, ERR_CORRUPT,
		"line %zu: a paragraph of a manifest does not start with '%.40s'", deb822_line(d),
		first);
}

void manifest_done(struct manifest *m)
{
	for (enum paragraph kind = 0; kind < PARAGRAPH_COUNT; kind++)
		free(m->records[kind].items);
	*m = (struct manifest){ 0 };
}
