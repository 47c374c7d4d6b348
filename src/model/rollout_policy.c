/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rollout_policy.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/config_private.h"
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

/* The policy as the world sees it, and what it owns. */
struct holder_of_policy {
	struct rollout_policy policy; /* first: a policy of ours is one of these */
	struct reading *reading;
};

/* clang-format off */
#define AT(member) offsetof(struct rollout_policy, member)
static const struct field fields[] = {
	{ "failure-budget", FIELD_PORTION, AT(failure_budget), "100%", "of the environment" },
	{ "groups", FIELD_LIST, AT(groups), .help = "without their hosts", .schema = &config_group_schema, .count_offset = AT(group_count), .is_required = true },
	{ 0 },
};
/* clang-format on */
static const struct schema schema = { "rollout policy", sizeof(struct rollout_policy), fields };

struct jvalue *rollout_policy_write(const struct environment *e)
{
	CLEANUP(free) struct group *groups = mem_new(e->group_count, sizeof *groups);
	struct rollout_policy policy = { e->failure_budget, groups, e->group_count };

	memcpy(groups, e->groups, e->group_count * sizeof *groups);
	for (size_t i = 0; i < e->group_count; i++)
		groups[i].host_count = 0;
	return schema_write(&schema, &policy);
}

int rollout_policy_read(const struct jvalue *policy, struct rollout_policy **out, struct error *err)
{
	struct holder_of_policy *h = mem_new(1, sizeof *h);
	CLEANUP(rollout_policy_free) struct rollout_policy *p = &h->policy;
	CLEANUP(free) char *text = jvalue_write(policy);

	h->reading = reading_new("/", NULL);
	if (schema_read(h->reading, text, strlen(text), &schema, p, err) < 0) {
		err->kind = ERR_CORRUPT;
		return error_wrap(err, "the policy that the rollout began with");
	}
	*out = STEAL(&p);
	return 0;
}

/* ---- what the configuration says otherwise by now ---- */

/* Keys that are of clones: no rollout goes by them. */
static bool is_of_clones(const char *key)
{
	static const char *const keys[] = { "files", "sanitize", "quiesce" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (strcmp(key, keys[i]) == 0)
			return true;
	}
	return false;
}

static bool is_equal(const struct jvalue *a, const struct jvalue *b)
{
	CLEANUP(free) char *one = a ? jvalue_write(a) : NULL;
	CLEANUP(free) char *other = b ? jvalue_write(b) : NULL;

	return str_equal(one, other);
}

/* Keys of `group` that `other` has not, or otherwise; of those that both have only where is_first. */
static void add_keys(
	struct str *keys, const struct jvalue *group, const struct jvalue *other, bool is_first)
{
	struct jvalue_member at = { 0 };

	while (jvalue_next(group, &at)) {
		const struct jvalue *its = jvalue_get(other, at.name);

		if (!is_of_clones(at.name) && (is_first || !its) && !is_equal(at.value, its))
			str_addf(keys, "%s%s", keys->size ? ", " : "", at.name);
	}
}

static const struct jvalue *find_group(const struct jvalue *groups, const char *name)
{
	for (size_t i = 0; i < jvalue_count(groups); i++) {
		if (str_equal(jvalue_string(jvalue_at(groups, i), "name"), name))
			return jvalue_at(groups, i);
	}
	return NULL;
}

static void compare_groups(const struct jvalue *then, const struct jvalue *now, struct str *words)
{
	for (size_t i = 0; i < jvalue_count(then); i++) {
		const struct jvalue *group = jvalue_at(then, i);
		const char *name = jvalue_string(group, "name");
		const struct jvalue *by_now = find_group(now, name);
		CLEANUP(str_done) struct str keys = { 0 };

		if (by_now) {
			add_keys(&keys, group, by_now, true);
			add_keys(&keys, by_now, group, false);
		} else {
			str_add(&keys, "is no group any more");
		}
		if (keys.size)
			str_addf(words, "%s%s: %s", words->size ? "; " : "", name, str_text(&keys));
	}
}

int rollout_policy_difference(
	const struct jvalue *began, const struct environment *now, char **out, struct error *err)
{
	CLEANUP(rollout_policy_free) struct rollout_policy *p = NULL;
	CLEANUP(jvalue_free) struct jvalue *by_now = rollout_policy_write(now);
	CLEANUP(str_done) struct str words = { 0 };

	if (rollout_policy_read(began, &p, err) < 0)
		return -1;

	/* As this program writes it: with the defaults of what an older one did not know. */
	CLEANUP(jvalue_free) struct jvalue *then = schema_write(&schema, p);

	if (!is_equal(jvalue_get(then, "failure-budget"), jvalue_get(by_now, "failure-budget")))
		str_add(&words, "failure-budget");
	compare_groups(jvalue_get(then, "groups"), jvalue_get(by_now, "groups"), &words);
	*out = str_take(&words);
	return 0;
}

const struct group *rollout_policy_group(const struct rollout_policy *p, const char *name)
{
	return named_find(p->groups, p->group_count, sizeof *p->groups, name);
}

void rollout_policy_free(struct rollout_policy *p)
{
	struct holder_of_policy *h = (struct holder_of_policy *)p;

	if (!h)
		return;
	reading_free(h->reading);
	free(h);
}
