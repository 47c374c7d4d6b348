/* SPDX-License-Identifier: Apache-2.0 */
/* config_check_drain.c - what taking load from hosts needs; declared in config_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/config_private.h"
#include "model/place.h"
#include "model/schema.h"

#include <string.h>

/* What HAProxy lets a backend or server be called, and what stands for a host in it. */
static bool is_proxy_word(const char *text)
{
	return *text &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				 "._:-{}")] == '\0';
}

static bool has_inventory(const struct config *c)
{
	for (size_t i = 0; i < c->environment_count; i++) {
		for (size_t k = 0; k < c->environments[i].group_count; k++) {
			if (*c->environments[i].groups[k].ansible_group)
				return true;
		}
	}
	return false;
}

static const char *nearest_host(const struct config *c, const char *name)
{
	CLEANUP(free) const char **known = mem_new(config_host_count(c) + 1, sizeof *known);
	size_t count = 0;

	for (struct place at = { 0 }; config_next_host(c, &at);)
		known[count++] = at.host->name;
	return str_nearest(name, known);
}

/* Hosts of an inventory are not known yet: a balancer among them is found when it is needed. */
static int check_balancers(
	const struct reading *r, const struct config *c, const struct group *g, struct error *err)
{
	for (const char *const *name = g->drain.on; *name; name++) {
		if (config_find_host(c, *name, NULL) || has_inventory(c))
			continue;

		const char *near = nearest_host(c, *name);

		return error_set(err, ERR_USAGE,
			"line %zu: 'drain' of group '%s': there is no host '%.60s'%s%s%s; 'on' wants names of "
			"hosts in this file",
			reading_line(r, *name), g->name, *name, near ? "; did you mean '" : "",
			near ? near : "", near ? "'?" : "");
	}
	return 0;
}

static int check_words(const struct reading *r, const struct group *g, struct error *err)
{
	const struct drain_policy *d = &g->drain;

	for (const char *const *backend = d->backends; *backend; backend++) {
		if (!is_proxy_word(*backend))
			return error_set(err, ERR_USAGE,
				"line %zu: 'drain' of group '%s': '%.60s' is no name of a backend",
				reading_line(r, *backend), g->name, *backend);
	}
	if (!is_proxy_word(d->server))
		return error_set(err, ERR_USAGE,
			"line %zu: 'drain' of group '%s': '%.60s' is no name of a server",
			reading_line(r, d->server), g->name, d->server);
	if (g->host_count > 1 && !strstr(d->server, "{host}") && !strstr(d->server, "{address}"))
		return error_set(err, ERR_USAGE,
			"line %zu: 'drain' of group '%s': 'server' wants {host} or {address} in it: '%.60s' "
			"would be the same for all %zu hosts",
			reading_line(r, d->server), g->name, d->server, g->host_count);
	if (d->socket[0] != '/' || strpbrk(d->socket, " \t\r\n,"))
		return error_set(err, ERR_USAGE,
			"line %zu: 'drain' of group '%s': 'socket' wants an absolute path without blanks, "
			"not '%.100s'",
			reading_line(r, d->socket), g->name, d->socket);
	return 0;
}

static int lacks(const struct reading *r, const struct group *g, const char *driver,
	const char *key, struct error *err)
{
	return error_set(err, ERR_USAGE,
		"line %zu: 'drain' of group '%s' has 'driver: %s' and wants '%s' as well",
		reading_line(r, g->name), g->name, driver, key);
}

static int check_haproxy(
	const struct reading *r, const struct config *c, const struct group *g, struct error *err)
{
	if (!*g->drain.on)
		return lacks(r, g, "haproxy", "on", err);
	if (!*g->drain.backends)
		return lacks(r, g, "haproxy", "backend", err);
	if (check_balancers(r, c, g, err) < 0)
		return -1;
	return check_words(r, g, err);
}

static int check_commands(const struct reading *r, const struct group *g, struct error *err)
{
	if (!*g->drain.out)
		return lacks(r, g, "command", "out", err);
	if (!*g->drain.in)
		return lacks(r, g, "command", "in", err);
	return 0;
}

static int check_none(const struct reading *r, const struct group *g, struct error *err)
{
	const struct drain_policy *d = &g->drain;

	if (*d->on || *d->backends || *d->out || *d->in)
		return error_set(err, ERR_USAGE,
			"line %zu: 'drain' of group '%s' wants 'driver' as well: haproxy or command",
			reading_line(r, g->name), g->name);
	return 0;
}

int config_check_drain(
	const struct reading *r, const struct config *c, const struct group *g, struct error *err)
{
	switch (g->drain.driver) {
	case DRAIN_NONE:
		return check_none(r, g, err);
	case DRAIN_HAPROXY:
		return check_haproxy(r, c, g, err);
	case DRAIN_COMMAND:
		return check_commands(r, g, err);
	}
	return 0;
}
