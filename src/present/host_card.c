/* SPDX-License-Identifier: Apache-2.0 */
#include "present/host_card.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "present/debt.h"

#include <string.h>

#define PACKAGE(target) AT(struct installed, target)
#define DISK(target)    AT(struct host_disk, target)
#define LIBRARY(target) AT(struct host_library, target)
#define UPDATER(target) AT(struct host_updater, target)
#define CARD(target)    AT(struct host_card, target)
#define LIST(target)    LIST_AT(struct host_card, target)

/* clang-format off */
static const struct field package_fields[] = {
	{ "name",         NULL, FIELD_TEXT, PACKAGE(name) },
	{ "version",      NULL, FIELD_TEXT, PACKAGE(version) },
	{ "architecture", NULL, FIELD_TEXT, PACKAGE(architecture) },
	{ "is_held",      NULL, FIELD_FLAG, PACKAGE(is_held) },
	{ "is_pinned",    NULL, FIELD_FLAG, PACKAGE(is_pinned) },
	{ "is_auto",      NULL, FIELD_FLAG, PACKAGE(is_auto) },
	{ "is_broken",    NULL, FIELD_FLAG, PACKAGE(is_broken) },
};
static const struct view package_view = VIEW_OF(struct installed, package_fields);

static const struct field disk_fields[] = {
	{ "path",  "PATH", FIELD_TEXT, DISK(path) },
	{ "mount", "ON",   FIELD_TEXT, DISK(mount) },
	{ "size",  "SIZE", FIELD_SIZE, DISK(size) },
	{ "free",  "FREE", FIELD_SIZE, DISK(free) },
};
static const struct view disk_view = VIEW_OF(struct host_disk, disk_fields);

static const struct field library_fields[] = {
	{ "unit", "SERVICE",         FIELD_TEXT,   LIBRARY(unit) },
	{ "pid",  "PID",             FIELD_NUMBER, LIBRARY(pid) },
	{ "path", "RUNS ON THE OLD", FIELD_TEXT,   LIBRARY(path) },
};
static const struct view library_view = VIEW_OF(struct host_library, library_fields);

static const struct field updater_fields[] = {
	{ "name",    "UPDATER", FIELD_TEXT, UPDATER(name) },
	{ "enabled", "ENABLED", FIELD_FLAG, UPDATER(enabled) },
	{ "active",  "ACTIVE",  FIELD_FLAG, UPDATER(active) },
};
static const struct view updater_view = VIEW_OF(struct host_updater, updater_fields);

static const struct field card_fields[] = {
	{ "name",              "host",           FIELD_TEXT,   CARD(row.name) },
	{ "environment",       "environment",    FIELD_TEXT,   CARD(row.environment) },
	{ "group",             "group",          FIELD_TEXT,   CARD(row.group) },
	{ "address",           "address",        FIELD_TEXT,   CARD(row.address) },
	{ "platform",          "platform",       FIELD_TEXT,   CARD(row.platform) },
	{ "release",           "release",        FIELD_TEXT,   CARD(row.release), .empty = NULL_IF_NONE },
	{ "state",             "state",          FIELD_DIGEST, CARD(row.state), .empty = NULL_IF_NONE },
	{ "scanned_at",        "scanned",        FIELD_TIME,   CARD(row.scanned_at) },
	{ "error_kind",        NULL,             FIELD_TEXT,   CARD(row.error_kind), .empty = NULL_IF_NONE },
	{ "error",             "problem",        FIELD_TEXT,   CARD(row.error), .empty = NULL_IF_NONE },
	{ "error_at",          "  seen",         FIELD_TIME,   CARD(row.error_at) },
	{ "gone_at",           "gone",           FIELD_TIME,   CARD(row.gone_at) },
	{ "owed",              "OWED TO IT",     FIELD_LIST,   LIST(debts), .view = &debt_row_view },
	{ "package_count",     "packages",       FIELD_NUMBER, CARD(package_count), .empty = ABSENT_IF_NONE },
	{ "held",              "held",           FIELD_WORDS,  OWNED(struct host_card, held), .empty = ABSENT_IF_NONE },
	{ "pinned",            "pinned",         FIELD_WORDS,  OWNED(struct host_card, pinned), .empty = ABSENT_IF_NONE },
	{ "broken",            "broken",         FIELD_WORDS,  OWNED(struct host_card, broken), .empty = ABSENT_IF_NONE },
	{ "packages",          NULL,             FIELD_LIST,   LIST(packages), .view = &package_view, .empty = ABSENT_IF_NONE },
	{ "kernel_running",    "kernel",         FIELD_TEXT,   CARD(kernel_running), .empty = NULL_IF_NONE },
	{ "kernel_newest",     "newest",         FIELD_TEXT,   CARD(kernel_newest), .empty = NULL_IF_NONE },
	{ "boot_id",           NULL,             FIELD_TEXT,   CARD(boot_id), .empty = NULL_IF_NONE },
	{ "reboot_required",   "reboot",         FIELD_FLAG,   CARD(reboot_required) },
	{ "reboot_reasons",    "  for",          FIELD_TEXT,   CARD(reboot_reasons), .empty = NULL_IF_NONE },
	{ "audit",             "its packages",   FIELD_TEXT,   CARD(audit), .empty = NULL_IF_NONE },
	{ "kept_files",        "kept files",     FIELD_TEXT,   CARD(kept_files), .empty = NULL_IF_NONE },
	{ "lock_owner",        "locked by",      FIELD_TEXT,   CARD(lock_owner), .empty = NULL_IF_NONE },
	{ "disks",             "DISKS",          FIELD_LIST,   LIST(disks), .view = &disk_view },
	{ "deleted_libraries", "RESTART NEEDED", FIELD_LIST,   LIST(libraries), .view = &library_view },
	{ "updaters",          "OTHER UPDATERS", FIELD_LIST,   LIST(updaters), .view = &updater_view },
};
/* clang-format on */

