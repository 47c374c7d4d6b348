/* SPDX-License-Identifier: Apache-2.0 */
#include "store/step.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/store_private.h"

#include <string.h>

#define STEP_BRIEF                                                                                 \
	"rollout, host, attempt, step, state, started_at, ended_at, deadline_at, error_kind, error"
#define STEP_COLUMNS STEP_BRIEF ", log"

/* As step_state_is_open() has it, and the index in 0005_outcomes.sql. */
#define IS_OPEN "state IN ('started', 'at-work')"

static const struct row_field fields[] = {
	INTEGER_OF(step_row, rollout),
	TEXT_OF(step_row, host),
	INTEGER_OF(step_row, attempt),
	WORD_OF(step_row, step, step_names),
	WORD_OF(step_row, state, step_state_names),
	INTEGER_OF(step_row, started_at),
	INTEGER_OF(step_row, ended_at),
	INTEGER_OF(step_row, deadline_at),
	TEXT_OR_NULL_OF(step_row, error_kind),
	TEXT_OR_NULL_OF(step_row, error),
	TEXT_OF(step_row, log),
};

static const struct row_table step_table = ROW_TABLE("step", fields, step_row);

/* "attempt 1 of apply on 'qa-web1' in rollout-3: " before the error. */
static NODISCARD int wrap(const struct step_key *key, struct error *err)
{
	return error_wrap(err, "attempt %lld of %s on '%s' in rollout-%lld",
		(long long)key->attempt, step_name(key->step), key->host, (long long)key->rollout);
}

/* Tell the event, and take what the caller put into the payload. */
static NODISCARD int add_step_event(const struct lease *lease, const struct step_key *key,
	const char *kind, struct jvalue *payload, struct error *err)
{
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)key->rollout);
	const struct event_draft event = { lease->actor, kind, SUBJECT_ROLLOUT, id, payload };

	jvalue_set_string(payload, "host", key->host);
	jvalue_set_string(payload, "step", step_name(key->step));
	jvalue_set_integer(payload, "attempt", key->attempt);
	return store_event_add(lease->store, &event, err);
}

static NODISCARD int check_environment(
	const struct lease *lease, const struct step_key *key, struct error *err)
{
	static const char sql[] =
		"SELECT COUNT(*) FROM rollout WHERE id = $1 AND environment <> $2";
	int64_t is_other = 0;

	if (store_integer(lease->store, sql, VALUES(db_integer(key->rollout), db_text(lease->name)),
		    &is_other, err) < 0)
		return -1;
	if (is_other)
		return error_set(err, ERR_CONFLICT, "the lease of '%s' is of another environment",
			lease->name);
	return 0;
}

static NODISCARD int insert_step(
	struct store *store, const struct step_key *key, int64_t seconds, struct error *err)
{
	static const char sql[] = "INSERT INTO rollout_step (" STEP_COLUMNS ", number)"
				  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
				  " (SELECT COALESCE(MAX(number), 0) + 1 FROM rollout_step"
				  " WHERE rollout = $1))";
	int64_t now = clock_now();
	const struct step_row row = {
		.rollout = key->rollout,
		.host = key->host,
		.attempt = key->attempt,
		.step = key->step,
		.state = STEP_STATE_STARTED,
		.started_at = now,
		.deadline_at = now + seconds,
	};

	return store_insert(store, sql, &step_table, &row, err);
}

/* What its last step said is over. */
static NODISCARD int hush(struct store *store, const struct step_key *key, struct error *err)
{
	static const char sql[] = "UPDATE rollout_host SET said = ''"
				  " WHERE rollout = $1 AND host = $2 AND said <> ''";

	return store_run(
		store, sql, VALUES(db_integer(key->rollout), db_text(key->host)), NULL, err);
}

