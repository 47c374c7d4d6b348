/* SPDX-License-Identifier: Apache-2.0 */
#include "store/clone.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/host.h"
#include "store/installation.h"
#include "store/store_private.h"

#include <string.h>

#define CLONE_COLUMNS                                                                              \
	"name, environment, number, state, version, reason, provider, release, set_digest,"        \
	" candidate, created_at, created_by, expires_at, ended_at, fingerprint, original,"         \
	" coverage, taken, machines, known_as"

static const struct row_field fields[] = {
	TEXT_OF(clone_row, name),
	TEXT_OF(clone_row, environment),
	INTEGER_OF(clone_row, number),
	WORD_OF(clone_row, state, clone_state_names),
	INTEGER_OF(clone_row, version),
	TEXT_OF(clone_row, reason),
	TEXT_OF(clone_row, provider),
	TEXT_OR_NULL_OF(clone_row, release),
	TEXT_OR_NULL_OF(clone_row, set),
	TEXT_OR_NULL_OF(clone_row, candidate),
	INTEGER_OF(clone_row, created_at),
	TEXT_OF(clone_row, created_by),
	INTEGER_OF(clone_row, expires_at),
	INTEGER_OF(clone_row, ended_at),
	TEXT_OF(clone_row, fingerprint),
	TEXT_OF(clone_row, original),
	TEXT_OF(clone_row, coverage),
	TEXT_OF(clone_row, taken),
	TEXT_OF(clone_row, machines),
	TEXT_OF(clone_row, known_as),
};

static const struct row_table clone_table = ROW_TABLE("clone", fields, clone_row);

static const char *or_empty(const char *json)
{
	return json ? json : "{}";
}

/* The SHA-256 of a text, unless there is none. */
static void set_digest(struct jvalue *payload, const char *key, const char *text)
{
	char digest[DIGEST_HEX_SIZE];

	if (text)
		jvalue_set_string(payload, key, digest_bytes(text, strlen(text), digest));
}

static NODISCARD int tell_making(
	struct store *store, const struct clone_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { row->created_by, "clone.making", SUBJECT_CLONE,
		row->name, payload };

	jvalue_set_string(payload, "provider", row->provider);
	jvalue_set_string(payload, "release", row->release);
	jvalue_set_string(payload, "set", row->set);
	jvalue_set_string(payload, "fingerprint", row->fingerprint);
	jvalue_set_integer(payload, "expires_at", row->expires_at);
	set_digest(payload, "original_sha256", row->original);
	set_digest(payload, "coverage_sha256", row->coverage);
	return store_event_add(store, &event, err);
}

static NODISCARD int next_number(
	struct store *store, const char *environment, int64_t *number, struct error *err)
{
	static const char sql[] = "SELECT COALESCE(MAX(number), 0) + 1 FROM clone"
				  " WHERE environment = $1";

	return store_integer(store, sql, VALUES(db_text(environment)), number, err);
}

/* Insert the row with its number, and read it back. */
static NODISCARD int insert_clone(
	struct store *store, struct clone_row *row, struct clone_row *out, struct error *err)
{
	static const char sql[] =
		"INSERT INTO clone (" CLONE_COLUMNS ") VALUES ($1, $2, $3, $4, $5,"
		" $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
		" $19, $20)";
	CLEANUP(free) char *name = NULL;
	CLEANUP(free) char *installation = NULL;
	CLEANUP(free) char *known_as = NULL;

	if (next_number(store, row->environment, &row->number, err) < 0 ||
		store_installation(store, &installation, err) < 0)
		return -1;
	known_as = mem_printf(
		"%s-clone-%lld-%s", row->environment, (long long)row->number, installation);
	row->known_as = known_as;
	name = mem_printf("%s/clone-%lld", row->environment, (long long)row->number);
	row->name = name;
	if (store_insert(store, sql, &clone_table, row, err) < 0 ||
		tell_making(store, row, err) < 0)
		return -1;
	return store_clone_find(store, name, out, err);
}

