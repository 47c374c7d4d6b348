/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "plan/universe.h"
#include "plan/universe_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "Platform: debian-12-amd64\nArchitectures: amd64 i386\n\n"
#define INDEX                                                                                      \
	"Package: a\nVersion: 1\nArchitecture: all\nDepends: b (>= 1) | c\nFilename: a.deb\nSize: 7\n"

/* A folder with an index, named by its digest as sync leaves it, and where its form is to be. */
struct place {
	char dir[64];
	char *index, *form; /* owned */
	char digest[DIGEST_HEX_SIZE];
};

static void place_index(struct place *p, const char *text)
{
	struct error err = { 0 };

	*p = (struct place){ .dir = "/tmp/patchline-form-XXXXXX" };
	assert_non_null(mkdtemp(p->dir));
	digest_bytes(text, strlen(text), p->digest);
	p->index = path_join(p->dir, p->digest);
	p->form = path_join(p->dir, "form");
	assert_int_equal(0, file_write(p->index, text, strlen(text), 0644, &err));
}

static void place_done(struct place *p)
{
	struct error err;

	assert_int_equal(0, file_remove_all(p->dir, &err));
	free(p->index);
	free(p->form);
}
CLEANUP_DONE(struct place, place_done)

static struct feed feed_of(const struct place *p)
{
	return (struct feed){ .name = "main", .path = p->index, .sha256 = p->digest };
}

static struct universe *load(const struct place *p, struct error *trouble)
{
	const struct feed feed = feed_of(p);
	const struct universe_request request = { "amd64", &feed, 1, p->form };
	struct universe *u = NULL;
	struct error err = { 0 };

	assert_int_equal(0, universe_load(&request, &u, trouble, &err));
	return u;
}

static void add_state(struct universe *u, const char *text)
{
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	struct error err = { 0 };

	assert_int_equal(0, hoststate_read(text, strlen(text), &s, &err));
	assert_int_equal(0, universe_add_state(u, s, &err));
}

/* ---- a mapped universe is the one that was read ---- */

/* The same numbers every time: xorshift. */
static unsigned draw(uint64_t *seed, unsigned below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (unsigned)(*seed % below);
}

static void add_relations(struct str *out, uint64_t *seed, const char *field)
{
	unsigned count = draw(seed, 4);

	for (unsigned i = 0; i < count; i++) {
		str_addf(out, "%s%sp%u%s", i ? "" : field,
			i ? (draw(seed, 3) ? ", " : " | ") : ": ", draw(seed, 12),
			draw(seed, 5) ? "" : ":any");
		if (draw(seed, 2))
			str_addf(out, " (>= %u)", draw(seed, 4));
	}
	if (count)
		str_add(out, "\n");
}

static void add_package(struct str *out, uint64_t *seed, unsigned name)
{
	static const char *const architectures[] = { "all", "amd64", "i386" };

	str_addf(out, "Package: p%u\nVersion: %u\nArchitecture: %s\n%s", name, draw(seed, 5),
		architectures[draw(seed, 3)], draw(seed, 3) ? "" : "Multi-Arch: foreign\n");
	add_relations(out, seed, "Depends");
	add_relations(out, seed, "Conflicts");
	if (draw(seed, 2))
		str_addf(out, "Provides: p%u%s\n", draw(seed, 12), draw(seed, 2) ? "" : " (= 2)");
}

static char *draw_index(uint64_t *seed)
{
	struct str text = { 0 };

	for (unsigned i = 1 + draw(seed, 30); i; i--) {
		add_package(&text, seed, draw(seed, 12));
		str_add(&text, "\n");
	}
	return str_take(&text);
}

static char *draw_state(uint64_t *seed)
{
	struct str text = { 0 };

	str_add(&text, HEAD);
	for (unsigned name = 0; name < 14; name++) {
		if (draw(seed, 2))
			continue;
		add_package(&text, seed, name);
		str_add(&text, "Status: install ok installed\n\n");
	}
	return str_take(&text);
}

