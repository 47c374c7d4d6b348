/* SPDX-License-Identifier: Apache-2.0 */
/* environment_hold.c - environments that are held; declared in environment.h. */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/store_private.h"

#include <string.h>

static NODISCARD int add_hold_event(struct store *store, const char *name, const char *kind,
	const char *reason, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, kind, SUBJECT_ENVIRONMENT, name, payload };

	jvalue_set_string(payload, "reason", reason);
	return store_event_add(store, &event, err);
}

/* All reasons that it is held for, with this one; NULL: it is held for that one already. */
static char *join_reasons(const struct environment_row *row, const char *reason, const char *actor)
{
	if (!row->held_at)
		return mem_strdup(reason);
	if (strstr(row->held_reason, reason))
		return NULL;
	return mem_printf("%s; %s: %s", row->held_reason, actor, reason);
}

static int write_hold(struct store *store, const struct environment_row *row, const char *name,
	const char *reasons, const char *actor, struct error *err)
{
	/* One that was never heard of may be held too; what it runs is then as unknown as before. */
	static const char sql[] =
		"INSERT INTO environment (name, version, told_at, status, entered_at, changed_at,"
		" held_at, held_reason, held_by) VALUES ($1, 1, 0, 'unknown', 0, $2, $3, $4, $5)"
		" ON CONFLICT (name) DO UPDATE SET held_at = excluded.held_at,"
		" held_reason = excluded.held_reason, held_by = excluded.held_by";
	int64_t now = clock_now();

	return store_run(store, sql,
		VALUES(db_text(name), db_integer(now),
			db_integer(row->held_at ? row->held_at : now), db_text(reasons),
			db_text(row->held_at ? row->held_by : actor)),
		NULL, err);
}

int store_environment_hold(struct store *store, const char *name, const char *reason,
	const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(free) char *reasons = NULL;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_environment_find(store, name, &row, err) < 0)
		return error_wrap(err, "holding '%s'", name);
	reasons = join_reasons(&row, reason, actor);
	if (reasons &&
		(write_hold(store, &row, name, reasons, actor, err) < 0 ||
			add_hold_event(store, name, "environment.held", reason, actor, err) < 0))
		return error_wrap(err, "holding '%s'", name);
	return transaction_commit(&transaction, err);
}

int store_environment_lift(struct store *store, const char *name, const char *reason,
	const char *actor, struct error *err)
{
	static const char sql[] = "UPDATE environment SET held_at = 0, held_reason = '',"
				  " held_by = '' WHERE name = $1 AND held_at <> 0";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, VALUES(db_text(name)), &changed, err) < 0)
		return error_wrap(err, "lifting the hold of '%s'", name);
	if (!changed)
		return error_set(err, ERR_CONFLICT, "'%s' is not held", name);
	if (add_hold_event(store, name, "environment.lifted", reason, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "lifting the hold of '%s'", name);
	return 0;
}

int environment_may_begin(const struct environment_row *row, struct error *err)
{
	char since[CLOCK_TEXT_SIZE];

	if (!row->held_at)
		return 0;
	return error_set(err, ERR_REFUSED,
		"'%s' is held by %s since %s: %s; 'patchline lift %s --reason TEXT' lifts that",
		row->name, row->held_by, clock_format(row->held_at, since), row->held_reason,
		row->name);
}
