/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/config_private.h"
#include "model/schema.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)4 * 1024 * 1024)

/* The config as the world sees it, and what it owns. */
struct holder {
	struct config config; /* first: a struct config of ours is a struct holder */
	struct reading *reading;
};

static const char *const order_choices[] = { "patches-first", "code-first", NULL };
static const char *const format_choices[] = { "exit", "tap", "junit", NULL };
static const char *const type_choices[] = { "apt", NULL };
static const char *const until_choices[] = { "check", "ignore", NULL };

/* clang-format off */
#define AT(type, member) offsetof(struct type, member)
#define LIST(type, list, count, sub) .offset = AT(type, list), .count_offset = AT(type, count), .schema = &(sub)

static const struct field source_fields[] = {
	{ "name", FIELD_NAME, AT(source, name), NULL, "what the source is called", .is_required = true },
	{ "type", FIELD_CHOICE, AT(source, type), "apt", "kind of archive", .choices = type_choices },
	{ "uri", FIELD_TEXT, AT(source, uri), NULL, "where it is: http, https or file", .is_required = true },
	{ "suites", FIELD_WORDS, AT(source, suites), NULL, "suites to follow", .is_required = true },
	{ "components", FIELD_WORDS, AT(source, components), "main", "components of each suite" },
	{ "architectures", FIELD_WORDS, AT(source, architectures), "amd64", "architectures to read" },
	{ "keyring", FIELD_PATH, AT(source, keyring), NULL, "the only keys whose signature counts", .is_required = true },
	{ "security", FIELD_FLAG, AT(source, is_security), "false", "all its packages are security fixes, whatever its Release file is labelled" },
	{ "valid-until", FIELD_CHOICE, AT(source, valid_until), "check", "refuse a Release file that has expired, or not", .choices = until_choices },
	{ 0 },
};
static const struct schema source_schema = { "source", sizeof(struct source), source_fields };

static const struct field platform_fields[] = {
	{ "name", FIELD_NAME, AT(platform, name), NULL, "distribution, version and architecture as hosts tell it: debian-12-amd64", .is_required = true },
	{ "sources", FIELD_WORDS, AT(platform, sources), NULL, "names of the sources its packages come from", .is_required = true },
	{ 0 },
};
static const struct schema platform_schema = { "platform", sizeof(struct platform), platform_fields };

static const struct field ssh_fields[] = {
	{ "user", FIELD_TEXT, AT(ssh_settings, user), "root", "who to be on hosts; others than root need sudo without password" },
	{ "config", FIELD_PATH, AT(ssh_settings, config), "''", "an OpenSSH client configuration; default: the user's own" },
	{ "known-hosts", FIELD_PATH, AT(ssh_settings, known_hosts), "''", "host keys; default: the user's own" },
	{ "identities", FIELD_PATHS, AT(ssh_settings, identities), NULL, "private keys to offer besides the agent's" },
	{ "connect-timeout", FIELD_DURATION, AT(ssh_settings, connect_timeout), "10s", "how long a host may take to answer" },
	{ "parallel", FIELD_COUNT_OF, AT(ssh_settings, parallel), "10", "hosts spoken to at a time" },
	{ 0 },
};
static const struct schema ssh_schema = { "ssh", sizeof(struct ssh_settings), ssh_fields };

static const struct field host_fields[] = {
	{ "name", FIELD_NAME, AT(host, name), NULL, "what the host is called", .is_required = true },
	{ "address", FIELD_TEXT, AT(host, address), NULL, "where ssh finds it; default: its name" },
	{ "user", FIELD_TEXT, AT(host, user), "''", "who to be on it; default: ssh.user" },
	{ "port", FIELD_PORT, AT(host, port), "0", "where its sshd listens; 0: as ssh has it" },
	{ 0 },
};
static const struct schema host_schema = { "host", sizeof(struct host), host_fields, .has_short_form = true };

