/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rollout.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/installation.h"
#include "store/rollout_private.h"
#include "store/set.h"
#include "store/store_private.h"

#define ROLLOUT_COLUMNS                                                                            \
	"id, environment, candidate, state, reason, started_at, ended_at, started_by, inputs,"     \
	" wish, wished_by, direction, undoes, known_as"

static const struct row_field fields[] = {
	INTEGER_OF(rollout_row, id),
	TEXT_OF(rollout_row, environment),
	TEXT_OF(rollout_row, candidate),
	WORD_OF(rollout_row, state, rollout_state_names),
	TEXT_OF(rollout_row, reason),
	INTEGER_OF(rollout_row, started_at),
	INTEGER_OF(rollout_row, ended_at),
	TEXT_OF(rollout_row, started_by),
	TEXT_OF(rollout_row, inputs),
	WORD_OF(rollout_row, wish, rollout_wish_names),
	TEXT_OF(rollout_row, wished_by),
	WORD_OF(rollout_row, direction, direction_names),
	INTEGER_OF(rollout_row, undoes),
	TEXT_OF(rollout_row, known_as),
};

static const struct row_table rollout_table = ROW_TABLE("rollout", fields, rollout_row);

/* As the index rollout_unfinished has it. */
#define SELECT_UNFINISHED                                                                          \
	"SELECT " ROLLOUT_COLUMNS " FROM rollout WHERE state IN ('running', 'paused', 'stopped')"

static const char unfinished_of_one[] = SELECT_UNFINISHED " AND environment = $1";

/* 1, or 0 when there is none, or -1. */
static NODISCARD int find_unfinished(
	struct store *store, const char *environment, struct rollout_row *out, struct error *err)
{
	return store_row(
		store, unfinished_of_one, VALUES(db_text(environment)), &rollout_table, out, err);
}

static NODISCARD int refuse_second(struct store *store, const char *environment, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	int found = find_unfinished(store, environment, &row, err);

	if (found <= 0)
		return found;
	return error_set(err, ERR_CONFLICT,
		"rollout-%lld is %s there; resume it or cancel it first", (long long)row.id,
		rollout_state_name(row.state));
}

static NODISCARD int insert_rollout(struct store *store, struct rollout_row *row, struct error *err)
{
	static const char numbering[] = "SELECT COALESCE(MAX(id), 0) + 1 FROM rollout";
	static const char adding[] =
		"INSERT INTO rollout (" ROLLOUT_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

	CLEANUP(free) char *installation = NULL;
	CLEANUP(free) char *known_as = NULL;

	if (store_integer(store, numbering, NULL, &row->id, err) < 0 ||
		store_installation(store, &installation, err) < 0)
		return -1;
	known_as = mem_printf("rollout-%lld-%s", (long long)row->id, installation);
	row->known_as = known_as;

	int result = store_insert(store, adding, &rollout_table, row, err);

	row->known_as = NULL;
	return result;
}

static NODISCARD int add_started_event(
	struct store *store, const struct rollout_row *row, size_t hosts, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)row->id);
	const struct event_draft event = { row->started_by, "rollout.started", SUBJECT_ROLLOUT, id,
		payload };

	jvalue_set_string(payload, "environment", row->environment);
	jvalue_set_string(payload, "candidate", row->candidate);
	jvalue_set_integer(payload, "hosts", (int64_t)hosts);
	if (row->direction == DIRECTION_BACK) {
		jvalue_set_string(payload, "direction", direction_name(row->direction));
		jvalue_set_integer(payload, "undoes", row->undoes);
	}
	return store_event_add(store, &event, err);
}

