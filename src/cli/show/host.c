/* SPDX-License-Identifier: Apache-2.0 */
#include "store/host.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/owed.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "store/debt.h"

#include <string.h>

static const struct column package_columns[] = {
	{ "name", NULL, COLUMN_TEXT },
	{ "version", NULL, COLUMN_TEXT },
	{ "architecture", NULL, COLUMN_TEXT },
	{ "is_held", NULL, COLUMN_FLAG },
	{ "is_auto", NULL, COLUMN_FLAG },
	{ "is_broken", NULL, COLUMN_FLAG },
	{ 0 },
};

static const struct column disk_columns[] = {
	{ "path", "PATH", COLUMN_TEXT },
	{ "mount", "ON", COLUMN_TEXT },
	{ "size", "SIZE", COLUMN_SIZE },
	{ "free", "FREE", COLUMN_SIZE },
	{ 0 },
};

static const struct column library_columns[] = {
	{ "unit", "SERVICE", COLUMN_TEXT },
	{ "pid", "PID", COLUMN_NUMBER },
	{ "path", "RUNS ON THE OLD", COLUMN_TEXT },
	{ 0 },
};

static const struct column updater_columns[] = {
	{ "name", "UPDATER", COLUMN_TEXT },
	{ "enabled", "ENABLED", COLUMN_FLAG },
	{ "active", "ACTIVE", COLUMN_FLAG },
	{ 0 },
};

static struct table *packages(const struct hoststate *state)
{
	struct table *t = table_new(package_columns);

	for (size_t i = 0; i < hoststate_count(state); i++) {
		const struct installed *p = hoststate_at(state, i);

		table_row(t);
		table_text(t, "name", p->name);
		table_text(t, "version", p->version);
		table_text(t, "architecture", p->architecture);
		table_number(t, "is_held", p->is_held);
		table_number(t, "is_auto", p->is_auto);
		table_number(t, "is_broken", p->is_broken);
	}
	return t;
}

static void tell_state(struct card *card, const struct hoststate *state)
{
	size_t count = hoststate_count(state), held = 0, broken = 0;
	CLEANUP(free) const char **held_names = mem_new(count + 1, sizeof *held_names);
	CLEANUP(free) const char **broken_names = mem_new(count + 1, sizeof *broken_names);

	for (size_t i = 0; i < count; i++) {
		const struct installed *p = hoststate_at(state, i);

		if (p->is_held)
			held_names[held++] = p->name;
		if (p->is_broken)
			broken_names[broken++] = p->name;
	}
	card_number(card, "package_count", "packages", (int64_t)count);
	card_words(card, "held", "held", held_names);
	card_words(card, "broken", "broken", broken_names);
	card_table(card, "packages", NULL, packages(state), NULL);
}

/* A table from a list of objects in the facts; columns are named as their members. */
static struct table *from_facts(const struct jvalue *list, const struct column *columns)
{
	struct table *t = table_new(columns);

	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *one = jvalue_at(list, i);

		table_row(t);
		for (const struct column *c = columns; c->name; c++) {
			if (c->kind == COLUMN_TEXT)
				table_text(t, c->name, jvalue_string(one, c->name));
			else if (c->kind == COLUMN_FLAG)
				table_number(t, c->name, jvalue_bool(one, c->name, false));
			else
				table_number(t, c->name, jvalue_integer(one, c->name, 0));
		}
	}
	return t;
}

static int tell_facts(struct card *card, const struct host_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *facts = NULL;

	if (jvalue_parse(row->facts, strlen(row->facts), &facts, err) < 0)
		return error_wrap(err, "facts of '%s'", row->name);
	card_text(card, "kernel_running", "kernel", jvalue_string(facts, "kernel_running"));
	card_text(card, "kernel_newest", "newest", jvalue_string(facts, "kernel_newest"));
	card_text(card, "boot_id", NULL, jvalue_string(facts, "boot_id"));
	card_flag(card, "reboot_required", "reboot", jvalue_bool(facts, "reboot_required", false));
	card_text(card, "reboot_reasons", "  for", jvalue_string(facts, "reboot_reasons"));
	card_text(card, "audit", "its packages", jvalue_string(facts, "audit"));
	card_text(card, "lock_owner", "locked by", jvalue_string(facts, "lock_owner"));
	card_table(
		card, "disks", "DISKS", from_facts(jvalue_get(facts, "disks"), disk_columns), NULL);
	card_table(card, "deleted_libraries", "RESTART NEEDED",
		from_facts(jvalue_get(facts, "deleted_libraries"), library_columns), NULL);
	card_table(card, "updaters", "OTHER UPDATERS",
		from_facts(jvalue_get(facts, "updaters"), updater_columns), NULL);
	return 0;
}

static int read_host(struct invocation *inv, const char *id, struct host_row *row,
	struct hoststate **state, struct debt_rows *debts, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0)
		return -1;
	if (store_host_find(store, id, row, err) < 0)
		return err->kind == ERR_NOT_FOUND
			       ? error_set(err, ERR_NOT_FOUND,
					 "'%s' was never scanned: patchline scan %s", id, id)
			       : -1;
	if (store_debts_of(store, id, debts, err) < 0)
		return -1;
	if (row->state && store_state_text(store, row->state, &text, err) < 0)
		return -1;
	return text ? hoststate_read(text, strlen(text), state, err) : 0;
}

int show_host(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(host_row_done) struct host_row row = { 0 };
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };

	if (read_host(inv, id, &row, &state, &debts, err) < 0)
		return -1;

	CLEANUP(card_free) struct card *card = card_begin(inv, "host");

	card_text(card, "name", "host", row.name);
	card_text(card, "environment", "environment", row.environment);
	card_text(card, "group", "group", row.group);
	card_text(card, "address", "address", row.address);
	card_text(card, "platform", "platform", row.platform);
	card_text(card, "release", "release", row.release);
	card_digest(card, "state", "state", row.state);
	card_time(card, "scanned_at", "scanned", row.scanned_at);
	card_text(card, "error_kind", NULL, row.error_kind);
	card_text(card, "error", "problem", row.error);
	card_time(card, "error_at", "  seen", row.error_at);
	card_time(card, "gone_at", "gone", row.gone_at);
	card_table(card, "owed", "OWED TO IT", owed_table(&debts), NULL);
	if (state)
		tell_state(card, state);
	if (tell_facts(card, &row, err) < 0)
		return -1;
	card_end(STEAL(&card));
	return 0;
}
