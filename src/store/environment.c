/* SPDX-License-Identifier: Apache-2.0 */
#include "store/environment.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/candidate.h"
#include "store/event.h"
#include "store/store_private.h"

#include <assert.h>

/* The candidate is not kept but found, so that it can never contradict the pair. */
#define ENVIRONMENT_SELECT                                                                         \
	"SELECT e.name, e.version, e.release, e.told_at, e.told_by, e.set_digest, e.status, c.id," \
	" e.rollout, e.entered_at, e.changed_at, e.held_at, e.held_reason, e.held_by"              \
	" FROM environment e LEFT JOIN candidate c"                                                \
	" ON c.release = e.release AND c.set_digest = e.set_digest AND e.status = 'clean'"

static const struct row_field fields[] = {
	TEXT_OF(environment_row, name),
	INTEGER_OF(environment_row, version),
	TEXT_OR_NULL_OF(environment_row, release),
	INTEGER_OF(environment_row, told_at),
	TEXT_OR_NULL_OF(environment_row, told_by),
	TEXT_OR_NULL_OF(environment_row, set),
	WORD_OF(environment_row, status, environment_status_names),
	TEXT_OR_NULL_OF(environment_row, candidate),
	INTEGER_OF(environment_row, rollout),
	INTEGER_OF(environment_row, entered_at),
	INTEGER_OF(environment_row, changed_at),
	INTEGER_OF(environment_row, held_at),
	TEXT_OF(environment_row, held_reason),
	TEXT_OF(environment_row, held_by),
};

static const struct row_table environment_table = ROW_TABLE("environment", fields, environment_row);

static const struct row_field change_fields[] = {
	TEXT_OF(environment_change_row, environment),
	INTEGER_OF(environment_change_row, version),
	INTEGER_OF(environment_change_row, at),
	TEXT_OF(environment_change_row, actor),
	TEXT_OR_NULL_OF(environment_change_row, release),
	TEXT_OR_NULL_OF(environment_change_row, set),
	WORD_OF(environment_change_row, status, environment_status_names),
	INTEGER_OF(environment_change_row, rollout),
};

static const struct row_table change_table =
	ROW_TABLE("change of an environment", change_fields, environment_change_row);

int store_environment_find(
	struct store *store, const char *name, struct environment_row *out, struct error *err)
{
	static const char sql[] = ENVIRONMENT_SELECT " WHERE e.name = $1";
	int found = store_row(store, sql, VALUES(db_text(name)), &environment_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding the environment '%s'", name);
	if (!found)
		*out = (struct environment_row){ .name = mem_strdup(name),
			.status = ENVIRONMENT_UNKNOWN,
			.held_reason = mem_strdup(""),
			.held_by = mem_strdup("") };
	return 0;
}

int store_environments(struct store *store, struct environment_rows *out, struct error *err)
{
	static const char sql[] = ENVIRONMENT_SELECT " ORDER BY e.name";

	if (store_rows(store, sql, NULL, &environment_table, out, err) < 0)
		return error_wrap(err, "reading the environments");
	return 0;
}

static struct db_value rollout_or_null(int64_t rollout)
{
	return rollout ? db_integer(rollout) : db_text(NULL);
}

/* Write the new row where the old version still stands. */
static NODISCARD int put_environment(
	struct store *store, const struct environment_row *new, struct error *err)
{
	static const char sql[] =
		"INSERT INTO environment (name, version, release, told_at, told_by, set_digest,"
		" status, rollout, entered_at, changed_at, held_at, held_reason, held_by)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (name)"
		" DO UPDATE SET version = excluded.version, release = excluded.release,"
		" told_at = excluded.told_at, told_by = excluded.told_by,"
		" set_digest = excluded.set_digest, status = excluded.status,"
		" rollout = excluded.rollout, entered_at = excluded.entered_at,"
		" changed_at = excluded.changed_at, held_at = excluded.held_at,"
		" held_reason = excluded.held_reason, held_by = excluded.held_by"
		" WHERE environment.version = excluded.version - 1";
	const struct db_values *values = VALUES(db_text(new->name), db_integer(new->version),
		db_text(new->release), db_integer(new->told_at), db_text(new->told_by),
		db_text(new->set), db_text(environment_status_name(new->status)),
		rollout_or_null(new->rollout), db_integer(new->entered_at),
		db_integer(new->changed_at), db_integer(new->held_at), db_text(new->held_reason),
		db_text(new->held_by));
	int64_t changed = 0;

