/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rehearsal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/store_private.h"

#define REHEARSAL_COLUMNS                                                                          \
	"id, environment, clone, asked, set_digest, candidate, state, version, reason, origin,"    \
	" started_at, ended_at, started_by"

static const struct row_field fields[] = {
	INTEGER_OF(rehearsal_row, id),
	TEXT_OF(rehearsal_row, environment),
	TEXT_OR_NULL_OF(rehearsal_row, clone),
	TEXT_OF(rehearsal_row, asked),
	TEXT_OR_NULL_OF(rehearsal_row, set),
	TEXT_OR_NULL_OF(rehearsal_row, candidate),
	WORD_OF(rehearsal_row, state, rehearsal_state_names),
	INTEGER_OF(rehearsal_row, version),
	TEXT_OF(rehearsal_row, reason),
	WORD_OF(rehearsal_row, origin, rehearsal_origin_names),
	INTEGER_OF(rehearsal_row, started_at),
	INTEGER_OF(rehearsal_row, ended_at),
	TEXT_OF(rehearsal_row, started_by),
};

static const struct row_table rehearsal_table = ROW_TABLE("rehearsal", fields, rehearsal_row);

static NODISCARD int add_rehearsal_event(struct store *store, int64_t id, const char *kind,
	const char *actor, const struct jvalue *payload, struct error *err)
{
	CLEANUP(free) char *name = mem_printf("rehearsal-%lld", (long long)id);
	const struct event_draft event = { actor, kind, SUBJECT_REHEARSAL, name, payload };

	return store_event_add(store, &event, err);
}

static NODISCARD int tell_start(
	struct store *store, const struct rehearsal_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();

	jvalue_set_string(payload, "environment", row->environment);
	jvalue_set_string(payload, "asked", row->asked);
	jvalue_set_string(payload, "origin", rehearsal_origin_name(row->origin));
	return add_rehearsal_event(
		store, row->id, "rehearsal.running", row->started_by, payload, err);
}

static NODISCARD int insert_rehearsal(struct store *store, struct rehearsal_row *row,
	struct rehearsal_row *out, struct error *err)
{
	static const char numbering[] = "SELECT COALESCE(MAX(id), 0) + 1 FROM rehearsal";
	static const char adding[] = "INSERT INTO rehearsal (" REHEARSAL_COLUMNS ")"
				     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
				     " $13)";

	if (store_integer(store, numbering, NULL, &row->id, err) < 0 ||
		store_insert(store, adding, &rehearsal_table, row, err) < 0 ||
		tell_start(store, row, err) < 0)
		return -1;
	return store_rehearsal_find(store, row->id, out, err);
}