static void assert_same_slot(const struct universe *a, const struct universe *b, uint32_t slot)
{
	struct span x = a->slot_spans[slot], y = b->slot_spans[slot];

	assert_int_equal(x.count, y.count);
	assert_memory_equal(
		a->slot_rows + x.at, b->slot_rows + y.at, x.count * sizeof *a->slot_rows);
	assert_int_equal(a->slot_next[slot], b->slot_next[slot]);
}

static void assert_same(const struct universe *a, const struct universe *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->slots.count, b->slots.count);
	assert_int_equal(a->atoms.count, b->atoms.count);
	for (uint32_t i = 0; i < a->count; i++) {
		assert_string_equal(universe_at(a, i).name, universe_at(b, i).name);
		assert_string_equal(universe_at(a, i).version, universe_at(b, i).version);
		assert_string_equal(universe_at(a, i).feed, universe_at(b, i).feed);
		assert_int_equal(row_at(a, i)->rank, row_at(b, i)->rank);
		assert_int_equal(row_at(a, i)->twin, row_at(b, i)->twin);
	}
	for (uint32_t i = 0; i < a->slots.count; i++)
		assert_same_slot(a, b, i);
	for (uint32_t i = 0; i < a->atoms.count; i++) {
		CLEANUP(free)
		char *left = universe_atom_text(a, i), *right = universe_atom_text(b, i);
		struct providers x = providers_of(a, i), y = providers_of(b, i);

		assert_string_equal(left, right);
		assert_int_equal(x.count, y.count);
		for (uint32_t k = 0; k < x.count; k++)
			assert_int_equal(x.items[k].row, y.items[k].row);
	}
}

static void try_drawn(uint64_t *seed)
{
	CLEANUP(free)
	char *index = draw_index(seed), *first = draw_state(seed), *second = draw_state(seed);
	CLEANUP(place_done) struct place p = { 0 };
	struct error trouble, err = { 0 };

	place_index(&p, index);

	const struct feed feed = feed_of(&p);
	CLEANUP(universe_free)
	struct universe *read = universe_new("amd64"), *made = load(&p, &trouble),
			*mapped = load(&p, &trouble);

	assert_int_equal(ERR_NONE, trouble.kind);
	assert_null(made->map);
	assert_non_null(mapped->map);
	assert_int_equal(0, universe_read(read, &feed, &err));
	assert_same(made, mapped);
	add_state(read, first);
	add_state(read, second);
	universe_finish(read); /* all at once */
	add_state(mapped, first);
	universe_finish(mapped);
	add_state(mapped, second);
	universe_finish(mapped); /* bit by bit */
	assert_same(read, mapped);
}

static void test_form__is_what_was_read_whatever_hosts_add(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 40; i++)
		try_drawn(&seed);
}

/* ---- an index that is read in parts ---- */

#define PADDING 300000 /* bytes; so that a part has few packages */

/* The same packages, each with a long description. */
static char *pad_index(const char *index)
{
	CLEANUP(free) char *padding = mem_new(PADDING + 1, 1);
	struct str text = { 0 };

	memset(padding, 'x', PADDING);
	for (const char *end; (end = strstr(index, "\n\n")); index = end + 2) {
		str_add_bytes(&text, index, (size_t)(end - index));
		str_addf(&text, "\nDescription: %s\n\n", padding);
	}
	return str_take(&text);
}

static void assert_same_numbers(const struct universe *a, const struct universe *b)
{
	assert_same(a, b);
	assert_int_equal(a->strings.count, b->strings.count);
	for (uint32_t i = 0; i < a->strings.count; i++)
		assert_string_equal(intern_at(&a->strings, i), intern_at(&b->strings, i));
	assert_memory_equal(a->rows, b->rows, a->count * sizeof *a->rows);
	assert_int_equal(a->word_count, b->word_count);
	if (a->word_count)
		assert_memory_equal(a->words, b->words, a->word_count * sizeof *a->words);
}

