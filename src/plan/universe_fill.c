/* SPDX-License-Identifier: Apache-2.0 */
/* universe_fill.c - put versions into a universe, and what hosts tell of theirs. */
#include "base/error.h"
#include "base/mem.h"
#include "model/relation.h"
#include "plan/universe_fill_private.h"
#include "plan/universe_private.h"

#include <ctype.h>
#include <string.h>

#define ROWS_MAX     ((size_t)16 * 1000 * 1000)
#define WORDS_MAX    ((size_t)1 << 31)
#define UNREAD_NAMED 20 /* stanzas of a feed that are told one by one */

static uint32_t add_string(struct universe *u, const char *text)
{
	return intern_add(&u->strings, text, strlen(text));
}

int fill_architecture(
	struct universe *u, const char *name, size_t size, uint8_t *arch, struct error *err)
{
	bool is_all = size == 3 && memcmp(name, "all", 3) == 0;
	uint32_t number = is_all ? NATIVE : intern_find(&u->architectures, name, size);

	if (number == INTERN_NONE) {
		if (u->architectures.count == LIMIT_ARCHITECTURES)
			return error_set(err, ERR_CORRUPT, "more than %d architectures",
				LIMIT_ARCHITECTURES);
		number = intern_add(&u->architectures, name, size);
	}
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
	if (fill_architecture(u, t->architecture, t->architecture_size, &arch, err) < 0)
		return -1;
	*reach = (uint16_t)(REACH_EXACT + arch);
	return 0;
}

int fill_word(struct universe *u, uint32_t word, struct error *err)
{
	if (u->word_count == WORDS_MAX)
		return error_set(err, ERR_CORRUPT, "more than %zu dependencies", WORDS_MAX);
	if (u->word_count == u->word_capacity)
		u->words = universe_grow(u, u->words, &u->word_capacity, sizeof *u->words);
	u->words[u->word_count++] = word;
	return 0;
}

/* Append a field's terms to the words. */
static int add_words(struct universe *u, const char *field, uint16_t from,
	struct relation_count *count, struct error *err)
{
	struct relation_term t;
	int found;

	while ((found = relation_next(&field, &t, err)) > 0) {
		struct atom atom = { .relation = (uint16_t)t.relation };

		if (relation_count(count, &t, err) < 0 ||
			reach_of(u, &t, from, &atom.reach, err) < 0)
			return -1;
		atom.name = intern_add(&u->strings, t.name, t.name_size);
		atom.version =
			intern_add(&u->strings, t.version_size ? t.version : "", t.version_size);
		if (fill_word(u,
			    intern_add(&u->atoms, &atom, sizeof atom) |
				    (t.has_alternative ? ALTERNATIVE : 0),
			    err) < 0)
			return -1;
	}
	return found;
}

/* Two fields of one meaning, as one span of words. */
static int add_relations(struct universe *u, const char *const fields[2], uint16_t from,
	struct relation_count *count, struct span *out, struct error *err)
{
	uint32_t at = (uint32_t)u->word_count;

