/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/ansible_variables.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/group.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum meaning {
	MEANS_ADDRESS,
	MEANS_PORT,
	MEANS_USER,
	MEANS_IDENTITY,
	MEANS_CONNECTION,
	MEANS_ARGUMENTS
};

/* Of two for one thing the later wins. All others are for Ansible's own work and are passed over. */
static const struct variable {
	const char *name;
	enum meaning meaning;
} variables[] = {
	{ "ansible_host", MEANS_ADDRESS },
	{ "ansible_ssh_host", MEANS_ADDRESS },
	{ "ansible_port", MEANS_PORT },
	{ "ansible_ssh_port", MEANS_PORT },
	{ "ansible_user", MEANS_USER },
	{ "ansible_ssh_user", MEANS_USER },
	{ "ansible_private_key_file", MEANS_IDENTITY },
	{ "ansible_ssh_private_key_file", MEANS_IDENTITY },
	{ "ansible_connection", MEANS_CONNECTION },
	{ "ansible_ssh_args", MEANS_ARGUMENTS },
	{ "ansible_ssh_common_args", MEANS_ARGUMENTS },
	{ "ansible_ssh_extra_args", MEANS_ARGUMENTS },
};

#define DEPTH_MAX      64 /* of groups within groups; a circle ends there */
#define VARIABLE_COUNT (sizeof variables / sizeof *variables)

/* The object that gives a host each variable; NULL where none does. */
struct given {
	const struct jvalue *by[VARIABLE_COUNT];
};

/* A group, and how far below the top it is. */
struct group_at {
	const char *name;
	const struct jvalue *json;
	size_t depth;
	int64_t priority;
};

struct variables_of {
	const struct jvalue *all;
	const char *const *names; /* of the hosts, sorted */
	size_t count;
	struct given *given;     /* one a host; owned */
	struct group_at *groups; /* by name; owned */
	size_t group_count;
};

static void variables_done_p(struct variables_of *v)
{
	free(v->given);
	free(v->groups);
}

/* ---- groups, from the top down ---- */

static int compare_by_name(const void *a, const void *b)
{
	return strcmp(((const struct group_at *)a)->name, ((const struct group_at *)b)->name);
}