static void assert_stanzas(const struct universe *u)
{
	for (uint32_t i = 0; i < u->count; i++) {
		CLEANUP(free) char *text = NULL, *start = NULL;
		struct known k = universe_at(u, i);
		struct error err = { 0 };
		size_t size = 0;

		start = mem_printf("Package: %s\nVersion: %s\nArchitecture: %s\n", k.name,
			k.version, k.architecture);
		assert_int_equal(0, universe_stanza(u, i, &text, &size, &err));
		assert_true(str_starts(text, start));
	}
}

static void test_form__is_the_same_in_however_many_parts_it_was_read(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 4; i++) {
		CLEANUP(free) char *index = draw_index(&seed), *padded = pad_index(index);
		CLEANUP(place_done) struct place small = { 0 }, large = { 0 };
		struct error trouble;

		place_index(&small, index);
		place_index(&large, padded);

		CLEANUP(universe_free)
		struct universe *whole = load(&small, &trouble), *parts = load(&large, &trouble);

		assert_same_numbers(whole, parts);
		assert_stanzas(parts);
	}
}

static void test_form__tells_the_line_in_whichever_part_it_is(void **state)
{
	static const char good[] = "Package: a\nVersion: 1\nArchitecture: all\n\n";
	CLEANUP(free) char *padded = pad_index(good);
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(place_done) struct place p = { 0 };
	struct error trouble;

	(void)state;
	for (int i = 0; i < 20; i++)
		str_add(&text, padded); /* five lines each */
	str_add(&text, "Package: b\nno colon\n");
	place_index(&p, text.text);
	for (int i = 0; i < 2; i++) { /* read, then mapped */
		CLEANUP(universe_free) struct universe *u = load(&p, &trouble);

		assert_int_equal(i, u->map != NULL);
		assert_int_equal(1, universe_unread_count(u));
		assert_int_equal(0, universe_unread_at(u, 0).feed);
		assert_string_equal(
			"line 102: no colon in 'no colon'", universe_unread_at(u, 0).reason);
	}
}

/* ---- what is not believed ---- */

/* Load, after byte `at` of the form was changed: what comes is right, and is there for the next one. */
static enum error_kind load_damaged(
	const struct place *p, const char *bytes, size_t size, size_t at)
{
	CLEANUP(free) char *copy = mem_new(size, 1);
	struct error trouble, later, err = { 0 };

	memcpy(copy, bytes, size);
	if (at < size)
		copy[at] ^= 1;
	assert_int_equal(0, file_write(p->form, copy, at < size ? size : at - size, 0644, &err));

	CLEANUP(universe_free) struct universe *u = load(p, &trouble), *again = load(p, &later);

	assert_null(u->map);
	assert_int_equal(1, universe_count(u));
	assert_non_null(again->map);
	assert_int_equal(ERR_NONE, later.kind);
	return trouble.kind;
}

static void test_form__that_is_damaged_is_told_and_made_again(void **state)
{
	CLEANUP(place_done) struct place p = { 0 };
	CLEANUP(free) char *bytes = NULL;
	struct error trouble, err = { 0 };
	size_t size = 0;

	(void)state;
	place_index(&p, INDEX);
	universe_free(load(&p, &trouble));
	assert_int_equal(ERR_NONE, trouble.kind);
	assert_int_equal(0, file_read(p.form, SIZE_MAX / 2, &bytes, &size, &err));
	for (size_t at = 0; at < size; at += at < 100 ? 3 : 331) {
		bool is_version = at >= 8 && at < 16;

		assert_int_equal(
			is_version ? ERR_NONE : ERR_CORRUPT, load_damaged(&p, bytes, size, at));
	}
	for (size_t left = 0; left < size; left += 997) /* cut off */
		assert_int_equal(ERR_CORRUPT, load_damaged(&p, bytes, size, size + left));
}

