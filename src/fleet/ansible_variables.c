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
	size_t parents; /* those whose depth is not known yet; those on a circle stay */
	int64_t priority;
	bool is_listed; /* in the queue of a walk down */
};

struct variables_of {
	const struct jvalue *all;
	const char *const *names; /* of the hosts, sorted */
	size_t count;
	struct given *given;     /* one a host; owned */
	struct group_at *groups; /* by name; owned */
	size_t group_count;
	struct group_at **queue; /* of a walk down: each group once; owned */
};

static void variables_done_p(struct variables_of *v)
{
	free(v->given);
	free(v->groups);
	free(v->queue);
}

/* ---- groups, from the top down ---- */

static int compare_by_name(const void *a, const void *b)
{
	return strcmp(((const struct group_at *)a)->name, ((const struct group_at *)b)->name);
}

/* Whose variables win comes first. */
static int compare_by_rank(const void *a, const void *b)
{
	const struct group_at *x = *(struct group_at *const *)a, *y = *(struct group_at *const *)b;

	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return strcmp(y->name, x->name);
}

static struct group_at *find_group(const struct variables_of *v, const char *name)
{
	const struct group_at key = { .name = name };

	return name && v->group_count
		       ? bsearch(&key, v->groups, v->group_count, sizeof key, compare_by_name)
		       : NULL;
}

static void list_groups(struct variables_of *v)
{
	v->groups = mem_new(jvalue_count(v->all), sizeof *v->groups);
	v->queue = mem_new(jvalue_count(v->all), sizeof(struct group_at *));
	for (struct jvalue_member m = { 0 }; jvalue_next(v->all, &m);) {
		if (jvalue_is_object(m.value) && strcmp(m.name, "_meta") != 0)
			v->groups[v->group_count++] = (struct group_at){
				.name = m.name,
				.json = m.value,
				.depth = strcmp(m.name, "all") != 0,
				.priority = jvalue_integer(
					jvalue_get(m.value, "vars"), "ansible_group_priority", 1),
			};
	}
	mem_sort(v->groups, v->group_count, sizeof *v->groups, compare_by_name);
}

/* The next child of a group that the inventory describes; NULL: there is none left. */
static struct group_at *next_child(
	const struct variables_of *v, const struct group_at *parent, size_t *index)
{
	const struct jvalue *children = jvalue_get(parent->json, "children");
	struct group_at *child = NULL;

	while (!child && *index < jvalue_count(children))
		child = find_group(v, jvalue_text(jvalue_at(children, (*index)++)));
	return child;
}

static void count_parents(struct variables_of *v)
{
	struct group_at *child = NULL;

	for (size_t i = 0; i < v->group_count; i++) {
		for (size_t k = 0; (child = next_child(v, &v->groups[i], &k));)
			child->parents++;
	}
}

/* A group's turn comes once, when the depth of all its parents is known: children lie below them. */
static void rank_groups(struct variables_of *v)
{
	struct group_at *child = NULL;
	size_t count = 0;

	count_parents(v);
	for (size_t i = 0; i < v->group_count; i++) {
		if (!v->groups[i].parents)
			v->queue[count++] = &v->groups[i];
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; (child = next_child(v, v->queue[i], &k));) {
			if (child->depth <= v->queue[i]->depth)
				child->depth = v->queue[i]->depth + 1;
			if (--child->parents == 0)
				v->queue[count++] = child;
		}
	}
}

/* ---- what a host is given ---- */

static int compare_name(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

/* To the hosts that a group lists, where no group gave it that wins over this one. */
static void give_hosts(struct variables_of *v, const struct group_at *group, size_t variable,
	const struct jvalue *vars)
{
	const struct jvalue *hosts = jvalue_get(group->json, "hosts");

	for (size_t i = 0; i < jvalue_count(hosts); i++) {
		const char *name = jvalue_text(jvalue_at(hosts, i));
		const char *const *at =
			name ? bsearch(name, v->names, v->count, sizeof *v->names, compare_name)
			     : NULL;

		if (at && !v->given[at - v->names].by[variable])
			v->given[at - v->names].by[variable] = vars;
	}
}

/* Whether it lists its hosts or not, each host is in the group "all". */
static void give_everybody(struct variables_of *v, size_t variable, const struct jvalue *vars)
{
	for (size_t i = 0; i < v->count; i++) {
		if (!v->given[i].by[variable])
			v->given[i].by[variable] = vars;
	}
}

static void queue_group(struct variables_of *v, struct group_at *group, size_t *count)
{
	if (!group->is_listed)
		v->queue[(*count)++] = group;
	group->is_listed = true;
}

/* To the hosts of a group and of all below it: the queue goes on behind the groups that were walked for this variable. */
static void give_group(
	struct variables_of *v, struct group_at *group, size_t variable, size_t *count)
{
	const struct jvalue *vars = jvalue_get(group->json, "vars");
	struct group_at *child = NULL;
	size_t at = *count;

	if (!jvalue_get(vars, variables[variable].name))
		return;
	queue_group(v, group, count);
	for (; at < *count; at++) {
		give_hosts(v, v->queue[at], variable, vars);
		for (size_t k = 0; (child = next_child(v, v->queue[at], &k));)
			queue_group(v, child, count);
	}
	if (strcmp(group->name, "all") == 0)
		give_everybody(v, variable, vars);
}

/* Each group is walked once a variable, for the first that gives it: whose word wins. */
static void give_groups(struct variables_of *v)
{
	CLEANUP(free)
	struct group_at **ranked = mem_new(v->group_count, sizeof(struct group_at *));

	for (size_t i = 0; i < v->group_count; i++)
		ranked[i] = &v->groups[i];
	mem_sort(ranked, v->group_count, sizeof(struct group_at *), compare_by_rank);
	for (size_t variable = 0; variable < VARIABLE_COUNT; variable++) {
		size_t count = 0;

		for (size_t i = 0; i < v->group_count; i++)
			v->groups[i].is_listed = false;
		for (size_t i = 0; i < v->group_count; i++)
			give_group(v, ranked[i], variable, &count);
	}
}

/* What a host says of itself wins over all groups. */
static void give_own(struct variables_of *v)
{
	const struct jvalue *hostvars = jvalue_get(jvalue_get(v->all, "_meta"), "hostvars");

	for (size_t i = 0; i < v->count; i++) {
		const struct jvalue *own = jvalue_get(hostvars, v->names[i]);

		for (size_t k = 0; own && k < VARIABLE_COUNT; k++) {
			if (jvalue_get(own, variables[k].name))
				v->given[i].by[k] = own;
		}
	}
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

	v.given = mem_new(count, sizeof *v.given);
	list_groups(&v);
	rank_groups(&v);
	give_groups(&v);
	give_own(&v);
	for (size_t i = 0; i < count; i++) {
		hosts[i] = (struct host){ .name = names[i], .address = names[i] };
		if (describe_host(&v.given[i], &hosts[i], err) < 0)
			return -1;
	}
	return 0;
}