static int compare_by_rank(const void *a, const void *b)
{
	const struct group_at *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct group_at *find_group(const struct variables_of *v, const char *name)
{
	const struct group_at key = { .name = name };

	return bsearch(&key, v->groups, v->group_count, sizeof *v->groups, compare_by_name);
}

static void list_groups(struct variables_of *v)
{
	size_t count = jvalue_count(v->all);

	v->groups = mem_new(count, sizeof *v->groups);
	for (size_t i = 0; i < count; i++) {
		const char *name = jvalue_name_at(v->all, i);
		const struct jvalue *json = jvalue_value_at(v->all, i);

		if (jvalue_is_object(json) && strcmp(name, "_meta") != 0)
			v->groups[v->group_count++] =
				(struct group_at){ name, json, strcmp(name, "all") != 0,
					jvalue_integer(jvalue_get(json, "vars"),
						"ansible_group_priority", 1) };
	}
	if (v->group_count)
		qsort(v->groups, v->group_count, sizeof *v->groups, compare_by_name);
}

/* Children lie below their parents. True when one had to move. */
static bool push_children(struct variables_of *v, const struct group_at *parent)
{
	const struct jvalue *children = jvalue_get(parent->json, "children");
	bool has_moved = false;

	for (size_t i = 0; i < jvalue_count(children); i++) {
		const char *name = jvalue_text(jvalue_at(children, i));
		struct group_at *child = name ? find_group(v, name) : NULL;

		if (child && child->depth <= parent->depth) {
			child->depth = parent->depth + 1;
			has_moved = true;
		}
	}
	return has_moved;
}

static void rank_groups(struct variables_of *v)
{
	bool has_moved = true;

	for (size_t round = 0; has_moved && round < DEPTH_MAX; round++) {
		has_moved = false;
		for (size_t i = 0; i < v->group_count; i++)
			has_moved |= push_children(v, &v->groups[i]);
	}
}

/* ---- what a host is given ---- */

static int compare_name(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static void take(struct given *given, const struct jvalue *vars)
{
	for (size_t i = 0; i < VARIABLE_COUNT; i++) {
		if (jvalue_get(vars, variables[i].name))
			given->by[i] = vars;
	}
}

static bool says_anything(const struct jvalue *vars)
{
	struct given given = { 0 };

	take(&given, vars);
	for (size_t i = 0; i < VARIABLE_COUNT; i++) {
		if (given.by[i])
			return true;
	}
	return false;
}

static void give_hosts(
	struct variables_of *v, const struct group_at *group, const struct jvalue *vars)
{
	const struct jvalue *hosts = jvalue_get(group->json, "hosts");

	for (size_t i = 0; i < jvalue_count(hosts); i++) {
		const char *name = jvalue_text(jvalue_at(hosts, i));
		const char *const *at =
			name ? bsearch(name, v->names, v->count, sizeof *v->names, compare_name)
			     : NULL;

		if (at)
			take(&v->given[at - v->names], vars);
	}
}

/* The children of a group that are not in the list yet. */
static void list_children(const struct variables_of *v, const struct group_at *group,
	const struct group_at **list, size_t *count, bool *is_listed)
{
	const struct jvalue *children = jvalue_get(group->json, "children");

	for (size_t i = 0; i < jvalue_count(children); i++) {
		const char *name = jvalue_text(jvalue_at(children, i));
		const struct group_at *child = name ? find_group(v, name) : NULL;

		if (child && !is_listed[child - v->groups]) {
			is_listed[child - v->groups] = true;
			list[(*count)++] = child;
		}
	}
}

/* To the hosts of a group and of all below it. Whether it lists its hosts or not, each host is in the group "all". */
static void give_group(struct variables_of *v, const struct group_at *group)
{
	const struct jvalue *vars = jvalue_get(group->json, "vars");
	CLEANUP(free) bool *is_listed = mem_new(v->group_count, sizeof *is_listed);
	CLEANUP(free)
	const struct group_at **list = mem_new(v->group_count + 1, sizeof(struct group_at *));
	size_t count = 0;

	if (!says_anything(vars))
		return;
	for (size_t i = 0; strcmp(group->name, "all") == 0 && i < v->count; i++)
		take(&v->given[i], vars);
	is_listed[group - v->groups] = true;
	list[count++] = group;
	for (size_t i = 0; i < count; i++) {
		give_hosts(v, list[i], vars);
		list_children(v, list[i], list, &count, is_listed);
	}
}

static void give_all(struct variables_of *v)
{
	const struct jvalue *hostvars = jvalue_get(jvalue_get(v->all, "_meta"), "hostvars");
	CLEANUP(free) struct group_at *ranked = mem_new(v->group_count, sizeof *ranked);

	v->given = mem_new(v->count, sizeof *v->given);
	if (v->group_count) {
		memcpy(ranked, v->groups, v->group_count * sizeof *ranked);
		qsort(ranked, v->group_count, sizeof *ranked, compare_by_rank);
	}
	for (size_t i = 0; i < v->group_count; i++)
		give_group(v, find_group(v, ranked[i].name));
	for (size_t i = 0; i < v->count; i++)
		take(&v->given[i], jvalue_get(hostvars, v->names[i]));
}

/* ---- what it means ---- */

/* A text that is one, and no template: 'ansible-inventory' does not fill these in. */
static int check_text(const char *variable, const char *text, struct error *err)
{
	if (!text)
		return error_set(err, ERR_CORRUPT, "%s is no text", variable);
	if (strstr(text, "{{") || strstr(text, "{%"))
		return error_set(err, ERR_CORRUPT,
			"%s is a template, '%.60s', which nobody fills in: write what it comes to",
			variable, text);
	return 0;
}

/* A number, or a text that is one: inventories have both. */
static int read_port(const struct jvalue *vars, const char *variable, int *port, struct error *err)
{
	const char *text = jvalue_string(vars, variable);
	int64_t value = jvalue_integer(vars, variable, -1);
	unsigned number = 0;

	if (text && check_text(variable, text, err) < 0)
		return -1;
	if (text && str_number(text, 65535, &number, NULL))
		value = number;
	if (value < 1 || value > 65535)
		return error_set(err, ERR_CORRUPT, "%s is not a port", variable);
	*port = (int)value;
	return 0;
}

/* How Ansible reaches it: by ssh, or on this machine. */
static int read_connection(const char *text, struct host *out, struct error *err)
{
	static const char *const here[] = { "sh", "-c", NULL };
	static const char *const by_ssh[] = { "ssh", "smart", "paramiko", "paramiko_ssh",
		"ansible.builtin.ssh", "ansible.builtin.paramiko_ssh", NULL };

	for (size_t i = 0; by_ssh[i]; i++) {
		if (str_equal(by_ssh[i], text))
			return 0;
	}
	if (!str_equal(text, "local") && !str_equal(text, "ansible.builtin.local"))
		return error_set(err, ERR_USAGE,
			"ansible_connection is '%.40s', and hosts are reached by ssh or 'local' here: name "
			"the host in a group with a 'command' that leads to it",
			text);
	out->command = here;
	return 0;
}

/* Options of the ssh program. Those that lead elsewhere must not be passed over. */
static int check_arguments(const char *variable, const char *text, struct error *err)
{
	static const char *const leading[] = { "proxyjump", "proxycommand", "hostname", "-J", "-W",
		"-F", "-p", "-l", "-i", "port=", "user=", "identityfile", NULL };

	for (size_t i = 0; leading[i]; i++) {
		bool is_short = leading[i][0] == '-';

		if (is_short ? !!strstr(text, leading[i]) : !!strcasestr(text, leading[i]))
			return error_set(err, ERR_USAGE,
				"%s has '%s', and options of the ssh program are not read: put it into the "
				"ssh configuration that 'ssh: config' names",
				variable, leading[i]);
	}
	return 0;
}

static int obey(const struct variable *variable, const struct jvalue *vars, struct host *out,
	struct error *err)
{
	const char *text = jvalue_string(vars, variable->name);

	if (variable->meaning == MEANS_PORT)
		return read_port(vars, variable->name, &out->port, err);
	if (check_text(variable->name, text, err) < 0)
		return -1;
	switch (variable->meaning) {
	case MEANS_ADDRESS:
		out->address = *text ? text : out->name;
		return 0;
	case MEANS_USER:
		out->user = text;
		return 0;
	case MEANS_IDENTITY:
		out->identity = text;
		return 0;
	case MEANS_CONNECTION:
		return read_connection(text, out, err);
	default:
		return check_arguments(variable->name, text, err);
	}
}

static int describe_host(const struct given *given, struct host *out, struct error *err)
{
	for (size_t i = 0; i < VARIABLE_COUNT; i++) {
		if (given->by[i] && obey(&variables[i], given->by[i], out, err) < 0)
			return error_wrap(err, "host '%s'", out->name);
	}
	return 0;
}

int ansible_describe_hosts(const struct jvalue *all, const char *const *names, size_t count,
	struct host *hosts, struct error *err)
{
	CLEANUP(variables_done)
	struct variables_of v = { .all = all, .names = names, .count = count };

	list_groups(&v);
	rank_groups(&v);
	give_all(&v);
	for (size_t i = 0; i < count; i++) {
		hosts[i] = (struct host){ .name = names[i], .address = names[i] };
		if (describe_host(&v.given[i], &hosts[i], err) < 0)
			return -1;
	}
	return 0;
}