static void test_form__of_other_indexes_is_made_again(void **state)
{
	CLEANUP(place_done) struct place p = { 0 }, other = { 0 };
	struct error trouble;

	(void)state;
	place_index(&p, INDEX);
	place_index(&other, INDEX "\nPackage: b\nVersion: 1\nArchitecture: all\n");
	universe_free(load(&p, &trouble));
	free(other.form);
	other.form = mem_strdup(p.form);

	CLEANUP(universe_free) struct universe *u = load(&other, &trouble);

	assert_int_equal(ERR_NONE, trouble.kind);
	assert_null(u->map);
	assert_int_equal(2, universe_count(u));
}

static void test_form__of_another_architecture_is_made_again(void **state)
{
	CLEANUP(place_done) struct place p = { 0 };
	struct universe *u = NULL;
	struct error trouble, err = { 0 };

	(void)state;
	place_index(&p, INDEX);
	universe_free(load(&p, &trouble));

	const struct feed feed = feed_of(&p);
	const struct universe_request request = { "debian-12-arm64", &feed, 1, p.form };

	assert_int_equal(0, universe_load(&request, &u, &trouble, &err));
	assert_int_equal(ERR_NONE, trouble.kind);
	assert_null(u->map);
	assert_string_equal("arm64", intern_at(&u->architectures, NATIVE));
	universe_free(u);
}

static void test_form__that_cannot_be_kept_is_told(void **state)
{
	CLEANUP(place_done) struct place p = { 0 };
	struct error trouble;

	(void)state;
	place_index(&p, INDEX);
	free(p.form);
	p.form = mem_strdup("/nonexistent/form");

	CLEANUP(universe_free) struct universe *u = load(&p, &trouble);

	assert_int_equal(1, universe_count(u));
	assert_int_equal(ERR_SYSTEM, trouble.kind);
}

static void test_form__believes_no_stanza_of_a_changed_index(void **state)
{
	CLEANUP(place_done) struct place p = { 0 };
	CLEANUP(known_file_done) struct known_file file = { 0 };
	struct error trouble, err = { 0 };

	(void)state;
	place_index(&p, INDEX);
	universe_free(load(&p, &trouble));

	CLEANUP(universe_free) struct universe *whole = load(&p, &trouble);

	assert_int_equal(0, universe_file(whole, 0, &file, &err));
	assert_string_equal("a.deb", file.filename);
	assert_int_equal(7, file.size);
	assert_int_equal(0, file_write(p.index, INDEX "X-Evil: 1\n", sizeof INDEX + 9, 0644, &err));
	assert_int_equal(0, truncate(p.index, (off_t)(sizeof INDEX - 3)));

	CLEANUP(universe_free) struct universe *u = load(&p, &trouble);

	assert_non_null(u->map);
	known_file_done(&file);
	assert_int_equal(-1, universe_file(u, 0, &file, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
}

static void test_form__takes_no_index_for_another(void **state)
{
	CLEANUP(place_done) struct place p = { 0 };
	const struct universe_request request = { "amd64", NULL, 0, NULL };
	struct universe *u = NULL;
	struct error trouble, err = { 0 };

	(void)state;
	place_index(&p, INDEX);
	assert_int_equal(0, truncate(p.index, 20));

	const struct feed feed = feed_of(&p);
	struct universe_request wanted = request;

	wanted.feeds = &feed;
	wanted.feed_count = 1;
	wanted.form = p.form;
	assert_int_equal(-1, universe_load(&wanted, &u, &trouble, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_null(u);
	assert_false(file_exists(p.form));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form__is_what_was_read_whatever_hosts_add),
		cmocka_unit_test(test_form__is_the_same_in_however_many_parts_it_was_read),
		cmocka_unit_test(test_form__tells_the_line_in_whichever_part_it_is),
		cmocka_unit_test(test_form__that_is_damaged_is_told_and_made_again),
		cmocka_unit_test(test_form__of_other_indexes_is_made_again),
		cmocka_unit_test(test_form__of_another_architecture_is_made_again),
		cmocka_unit_test(test_form__that_cannot_be_kept_is_told),
		cmocka_unit_test(test_form__believes_no_stanza_of_a_changed_index),
		cmocka_unit_test(test_form__takes_no_index_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
