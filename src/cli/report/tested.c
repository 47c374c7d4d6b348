/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/tested.h"

#include "present/evidence.h"

#include <stdio.h>

void tested_start(void *tested, const char *suite, const char *host)
{
	(void)tested;
	fprintf(stderr, "test %s%s%s ...\n", suite, *host ? " on " : "", host);
}

void tested_end(void *tested, const struct test_told *told)
{
	tested_add(tested, told);
}