	if (store_run(store, sql, values, &changed, err) < 0)
		return -1;
	if (!changed)
		return error_set(err, ERR_CONFLICT, "somebody else changed it meanwhile");
	return 0;
}

static NODISCARD int put_history(struct store *store, const struct environment_row *new,
	const char *actor, struct error *err)
{
	static const char sql[] = "INSERT INTO environment_change (environment, version, at, actor,"
				  " release, set_digest, status, rollout)"
				  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

	return store_run(store, sql,
		VALUES(db_text(new->name), db_integer(new->version), db_integer(new->changed_at),
			db_text(actor), db_text(new->release), db_text(new->set),
			db_text(environment_status_name(new->status)),
			rollout_or_null(new->rollout)),
		NULL, err);
}

static NODISCARD int add_environment_event(struct store *store, const struct environment_row *new,
	const char *kind, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, kind, SUBJECT_ENVIRONMENT, new->name, payload };

	jvalue_set_string(payload, "release", new->release);
	jvalue_set_string(payload, "set", new->set);
	jvalue_set_string(payload, "status", environment_status_name(new->status));
	jvalue_set_integer(payload, "rollout", new->rollout);
	return store_event_add(store, &event, err);
}

/* The row as it is now, if it is still the one that the caller saw. */
static NODISCARD int look_again(struct store *store, const struct environment_row *seen,
	struct environment_row *now, struct error *err)
{
	if (store_environment_find(store, seen->name, now, err) < 0)
		return -1;
	if (now->version == seen->version)
		return 0;
	return error_set(err, ERR_CONFLICT,
		"somebody else changed it meanwhile: it is %s now, with release '%s'",
		environment_status_name(now->status), now->release ? now->release : "");
}

/* Put what became of the environment, with history and event. `new` borrows its strings. */
static NODISCARD int advance(struct store *store, struct environment_row new, const char *kind,
	const char *actor, struct error *err)
{
	new.version++;
	new.changed_at = clock_now();
	if (put_environment(store, &new, err) < 0 || put_history(store, &new, actor, err) < 0)
		return -1;
	return add_environment_event(store, &new, kind, actor, err);
}

/*
 * Since when an environment that is complete now has been so: now, but not before anything that was written down
 * lately. A clock that is behind would give it a soak that never was. A moment that is ahead closes gates for longer,
 * which is the safe side; after a thousand events it is forgotten.
 */
static NODISCARD int find_entry(struct store *store, int64_t *out, struct error *err)
{
	static const char sql[] = "SELECT COALESCE(MAX(at), 0) FROM event"
				  " WHERE seq > (SELECT COALESCE(MAX(seq), 0) FROM event) - 1000";
	int64_t now = clock_now(), latest = 0;

	if (store_integer(store, sql, NULL, &latest, err) < 0)
		return -1;
	*out = latest > now ? latest : now;
	return 0;
}