int store_step_start(
	const struct lease *lease, const struct step_key *key, int64_t seconds, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();

	if (transaction_begin_alone(&transaction, lease->store, "a step", err) < 0 ||
		check_environment(lease, key, err) < 0 ||
		insert_step(lease->store, key, seconds, err) < 0 ||
		hush(lease->store, key, err) < 0 ||
		add_step_event(lease, key, "step.started", payload, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return wrap(key, err);
	return 0;
}

/* Write the end of a step that is open; else ERR_CONFLICT. */
static NODISCARD int end_step_row(struct store *store, const struct step_key *key,
	const struct step_end *end, struct error *err)
{
	static const char sql[] = "UPDATE rollout_step SET state = $5, ended_at = $6,"
				  " error_kind = $7, error = $8, log = $9"
				  " WHERE rollout = $1 AND host = $2 AND attempt = $3"
				  " AND step = $4 AND " IS_OPEN;
	const struct error *cause = end->cause;
	const struct db_values *values =
		VALUES(db_integer(key->rollout), db_text(key->host), db_integer(key->attempt),
			db_text(step_name(key->step)), db_text(step_state_name(end->state)),
			db_integer(step_state_is_open(end->state) ? 0 : clock_now()),
			db_text(cause ? error_kind_name(cause->kind) : NULL),
			db_text(cause ? cause->text : NULL), db_text(end->log ? end->log : ""));
	int64_t changed = 0;

	if (store_run(store, sql, values, &changed, err) < 0)
		return -1;
	if (!changed)
		return error_set(err, ERR_CONFLICT, "it is not started, or has ended already");
	return 0;
}

int store_step_end(const struct lease *lease, const struct step_key *key,
	const struct step_end *end, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *kind = mem_printf("step.%s", step_state_name(end->state));
	const char *text = end->log ? end->log : "";
	char digest[DIGEST_HEX_SIZE];

	jvalue_set_string(payload, "log_sha256", digest_bytes(text, strlen(text), digest));
	if (end->cause)
		jvalue_set_string(payload, "error", end->cause->text);
	if (transaction_begin_alone(&transaction, lease->store, "a step", err) < 0 ||
		end_step_row(lease->store, key, end, err) < 0 ||
		add_step_event(lease, key, kind, payload, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return wrap(key, err);
	return 0;
}

/* "+number": those of one host are found by their key and put in order, not all of the rollout gone through in order. */
static NODISCARD int read_steps(struct store *store, const char *sql, int64_t rollout,
	const char *host, struct step_rows *out, struct error *err)
{
	if (store_rows(store, sql, VALUES(db_integer(rollout), db_text(host)), &step_table, out,
		    err) < 0)
		return error_wrap(err, "reading the steps of '%s'", host);
	return 0;
}

int store_steps(struct store *store, int64_t rollout, const char *host, struct step_rows *out,
	struct error *err)
{
	static const char sql[] = "SELECT " STEP_COLUMNS " FROM rollout_step"
				  " WHERE rollout = $1 AND host = $2 ORDER BY +number";

	return read_steps(store, sql, rollout, host, out, err);
}

int store_steps_brief(struct store *store, int64_t rollout, const char *host, struct step_rows *out,
	struct error *err)
{
	static const char sql[] = "SELECT " STEP_BRIEF ", '' FROM rollout_step"
				  " WHERE rollout = $1 AND host = $2 ORDER BY +number";

	return read_steps(store, sql, rollout, host, out, err);
}

static NODISCARD int read_open(struct store *store, const char *sql, const struct db_values *values,
	struct step_rows *out, struct error *err)
{
	if (store_rows(store, sql, values, &step_table, out, err) < 0)
		return error_wrap(err, "reading the open steps");
	return 0;
}

int store_steps_open(
	struct store *store, const char *environment, struct step_rows *out, struct error *err)
{
	static const char all[] = "SELECT " STEP_COLUMNS " FROM rollout_step WHERE " IS_OPEN
				  " ORDER BY host, rollout, number";
	static const char of_one[] =
		"SELECT " STEP_COLUMNS " FROM rollout_step WHERE " IS_OPEN
		" AND (SELECT environment FROM rollout WHERE id = rollout_step.rollout) = $1"
		" ORDER BY host, rollout, number";

	if (!environment)
		return read_open(store, all, NULL, out, err);
	return read_open(store, of_one, VALUES(db_text(environment)), out, err);
}

int store_steps_open_of(
	struct store *store, const char *host, struct step_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " STEP_COLUMNS " FROM rollout_step WHERE " IS_OPEN
				  " AND host = $1 ORDER BY rollout, number";

	return read_open(store, sql, VALUES(db_text(host)), out, err);
}

void step_rows_done(struct step_rows *rows)
{
	rows_free(&step_table, rows);
}