int store_rollout_add(struct store *store, const struct rollout_draft *draft, const char *actor,
	int64_t *id, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct rollout_row row = {
		.environment = draft->environment,
		.candidate = draft->candidate,
		.state = ROLLOUT_RUNNING,
		.started_at = clock_now(),
		.started_by = actor,
		.inputs = draft->inputs ? draft->inputs : "{}",
		.direction = draft->direction,
		.undoes = draft->undoes,
	};

	if (transaction_begin(&transaction, store, err) < 0 ||
		refuse_second(store, draft->environment, err) < 0 ||
		store_candidate_check_kept(store, draft->candidate, err) < 0 ||
		insert_rollout(store, &row, err) < 0 ||
		rollout_hosts_insert(store, row.id, &draft->hosts, err) < 0 ||
		add_started_event(store, &row, draft->hosts.count, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "starting a rollout of '%s' in '%s'", draft->candidate,
			draft->environment);
	*id = row.id;
	return 0;
}

/* The move itself, when the rollout is where the caller believes. */
static NODISCARD int move_row(
	struct store *store, const struct rollout_move *move, int64_t *changed, struct error *err)
{
	static const char sql[] = "UPDATE rollout SET state = $3, reason = $4, ended_at = $5,"
				  " wish = 'none', wished_by = ''"
				  " WHERE id = $1 AND state = $2";
	int64_t ended_at = rollout_state_is_final(move->to) ? clock_now() : 0;
	const struct db_values *values = VALUES(db_integer(move->id),
		db_text(rollout_state_name(move->from)), db_text(rollout_state_name(move->to)),
		db_text(move->reason ? move->reason : ""), db_integer(ended_at));

	return store_run(store, sql, values, changed, err);
}

static NODISCARD int tell_move(
	struct store *store, const struct rollout_move *move, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)move->id);
	CLEANUP(free) char *kind = mem_printf("rollout.%s", rollout_state_name(move->to));
	const struct event_draft event = { actor, kind, SUBJECT_ROLLOUT, id, payload };

	jvalue_set_string(payload, "from", rollout_state_name(move->from));
	jvalue_set_string(payload, "reason", move->reason);
	return store_event_add(store, &event, err);
}

/* Why the move did not find its rollout. */
static NODISCARD int explain_rollout(
	struct store *store, const struct rollout_move *move, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(store, move->id, &row, err) < 0)
		return -1;
	return error_set(err, ERR_CONFLICT, "rollout-%lld is %s, not %s: somebody else moved it",
		(long long)move->id, rollout_state_name(row.state), rollout_state_name(move->from));
}

int store_rollout_move(
	struct store *store, const struct rollout_move *move, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (!rollout_state_may_become(move->from, move->to))
		return error_set(err, ERR_CONFLICT, "rollout-%lld is %s and cannot become %s",
			(long long)move->id, rollout_state_name(move->from),
			rollout_state_name(move->to));
	if (transaction_begin(&transaction, store, err) < 0 ||
		move_row(store, move, &changed, err) < 0)
		return error_wrap(err, "moving rollout-%lld", (long long)move->id);
	if (!changed)
		return explain_rollout(store, move, err);
	if (tell_move(store, move, actor, err) < 0 || transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "moving rollout-%lld", (long long)move->id);
	return 0;
}

static NODISCARD int tell_wish(struct store *store, int64_t rollout, enum rollout_wish wish,
	const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)rollout);
	const struct event_draft event = { actor, "rollout.wished", SUBJECT_ROLLOUT, id, payload };

	jvalue_set_string(payload, "wish", rollout_wish_name(wish));
	return store_event_add(store, &event, err);
}

static NODISCARD int refuse_wish(struct store *store, int64_t id, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(store, id, &row, err) < 0)
		return -1;
	return error_set(err, ERR_CONFLICT, "rollout-%lld is %s, not running", (long long)id,
		rollout_state_name(row.state));
}

