/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/url.h"
#include "model/config_private.h"
#include "model/place.h"
#include "model/schema.h"

#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)64 * 1024 * 1024)

static const char *const order_choices[] = { "patches-first", "code-first", NULL };
static const char *const format_choices[] = { "exit", "tap", "junit", NULL };
static const char *const restart_choices[] = { "auto", "never", NULL };
static const char *const way_back_choices[] = { "auto", "snapshot", "downgrade", NULL };
static const char *const on_failure_choices[] = { "stop", "revert-host", "revert-wave",
	"revert-all", NULL };
static const char *const drain_choices[] = { "none", "haproxy", "command", NULL };
static const char *const after_timeout_choices[] = { "go-on", "fail", NULL };
static const char *const reboot_choices[] = { "never", "if-needed", "always", NULL };
static const char *const type_choices[] = { "apt", NULL };
static const char *const until_choices[] = { "check", "ignore", NULL };
static const char *const protocol_choices[] = { "tcp", "udp", NULL };
static const char *const answer_choices[] = { "smtp", "http", "tcp", NULL };
static const char *const what_choices[] = { "all", "security", NULL };

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
	{ "release-name", FIELD_TEXT, AT(source, release_name), "''", "suite or codename that its Release file tells, where the archive serves it under another name" },
	{ "keyring", FIELD_PATH, AT(source, keyring), NULL, "the only keys whose signature counts", .is_required = true },
	{ "security", FIELD_FLAG, AT(source, is_security), "false", "all its packages are security fixes, whatever its Release file is labelled" },
	{ "priority", FIELD_COUNT_OF, AT(source, priority), "0", "1 to 999, as apt's pins: packages of a higher one are preferred to newer ones; 0: what the Release file says" },
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

static const struct field provider_fields[] = {
	{ "name", FIELD_NAME, AT(provider, name), NULL, "what the provider is called", .is_required = true },
	{ "command", FIELD_WORDS, AT(provider, command), NULL, "program and arguments", .is_required = true },
	{ "options", FIELD_PAIRS, AT(provider, options), NULL, "what the program wants to know, in its own words" },
	{ "timeout", FIELD_DURATION, AT(provider, timeout), "30m", "how long one operation may take" },
	{ 0 },
};
static const struct schema provider_schema = { "provider", sizeof(struct provider), provider_fields };

static const struct field ssh_fields[] = {
	{ "user", FIELD_TEXT, AT(ssh_settings, user), "''", "who to be on hosts; others than root need sudo without password; default: User of the ssh configuration, else root" },
	{ "config", FIELD_PATH, AT(ssh_settings, config), "''", "an OpenSSH client configuration; default: the user's own" },
	{ "known-hosts", FIELD_PATH, AT(ssh_settings, known_hosts), "''", "host keys; default: the user's own" },
	{ "identities", FIELD_PATHS, AT(ssh_settings, identities), NULL, "private keys to offer besides the agent's" },
	{ "connect-timeout", FIELD_DURATION, AT(ssh_settings, connect_timeout), "10s", "how long a host may take to answer" },
	{ "parallel", FIELD_COUNT_OF, AT(ssh_settings, parallel), "10", "hosts spoken to at a time" },
	{ "command", FIELD_WORDS, AT(ssh_settings, command), NULL, "program and arguments that lead to a host instead of ssh; {host}, {address}, {user}, {port} are filled in" },
	{ 0 },
};
static const struct schema ssh_schema = { "ssh", sizeof(struct ssh_settings), ssh_fields };

static const struct field host_fields[] = {
	{ "name", FIELD_NAME, AT(host, name), NULL, "what the host is called", .is_required = true },
	{ "address", FIELD_TEXT, AT(host, address), NULL, "where ssh finds it; default: its name" },
	{ "user", FIELD_TEXT, AT(host, user), "''", "who to be on it; default: ssh.user" },
	{ "port", FIELD_PORT, AT(host, port), "0", "where its sshd listens; 0: as ssh has it" },
	{ "identity", FIELD_PATH, AT(host, identity), "''", "a private key to offer first; default: ssh.identities" },
	{ "command", FIELD_WORDS, AT(host, command), NULL, "program and arguments that lead there instead of ssh; default: ssh.command" },
	{ 0 },
};
static const struct schema host_schema = { "host", sizeof(struct host), host_fields, .has_short_form = true };