int store_rehearsal_add(struct store *store, const struct rehearsal_draft *draft,
	struct rehearsal_row *out, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(rehearsal_row_done) struct rehearsal_row added = { 0 };
	struct rehearsal_row row = {
		.environment = draft->environment,
		.asked = draft->asked,
		.state = REHEARSAL_RUNNING,
		.version = 1,
		.origin = draft->origin,
		.started_at = clock_now(),
		.started_by = draft->actor,
	};

	if (transaction_begin(&transaction, store, err) < 0 ||
		insert_rehearsal(store, &row, &added, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "beginning a rehearsal of '%s'", draft->environment);
	*out = STEAL(&added);
	return 0;
}

/* Change the row where the version that the caller saw still stands. */
static NODISCARD int update_rehearsal(struct store *store, const struct rehearsal_row *seen,
	const struct rehearsal_change *change, int64_t *changed, struct error *err)
{
	static const char sql[] = "UPDATE rehearsal SET version = version + 1, state = $3,"
				  " reason = COALESCE(CAST($4 AS TEXT), reason),"
				  " clone = COALESCE(CAST($5 AS TEXT), clone),"
				  " set_digest = COALESCE(CAST($6 AS TEXT), set_digest),"
				  " candidate = COALESCE(CAST($7 AS TEXT), candidate),"
				  " ended_at = $8 WHERE id = $1 AND version = $2";
	bool is_moved = change->to != seen->state;
	const char *reason = change->reason || !is_moved ? change->reason : "";
	bool has_ended = is_moved && seen->state == REHEARSAL_RUNNING;
	int64_t ended_at = has_ended ? clock_now() : seen->ended_at;

	if (change->to == REHEARSAL_RUNNING)
		ended_at = 0;
	return store_run(store, sql,
		VALUES(db_integer(seen->id), db_integer(seen->version),
			db_text(rehearsal_state_name(change->to)), db_text(reason),
			db_text(change->clone), db_text(change->set), db_text(change->candidate),
			db_integer(ended_at)),
		changed, err);
}

static NODISCARD int add_change_event(struct store *store, const struct rehearsal_row *seen,
	const struct rehearsal_change *change, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	bool is_moved = change->to != seen->state;
	CLEANUP(free)
	char *kind =
		mem_printf("rehearsal.%s", is_moved ? rehearsal_state_name(change->to) : "noted");

	if (is_moved)
		jvalue_set_string(payload, "from", rehearsal_state_name(seen->state));
	jvalue_set_string(payload, "reason", change->reason);
	jvalue_set_string(payload, "clone", change->clone);
	jvalue_set_string(payload, "set", change->set);
	jvalue_set_string(payload, "candidate", change->candidate);
	return add_rehearsal_event(store, seen->id, kind, actor, payload, err);
}

/* Why the change did not find its rehearsal. */
static NODISCARD int explain_rehearsal(
	struct store *store, const struct rehearsal_row *seen, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row now = { 0 };

	if (store_rehearsal_find(store, seen->id, &now, err) < 0)
		return -1;
	return error_set(err, ERR_CONFLICT,
		"rehearsal-%lld was changed meanwhile by somebody else: it is %s now",
		(long long)seen->id, rehearsal_state_name(now.state));
}

int store_rehearsal_change(struct store *store, const struct rehearsal_row *seen,
	const struct rehearsal_change *what, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (what->to != seen->state && !rehearsal_state_may_become(seen->state, what->to))
		return error_set(err, ERR_CONFLICT, "rehearsal-%lld is %s and cannot become %s",
			(long long)seen->id, rehearsal_state_name(seen->state),
			rehearsal_state_name(what->to));
	if (transaction_begin(&transaction, store, err) < 0 ||
		update_rehearsal(store, seen, what, &changed, err) < 0)
		return error_wrap(err, "changing rehearsal-%lld", (long long)seen->id);
	if (!changed)
		return explain_rehearsal(store, seen, err);
	if (add_change_event(store, seen, what, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "changing rehearsal-%lld", (long long)seen->id);
	return 0;
}

int store_rehearsal_end(struct store *store, const char *clone,
	const struct rehearsal_change *change, const char *actor, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };

	if (store_rehearsal_of_clone(store, clone, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (!rehearsal_state_may_become(row.state, change->to))
		return 0;
	return store_rehearsal_change(store, &row, change, actor, err);
}

/* One row, or ERR_NOT_FOUND with `absence`. */
static NODISCARD int find_rehearsal(struct store *store, const char *sql,
	const struct db_values *values, const char *absence, struct rehearsal_row *out,
	struct error *err)
{
	int found = store_row(store, sql, values, &rehearsal_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding a rehearsal");
	return found ? 0 : error_set(err, ERR_NOT_FOUND, "%s", absence);
}

int store_rehearsal_find(
	struct store *store, int64_t id, struct rehearsal_row *out, struct error *err)
{
	static const char sql[] = "SELECT " REHEARSAL_COLUMNS " FROM rehearsal WHERE id = $1";
	CLEANUP(free) char *absence = mem_printf("there is no rehearsal-%lld", (long long)id);

	return find_rehearsal(store, sql, VALUES(db_integer(id)), absence, out, err);
}

int store_rehearsal_of_clone(
	struct store *store, const char *clone, struct rehearsal_row *out, struct error *err)
{
	static const char sql[] = "SELECT " REHEARSAL_COLUMNS " FROM rehearsal WHERE clone = $1"
				  " ORDER BY id DESC LIMIT 1";
	CLEANUP(free) char *absence = mem_printf("nothing was rehearsed on '%s'", clone);

	return find_rehearsal(store, sql, VALUES(db_text(clone)), absence, out, err);
}

int store_rehearsal_newest(
	struct store *store, const char *environment, struct rehearsal_row *out, struct error *err)
{
	static const char sql[] = "SELECT " REHEARSAL_COLUMNS " FROM rehearsal"
				  " WHERE environment = $1 ORDER BY id DESC LIMIT 1";
	CLEANUP(free) char *absence = mem_printf("'%s' was never rehearsed", environment);

	return find_rehearsal(store, sql, VALUES(db_text(environment)), absence, out, err);
}

int store_rehearsal_newest_by(struct store *store, const char *environment,
	enum rehearsal_origin origin, struct rehearsal_row *out, struct error *err)
{
	static const char sql[] =
		"SELECT " REHEARSAL_COLUMNS " FROM rehearsal"
		" WHERE environment = $1 AND origin = $2 ORDER BY id DESC LIMIT 1";
	const char *name = rehearsal_origin_name(origin);
	CLEANUP(free)
	char *absence = mem_printf("'%s' was never rehearsed by '%s'", environment, name);

	return find_rehearsal(
		store, sql, VALUES(db_text(environment), db_text(name)), absence, out, err);
}

int store_rehearsals_running(struct store *store, struct rehearsal_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " REHEARSAL_COLUMNS " FROM rehearsal"
				  " WHERE state = 'running' ORDER BY id DESC";

	if (store_rows(store, sql, NULL, &rehearsal_table, out, err) < 0)
		return error_wrap(err, "reading the rehearsals that are running");
	return 0;
}

void rehearsal_row_done(struct rehearsal_row *row)
{
	row_done(&rehearsal_table, row);
}

void rehearsal_rows_done(struct rehearsal_rows *rows)
{
	rows_free(&rehearsal_table, rows);
}
