/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/rollout.h"
#include "store/rollout_private.h"
#include "store/store_private.h"

#include <string.h>

/* The columns, with what stands for the plan. */
#define COLUMNS_WITH(plan)                                                                         \
	"rollout, host, host_group, wave, position, verdict, failure, reason, state_before,"       \
	" state_after, " plan ", said, started_at, ended_at, way_back"

#define HOST_COLUMNS COLUMNS_WITH("plan")

static const struct row_field fields[] = {
	INTEGER_OF(rollout_host_row, rollout),
	TEXT_OF(rollout_host_row, host),
	TEXT_OF(rollout_host_row, group),
	INTEGER_OF(rollout_host_row, wave),
	INTEGER_OF(rollout_host_row, position),
	WORD_OF(rollout_host_row, verdict, host_verdict_names),
	WORD_OF(rollout_host_row, failure, failure_names),
	TEXT_OF(rollout_host_row, reason),
	TEXT_OR_NULL_OF(rollout_host_row, state_before),
	TEXT_OR_NULL_OF(rollout_host_row, state_after),
	TEXT_OF(rollout_host_row, plan),
	TEXT_OF(rollout_host_row, said),
	INTEGER_OF(rollout_host_row, started_at),
	INTEGER_OF(rollout_host_row, ended_at),
	TEXT_OF(rollout_host_row, way_back),
};

static const struct row_table host_table = ROW_TABLE("host of a rollout", fields, rollout_host_row);

int rollout_hosts_insert(struct store *store, int64_t rollout,
	const struct rollout_host_rows *hosts, struct error *err)
{
	static const char sql[] =
		"INSERT INTO rollout_host (" HOST_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

	for (size_t i = 0; i < hosts->count; i++) {
		struct rollout_host_row row = hosts->items[i];

		row.rollout = rollout;
		row.plan = row.plan ? row.plan : "[]";
		row.said = "";
		row.way_back = row.way_back ? row.way_back : "";
		row.started_at = row.ended_at = 0;
		if (store_insert(store, sql, &host_table, &row, err) < 0)
			return error_wrap(err, "host '%s'", row.host);
	}
	return 0;
}

static NODISCARD int read_host_rows(struct store *store, const char *sql, int64_t rollout,
	struct rollout_host_rows *out, struct error *err)
{
	if (store_rows(store, sql, VALUES(db_integer(rollout)), &host_table, out, err) < 0)
		return error_wrap(err, "reading the hosts of rollout-%lld", (long long)rollout);
	return 0;
}

int store_rollout_hosts(
	struct store *store, int64_t rollout, struct rollout_host_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " HOST_COLUMNS " FROM rollout_host WHERE rollout = $1"
				  " ORDER BY wave, position, host";

	return read_host_rows(store, sql, rollout, out, err);
}

int store_rollout_hosts_brief(
	struct store *store, int64_t rollout, struct rollout_host_rows *out, struct error *err)
{
	static const char sql[] =
		"SELECT " COLUMNS_WITH("''") " FROM rollout_host"
					     " WHERE rollout = $1 ORDER BY wave, position, host";

	return read_host_rows(store, sql, rollout, out, err);
}

int store_rollout_hosts_with_snapshot(struct store *store, const char *environment, int64_t before,
	struct rollout_host_rows *out, struct error *err)
{
	/* As the index rollout_host_snapshot has it. */
	static const char sql[] =
		"SELECT " HOST_COLUMNS " FROM rollout_host"
		" WHERE way_back LIKE '{\"is_forgotten\":false,\"kind\":\"snapshot\",%'"
		" AND rollout < $2"
		" AND (SELECT environment FROM rollout WHERE id = rollout_host.rollout) = $1"
		" ORDER BY rollout, wave, position";

	if (store_rows(store, sql, VALUES(db_text(environment), db_integer(before)), &host_table,
		    out, err) < 0)
		return error_wrap(err, "finding the snapshots of '%s'", environment);
	return 0;
}

/* What a verdict does to the times: 0 not yet, -1 as it is, else now. */
struct stamps {
	int64_t started_at, ended_at;
};

static struct stamps stamps_of(enum host_verdict to)
{
	int64_t now = clock_now();

	switch (to) {
	case HOST_WAITING:
		return (struct stamps){ 0, 0 };
	case HOST_RUNNING:
		return (struct stamps){ now, 0 };
	case HOST_DONE:
	case HOST_NOTHING_TO_DO:
	case HOST_FAILED:
	case HOST_REVERTED:
	case HOST_UNWELL:
	case HOST_SKIPPED:
	case HOST_UNREACHABLE:
	case HOST_VERDICT_COUNT:
		break;
	}
	return (struct stamps){ -1, now };
}

