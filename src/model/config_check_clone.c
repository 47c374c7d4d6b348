/* SPDX-License-Identifier: Apache-2.0 */
/* config_check_clone.c - what clones and rehearsals need; declared in config_private.h. */
#include "base/error.h"
#include "base/str.h"
#include "calendar/busy.h"
#include "calendar/recurrence.h"
#include "model/config.h"
#include "model/config_private.h"
#include "model/schema.h"

#include <arpa/inet.h>
#include <string.h>

/* A path on a host: absolute, as short as it can be, and fit for a line of text. */
static bool is_host_path(const char *path)
{
	size_t size = strlen(path);

	for (const char *c = path; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	}
	return size > 1 && path[0] == '/' && path[size - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/./") && !strstr(path, "/../") && !str_ends(path, "/.") &&
	       !str_ends(path, "/..");
}

static bool is_within(const char *path, const char *folder)
{
	size_t size = strlen(folder);

	return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static int check_paths(const struct reading *r, const struct group *g, const char *key,
	const char *const *paths, struct error *err)
{
	for (; *paths; paths++) {
		if (!is_host_path(*paths))
			return error_set(err, ERR_USAGE,
				"line %zu: '%s' of group '%s' wants absolute paths below '/', without "
				"'..' and without a slash at the end, not '%.100s'",
				reading_line(r, *paths), key, g->name, *paths);
	}
	return 0;
}

/* Each data folder is moved by itself: one inside another would be moved twice. */
static int check_data(const struct reading *r, const struct group *g, struct error *err)
{
	for (const char *const *one = g->data; *one; one++) {
		for (const char *const *other = g->data; *other; other++) {
			if (one == other || !is_within(*one, *other))
				continue;
			return error_set(err, ERR_USAGE,
				"line %zu: 'data' of group '%s': '%s' is inside '%s'; name only "
				"the outer one",
				reading_line(r, *one), g->name, *one, *other);
		}
	}
	return 0;
}

static int check_exits(const struct reading *r, const struct fence *fence, struct error *err)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	for (size_t i = 0; i < fence->exit_count; i++) {
		const char *address = fence->exits[i].address;

		if (inet_pton(AF_INET, address, bytes) != 1 &&
			inet_pton(AF_INET6, address, bytes) != 1)
			return error_set(err, ERR_USAGE,
				"line %zu: 'allow' wants a numeric address such as 192.0.2.10, not "
				"'%.60s': a clone has no names to look up",
				reading_line(r, address), address);
	}
	return 0;
}

static int check_sinks(const struct reading *r, const struct environment *e, struct error *err)
{
	const struct fence *fence = &e->clone.fence;

	for (size_t i = 1; i < fence->sink_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (fence->sinks[i].port == fence->sinks[k].port)
				return error_set(err, ERR_USAGE,
					"line %zu: 'sink' of environment '%s' has port %d twice",
					reading_line(r, e->clone.provider), e->name,
					fence->sinks[i].port);
		}
	}
	return 0;
}

/* What people wrote is never started unmasked. */
static int check_sanitized(const struct reading *r, const struct environment *e, struct error *err)
{
	bool is_any = false;

	for (size_t i = 0; i < e->group_count; i++) {
		const struct group *g = &e->groups[i];

		is_any = is_any || *g->sanitize;
		if ((g->is_stateful || *g->data) && !*g->sanitize)
			return error_set(err, ERR_USAGE,
				"line %zu: group '%s' wants 'sanitize': environment '%s' has "
				"personal-data and may be cloned, and the group keeps data",
				reading_line(r, g->name), g->name, e->name);
	}
	if (!is_any)
		return error_set(err, ERR_USAGE,
			"line %zu: no group of environment '%s' has 'sanitize', but it has "
			"personal-data and may be cloned",
			reading_line(r, e->name), e->name);
	return 0;
}

/* Calendars are read when they are needed; days are read now. */
static int check_exceptions(const struct reading *r, const struct environment *e,
	const struct recurrence *rule, struct error *err)
{
	CLEANUP(busy_free) struct busy *busy = busy_new(rule);

	for (const char *const *one = e->rehearse.except; *one; one++) {
		if (**one != '/') {
			if (busy_add_days(busy, *one, err) < 0)
				return error_wrap(err, "line %zu: 'except' of '%s'",
					reading_line(r, *one), e->name);
		} else if (!str_ends(*one, ".ics")) {
			return error_set(err, ERR_USAGE,
				"line %zu: 'except' of '%s' wants iCalendar files (.ics) and days such "
				"as \"2026-12-20/2027-01-03\", not '%.100s'",
				reading_line(r, e->rehearse.every), e->name, *one);
		}
	}
	return 0;
}

static int check_rehearse(const struct reading *r, const struct environment *e, struct error *err)
{
	const struct rehearse_policy *policy = &e->rehearse;
	CLEANUP(recurrence_free) struct recurrence *rule = NULL;

	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"line %zu: environment '%s' has 'rehearse' and wants 'clone' as well",
			reading_line(r, policy->every), e->name);
	if (recurrence_parse(
		    policy->every, *policy->from ? policy->from : RECURRENCE_FROM, &rule, err) < 0)
		return error_wrap(err, "line %zu: 'rehearse' of '%s'",
			reading_line(r, policy->every), e->name);
	return check_exceptions(r, e, rule, err);
}

static int check_groups(const struct reading *r, const struct environment *e, struct error *err)
{
	for (size_t i = 0; i < e->group_count; i++) {
		const struct group *g = &e->groups[i];

		if (check_paths(r, g, "data", g->data, err) < 0 ||
			check_paths(r, g, "files", g->files, err) < 0 || check_data(r, g, err) < 0)
			return -1;
	}
	return 0;
}

int config_check_clone(const struct reading *r, const struct config *c, const struct environment *e,
	struct error *err)
{
	const struct clone_policy *policy = &e->clone;

	if (check_groups(r, e, err) < 0)
		return -1;
	if (*e->rehearse.every && check_rehearse(r, e, err) < 0)
		return -1;
	if (!*policy->provider)
		return 0;
	if (!config_provider(c, policy->provider))
		return config_dangling(r, policy->provider,
			&(struct named_list){
				"provider", c->providers, c->provider_count, sizeof *c->providers },
			err);
	if (config_check_gate(r, c, e, &policy->gate, err) < 0 ||
		check_exits(r, &policy->fence, err) < 0 || check_sinks(r, e, err) < 0)
		return -1;
	return e->has_personal_data ? check_sanitized(r, e, err) : 0;
}
