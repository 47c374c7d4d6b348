/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/ansible.h"

#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/ansible_variables.h"
#include "fleet/inventory_program.h"
#include "model/config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Names found so far, borrowed from the inventory. */
struct found {
	const char **names; /* owned list */
	size_t count, capacity;
};

static void found_done(struct found *f)
{
	free(f->names);
}
static inline void found_done_p(struct found *f)
{
	found_done(f);
}

static void found_add(struct found *f, const char *name)
{
	f->names = mem_room(f->names, f->count, &f->capacity, sizeof *f->names);
	f->names[f->count++] = name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each name once, in their order. */
static void found_sort(struct found *f)
{
	size_t kept = 0;

	if (f->count)
		qsort(f->names, f->count, sizeof *f->names, compare_names);
	for (size_t i = 0; i < f->count; i++) {
		if (!kept || strcmp(f->names[kept - 1], f->names[i]) != 0)
			f->names[kept++] = f->names[i];
	}
	f->count = kept;
}

/* ---- the inventory's text ---- */

static int read_inventory(const char *path, struct jvalue **out, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(jvalue_free) struct jvalue *all = NULL;
	struct stat s;
	size_t size = 0;
	int result = 0;

	if (stat(path, &s) < 0)
		return error_set(
			err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s", strerror(errno));
	if (inventory_is_program(path))
		result = inventory_program_list(path, &text, &size, err);
	else
		result = file_read(path, INVENTORY_MAX, &text, &size, err);
	if (result < 0)
		return -1;
	if (jvalue_parse(text, size, &all, err) < 0)
		return error_wrap(err, "not what 'ansible-inventory --list' prints");
	if (!jvalue_is_object(all))
		return error_set(err, ERR_CORRUPT,
			"not what 'ansible-inventory --list' prints: want an object of groups");
	*out = STEAL(&all);
	return 0;
}

/* ---- groups and their hosts ---- */

/* Add the strings of a list; "hosts" and "children" are lists of names. */
static int add_names(
	struct found *f, const struct jvalue *list, const char *what, struct error *err)
{
	if (!list)
		return 0;
	if (!jvalue_is_array(list))
		return error_set(err, ERR_CORRUPT, "%s: want a list of names", what);
	for (size_t i = 0; i < jvalue_count(list); i++) {
		const char *name = jvalue_text(jvalue_at(list, i));

		if (!name || !*name)
			return error_set(
				err, ERR_CORRUPT, "%s: entry %zu is not a name", what, i + 1);
		found_add(f, name);
	}
	return 0;
}

/* No such group: name the nearest. */
static int no_group(const struct jvalue *all, const char *name, struct error *err)
{
	CLEANUP(free) const char **known = mem_new(jvalue_count(all) + 1, sizeof *known);
	const char *nearest = NULL, **at = known;

	for (struct jvalue_member m = { 0 }; jvalue_next(all, &m);)
		*at++ = m.name;
	nearest = str_nearest(name, known);
	return error_set(err, ERR_NOT_FOUND, "no group '%s' in the inventory%s%s%s", name,
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* One group: its hosts go to `hosts`, its children to `groups`, where their turn comes. */
static int add_ansible_group(const struct jvalue *all, const char *name, struct found *groups,
	struct found *hosts, struct error *err)
{
	const struct jvalue *group = jvalue_get(all, name);
	CLEANUP(free) char *what_hosts = mem_printf("hosts of group '%s'", name);
	CLEANUP(free) char *what_children = mem_printf("children of group '%s'", name);

	/* Children without hosts of their own may be named and not described. */
	if (!group)
		return groups->count > 1 ? 0 : no_group(all, name, err);
	if (jvalue_is_array(group))
		return add_names(hosts, group, what_hosts, err);
	if (!jvalue_is_object(group))
		return error_set(err, ERR_CORRUPT, "group '%s': want an object or a list", name);
	if (add_names(hosts, jvalue_get(group, "hosts"), what_hosts, err) < 0)
		return -1;
	return add_names(groups, jvalue_get(group, "children"), what_children, err);
}

/* A group's hosts with those of its children, and theirs; each group once, so that a circle of children ends by itself. */
static int collect_hosts(
	const struct jvalue *all, const char *group, struct found *hosts, struct error *err)
{
	CLEANUP(found_done) struct found groups = { 0 };
	CLEANUP(jvalue_free) struct jvalue *seen = jvalue_object();

	found_add(&groups, group);
	for (size_t i = 0; i < groups.count; i++) {
		if (jvalue_get(seen, groups.names[i]))
			continue;
		jvalue_set_bool(seen, groups.names[i], true);
		if (add_ansible_group(all, groups.names[i], &groups, hosts, err) < 0)
			return -1;
	}
	found_sort(hosts);
	return 0;
}

/* ---- variables of hosts ---- */

/* The inventory as it was read. */
struct inventory_text {
	struct jvalue *all; /* owned; NULL before the first group asked for it */
	struct jvalue *
		hostvars; /* in `all`: what the program is asked host by host; NULL: it told all at once */
};

static void inventory_text_done_p(struct inventory_text *i)
{
	jvalue_free(i->all);
}

/* An empty "_meta" for a program that prints none. */
static void prepare_hostvars(struct inventory_text *i, const char *path)
{
	struct jvalue *meta = NULL;

	if (!inventory_is_program(path) || jvalue_get(i->all, "_meta"))
		return;
	meta = jvalue_object();
	i->hostvars = jvalue_object();
	jvalue_set(meta, "hostvars", i->hostvars);
	jvalue_set(i->all, "_meta", meta);
}

/* A program that prints no "_meta" is asked for each host once, as Ansible does. */
static int need_hostvars(const struct config *config, const struct inventory_text *i,
	const struct found *found, struct error *err)
{
	CLEANUP(free) const char **names = mem_new(found->count, sizeof *names);
	size_t count = 0;

	for (size_t k = 0; i->hostvars && k < found->count; k++) {
		if (!jvalue_get(i->hostvars, found->names[k]))
			names[count++] = found->names[k];
	}
	return inventory_program_hosts(config->ansible_inventory, names, count, i->hostvars, err);
}

static int fill_group(struct config *config, struct group *group, const struct inventory_text *i,
	struct error *err)
{
	CLEANUP(found_done) struct found found = { 0 };
	CLEANUP(free) struct host *hosts = NULL;

	if (collect_hosts(i->all, group->ansible_group, &found, err) < 0)
		return -1;
	if (found.count == 0)
		return error_set(err, ERR_NOT_FOUND, "group '%s' of the inventory has no hosts",
			group->ansible_group);
	hosts = mem_new(found.count, sizeof *hosts);
	if (need_hostvars(config, i, &found, err) < 0 ||
		ansible_describe_hosts(i->all, found.names, found.count, hosts, err) < 0)
		return -1;
	return config_add_hosts(config, group, hosts, found.count, err);
}

/* Read the inventory when the first group asks for it. */
static int need_inventory(const struct config *config, const struct group *group,
	struct inventory_text *i, struct error *err)
{
	if (i->all)
		return 0;
	if (!*config->ansible_inventory)
		return error_set(err, ERR_USAGE,
			"group '%s' wants ansible-group '%s', and no ansible-inventory is configured",
			group->name, group->ansible_group);
	if (read_inventory(config->ansible_inventory, &i->all, err) < 0)
		return -1;
	prepare_hostvars(i, config->ansible_inventory);
	return 0;
}

static int fill_groups(struct config *config, struct error *err)
{
	CLEANUP(inventory_text_done) struct inventory_text inventory = { 0 };

	for (size_t e = 0; e < config->environment_count; e++) {
		const struct environment *environment = &config->environments[e];

		for (size_t g = 0; g < environment->group_count; g++) {
			struct group *group = &environment->groups[g];

			if (*group->ansible_group &&
				(need_inventory(config, group, &inventory, err) < 0 ||
					fill_group(config, group, &inventory, err) < 0))
				return -1;
		}
	}
	return inventory.all ? config_check_hosts(config, err) : 0;
}

int ansible_add_hosts(struct config *config, struct error *err)
{
	if (fill_groups(config, err) < 0)
		return error_wrap(err, "%s",
			*config->ansible_inventory ? config->ansible_inventory : config->path);
	return 0;
}