	for (size_t i = 0; i < 2; i++) {
		if (fields[i] && add_words(u, fields[i], from, count, err) < 0)
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

uint32_t fill_find(const struct universe *u, const struct row *row)
{
	uint32_t slot[2] = { row->name, row->arch };
	struct version_key version = { intern_find(&u->slots, slot, sizeof slot), row->version };
	uint32_t key = intern_find(&u->versions, &version, sizeof version);

	return key == INTERN_NONE ? UNIVERSE_NONE : u->first[key];
}

/* The slot of a row that has its name and architecture, and where `first` has the first row of its version. */
static uint32_t add_version(struct universe *u, struct row *row)
{
	uint32_t slot[2] = { row->name, row->arch };

	row->slot = intern_add(&u->slots, slot, sizeof slot);

	struct version_key version = { row->slot, row->version };
	uint32_t key = intern_add(&u->versions, &version, sizeof version);

	if (key < u->first_count)
		return key;
	if (u->first_count == u->first_capacity)
		u->first = universe_grow(u, u->first, &u->first_capacity, sizeof *u->first);
	u->first[u->first_count++] = UNIVERSE_NONE;
	return key;
}

int fill_row(struct universe *u, struct row *row, struct error *err)
{
	uint32_t *last = NULL, key = 0;

	if (u->count == ROWS_MAX)
		return error_set(err, ERR_CORRUPT, "more than %zu package versions", ROWS_MAX);
	if (u->count == u->capacity)
		u->rows = universe_grow(u, u->rows, &u->capacity, sizeof *u->rows);
	key = add_version(u, row);
	last = &u->first[key];
	while (*last != UNIVERSE_NONE)
		last = &u->rows[*last].twin;
	*last = (uint32_t)u->count;
	u->rows[u->count++] = *row;
	return 0;
}

static int add_all_relations(
	struct universe *u, const struct entry *e, struct row *row, struct error *err)
{
	const char *depends[] = { e->relations[RELATION_PRE_DEPENDS],
		e->relations[RELATION_DEPENDS] };
	const char *conflicts[] = { e->relations[RELATION_CONFLICTS],
		e->relations[RELATION_BREAKS] };
	const char *provides[] = { e->relations[RELATION_PROVIDES], NULL };
	struct relation_count count = { 0 };

	if (add_relations(u, depends, row->arch, &count, &row->depends, err) < 0 ||
		add_relations(u, conflicts, REACH_EVERY, &count, &row->conflicts, err) < 0 ||
		add_relations(u, provides, REACH_EVERY, &count, &row->provides, err) < 0)
		return error_wrap(err, "'%s'", e->name);
	return 0;
}

int fill_entry(struct universe *u, const struct entry *e, struct row *row, struct error *err)
{
	size_t words = u->word_count;

	row->multi_arch = (uint8_t)e->multi_arch;
	row->architecture = add_string(u, e->architecture);
	row->source = add_string(u, *e->source ? e->source : e->name);
	row->source_version = add_string(u, *e->source_version ? e->source_version : e->version);
	row->twin = UNIVERSE_NONE;
	row->above = INTERN_NONE;
	if (add_all_relations(u, e, row, err) == 0 && fill_row(u, row, err) == 0)
		return 0;
	u->word_count = words;
	return -1;
}

void fill_origin(struct universe *u, const struct origin *origin)
{
	if (u->origin_count == u->origin_capacity)
		u->origins = universe_grow(u, u->origins, &u->origin_capacity, sizeof *u->origins);
	u->origins[u->origin_count++] = *origin;
}

void fill_unread(struct universe *u, const char *reason, uint32_t count)
{
	uint32_t feed = (uint32_t)u->feed_count;
	size_t named = 0;

	while (named < u->unread_count && u->unread[u->unread_count - 1 - named].feed == feed - 1)
		named++;
	if (named == UNREAD_NAMED) {
		u->unread[u->unread_count - 1].count += count;
		return;
	}
	u->unread = mem_room(u->unread, u->unread_count, &u->unread_capacity, sizeof *u->unread);
	u->unread[u->unread_count++] =
		(struct unread_row){ feed - 1, add_string(u, reason), count };
}

int fill_place(struct universe *u, const struct entry *e, struct row *row, struct error *err)
{
	if (fill_architecture(u, e->architecture, strlen(e->architecture), &row->arch, err) < 0)
		return error_wrap(err, "'%s'", e->name);
	row->name = add_string(u, e->name);
	row->version = add_string(u, e->version);
	row->fingerprint = fingerprint_of(e->relations);
	return 0;
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

	memcpy(e.relations, p->relations, sizeof e.relations);
	if (fill_place(u, &e, &row, err) < 0)
		return -1;
	*out = find_twin(u, fill_find(u, &row), p);
	if (*out != UNIVERSE_NONE)
		return 0;
	if (fill_entry(u, &e, &row, err) < 0)
		return -1;
	*out = (uint32_t)(u->count - 1);
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
		return error_set(err, ERR_CORRUPT, "a host of %s among hosts of %s", native,
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
