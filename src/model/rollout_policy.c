/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rollout_policy.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
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