static const struct field group_fields[] = {
	{ "name", FIELD_NAME, AT(group, name), NULL, "the role: web, db", .is_required = true },
	{ "hosts", FIELD_LIST, LIST(group, hosts, host_count, host_schema), .help = "its hosts: names, or maps" },
	{ "ansible-group", FIELD_TEXT, AT(group, ansible_group), "''", "take the hosts of that group of the inventory" },
	{ "canary", FIELD_COUNT_OF, AT(group, canary), "0", "hosts in the first, small wave" },
	{ "wave", FIELD_PORTION, AT(group, wave), "100%", "hosts in each further wave: a number or a share" },
	{ "failure-budget", FIELD_PORTION, AT(group, failure_budget), "0", "more failed hosts than this stop the rollout" },
	{ "services", FIELD_WORDS, AT(group, services), NULL, "units that must be active after patching" },
	{ "health", FIELD_WORDS, AT(group, health), NULL, "commands on the host that must succeed after patching" },
	{ "release-check", FIELD_TEXT, AT(group, release_check), "''", "command on the host that prints the release it runs" },
	{ 0 },
};
static const struct schema group_schema = { "group", sizeof(struct group), group_fields };

static const struct field gate_fields[] = {
	{ "tests", FIELD_WORDS, AT(gate, tests), NULL, "suites that must have passed here" },
	{ "approvals", FIELD_COUNT_OF, AT(gate, approvals), "0", "how many people must have approved here" },
	{ "approvers", FIELD_WORDS, AT(gate, approvers), NULL, "who may approve; default: anybody" },
	{ "soak", FIELD_DURATION, AT(gate, soak), "0s", "how long a candidate must have been here" },
	{ 0 },
};
static const struct schema gate_schema = { "gate", sizeof(struct gate), gate_fields };

static const struct field environment_fields[] = {
	{ "name", FIELD_NAME, AT(environment, name), NULL, "the stage: development, qa", .is_required = true },
	{ "order", FIELD_CHOICE, AT(environment, order), "patches-first", "which comes first, the patches or the code", .choices = order_choices },
	{ "groups", FIELD_LIST, LIST(environment, groups, group_count, group_schema), .help = "groups of hosts, in the order in which they are patched", .is_required = true },
	{ "gate", FIELD_MAP, AT(environment, gate), .help = "what must be true here before a candidate may leave", .schema = &gate_schema },
	{ 0 },
};
static const struct schema environment_schema = { "environment", sizeof(struct environment), environment_fields };

static const struct field suite_fields[] = {
	{ "name", FIELD_NAME, AT(suite, name), NULL, "what the suite is called", .is_required = true },
	{ "command", FIELD_WORDS, AT(suite, command), NULL, "program and arguments", .is_required = true },
	{ "on", FIELD_NAME, AT(suite, on), "controller", "where it runs: controller, or a group's name for each of its hosts" },
	{ "format", FIELD_CHOICE, AT(suite, format), "exit", "how it tells its result", .choices = format_choices },
	{ "timeout", FIELD_DURATION, AT(suite, timeout), "10m", "how long it may take" },
	{ 0 },
};
static const struct schema suite_schema = { "test", sizeof(struct suite), suite_fields };

static const struct field config_fields[] = {
	{ "state", FIELD_PATH, AT(config, state), "/var/lib/patchline", "directory of the database, the pool, indexes and sets" },
	{ "sources", FIELD_LIST, LIST(config, sources, source_count, source_schema), .help = "where packages come from", .is_required = true },
	{ "platforms", FIELD_LIST, LIST(config, platforms, platform_count, platform_schema), .help = "which packages belong to which kind of host", .is_required = true },
	{ "ssh", FIELD_MAP, AT(config, ssh), .help = "how hosts are reached", .schema = &ssh_schema },
	{ "ansible-inventory", FIELD_PATH, AT(config, ansible_inventory), "''", "a JSON file as `ansible-inventory --list` prints it, or a program that prints it" },
	{ "environments", FIELD_LIST, LIST(config, environments, environment_count, environment_schema), .help = "the line, first to last", .is_required = true },
	{ "tests", FIELD_LIST, LIST(config, suites, suite_count, suite_schema), .help = "acceptance suites" },
	{ 0 },
};
static const struct schema config_schema = { "configuration", sizeof(struct config), config_fields };
/* clang-format on */

const void *named_find(const void *list, size_t count, size_t size, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		const struct named *n = (const void *)((const char *)list + i * size);

		if (strcmp(n->name, name) == 0)
			return n;
	}
	return NULL;
}