int store_rollout_wish(struct store *store, int64_t id, enum rollout_wish wish, const char *actor,
	struct error *err)
{
	static const char sql[] = "UPDATE rollout SET wish = $2, wished_by = $3"
				  " WHERE id = $1 AND state = 'running'";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql,
			VALUES(db_integer(id), db_text(rollout_wish_name(wish)), db_text(actor)),
			&changed, err) < 0)
		return -1;
	if (!changed)
		return refuse_wish(store, id, err);
	if (tell_wish(store, id, wish, actor, err) < 0 || transaction_commit(&transaction, err) < 0)
		return error_wrap(
			err, "telling rollout-%lld to %s", (long long)id, rollout_wish_name(wish));
	return 0;
}

int store_rollout_find(struct store *store, int64_t id, struct rollout_row *out, struct error *err)
{
	static const char sql[] = "SELECT " ROLLOUT_COLUMNS " FROM rollout WHERE id = $1";
	int found = store_row(store, sql, VALUES(db_integer(id)), &rollout_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding rollout-%lld", (long long)id);
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "there is no rollout-%lld", (long long)id);
	return 0;
}

int store_rollout_known_as(struct store *store, int64_t id, char **out, struct error *err)
{
	static const char sql[] = "SELECT known_as FROM rollout WHERE id = $1";
	int found = store_text(store, sql, VALUES(db_integer(id)), out, err);

	if (found < 0)
		return error_wrap(err, "finding rollout-%lld", (long long)id);
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "there is no rollout-%lld", (long long)id);
	return 0;
}

int store_rollout_unfinished(
	struct store *store, const char *environment, struct rollout_row *out, struct error *err)
{
	int found = find_unfinished(store, environment, out, err);

	if (found < 0)
		return error_wrap(err, "finding the rollout of '%s'", environment);
	if (!found)
		return error_set(
			err, ERR_NOT_FOUND, "there is no unfinished rollout in '%s'", environment);
	return 0;
}

int store_rollouts(struct store *store, const char *environment, size_t limit,
	struct rollout_rows *out, struct error *err)
{
	static const char all[] =
		"SELECT " ROLLOUT_COLUMNS " FROM rollout ORDER BY id DESC LIMIT $1";
	static const char of_one[] =
		"SELECT " ROLLOUT_COLUMNS " FROM rollout WHERE environment = $2"
		" ORDER BY id DESC LIMIT $1";
	const struct db_value values[] = { db_integer(limit ? (int64_t)limit : INT64_MAX),
		db_text(environment) };

	if (store_rows(store, environment ? of_one : all,
		    &(struct db_values){ values, environment ? 2 : 1 }, &rollout_table, out,
		    err) < 0)
		return error_wrap(err, "reading the rollouts");
	return 0;
}

int store_rollout_to_undo(struct store *store, const char *environment, int64_t before,
	struct rollout_row *out, struct error *err)
{
	static const char sql[] =
		"SELECT " ROLLOUT_COLUMNS " FROM rollout"
		" WHERE environment = $1 AND id < $2 AND direction = 'forward' AND NOT EXISTS"
		" (SELECT 1 FROM rollout AS way WHERE way.undoes = rollout.id"
		" AND way.direction = 'back' AND way.state = 'done')"
		" ORDER BY id DESC LIMIT 1";
	int found = store_row(store, sql, VALUES(db_text(environment), db_integer(before)),
		&rollout_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding what is to be undone in '%s'", environment);
	if (!found)
		return error_set(
			err, ERR_NOT_FOUND, "there is no rollout to undo in '%s'", environment);
	return 0;
}

int store_rollouts_unfinished(
	struct store *store, const char *environment, struct rollout_rows *out, struct error *err)
{
	static const char all[] = SELECT_UNFINISHED " ORDER BY +id DESC"; /* the index */

	if (store_rows(store, environment ? unfinished_of_one : all,
		    environment ? VALUES(db_text(environment)) : NULL, &rollout_table, out,
		    err) < 0)
		return error_wrap(err, "reading the unfinished rollouts");
	return 0;
}

void rollout_row_done(struct rollout_row *row)
{
	row_done(&rollout_table, row);
}

void rollout_rows_done(struct rollout_rows *rows)
{
	rows_free(&rollout_table, rows);
}