#define BUDGET(word, type) { word, FIELD_PORTION, AT(budgets, of[type]), "100%", "a number or a share of the group's hosts" }
static const struct field budgets_fields[] = {
	BUDGET("unreachable", FAILURE_UNREACHABLE),
	BUDGET("precheck", FAILURE_PRECHECK),
	BUDGET("stage", FAILURE_STAGE),
	BUDGET("drain", FAILURE_DRAIN),
	BUDGET("apply", FAILURE_APPLY),
	BUDGET("reboot", FAILURE_REBOOT),
	BUDGET("verify", FAILURE_VERIFY),
	BUDGET("test", FAILURE_TEST),
	{ 0 },
};
static const struct schema budgets_schema = { "budgets", sizeof(struct budgets), budgets_fields };

static const struct field drain_fields[] = {
	{ "driver", FIELD_CHOICE, AT(drain_policy, driver), "none", "who takes the load away: HAProxy's runtime socket, or commands of yours", .choices = drain_choices },
	{ "timeout", FIELD_DURATION, AT(drain_policy, timeout), "60s", "how long sessions of the host may take to end, or a command may take" },
	{ "after-timeout", FIELD_CHOICE, AT(drain_policy, after_timeout), "go-on", "sessions that have not ended by then: go on, new requests of theirs being sent elsewhere, or fail the host before it is changed", .choices = after_timeout_choices },
	{ "settle", FIELD_DURATION, AT(drain_policy, settle), "2s", "pause after the last session ended, and how long a host must stay up once load returned" },
	{ "on", FIELD_WORDS, AT(drain_policy, on), NULL, "haproxy: the hosts that run it, names of this configuration; all of them" },
	{ "socket", FIELD_TEXT, AT(drain_policy, socket), "/run/haproxy/admin.sock", "haproxy: its runtime socket there, of level admin" },
	{ "backend", FIELD_WORDS, AT(drain_policy, backends), NULL, "haproxy: the backends in which the group's hosts are servers" },
	{ "server", FIELD_TEXT, AT(drain_policy, server), "'{host}'", "haproxy: a host's server there, by name or address; {host} and {address} stand for the host's" },
	{ "out", FIELD_TEXT, AT(drain_policy, out), "''", "command: for sh on the controller; takes the load from a host, and ends with 0 once it is gone" },
	{ "in", FIELD_TEXT, AT(drain_policy, in), "''", "command: for sh on the controller; gives the load back" },
	{ 0 },
};
static const struct schema drain_schema = { "drain policy", sizeof(struct drain_policy), drain_fields };