int store_environment_deployed(struct store *store, const struct environment_row *seen,
	const char *release, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	if (release_check(release, err) < 0)
		return -1;
	if (transaction_begin(&transaction, store, err) < 0 ||
		look_again(store, seen, &now, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);

	struct environment_row new = now;
	bool was_clean = now.status == ENVIRONMENT_CLEAN;

	if (now.status == ENVIRONMENT_UNKNOWN)
		new.status = ENVIRONMENT_CLEAN;
	if (new.status == ENVIRONMENT_CLEAN && !(was_clean && str_equal(now.release, release)) &&
		find_entry(store, &new.entered_at, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	new.release = release;
	new.told_at = clock_now();
	new.told_by = actor;
	if (advance(store, new, "release.deployed", actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	return 0;
}

int store_environment_rolling(struct store *store, const struct environment_row *seen,
	int64_t rollout, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 ||
		look_again(store, seen, &now, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	if (now.status == ENVIRONMENT_ROLLING && now.rollout != rollout)
		return error_set(err, ERR_CONFLICT,
			"environment '%s': rollout-%lld is running there", seen->name,
			(long long)now.rollout);

	struct environment_row new = now;

	new.status = ENVIRONMENT_ROLLING;
	new.rollout = rollout;
	new.entered_at = 0;
	if (advance(store, new, "environment.rolling", actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	return 0;
}

int store_environment_settled(struct store *store, const struct environment_row *seen,
	enum environment_status status, const char *set, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	CLEANUP(free) char *kind = mem_printf("environment.%s", environment_status_name(status));

	assert(status != ENVIRONMENT_ROLLING);
	if (transaction_begin(&transaction, store, err) < 0 ||
		look_again(store, seen, &now, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);

	struct environment_row new = now;
	bool is_clean = status == ENVIRONMENT_CLEAN;

	if (is_clean && set)
		new.set = set;
	if (!is_clean)
		new.entered_at = 0;
	else if ((now.status != ENVIRONMENT_CLEAN || !str_equal(new.set, now.set)) &&
		 find_entry(store, &new.entered_at, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	new.status = status;
	if (advance(store, new, kind, actor, err) < 0 || transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	return 0;
}

int store_environment_returned(struct store *store, const struct environment_row *seen,
	enum environment_status status, const char *set, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	assert(status != ENVIRONMENT_ROLLING);
	if (transaction_begin(&transaction, store, err) < 0 ||
		look_again(store, seen, &now, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);

	struct environment_row new = now;

	new.set = set;
	new.status = status;
	new.entered_at = 0;
	if (status == ENVIRONMENT_CLEAN && find_entry(store, &new.entered_at, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	if (advance(store, new, "environment.returned", actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "environment '%s'", seen->name);
	return 0;
}

int store_environment_history(struct store *store, const char *name, size_t limit,
	struct environment_change_rows *out, struct error *err)
{
	static const char sql[] = "SELECT environment, version, at, actor, release, set_digest,"
				  " status, rollout FROM environment_change"
				  " WHERE environment = $1 ORDER BY version DESC LIMIT $2";
	int64_t most = limit ? (int64_t)limit : INT64_MAX;

	if (store_rows(store, sql, VALUES(db_text(name), db_integer(most)), &change_table, out,
		    err) < 0)
		return error_wrap(err, "reading the history of '%s'", name);
	return 0;
}

int store_environment_before(struct store *store, const char *name, int64_t rollout,
	enum environment_status *status, char **set, struct error *err)
{
	static const char sql[] =
		"SELECT environment, version, at, actor, release, set_digest, status, rollout"
		" FROM environment_change WHERE environment = $1 AND version <"
		" (SELECT MIN(version) FROM environment_change WHERE environment = $1 AND rollout = $2)"
		" ORDER BY version DESC LIMIT 1";
	struct environment_change_row row = { 0 };
	int found = store_row(
		store, sql, VALUES(db_text(name), db_integer(rollout)), &change_table, &row, err);

	if (found < 0)
		return error_wrap(
			err, "reading what '%s' was before rollout-%lld", name, (long long)rollout);
	*status = found ? row.status : ENVIRONMENT_UNKNOWN;
	*set = mem_strdup(row.set);
	row_done(&change_table, &row);
	return 0;
}

void environment_row_done(struct environment_row *row)
{
	row_done(&environment_table, row);
}

void environment_rows_done(struct environment_rows *rows)
{
	rows_free(&environment_table, rows);
}

void environment_change_rows_done(struct environment_change_rows *rows)
{
	rows_free(&change_table, rows);
}