const struct view host_card_view = VIEW_OF_KIND("host", struct host_card, card_fields);

static void add_host_packages(struct host_card *c)
{
	size_t count = hoststate_count(c->state), held = 0, pinned = 0, broken = 0;

	c->package_count = (int64_t)count;
	c->held = mem_new(count + 1, sizeof *c->held);
	c->pinned = mem_new(count + 1, sizeof *c->pinned);
	c->broken = mem_new(count + 1, sizeof *c->broken);
	/* There is a state: its list is told even when it is empty. */
	c->packages.items = mem_new(count, package_view.size);
	c->packages.capacity = count;
	for (size_t i = 0; i < count; i++) {
		const struct installed *p = hoststate_at(c->state, i);

		if (p->is_held)
			c->held[held++] = p->name;
		if (p->is_pinned)
			c->pinned[pinned++] = p->name;
		if (p->is_broken)
			c->broken[broken++] = p->name;
		view_rows_take(&c->packages, &package_view, p);
	}
}

static void add_disks(struct host_card *c, const struct jvalue *list)
{
	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *one = jvalue_at(list, i);
		const struct host_disk disk = {
			.path = jvalue_string(one, "path"),
			.mount = jvalue_string(one, "mount"),
			.size = jvalue_integer(one, "size", 0),
			.free = jvalue_integer(one, "free", 0),
		};

		view_rows_take(&c->disks, &disk_view, &disk);
	}
}

static void add_libraries(struct host_card *c, const struct jvalue *list)
{
	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *one = jvalue_at(list, i);
		const struct host_library library = {
			.unit = jvalue_string(one, "unit"),
			.path = jvalue_string(one, "path"),
			.pid = jvalue_integer(one, "pid", 0),
		};

		view_rows_take(&c->libraries, &library_view, &library);
	}
}

static void add_updaters(struct host_card *c, const struct jvalue *list)
{
	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *one = jvalue_at(list, i);
		const struct host_updater updater = {
			.name = jvalue_string(one, "name"),
			.enabled = jvalue_bool(one, "enabled", false),
			.active = jvalue_bool(one, "active", false),
		};

		view_rows_take(&c->updaters, &updater_view, &updater);
	}
}

static int read_host_facts(struct host_card *c, struct error *err)
{
	if (jvalue_parse(c->row.facts, strlen(c->row.facts), &c->facts, err) < 0)
		return error_wrap(err, "facts of '%s'", c->row.name);
	c->kernel_running = jvalue_string(c->facts, "kernel_running");
	c->kernel_newest = jvalue_string(c->facts, "kernel_newest");
	c->boot_id = jvalue_string(c->facts, "boot_id");
	c->reboot_required = jvalue_bool(c->facts, "reboot_required", false);
	c->reboot_reasons = jvalue_string(c->facts, "reboot_reasons");
	c->audit = jvalue_string(c->facts, "audit");
	c->kept_files = jvalue_string(c->facts, "kept_files");
	c->lock_owner = jvalue_string(c->facts, "lock_owner");
	add_disks(c, jvalue_get(c->facts, "disks"));
	add_libraries(c, jvalue_get(c->facts, "deleted_libraries"));
	add_updaters(c, jvalue_get(c->facts, "updaters"));
	return 0;
}

static int read_host_state(struct store *store, struct host_card *c, struct error *err)
{
	if (!c->row.state)
		return 0;
	if (store_state_read(store, c->row.state, &c->state, err) < 0)
		return -1;
	add_host_packages(c);
	return 0;
}

int host_card_read(struct store *store, const char *name, struct host_card *out, struct error *err)
{
	CLEANUP(host_card_done) struct host_card card = { .package_count = NOTHING };

	if (store_host_find(store, name, &card.row, err) < 0)
		return err->kind == ERR_NOT_FOUND
			       ? error_set(err, ERR_NOT_FOUND,
					 "'%s' was never scanned: patchline scan %s", name, name)
			       : -1;
	if (store_debts_of(store, name, &card.debts, err) < 0 ||
		read_host_state(store, &card, err) < 0 || read_host_facts(&card, err) < 0)
		return -1;
	*out = STEAL(&card);
	return 0;
}

void host_card_done(struct host_card *c)
{
	host_row_done(&c->row);
	debt_rows_done(&c->debts);
	hoststate_free(c->state);
	jvalue_free(c->facts);
	view_row_done(&host_card_view, c);
	*c = (struct host_card){ 0 };
}
