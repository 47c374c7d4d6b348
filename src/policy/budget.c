/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/budget.h"

#include "model/group.h"

#include <stdio.h>

/* Failures of any type but one: who is out of reach says nothing about the patches. */
static size_t count_failed(const struct tally *t)
{
	size_t failed = 0;

	for (size_t i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++)
		failed += i == FAILURE_UNREACHABLE ? 0 : t->of[i];
	return failed;
}

static void tell_portion(const struct portion *p, char out[16])
{
	snprintf(out, 16, "%u%s", p->value, p->is_percent ? "%" : "");
}

/* One budget: how many failed of how many, of what, and which key allows how much. */
struct account {
	size_t failed, hosts;
	const char *of;   /* "wave", "group 'web'" */
	const char *type; /* "" for all types */
	const char *key;
	const struct portion *budget;
};

static bool check_account(const struct account *a, char *reason, size_t size)
{
	char allowed[16];

	if (!portion_is_exceeded(a->budget, a->failed, a->hosts))
		return false;
	tell_portion(a->budget, allowed);
	snprintf(reason, size, "%zu of %zu hosts of %s failed%s%s; %s is %s", a->failed, a->hosts,
		a->of, *a->type ? " with " : "", a->type, a->key, allowed);
	return true;
}

static bool check_types(const struct budget_facts *f, const char *group, char *reason, size_t size)
{
	for (size_t i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
		const struct account account = { f->in_group.of[i], f->in_group.hosts, group,
			failure_name((enum failure)i), "its budget", &f->group->budgets.of[i] };

		if (check_account(&account, reason, size))
			return true;
	}
	return false;
}

bool budget_is_exceeded(const struct budget_facts *f, char *reason, size_t size)
{
	char group[120];

	snprintf(group, sizeof group, "group '%s'", f->group->name);

	const struct account accounts[] = {
		{ count_failed(&f->wave), f->wave.hosts, "the wave", "", "wave-budget",
			&f->group->wave_budget },
		{ count_failed(&f->in_group), f->in_group.hosts, group, "", "failure-budget",
			&f->group->failure_budget },
		{ count_failed(&f->all), f->all.hosts, "the environment", "", "its failure-budget",
			f->all_budget },
	};

	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
		if (check_account(&accounts[i], reason, size))
			return true;
	}
	return check_types(f, group, reason, size);
}