static NODISCARD int move_row(struct store *store, const struct rollout_host_move *move,
	int64_t *changed, struct error *err)
{
	static const char sql[] =
		"UPDATE rollout_host SET verdict = $4, reason = $5, failure = $10,"
		" state_before = COALESCE(CAST($6 AS TEXT), state_before),"
		" state_after = COALESCE(CAST($7 AS TEXT), state_after),"
		" started_at = CASE WHEN CAST($8 AS BIGINT) < 0 THEN started_at ELSE $8 END,"
		" ended_at = $9"
		" WHERE rollout = $1 AND host = $2 AND verdict = $3";
	const struct stamps stamps = stamps_of(move->to);
	const struct db_values *values = VALUES(db_integer(move->rollout), db_text(move->host),
		db_text(host_verdict_name(move->from)), db_text(host_verdict_name(move->to)),
		db_text(move->reason ? move->reason : ""), db_text(move->state_before),
		db_text(move->state_after), db_integer(stamps.started_at),
		db_integer(stamps.ended_at), db_text(failure_name(move->failure)));

	return store_run(store, sql, values, changed, err);
}

/* Why the move did not find its host. */
static NODISCARD int explain_host(
	struct store *store, const struct rollout_host_move *move, struct error *err)
{
	static const char sql[] = "SELECT " HOST_COLUMNS " FROM rollout_host"
				  " WHERE rollout = $1 AND host = $2";
	const struct db_values *values = VALUES(db_integer(move->rollout), db_text(move->host));
	struct rollout_host_row row = { 0 };
	int found = store_row(store, sql, values, &host_table, &row, err);
	enum host_verdict verdict = row.verdict;

	row_done(&host_table, &row);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "there is no host '%s' in rollout-%lld",
			move->host, (long long)move->rollout);
	return error_set(err, ERR_CONFLICT,
		"the host '%s' of rollout-%lld is %s, not %s: somebody else moved it", move->host,
		(long long)move->rollout, host_verdict_name(verdict),
		host_verdict_name(move->from));
}

static NODISCARD int add_host_event(struct store *store, const struct rollout_host_move *move,
	const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)move->rollout);
	CLEANUP(free) char *kind = mem_printf("host.%s", host_verdict_name(move->to));
	const struct event_draft event = { actor, kind, SUBJECT_ROLLOUT, id, payload };

	jvalue_set_string(payload, "host", move->host);
	jvalue_set_string(payload, "from", host_verdict_name(move->from));
	if (move->failure != FAILURE_NONE)
		jvalue_set_string(payload, "failure", failure_name(move->failure));
	jvalue_set_string(payload, "reason", move->reason);
	jvalue_set_string(payload, "state_before", move->state_before);
	jvalue_set_string(payload, "state_after", move->state_after);
	return store_event_add(store, &event, err);
}

int store_rollout_host_move(struct store *store, const struct rollout_host_move *move,
	const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		move_row(store, move, &changed, err) < 0)
		return error_wrap(err, "moving the host '%s' of rollout-%lld", move->host,
			(long long)move->rollout);
	if (!changed)
		return explain_host(store, move, err);
	if (add_host_event(store, move, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "moving the host '%s' of rollout-%lld", move->host,
			(long long)move->rollout);
	return 0;
}

int store_rollout_host_said(
	struct store *store, int64_t rollout, const char *host, const char *line, struct error *err)
{
	static const char sql[] = "UPDATE rollout_host SET said = $3"
				  " WHERE rollout = $1 AND host = $2";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(free) char *clean = cells_clean(line, strlen(line), ROLLOUT_SAID_SIZE);
	const struct db_values *values = VALUES(db_integer(rollout), db_text(host), db_text(clean));
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, values, &changed, err) < 0)
		return error_wrap(err, "keeping what '%s' said", host);
	if (!changed)
		return error_set(err, ERR_NOT_FOUND, "there is no host '%s' in rollout-%lld", host,
			(long long)rollout);
	return transaction_commit(&transaction, err);
}

static NODISCARD int tell_way(struct store *store, int64_t rollout, const char *host,
	const char *way_back, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object(), *way = NULL;
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)rollout);
	const struct event_draft event = { actor, "host.way-back", SUBJECT_ROLLOUT, id, payload };

	if (jvalue_parse(way_back, strlen(way_back), &way, err) < 0)
		return -1;
	jvalue_set_string(payload, "host", host);
	jvalue_set(payload, "way", STEAL(&way));
	return store_event_add(store, &event, err);
}

int store_rollout_host_way(struct store *store, int64_t rollout, const char *host,
	const char *way_back, const char *actor, struct error *err)
{
	static const char sql[] = "UPDATE rollout_host SET way_back = $3"
				  " WHERE rollout = $1 AND host = $2";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, VALUES(db_integer(rollout), db_text(host), db_text(way_back)),
			&changed, err) < 0)
		return -1;
	if (!changed)
		return error_set(err, ERR_NOT_FOUND, "there is no host '%s' in rollout-%lld", host,
			(long long)rollout);
	if (tell_way(store, rollout, host, way_back, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "the way back of host '%s'", host);
	return 0;
}

const struct rollout_host_row *rollout_hosts_find(
	const struct rollout_host_rows *rows, const char *host)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->items[i].host, host) == 0)
			return &rows->items[i];
	}
	return NULL;
}

void rollout_host_rows_done(struct rollout_host_rows *rows)
{
	rows_free(&host_table, rows);
}
