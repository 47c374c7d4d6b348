/* SPDX-License-Identifier: Apache-2.0 */
/* clone_action.c - the journal of a clone; declared in clone.h. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/clone.h"
#include "store/event.h"
#include "store/store_private.h"

#include <assert.h>
#include <string.h>

#define ACTION_COLUMNS                                                                             \
	"clone, seq, action, target, state, started_at, ended_at, error_kind, error, output,"      \
	" details"

static const struct row_field fields[] = {
	TEXT_OF(clone_action_row, clone),
	INTEGER_OF(clone_action_row, seq),
	TEXT_OF(clone_action_row, action),
	TEXT_OF(clone_action_row, target),
	WORD_OF(clone_action_row, state, clone_action_state_names),
	INTEGER_OF(clone_action_row, started_at),
	INTEGER_OF(clone_action_row, ended_at),
	TEXT_OR_NULL_OF(clone_action_row, error_kind),
	TEXT_OR_NULL_OF(clone_action_row, error),
	TEXT_OF(clone_action_row, output),
	TEXT_OF(clone_action_row, details),
};

static const struct row_table action_table =
	ROW_TABLE("action on a clone", fields, clone_action_row);

static NODISCARD int tell_start(struct store *store, const struct clone_action_row *row,
	const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "action.started", SUBJECT_CLONE, row->clone,
		payload };

	jvalue_set_integer(payload, "seq", row->seq);
	jvalue_set_string(payload, "action", row->action);
	jvalue_set_string(payload, "target", row->target);
	return store_event_add(store, &event, err);
}

static NODISCARD int insert_action(
	struct store *store, struct clone_action_row *row, struct error *err)
{
	static const char numbering[] = "SELECT COALESCE(MAX(seq), 0) + 1 FROM clone_action"
					" WHERE clone = $1";
	static const char adding[] = "INSERT INTO clone_action (" ACTION_COLUMNS ")"
				     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

	if (store_integer(store, numbering, VALUES(db_text(row->clone)), &row->seq, err) < 0)
		return -1;
	return store_insert(store, adding, &action_table, row, err);
}

int store_clone_action_start(struct store *store, const struct clone_action_draft *draft,
	int64_t *seq, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct clone_action_row row = {
		.clone = draft->clone,
		.action = draft->action,
		.target = draft->target ? draft->target : "",
		.state = CLONE_ACTION_RUNNING,
		.started_at = clock_now(),
		.details = "{}",
	};

	if (transaction_begin_alone(&transaction, store, "an action on a clone", err) < 0 ||
		insert_action(store, &row, err) < 0 ||
		tell_start(store, &row, draft->actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "writing down '%s' on '%s'", draft->action, draft->clone);
	*seq = row.seq;
	return 0;
}

/* Write the end of an action that is running; else ERR_CONFLICT. */
static NODISCARD int end_action_row(struct store *store, const char *clone, int64_t seq,
	const struct clone_action_end *end, struct error *err)
{
	static const char sql[] = "UPDATE clone_action SET state = $3, ended_at = $4,"
				  " error_kind = $5, error = $6, output = $7, details = $8"
				  " WHERE clone = $1 AND seq = $2 AND state = 'running'";
	const struct error *cause = end->cause;
	int64_t changed = 0;

	if (store_run(store, sql,
		    VALUES(db_text(clone), db_integer(seq),
			    db_text(clone_action_state_name(end->state)), db_integer(clock_now()),
			    db_text(cause ? error_kind_name(cause->kind) : NULL),
			    db_text(cause ? cause->text : NULL),
			    db_text(end->output ? end->output : ""),
			    db_text(end->details ? end->details : "{}")),
		    &changed, err) < 0)
		return -1;
	if (!changed)
		return error_set(err, ERR_CONFLICT, "it is not running, or has ended already");
	return 0;
}

static NODISCARD int tell_end(struct store *store, const char *clone, int64_t seq,
	const struct clone_action_end *end, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *kind = mem_printf("action.%s", clone_action_state_name(end->state));
	const struct event_draft event = { actor, kind, SUBJECT_CLONE, clone, payload };
	const char *output = end->output ? end->output : "";
	char digest[DIGEST_HEX_SIZE];

	jvalue_set_integer(payload, "seq", seq);
	jvalue_set_string(payload, "output_sha256", digest_bytes(output, strlen(output), digest));
	if (end->details)
		jvalue_set_string(payload, "details_sha256",
			digest_bytes(end->details, strlen(end->details), digest));
	if (end->cause)
		jvalue_set_string(payload, "error", end->cause->text);
	return store_event_add(store, &event, err);
}

int store_clone_action_end(struct store *store, const char *clone, int64_t seq,
	const struct clone_action_end *end, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	assert(end->state != CLONE_ACTION_RUNNING);
	if (transaction_begin_alone(&transaction, store, "an action on a clone", err) < 0 ||
		end_action_row(store, clone, seq, end, err) < 0 ||
		tell_end(store, clone, seq, end, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "action %lld of '%s'", (long long)seq, clone);
	return 0;
}

int store_clone_actions(
	struct store *store, const char *clone, struct clone_action_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " ACTION_COLUMNS " FROM clone_action"
				  " WHERE clone = $1 ORDER BY seq";

	if (store_rows(store, sql, VALUES(db_text(clone)), &action_table, out, err) < 0)
		return error_wrap(err, "reading the journal of '%s'", clone);
	return 0;
}

int store_clone_actions_open(
	struct store *store, const char *clone, struct clone_action_rows *out, struct error *err)
{
	static const char all[] = "SELECT " ACTION_COLUMNS " FROM clone_action"
				  " WHERE state = 'running' ORDER BY clone, seq";
	static const char of_one[] = "SELECT " ACTION_COLUMNS " FROM clone_action"
				     " WHERE clone = $1 AND state = 'running' ORDER BY seq";

	if (store_rows(store, clone ? of_one : all, clone ? VALUES(db_text(clone)) : NULL,
		    &action_table, out, err) < 0)
		return error_wrap(err, "reading what is being done to clones");
	return 0;
}

void clone_action_rows_done(struct clone_action_rows *rows)
{
	rows_free(&action_table, rows);
}