static const struct field group_fields[] = {
	{ "name", FIELD_NAME, AT(group, name), NULL, "the role: web, db", .is_required = true },
	{ "hosts", FIELD_LIST, LIST(group, hosts, host_count, host_schema), .help = "its hosts: names, or maps" },
	{ "ansible-group", FIELD_TEXT, AT(group, ansible_group), "''", "take the hosts of that group of the inventory" },
	{ "canary", FIELD_COUNT_OF, AT(group, canary), "0", "hosts in the first, small wave" },
	{ "wave", FIELD_PORTION, AT(group, wave), "100%", "hosts in each further wave: a number or a share" },
	{ "failure-budget", FIELD_PORTION, AT(group, failure_budget), "10%", "more failed hosts of the group than this stop the rollout; those out of reach do not count" },
	{ "wave-budget", FIELD_PORTION, AT(group, wave_budget), "50%", "more failed hosts of one wave than this stop it" },
	{ "budgets", FIELD_MAP, AT(group, budgets), .help = "more hosts of the group that failed in this way stop it", .schema = &budgets_schema },
	{ "services", FIELD_WORDS, AT(group, services), NULL, "units that must be active after patching" },
	{ "health", FIELD_WORDS, AT(group, health), NULL, "commands on the host that must succeed after patching" },
	{ "release-check", FIELD_TEXT, AT(group, release_check), "''", "command on the host that prints the release it runs" },
	{ "patience", FIELD_DURATION, AT(group, patience), "60s", "how long a host waits for a package lock, a starting service, a health command" },
	{ "step-timeout", FIELD_DURATION, AT(group, step_timeout), "1h", "how long one step may take on a host; past that its outcome is unknown" },
	{ "min-healthy", FIELD_COUNT_OF, AT(group, min_healthy), "0", "hosts of the group that must stay in service while others are patched" },
	{ "drain", FIELD_MAP, AT(group, drain), .help = "how load leaves a host before it is patched, and returns to it afterwards; default: it does not", .schema = &drain_schema },
	{ "way-back", FIELD_CHOICE, AT(group, way_back), "auto", "how a host can be taken back: a snapshot of the environment's provider, an exact downgrade, or what there is of them in this order", .choices = way_back_choices },
	{ "on-failure", FIELD_CHOICE, AT(group, on_failure), "stop", "what goes back by itself when a host, or the tests of its wave, fail after it was changed", .choices = on_failure_choices },
	{ "wave-tests", FIELD_WORDS, AT(group, wave_tests), NULL, "suites that run after each of its waves, before the next begins" },
	{ "restart", FIELD_CHOICE, AT(group, restart), "auto", "restart services that still run on files which patching replaced", .choices = restart_choices },
	{ "restart-except", FIELD_WORDS, AT(group, restart_except), NULL, "units that are not restarted; what they run on is told" },
	{ "restart-by-reload", FIELD_WORDS, AT(group, restart_by_reload), NULL, "units that take replaced files by a reload, losing no connection: haproxy" },
	{ "reboot", FIELD_CHOICE, AT(group, reboot), "never", "reboot hosts after patching: never, when a kernel or a package asks for it, or after each change", .choices = reboot_choices },
	{ "reboot-except", FIELD_WORDS, AT(group, reboot_except), NULL, "hosts of the group that are never rebooted; what is not in effect on them is told" },
	{ "reboot-command", FIELD_TEXT, AT(group, reboot_command), "''", "command on the host that reboots it; default: systemctl reboot" },
	{ "reboot-timeout", FIELD_DURATION, AT(group, reboot_timeout), "10m", "how long a host may take to come back" },
	{ "reboot-at-once", FIELD_COUNT_OF, AT(group, reboot_at_once), "1", "hosts of a wave that may be down at the same time" },
	{ "stateful", FIELD_FLAG, AT(group, is_stateful), "false", "its hosts keep what customers write" },
	{ "data", FIELD_WORDS, AT(group, data), NULL, "folders on the host that hold it, each a volume of its own" },
	{ "files", FIELD_WORDS, AT(group, files), NULL, "files and folders on the host whose change voids what a clone showed" },
	{ "sanitize", FIELD_PATHS, AT(group, sanitize), NULL, "sh programs that mask a clone's data before it starts, in this order" },
	{ "quiesce", FIELD_TEXT, AT(group, quiesce), "''", "command on the host that holds its data still while it is copied: prints ready, ends with its input" },
	{ 0 },
};
const struct schema config_group_schema = { "group", sizeof(struct group), group_fields };

static const struct field gate_fields[] = {
	{ "tests", FIELD_WORDS, AT(gate, tests), NULL, "suites that must have passed here" },
	{ "approvals", FIELD_COUNT_OF, AT(gate, approvals), "0", "how many people must have approved here" },
	{ "approvers", FIELD_WORDS, AT(gate, approvers), NULL, "who may approve; default: anybody" },
	{ "soak", FIELD_DURATION, AT(gate, soak), "0s", "how long a candidate must have been here" },
	{ 0 },
};
static const struct schema gate_schema = { "gate", sizeof(struct gate), gate_fields };

static const struct field exit_fields[] = {
	{ "address", FIELD_TEXT, AT(fence_exit, address), NULL, "numeric address that may be reached", .is_required = true },
	{ "port", FIELD_PORT, AT(fence_exit, port), NULL, "port there", .is_required = true },
	{ "protocol", FIELD_CHOICE, AT(fence_exit, protocol), "tcp", "how", .choices = protocol_choices },
	{ 0 },
};
static const struct schema exit_schema = { "way out", sizeof(struct fence_exit), exit_fields };

static const struct field sink_fields[] = {
	{ "port", FIELD_PORT, AT(fence_sink, port), NULL, "port that is answered, at any address", .is_required = true },
	{ "as", FIELD_CHOICE, AT(fence_sink, as), "tcp", "what it answers like", .choices = answer_choices },
	{ 0 },
};
static const struct schema sink_schema = { "sink", sizeof(struct fence_sink), sink_fields };

#define SINKS "[{port: 25, as: smtp}, {port: 465, as: smtp}, {port: 587, as: smtp}, {port: 80, as: http}, {port: 443, as: tcp}]"

