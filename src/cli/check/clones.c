/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/check/check.h"
#include "clone/provider.h"
#include "model/config.h"

#include <unistd.h>

static void check_clone_provider(
	struct checks *c, const struct config *config, const struct provider *provider)
{
	CLEANUP(provider_close) struct provider_session *session = NULL;
	struct check_item r = { CHECK_GOOD, "provider", provider->name, "", "" };
	struct error err = { 0 };

	if (provider_open(provider, &config->ssh, NULL, &session, &err) < 0) {
		r.status = CHECK_WRONG;
		r.what = err.text;
		r.todo = "let 'command' name a program that speaks as docs/providers.md says";
	} else {
		r.what = provider_label(session);
	}
	checks_add(c, &r);
}

static void check_sanitize(struct checks *c, const struct group *g)
{
	for (const char *const *path = g->sanitize; *path; path++) {
		CLEANUP(free) char *what = mem_printf("'%s' is not there, or not readable", *path);
		struct check_item r = { CHECK_GOOD, "sanitize", g->name, *path, "" };

		if (access(*path, R_OK) < 0) {
			r.status = CHECK_WRONG;
			r.what = what;
			r.todo = "put the sh program there: without it nothing is cloned";
		}
		checks_add(c, &r);
	}
}

/* What is no fault of the configuration, and would disappoint all the same. */
static void check_prospects(struct checks *c, const struct environment *e)
{
	if (!*e->clone.gate.tests) {
		const struct check_item r = { CHECK_WARNING, "clone", e->name,
			"its clones have no tests to pass, and it cannot be rehearsed",
			"name suites in 'clone.gate.tests'" };

		checks_add(c, &r);
	}
	for (size_t i = 0; i < e->group_count; i++) {
		const struct group *g = &e->groups[i];
		CLEANUP(free)
		char *what = mem_printf("group '%s' is stateful and names no 'data': it can be "
					"cloned, but not swapped",
			g->name);
		const struct check_item r = { CHECK_WARNING, "clone", e->name, what,
			"name the folders that hold what customers write in 'data'" };

		if (g->is_stateful && !*g->data)
			checks_add(c, &r);
	}
}

void check_clones(struct checks *c, const struct config *config)
{
	for (size_t i = 0; i < config->provider_count; i++)
		check_clone_provider(c, config, &config->providers[i]);
	for (size_t i = 0; i < config->environment_count; i++) {
		const struct environment *e = &config->environments[i];

		if (!*e->clone.provider)
			continue;
		for (size_t k = 0; k < e->group_count; k++)
			check_sanitize(c, &e->groups[k]);
		check_prospects(c, e);
	}
}
