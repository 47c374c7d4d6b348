/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/way_back.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/original.h"
#include "model/hoststate.h"
#include "plan/plan.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[WAY_BACK_IS_KIND_COUNT] = {
	[WAY_BACK_IS_NONE] = "none",
	[WAY_BACK_IS_SNAPSHOT] = "snapshot",
	[WAY_BACK_IS_DOWNGRADE] = "downgrade",
};

const char *way_back_kind_name(enum way_back_kind kind)
{
	return kind_words[kind];
}

/* The texts of a way and of a package, as JSON has them. */
struct text {
	const char *name;
	size_t offset;
};

static const struct text way_back_texts[] = {
	{ "packages_before", offsetof(struct way_back, packages_digest) },
	{ "state_before", offsetof(struct way_back, state_before) },
	{ "snapshot", offsetof(struct way_back, snapshot) },
	{ "set", offsetof(struct way_back, set) },
	{ "platform", offsetof(struct way_back, platform) },
	{ "waived_by", offsetof(struct way_back, waived_by) },
	{ "waiver", offsetof(struct way_back, waiver) },
	{ 0 },
};

static const struct text package_texts[] = {
	{ "name", offsetof(struct way_back_package, name) },
	{ "architecture", offsetof(struct way_back_package, architecture) },
	{ "before", offsetof(struct way_back_package, before) },
	{ "after", offsetof(struct way_back_package, after) },
	{ 0 },
};

static char **text_at(const struct text *t, void *of)
{
	return (char **)(void *)((char *)of + t->offset);
}

void way_back_set(char **field, const char *text)
{
	char *new = mem_strdup(text ? text : "");

	free(*field);
	*field = new;
}

/* ---- making ---- */

static struct way_back *make_empty(size_t packages)
{
	struct way_back *way = mem_new(1, sizeof *way);

	for (const struct text *t = way_back_texts; t->name; t++)
		*text_at(t, way) = mem_strdup("");
	way->packages = mem_new(packages ? packages : 1, sizeof *way->packages);
	return way;
}

struct way_back *way_back_new(const struct plan *plan, const struct hoststate *state)
{
	struct way_back *way = make_empty(plan_change_count(plan));
	char digest[DIGEST_HEX_SIZE];

	way_back_set(&way->packages_digest, packages_digest(state, digest));
	way_back_set(&way->state_before, hoststate_digest(state));
	way_back_set(&way->platform, hoststate_platform(state));
	for (; way->package_count < plan_change_count(plan); way->package_count++) {
		const struct plan_change *c = plan_change_at(plan, way->package_count);
		const struct installed *was =
			c->is_new ? NULL : hoststate_find(state, c->name, c->architecture);

		way->packages[way->package_count] = (struct way_back_package){
			.name = mem_strdup(c->name),
			.architecture = mem_strdup(was ? was->architecture : c->architecture),
			.before = mem_strdup(c->is_new ? "" : c->from),
			.after = mem_strdup(c->to),
		};
	}
	return way;
}

/* ---- JSON ---- */

static void put_texts(struct jvalue *to, const struct text *texts, const void *of)
{
	for (const struct text *t = texts; t->name; t++) {
		const char *const *text = (const void *)((const char *)of + t->offset);

		jvalue_set_string(to, t->name, *text);
	}
}

char *way_back_write(const struct way_back *way)
{
	CLEANUP(jvalue_free) struct jvalue *json = jvalue_object();
	struct jvalue *packages = jvalue_array();

	jvalue_set_string(json, "kind", kind_words[way->kind]);
	put_texts(json, way_back_texts, way);
	jvalue_set_bool(json, "is_forgotten", way->is_forgotten);
	for (size_t i = 0; i < way->package_count; i++) {
		struct jvalue *one = jvalue_object();

		put_texts(one, package_texts, &way->packages[i]);
		jvalue_set_bool(one, "is_rebuilt", way->packages[i].is_rebuilt);
		jvalue_add(packages, one);
	}
	jvalue_set(json, "packages", packages);
	return jvalue_write(json);
}

/* True when all of them are texts. */
static bool get_texts(const struct jvalue *from, const struct text *texts, void *of)
{
	bool is_whole = true;

	for (const struct text *t = texts; t->name; t++) {
		const char *text = jvalue_string(from, t->name);

		is_whole &= text != NULL;
		way_back_set(text_at(t, of), text);
	}
	return is_whole;
}

static bool get_kind(const struct jvalue *json, enum way_back_kind *out)
{
	const char *word = jvalue_string(json, "kind");

	for (size_t i = 0; i < WAY_BACK_IS_KIND_COUNT; i++) {
		if (str_equal(word, kind_words[i])) {
			*out = (enum way_back_kind)i;
			return true;
		}
	}
	return false;
}

int way_back_read(const char *text, struct way_back **out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *json = NULL;

	if (jvalue_parse(text, strlen(text), &json, err) < 0)
		return error_wrap(err, "a way back");

	const struct jvalue *packages = jvalue_get(json, "packages");
	CLEANUP(way_back_free)
	struct way_back *way = make_empty(packages ? jvalue_count(packages) : 0);
	bool is_whole = get_kind(json, &way->kind) && get_texts(json, way_back_texts, way);

	way->is_forgotten = jvalue_bool(json, "is_forgotten", false);
	for (size_t i = 0; packages && i < jvalue_count(packages); i++) {
		struct way_back_package *p = &way->packages[way->package_count++];

		is_whole &= get_texts(jvalue_at(packages, i), package_texts, p);
		p->is_rebuilt = jvalue_bool(jvalue_at(packages, i), "is_rebuilt", false);
	}
	if (!is_whole)
		return error_set(err, ERR_CORRUPT, "'%.200s' is no way back", text);
	*out = STEAL(&way);
	return 0;
}

/* ---- for people ---- */

static char *downgrade_words(const struct way_back *way)
{
	CLEANUP(str_done) struct str words = { 0 };
	size_t rebuilt = 0, new = 0;

	for (size_t i = 0; i < way->package_count; i++) {
		rebuilt += way->packages[i].is_rebuilt;
		new += !*way->packages[i].before;
	}
	str_addf(&words, "downgrade of %zu package%s", way->package_count - new,
		way->package_count - new == 1 ? "" : "s");
	if (new)
		str_addf(&words, ", %zu removed", new);
	if (rebuilt)
		str_addf(&words, ", %zu rebuilt", rebuilt);
	return str_take(&words);
}

char *way_back_words(const struct way_back *way)
{
	switch (way->kind) {
	case WAY_BACK_IS_SNAPSHOT:
		return mem_printf(
			"snapshot %s%s", way->snapshot, way->is_forgotten ? ", forgotten" : "");
	case WAY_BACK_IS_DOWNGRADE:
		return downgrade_words(way);
	case WAY_BACK_IS_NONE:
	case WAY_BACK_IS_KIND_COUNT:
		break;
	}
	return mem_printf("none: waived by %s: %s", way->waived_by, way->waiver);
}

static void free_texts(const struct text *texts, void *of)
{
	for (const struct text *t = texts; t->name; t++)
		free(*text_at(t, of));
}

void way_back_free(struct way_back *way)
{
	if (!way)
		return;
	for (size_t i = 0; i < way->package_count; i++)
		free_texts(package_texts, &way->packages[i]);
	free_texts(way_back_texts, way);
	free(way->packages);
	free(way);
}