static const struct field fence_fields[] = {
	{ "allow", FIELD_LIST, LIST(fence, exits, exit_count, exit_schema), .help = "ways out of a clone; default: none" },
	{ "sink", FIELD_LIST, LIST(fence, sinks, sink_count, sink_schema), .preset = SINKS, .help = "ports that are answered inside, and recorded" },
	{ 0 },
};
static const struct schema fence_schema = { "fence", sizeof(struct fence), fence_fields };

static const struct field clone_fields[] = {
	{ "provider", FIELD_NAME, AT(clone_policy, provider), NULL, "name of the provider that copies the hosts", .is_required = true },
	{ "expires", FIELD_DURATION, AT(clone_policy, expires), "3d", "how long a clone is wanted" },
	{ "gate", FIELD_MAP, AT(clone_policy, gate), .help = "what must be true in a clone before its set may enter here; default: the tests of this gate", .schema = &gate_schema },
	{ "fence", FIELD_MAP, AT(clone_policy, fence), .help = "what a clone's network lets through and answers", .schema = &fence_schema },
	{ 0 },
};
static const struct schema clone_schema = { "clone policy", sizeof(struct clone_policy), clone_fields };

static const struct field rehearse_fields[] = {
	{ "every", FIELD_TEXT, AT(rehearse_policy, every), NULL, "when, as an RFC 5545 rule: FREQ=DAILY;BYHOUR=5", .is_required = true },
	{ "from", FIELD_TEXT, AT(rehearse_policy, from), "''", "time from which the rule counts: 2026-01-01T00:00:00Z" },
	{ "what", FIELD_CHOICE, AT(rehearse_policy, what), "all", "which pending patches", .choices = what_choices },
	{ "except", FIELD_WORDS, AT(rehearse_policy, except), NULL, "days without: iCalendar files, or from/to: 2026-12-20/2027-01-03" },
	{ 0 },
};
static const struct schema rehearse_schema = { "rehearsal policy", sizeof(struct rehearse_policy), rehearse_fields };

