/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "store/event.h"
#include "store/store_private.h"

#define LOCK_COLUMNS "environment, owner, taken_at, expires_at"

static const struct row_field fields[] = {
	TEXT_OF(lock_row, environment),
	TEXT_OF(lock_row, owner),
	INTEGER_OF(lock_row, taken_at),
	INTEGER_OF(lock_row, expires_at),
};

static const struct row_table lock_table = ROW_TABLE("lock", fields, lock_row);

/* 1, or 0 when there is none, or -1. */
static NODISCARD int find(
	struct store *store, const char *environment, struct lock_row *out, struct error *err)
{
	static const char sql[] = "SELECT " LOCK_COLUMNS " FROM environment_lock"
				  " WHERE environment = $1";

	return store_row(store, sql, VALUES(db_text(environment)), &lock_table, out, err);
}

static NODISCARD int held(const struct lock_row *row, struct error *err)
{
	char taken[CLOCK_TEXT_SIZE], expires[CLOCK_TEXT_SIZE];

	return error_set(err, ERR_CONFLICT,
		"'%s' is locked by %s since %s; it may be taken over after %s", row->environment,
		row->owner, clock_format(row->taken_at, taken),
		clock_format(row->expires_at, expires));
}

static NODISCARD int tell_taken(struct store *store, const struct lock_row *old,
	const struct lock_row *new, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "lock.taken", SUBJECT_ENVIRONMENT,
		new->environment, payload };

	jvalue_set_string(payload, "owner", new->owner);
	if (old->owner)
		jvalue_set_string(payload, "expired_owner", old->owner);
	return store_event_add(store, &event, err);
}

/* Write the lock where it is free, expired or the owner's own. */
static NODISCARD int put(
	struct store *store, const struct lock_row *new, int64_t *changed, struct error *err)
{
	static const char sql[] =
		"INSERT INTO environment_lock (" LOCK_COLUMNS ") VALUES ($1, $2, $3, $4)"
		" ON CONFLICT (environment) DO UPDATE SET owner = excluded.owner,"
		" taken_at = excluded.taken_at, expires_at = excluded.expires_at"
		" WHERE environment_lock.owner = excluded.owner OR environment_lock.expires_at <= $5";
	const struct db_values *values = VALUES(db_text(new->environment), db_text(new->owner),
		db_integer(new->taken_at), db_integer(new->expires_at), db_integer(clock_now()));

	return store_run(store, sql, values, changed, err);
}

int store_lock_take(struct store *store, const char *environment, const char *owner,
	int64_t seconds, const char *actor, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(lock_row_done) struct lock_row old = { 0 };
	int64_t now = clock_now(), changed = 0;

	if (change_begin(&change, store, err) < 0 || find(store, environment, &old, err) < 0)
		return error_wrap(err, "locking '%s'", environment);

	bool is_own = str_equal(old.owner, owner);
	const struct lock_row new = { environment, owner, is_own ? old.taken_at : now,
		now + seconds };

	if (put(store, &new, &changed, err) < 0)
		return error_wrap(err, "locking '%s'", environment);
	if (!changed)
		return held(&old, err);
	if ((!is_own && tell_taken(store, &old, &new, actor, err) < 0) ||
		change_commit(&change, err) < 0)
		return error_wrap(err, "locking '%s'", environment);
	return 0;
}

/* Why the lock is not this owner's any more. */
static NODISCARD int lost(struct store *store, const char *environment, struct error *err)
{
	CLEANUP(lock_row_done) struct lock_row row = { 0 };
	int found = find(store, environment, &row, err);

	if (found < 0)
		return -1;
	if (found)
		return held(&row, err);
	return error_set(err, ERR_CONFLICT, "the lock of '%s' was given back already", environment);
}

int store_lock_renew(struct store *store, const char *environment, const char *owner, int64_t until,
	struct error *err)
{
	static const char sql[] = "UPDATE environment_lock SET expires_at = $3"
				  " WHERE environment = $1 AND owner = $2";
	CLEANUP(change_done) struct change change = { 0 };
	int64_t changed = 0;

	if (change_begin(&change, store, err) < 0 ||
		store_run(store, sql,
			VALUES(db_text(environment), db_text(owner), db_integer(until)), &changed,
			err) < 0)
		return error_wrap(err, "renewing the lock of '%s'", environment);
	if (!changed)
		return lost(store, environment, err);
	return change_commit(&change, err);
}

int store_lock_release(struct store *store, const char *environment, const char *owner,
	const char *actor, struct error *err)
{
	static const char sql[] = "DELETE FROM environment_lock"
				  " WHERE environment = $1 AND owner = $2";
	const struct event_draft event = { actor, "lock.released", SUBJECT_ENVIRONMENT, environment,
		NULL };
	CLEANUP(change_done) struct change change = { 0 };
	int64_t changed = 0;

	if (change_begin(&change, store, err) < 0 ||
		store_run(store, sql, VALUES(db_text(environment), db_text(owner)), &changed, err) <
			0)
		return error_wrap(err, "releasing the lock of '%s'", environment);
	if (!changed)
		return lost(store, environment, err);
	if (store_event_add(store, &event, err) < 0 || change_commit(&change, err) < 0)
		return error_wrap(err, "releasing the lock of '%s'", environment);
	return 0;
}

int store_lock_find(
	struct store *store, const char *environment, struct lock_row *out, struct error *err)
{
	int found = find(store, environment, out, err);

	if (found < 0)
		return error_wrap(err, "reading the lock of '%s'", environment);
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "nobody has locked '%s'", environment);
	return 0;
}

void lock_row_done(struct lock_row *row)
{
	row_done(&lock_table, row);
}