int store_clone_add(struct store *store, const struct clone_row_draft *draft, const char *actor,
	struct clone_row *out, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(clone_row_done) struct clone_row added = { 0 };
	struct clone_row row = {
		.environment = draft->environment,
		.state = CLONE_MAKING,
		.version = 1,
		.provider = draft->provider,
		.release = draft->release,
		.set = draft->set,
		.created_at = clock_now(),
		.created_by = actor,
		.expires_at = draft->expires_at,
		.fingerprint = draft->fingerprint,
		.original = or_empty(draft->original),
		.coverage = or_empty(draft->coverage),
		.taken = "{}",
		.machines = "{}",
	};

	if (transaction_begin(&transaction, store, err) < 0 ||
		insert_clone(store, &row, &added, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "beginning a clone of '%s'", draft->environment);
	*out = STEAL(&added);
	return 0;
}

/* Change the row where the version that the caller saw still stands. */
static NODISCARD int update_clone(struct store *store, const struct clone_row *seen,
	const struct clone_change *change, int64_t *changed, struct error *err)
{
	static const char sql[] =
		"UPDATE clone SET version = version + 1, state = $3,"
		" reason = COALESCE(CAST($4 AS TEXT), reason),"
		" candidate = COALESCE(CAST($5 AS TEXT), candidate),"
		" fingerprint = COALESCE(CAST($6 AS TEXT), fingerprint),"
		" original = COALESCE(CAST($7 AS TEXT), original),"
		" coverage = COALESCE(CAST($8 AS TEXT), coverage),"
		" taken = COALESCE(CAST($9 AS TEXT), taken),"
		" machines = COALESCE(CAST($10 AS TEXT), machines),"
		" expires_at = COALESCE(NULLIF(CAST($11 AS BIGINT), 0), expires_at), ended_at = $12"
		" WHERE name = $1 AND version = $2";
	bool is_moved = change->to != seen->state;
	const char *reason = change->reason || !is_moved ? change->reason : "";
	int64_t ended_at = clone_state_is_final(change->to) ? clock_now() : 0;

	return store_run(store, sql,
		VALUES(db_text(seen->name), db_integer(seen->version),
			db_text(clone_state_name(change->to)), db_text(reason),
			db_text(change->candidate), db_text(change->fingerprint),
			db_text(change->original), db_text(change->coverage),
			db_text(change->taken), db_text(change->machines),
			db_integer(change->expires_at), db_integer(ended_at)),
		changed, err);
}

static NODISCARD int add_change_event(struct store *store, const struct clone_row *seen,
	const struct clone_change *change, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	bool is_moved = change->to != seen->state;
	CLEANUP(free)
	char *kind = mem_printf("clone.%s", is_moved ? clone_state_name(change->to) : "noted");
	const struct event_draft event = { actor, kind, SUBJECT_CLONE, seen->name, payload };

	if (is_moved)
		jvalue_set_string(payload, "from", clone_state_name(seen->state));
	jvalue_set_string(payload, "reason", change->reason);
	jvalue_set_string(payload, "candidate", change->candidate);
	jvalue_set_string(payload, "fingerprint", change->fingerprint);
	if (change->expires_at)
		jvalue_set_integer(payload, "expires_at", change->expires_at);
	set_digest(payload, "original_sha256", change->original);
	set_digest(payload, "coverage_sha256", change->coverage);
	set_digest(payload, "taken_sha256", change->taken);
	set_digest(payload, "machines_sha256", change->machines);
	return store_event_add(store, &event, err);
}

/* Why the change did not find its clone. */
static NODISCARD int explain_clone(
	struct store *store, const struct clone_row *seen, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row now = { 0 };

	if (store_clone_find(store, seen->name, &now, err) < 0)
		return -1;
	return error_set(err, ERR_CONFLICT,
		"clone '%s' was changed meanwhile by somebody else: it is %s now", seen->name,
		clone_state_name(now.state));
}

int store_clone_change(struct store *store, const struct clone_row *seen,
	const struct clone_change *what, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (what->to != seen->state && !clone_state_may_become(seen->state, what->to))
		return error_set(err, ERR_CONFLICT, "clone '%s' is %s and cannot become %s",
			seen->name, clone_state_name(seen->state), clone_state_name(what->to));
	if (transaction_begin(&transaction, store, err) < 0 ||
		update_clone(store, seen, what, &changed, err) < 0)
		return error_wrap(err, "changing the clone '%s'", seen->name);
	if (!changed)
		return explain_clone(store, seen, err);
	if ((clone_state_is_final(what->to) &&
		    store_hosts_leave(store, seen->name, actor, err) < 0) ||
		add_change_event(store, seen, what, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "changing the clone '%s'", seen->name);
	return 0;
}

int store_clone_find(
	struct store *store, const char *name, struct clone_row *out, struct error *err)
{
	static const char sql[] = "SELECT " CLONE_COLUMNS " FROM clone WHERE name = $1";
	int found = store_row(store, sql, VALUES(db_text(name)), &clone_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding the clone '%s'", name);
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "there is no clone '%s'", name);
	return 0;
}

int store_clones(struct store *store, const char *environment, bool with_removed,
	struct clone_rows *out, struct error *err)
{
	static const char all[] = "SELECT " CLONE_COLUMNS " FROM clone"
				  " WHERE (CAST($1 AS TEXT) IS NULL OR environment = $1)"
				  " ORDER BY environment, number DESC";
	static const char standing[] = "SELECT " CLONE_COLUMNS " FROM clone"
				       " WHERE (CAST($1 AS TEXT) IS NULL OR environment = $1)"
				       " AND state <> 'removed'"
				       " ORDER BY environment, number DESC";

	if (store_rows(store, with_removed ? all : standing, VALUES(db_text(environment)),
		    &clone_table, out, err) < 0)
		return error_wrap(err, "reading the clones");
	return 0;
}

void clone_row_done(struct clone_row *row)
{
	row_done(&clone_table, row);
}

void clone_rows_done(struct clone_rows *rows)
{
	rows_free(&clone_table, rows);
}