static const struct field environment_fields[] = {
	{ "name", FIELD_NAME, AT(environment, name), NULL, "the stage: development, qa", .is_required = true },
	{ "order", FIELD_CHOICE, AT(environment, order), "patches-first", "which comes first, the patches or the code", .choices = order_choices },
	{ "groups", FIELD_LIST, LIST(environment, groups, group_count, config_group_schema), .help = "groups of hosts, in the order in which they are patched", .is_required = true },
	{ "failure-budget", FIELD_PORTION, AT(environment, failure_budget), "100%", "more failed hosts of all groups together than this stop a rollout" },
	{ "gate", FIELD_MAP, AT(environment, gate), .help = "what must be true here before a candidate may leave", .schema = &gate_schema },
	{ "personal-data", FIELD_FLAG, AT(environment, has_personal_data), "false", "its hosts hold data of people: cloned only when sanitized" },
	{ "clone", FIELD_MAP, AT(environment, clone), .help = "how it is cloned; default: not at all", .schema = &clone_schema },
	{ "rehearse", FIELD_MAP, AT(environment, rehearse), .help = "when its pending patches are tried on a clone by themselves; default: never", .schema = &rehearse_schema },
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

static const struct field keep_fields[] = {
	{ "for", FIELD_DURATION, AT(keep_policy, age), NULL, "sets and snapshots that nothing needs stay so long", .is_required = true },
	{ "sets", FIELD_COUNT_OF, AT(keep_policy, sets), "10", "so many sets stay, the newest, whatever their age" },
	{ 0 },
};
static const struct schema keep_schema = { "keep policy", sizeof(struct keep_policy), keep_fields };

static const struct field config_fields[] = {
	{ "state", FIELD_PATH, AT(config, state), "/var/lib/patchline", "directory of the database, the pool, indexes and sets" },
	{ "sources", FIELD_LIST, LIST(config, sources, source_count, source_schema), .help = "where packages come from", .is_required = true },
	{ "platforms", FIELD_LIST, LIST(config, platforms, platform_count, platform_schema), .help = "which packages belong to which kind of host", .is_required = true },
	{ "providers", FIELD_LIST, LIST(config, providers, provider_count, provider_schema), .help = "programs that copy hosts" },
	{ "ssh", FIELD_MAP, AT(config, ssh), .help = "how hosts are reached", .schema = &ssh_schema },
	{ "ansible-inventory", FIELD_PATH, AT(config, ansible_inventory), "''", "a JSON file as `ansible-inventory --list` prints it, or a program that prints it" },
	{ "environments", FIELD_LIST, LIST(config, environments, environment_count, environment_schema), .help = "the line, first to last", .is_required = true },
	{ "tests", FIELD_LIST, LIST(config, suites, suite_count, suite_schema), .help = "acceptance suites" },
	{ "keep", FIELD_MAP, AT(config, keep), .help = "how long what nothing needs any more is kept; default: for ever", .schema = &keep_schema },
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

/* Texts that are paths only when they look like one: the list again, those made absolute. */
static const char *const *with_paths(
	struct reading *r, const char *const *words, bool (*is_path)(const char *, size_t))
{
	size_t count = 0;

	while (words[count])
		count++;
	if (!count)
		return words;

	const char **full = reading_keep(r, mem_new(count + 1, sizeof *full));

	for (size_t i = 0; i < count; i++)
		full[i] = is_path(words[i], i) ? reading_path(r, words[i]) : words[i];
	return full;
}

/* "2026-12-20/2027-01-03": two days with a slash between them. */
static bool is_interval(const char *word)
{
	static const char shape[] = "dddd-dd-dd/dddd-dd-dd";

	for (size_t i = 0; i < sizeof shape; i++) {
		if (shape[i] == 'd' ? !isdigit((unsigned char)word[i]) : word[i] != shape[i])
			return false;
	}
	return true;
}

/* A program is looked for in PATH unless it has a slash. */
static bool is_program_path(const char *word, size_t index)
{
	return index == 0 && strchr(word, '/');
}

static bool is_calendar_path(const char *word, size_t index)
{
	(void)index;
	return !is_interval(word);
}

static void complete_host(struct reading *r, struct host *h)
{
	if (!h->address)
		h->address = h->name;
	h->command = with_paths(r, h->command, is_program_path);
}

static void complete_environment(struct reading *r, struct environment *e)
{
	for (size_t k = 0; k < e->group_count; k++) {
		for (size_t h = 0; h < e->groups[k].host_count; h++)
			complete_host(r, &e->groups[k].hosts[h]);
	}
	if (!e->clone.provider)
		e->clone.provider = "";
	if (!*e->clone.gate.tests)
		e->clone.gate.tests = e->gate.tests;
	if (!e->rehearse.every)
		e->rehearse.every = "";
	e->rehearse.except = with_paths(r, e->rehearse.except, is_calendar_path);
}

/* apt takes "/" and "./" for the same flat suite; the second can stand in a set. */
static void complete_source(struct reading *r, struct source *s)
{
	size_t count = 0;

	while (s->suites[count])
		count++;

	const char **suites = reading_keep(r, mem_new(count + 1, sizeof *suites));

	for (size_t i = 0; i < count; i++)
		suites[i] = str_equal(s->suites[i], "/") ? "./" : s->suites[i];
	s->suites = suites;
	s->public_uri = reading_keep(r, url_public(s->uri));
}

/* Values that follow from others. */
static void complete(struct reading *r, struct config *c)
{
	for (size_t i = 0; i < c->environment_count; i++) {
		c->environments[i].index = i;
		complete_environment(r, &c->environments[i]);
	}
	for (size_t i = 0; i < c->source_count; i++)
		complete_source(r, &c->sources[i]);
	for (size_t i = 0; i < c->provider_count; i++)
		c->providers[i].command = with_paths(r, c->providers[i].command, is_program_path);
	c->ssh.command = with_paths(r, c->ssh.command, is_program_path);
	if (!c->ssh.parallel)
		c->ssh.parallel = 1;
}

void environment_sort_hosts(struct reading *r, struct environment *e)
{
	struct place *places = reading_keep(r, mem_new(environment_host_count(e), sizeof *places));
	size_t count = 0;

	for (struct place at = { 0 }; environment_next_host(e, &at);)
		places[count++] = at;
	places_sort(places, count);
	e->by_name = (struct host_table){ places, count };
}

/* The table of the whole line is made of those of its environments. */
static void config_sort_hosts(struct reading *r, struct config *c)
{
	struct place *places = reading_keep(r, mem_new(config_host_count(c), sizeof *places));
	size_t count = 0;

	for (size_t i = 0; i < c->environment_count; i++) {
		const struct host_table *own = &c->environments[i].by_name;

		environment_sort_hosts(r, &c->environments[i]);
		if (own->count)
			memcpy(places + count, own->places, own->count * sizeof *places);
		count += own->count;
	}
	places_sort(places, count);
	c->by_name = (struct host_table){ places, count };
}

/* Read a text of ours, which is right. */
static void read_blank(
	struct reading *r, const char *text, const struct schema *schema, void *record)
{
	struct error err = { 0 };
	int result = schema_read(r, text, strlen(text), schema, record, &err);

	assert(result == 0);
	(void)result;
}

void config_blank_environment(struct reading *r, const char *name, struct environment *out)
{
	*out = (struct environment){ 0 };
	read_blank(r, "{name: blank, groups: []}", &environment_schema, out);
	out->name = reading_keep(r, mem_strdup(name));
	complete_environment(r, out);
}

void config_blank_group(struct reading *r, const char *name, struct group *out)
{
	*out = (struct group){ 0 };
	read_blank(r, "{name: blank}", &config_group_schema, out);
	out->name = reading_keep(r, mem_strdup(name));
}

static NODISCARD int parse(const char *path, const char *home, const char *text, size_t size,
	struct config **out, struct error *err)
{
	struct holder *h = mem_new(1, sizeof *h);
	CLEANUP(config_free) struct config *c = &h->config;
	CLEANUP(free) char *full = realpath(path, NULL);
	CLEANUP(free) char *directory = path_dir(full ? full : path);

	h->reading = reading_new(directory, home);
	c->path = reading_keep(h->reading, mem_strdup(path));
	c->text = reading_keep(h->reading, mem_printf("%.*s", (int)size, text));
	if (schema_read(h->reading, text, size, &config_schema, c, err) < 0)
		return error_wrap(err, "%s", path);
	complete(h->reading, c);
	config_sort_hosts(h->reading, c);
	if (config_check(h->reading, c, err) < 0)
		return error_wrap(err, "%s", path);
	*out = STEAL(&c);
	return 0;
}

int config_parse(
	const char *path, const char *text, size_t size, struct config **out, struct error *err)
{
	return parse(path, NULL, text, size, out, err);
}

int config_read(const char *path, const char *home, struct config **out, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (file_read(path, FILE_MAX, &text, &size, err) < 0) {
		err->kind = err->kind == ERR_CORRUPT ? ERR_USAGE : err->kind;
		return error_wrap(err, "reading the configuration");
	}
	return parse(path, home, text, size, out, err);
}

const struct source *config_source(const struct config *c, const char *name)
{
	return named_find(c->sources, c->source_count, sizeof *c->sources, name);
}

const struct provider *config_provider(const struct config *c, const char *name)
{
	return named_find(c->providers, c->provider_count, sizeof *c->providers, name);
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

const struct environment *config_predecessor(const struct config *c, const struct environment *e)
{
	return e->index && !e->original ? &c->environments[e->index - 1] : NULL;
}

const char *host_user(const struct host *h, const struct ssh_settings *ssh, const char *otherwise)
{
	const char *its_own = h->original ? h->original->user : h->user;

	if (*its_own)
		return its_own;
	return *ssh->user ? ssh->user : otherwise;
}

const char *host_plain_name(const struct host *h)
{
	return h->original ? h->original->name : h->name;
}

bool is_clone_name(const char *environment)
{
	return strchr(environment, '/') != NULL;
}

static const char *keep_text(struct holder *h, const char *text)
{
	return reading_keep(h->reading, mem_strdup(text ? text : ""));
}

int config_add_hosts(struct config *c, struct group *group, const struct host *hosts, size_t count,
	struct error *err)
{
	struct holder *h = (struct holder *)c;
	struct host *all =
		reading_keep(h->reading, mem_new(group->host_count + count, sizeof *all));

	if (group->host_count)
		memcpy(all, group->hosts, group->host_count * sizeof *all);
	for (size_t i = 0; i < count; i++) {
		const struct host *host = &hosts[i];

		if (!is_name(host->name))
			return error_set(
				err, ERR_USAGE, "'%.60s' is not a name for a host", host->name);
		all[group->host_count + i] = (struct host){
			.name = keep_text(h, host->name),
			.address = keep_text(h, host->address ? host->address : host->name),
			.user = keep_text(h, host->user),
			.port = host->port,
			.identity = keep_text(h, host->identity),
			.command = host->command,
		};
	}
	group->hosts = all;
	group->host_count += count;
	return 0;
}

int config_check_hosts(struct config *c, struct error *err)
{
	struct reading *r = ((struct holder *)c)->reading;

	config_sort_hosts(r, c);
	return config_check_places(r, c, err);
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
