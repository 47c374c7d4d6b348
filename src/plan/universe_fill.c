/* SPDX-License-Identifier: Apache-2.0 */
/* universe_fill.c - put into a universe what indexes and hosts tell. */
#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/relation.h"
#include "plan/universe_private.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX  ((size_t)16 * 1000 * 1000)
#define WORDS_MAX ((size_t)1 << 31)

/* What makes a version, from an index or from a host. Texts are borrowed; "" when not told. */
struct entry {
	const char *name, *version, *architecture, *source, *source_version;
	const char *relations[RELATION_COUNT];
	enum multi_arch multi_arch;
};

static uint32_t add_string(struct universe *u, const char *text)
{
	return intern_add(&u->strings, text, strlen(text));
}

static int add_architecture(
	struct universe *u, const char *name, size_t size, uint8_t *arch, struct error *err)
{
	uint32_t number = NATIVE;

	if (size != 3 || memcmp(name, "all", 3) != 0)
		number = intern_add(&u->architectures, name, size);
	if (number >= ARCHITECTURES_MAX)
		return error_set(err, ERR_CORRUPT, "more than %d architectures", ARCHITECTURES_MAX);
	*arch = (uint8_t)number;
	return 0;
}

/* From which architectures a term may be answered; `from` is the reach of one that does not say. */
static int reach_of(struct universe *u, const struct relation_term *t, uint16_t from,
	uint16_t *reach, struct error *err)
{
	uint8_t arch = 0;

	*reach = from;
	if (!t->architecture_size)
		return 0;
	if (t->architecture_size == 3 && memcmp(t->architecture, "any", 3) == 0) {
		*reach = from == REACH_EVERY ? REACH_EVERY : REACH_ANY;
		return 0;
	}
	if (add_architecture(u, t->architecture, t->architecture_size, &arch, err) < 0)
		return -1;
	*reach = (uint16_t)(REACH_EXACT + arch);
	return 0;
}

/* Append a field's terms to the words. */
static int add_words(struct universe *u, const char *field, uint16_t from, struct error *err)
{
	struct relation_term t;
	int found;

	while ((found = relation_next(&field, &t, err)) > 0) {
		struct atom atom = { .relation = (uint16_t)t.relation };

		if (reach_of(u, &t, from, &atom.reach, err) < 0)
			return -1;
		atom.name = intern_add(&u->strings, t.name, t.name_size);
		atom.version =
			intern_add(&u->strings, t.version_size ? t.version : "", t.version_size);
		if (u->word_count == WORDS_MAX)
			return error_set(err, ERR_CORRUPT, "more than %zu dependencies", WORDS_MAX);
		if (u->word_count == u->word_capacity)
			u->words = universe_grow(u, u->words, &u->word_capacity, sizeof *u->words);
		u->words[u->word_count++] = intern_add(&u->atoms, &atom, sizeof atom) |
					    (t.has_alternative ? ALTERNATIVE : 0);
	}
	return found;
}

/* Two fields of one meaning, as one span of words. */
static int add_relations(struct universe *u, const char *const fields[2], uint16_t from,
	struct span *out, struct error *err)
{
	uint32_t at = (uint32_t)u->word_count;

	for (size_t i = 0; i < 2; i++) {
		if (fields[i] && add_words(u, fields[i], from, err) < 0)
			return -1;
	}
	*out = (struct span){ at, (uint32_t)u->word_count - at };
	return 0;
}

/* Equal for equal relations, whatever white space is in them. */
static uint64_t fingerprint_of(const char *const relations[RELATION_COUNT])
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < RELATION_COUNT; i++) {
		for (const char *c = relations[i]; *c; c++) {
			if (!isspace((unsigned char)*c))
				hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
		}
		hash = (hash ^ 0xff) * 0x100000001b3u;
	}
	return hash;
}

static bool tells_relations(const struct installed *p)
{
	for (size_t i = 0; i < RELATION_COUNT; i++) {
		if (*p->relations[i])
			return true;
	}
	return false;
}

