/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check/check.h"

void checks_add(struct checks *c, const struct check_result *result)
{
	check_results_add(&c->results, result);
	c->of[result->status]++;
}

void checks_done(struct checks *c)
{
	check_results_done(&c->results);
}