/* Values that follow from others. */
static void complete(struct config *c)
{
	for (size_t i = 0; i < c->environment_count; i++) {
		struct environment *e = &c->environments[i];

		e->index = i;
		for (size_t k = 0; k < e->group_count; k++) {
			for (size_t h = 0; h < e->groups[k].host_count; h++) {
				if (!e->groups[k].hosts[h].address)
					e->groups[k].hosts[h].address = e->groups[k].hosts[h].name;
			}
		}
	}
	if (!c->ssh.parallel)
		c->ssh.parallel = 1;
}

int config_parse(
	const char *path, const char *text, size_t size, struct config **out, struct error *err)
{
	struct holder *h = mem_new(1, sizeof *h);
	CLEANUP(config_free) struct config *c = &h->config;
	CLEANUP(free) char *full = realpath(path, NULL);
	CLEANUP(free) char *directory = path_dir(full ? full : path);

	h->reading = reading_new(directory);
	c->path = reading_keep(h->reading, mem_strdup(path));
	if (schema_read(h->reading, text, size, &config_schema, c, err) < 0)
		return error_wrap(err, "%s", path);
	complete(c);
	if (config_check(h->reading, c, err) < 0)
		return error_wrap(err, "%s", path);
	*out = STEAL(&c);
	return 0;
}

int config_read(const char *path, struct config **out, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (file_read(path, FILE_MAX, &text, &size, err) < 0)
		return error_wrap(err, "reading the configuration");
	return config_parse(path, text, size, out, err);
}

const struct source *config_source(const struct config *c, const char *name)
{
	return named_find(c->sources, c->source_count, sizeof *c->sources, name);
}

const struct environment *config_environment(const struct config *c, const char *name)
{
	return named_find(c->environments, c->environment_count, sizeof *c->environments, name);
}

const struct platform *config_platform(const struct config *c, const char *name)
{
	return named_find(c->platforms, c->platform_count, sizeof *c->platforms, name);
}

const struct suite *config_suite(const struct config *c, const char *name)
{
	return named_find(c->suites, c->suite_count, sizeof *c->suites, name);
}

const struct group *environment_group(const struct environment *e, const char *name)
{
	return named_find(e->groups, e->group_count, sizeof *e->groups, name);
}

const struct host *config_host(const struct config *c, const char *name,
	const struct environment **environment, const struct group **group)
{
	for (size_t i = 0; i < c->environment_count; i++) {
		const struct environment *e = &c->environments[i];

		for (size_t k = 0; k < e->group_count; k++) {
			const struct group *g = &e->groups[k];
			const struct host *h =
				named_find(g->hosts, g->host_count, sizeof *g->hosts, name);

			if (!h)
				continue;
			if (environment)
				*environment = e;
			if (group)
				*group = g;
			return h;
		}
	}
	return NULL;
}

const struct environment *config_predecessor(const struct config *c, const struct environment *e)
{
	return e->index ? &c->environments[e->index - 1] : NULL;
}

int config_add_host(
	struct config *c, struct group *group, const struct host *host, struct error *err)
{
	struct holder *h = (struct holder *)c;

	if (!is_name(host->name))
		return error_set(err, ERR_USAGE, "'%.60s' is not a name for a host", host->name);
	if (config_host(c, host->name, NULL, NULL))
		return error_set(err, ERR_USAGE, "host '%s' is there twice", host->name);

	struct host *hosts =
		reading_keep(h->reading, mem_new(group->host_count + 1, sizeof *hosts));

	memcpy(hosts, group->hosts, group->host_count * sizeof *hosts);
	hosts[group->host_count] = (struct host){
		.name = reading_keep(h->reading, mem_strdup(host->name)),
		.address = reading_keep(
			h->reading, mem_strdup(host->address ? host->address : host->name)),
		.user = reading_keep(h->reading, mem_strdup(host->user ? host->user : "")),
		.port = host->port,
	};
	group->hosts = hosts;
	group->host_count++;
	return 0;
}

void config_describe(FILE *out)
{
	schema_describe(&config_schema, out);
}

void config_free(struct config *c)
{
	struct holder *h = (struct holder *)c;

	if (!h)
		return;
	reading_free(h->reading);
	free(h);
}