/* Append a row for the entry behind its twins. */
static int add_row(struct universe *u, const struct entry *e, struct row *row, struct error *err)
{
	const char *depends[] = { e->relations[RELATION_PRE_DEPENDS],
		e->relations[RELATION_DEPENDS] };
	const char *conflicts[] = { e->relations[RELATION_CONFLICTS],
		e->relations[RELATION_BREAKS] };
	const char *provides[] = { e->relations[RELATION_PROVIDES], NULL };

	if (u->count == ROWS_MAX)
		return error_set(err, ERR_CORRUPT, "more than %zu package versions", ROWS_MAX);
	if (add_relations(u, depends, row->arch, &row->depends, err) < 0 ||
		add_relations(u, conflicts, REACH_EVERY, &row->conflicts, err) < 0 ||
		add_relations(u, provides, REACH_EVERY, &row->provides, err) < 0)
		return error_wrap(err, "'%s'", e->name);
	row->multi_arch = (uint8_t)e->multi_arch;
	row->architecture = add_string(u, e->architecture);
	row->source = add_string(u, *e->source ? e->source : e->name);
	row->source_version = add_string(u, *e->source_version ? e->source_version : e->version);
	row->twin = UNIVERSE_NONE;
	if (u->count == u->capacity)
		u->rows = universe_grow(u, u->rows, &u->capacity, sizeof *u->rows);
	u->rows[u->count++] = *row;
	return 0;
}

/* Find where the entry belongs: its slot, and the last row of its version there, if any. */
static int find_place(struct universe *u, const struct entry *e, struct row *row, uint32_t *key,
	struct error *err)
{
	if (add_architecture(u, e->architecture, strlen(e->architecture), &row->arch, err) < 0)
		return error_wrap(err, "'%s'", e->name);
	row->name = add_string(u, e->name);
	row->version = add_string(u, e->version);

	uint32_t slot[2] = { row->name, row->arch };

	row->slot = intern_add(&u->slots, slot, sizeof slot);
	row->fingerprint = fingerprint_of(e->relations);

	struct version_key version = { row->slot, row->version };

	*key = intern_add(&u->versions, &version, sizeof version);
	if (*key < u->first_count)
		return 0;
	if (u->first_count == u->first_capacity)
		u->first = universe_grow(u, u->first, &u->first_capacity, sizeof *u->first);
	u->first[u->first_count++] = UNIVERSE_NONE;
	return 0;
}

static void read_source(struct entry *e, char *source)
{
	char *open = source ? strchr(source, '(') : NULL;

	e->source = e->source_version = "";
	if (!source)
		return;
	if (open) {
		open[strcspn(open, ")")] = '\0';
		e->source_version = open + 1;
	}
	source[strcspn(source, " (")] = '\0';
	e->source = source;
}

static enum multi_arch read_multi_arch(const char *value)
{
	if (!value || !*value)
		return MULTI_ARCH_NO;
	return *value == 's'   ? MULTI_ARCH_SAME
	       : *value == 'f' ? MULTI_ARCH_FOREIGN
	       : *value == 'a' ? MULTI_ARCH_ALLOWED
			       : MULTI_ARCH_NO;
}

static const char *text_of(const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	return value ? value : "";
}

static bool is_size(const char *text)
{
	char *end = NULL;

	errno = 0;
	return (strtoull(text, &end, 10) || true) && !errno && !*end &&
	       isdigit((unsigned char)*text);
}

static int check_entry(
	const struct universe *u, const struct entry *e, const struct deb822 *d, struct error *err)
{
	const char *sha256 = text_of(d, "SHA256"), *size = text_of(d, "Size");

	if (!relation_is_name(e->name, strlen(e->name)))
		return error_set(err, ERR_CORRUPT, "'%.60s' is not the name of a package", e->name);
	if (!u->order->is_valid(e->version))
		return error_set(err, ERR_CORRUPT, "'%s' has the version '%.60s', which is none",
			e->name, e->version);
	if (!relation_is_name(e->architecture, strlen(e->architecture)))
		return error_set(err, ERR_CORRUPT, "'%s' has no known architecture", e->name);
	if (*sha256 && !digest_is_valid(sha256))
		return error_set(err, ERR_CORRUPT, "'%s' has the SHA256 '%.70s', which is none",
			e->name, sha256);
	if (*size && !is_size(size))
		return error_set(
			err, ERR_CORRUPT, "'%s': '%.40s' is not a size in bytes", e->name, size);
	return 0;
}

/* Remember where the last row was read. */
static void keep_origin(struct universe *u, const struct deb822 *d)
{
	struct origin origin = { .offset = deb822_offset(d) };
	size_t size = 0;
	const char *raw = deb822_raw(d, &size);

	origin.size = size;
	digest_raw(raw, size, origin.digest);
	if (u->origin_count == u->origin_capacity)
		u->origins = universe_grow(u, u->origins, &u->origin_capacity, sizeof *u->origins);
	u->origins[u->origin_count++] = origin;
}

static int add_stanza(struct universe *u, const struct deb822 *d, struct error *err)
{
	struct row row = { .feed = (uint16_t)(u->feed_count - 1) };
	CLEANUP(free) char *source = mem_strdup(deb822_get(d, "Source"));
	uint32_t key = 0;
	struct entry e = {
		.name = text_of(d, "Package"),
		.version = text_of(d, "Version"),
		.architecture = text_of(d, "Architecture"),
		.relations = { text_of(d, "Pre-Depends"), text_of(d, "Depends"),
			text_of(d, "Conflicts"), text_of(d, "Breaks"), text_of(d, "Provides") },
		.multi_arch = read_multi_arch(deb822_get(d, "Multi-Arch")),
	};

	if (check_entry(u, &e, d, err) < 0 || find_place(u, &e, &row, &key, err) < 0)
		return -1;
	row.is_security = u->feeds[row.feed].is_security;
	if (u->first[key] != UNIVERSE_NONE) {
		u->rows[u->first[key]].is_security |= row.is_security;
		return 0;
	}
	read_source(&e, source);
	if (add_row(u, &e, &row, err) < 0)
		return -1;
	keep_origin(u, d);
	u->first[key] = (uint32_t)(u->count - 1);
	return 0;
}

static ssize_t fill_from_file(void *context, char *buffer, size_t size, struct error *err)
{
	ssize_t got;

	do {
		got = read(*(int *)context, buffer, size);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set(err, ERR_SYSTEM, "reading: %s", strerror(errno));
	return got;
}

int universe_read(struct universe *u, const struct feed *feed, struct error *err)
{
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	int found;

	assert(u->origin_count == u->count && !u->map);
	if (universe_add_feed(u, feed, err) < 0)
		return -1;
	d = deb822_new(fill_from_file, &u->feeds[u->feed_count - 1].fd);
	while ((found = deb822_next(d, err)) > 0) {
		if (add_stanza(u, d, err) < 0)
			return error_wrap(err, "'%s': line %zu", feed->path, deb822_line(d));
	}
	return found < 0 ? error_wrap(err, "'%s'", feed->path) : 0;
}

/* The row of a version that has these relations; of any when the host did not tell them. */
static uint32_t find_twin(const struct universe *u, uint32_t row, const struct installed *p)
{
	uint64_t fingerprint = fingerprint_of(p->relations);

	if (row != UNIVERSE_NONE && row_at(u, row)->feed != FEED_NONE && !tells_relations(p))
		return row;
	while (row != UNIVERSE_NONE && row_at(u, row)->fingerprint != fingerprint)
		row = row_at(u, row)->twin;
	return row;
}

/* Find or make the row of an installed package. */
static int add_installed(
	struct universe *u, const struct installed *p, uint32_t *out, struct error *err)
{
	struct row row = { .feed = FEED_NONE };
	struct entry e = { .name = p->name,
		.version = p->version,
		.architecture = p->architecture,
		.source = p->source,
		.source_version = "",
		.multi_arch = p->multi_arch };
	uint32_t key = 0;

	memcpy(e.relations, p->relations, sizeof e.relations);
	if (find_place(u, &e, &row, &key, err) < 0)
		return -1;
	*out = find_twin(u, u->first[key], p);
	if (*out != UNIVERSE_NONE)
		return 0;
	if (add_row(u, &e, &row, err) < 0)
		return -1;

	uint32_t *last = &u->first[key];

	while (*last != UNIVERSE_NONE)
		last = &u->rows[*last].twin;
	*out = *last = (uint32_t)(u->count - 1);
	return 0;
}

/* Remember which rows a state has, so that planning it need not look them up again. */
static void keep_rows(struct universe *u, const struct hoststate *state, uint32_t *rows)
{
	uint32_t number =
		intern_add(&u->states, hoststate_digest(state), strlen(hoststate_digest(state)));

	while (u->state_capacity <= number)
		u->state_rows = mem_grow(u->state_rows, &u->state_capacity, sizeof *u->state_rows);
	u->state_rows[number] = rows;
}

int universe_add_state(struct universe *u, const struct hoststate *state, struct error *err)
{
	const char *native = hoststate_architectures(state)[0];
	CLEANUP(free) uint32_t *rows = NULL;

	if (strcmp(native, intern_at(&u->architectures, NATIVE)) != 0)
		return error_set(err, ERR_USAGE, "a host of %s among hosts of %s", native,
			intern_at(&u->architectures, NATIVE));
	if (universe_rows(u, state))
		return 0;
	rows = mem_new(hoststate_count(state), sizeof *rows);
	for (size_t i = 0; i < hoststate_count(state); i++) {
		if (add_installed(u, hoststate_at(state, i), &rows[i], err) < 0)
			return -1;
	}
	keep_rows(u, state, STEAL(&rows));
	return 0;
}
