/* SPDX-License-Identifier: Apache-2.0 */
#include "store/host.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "store/event.h"
#include "store/store_private.h"

#include <string.h>

#define HOST_COLUMNS                                                                               \
	"name, environment, host_group, platform, address, state, facts, release, scanned_at,"     \
	" error_kind, error, error_at, gone_at"

static const struct row_field fields[] = {
	TEXT_OF(host_row, name),
	TEXT_OF(host_row, environment),
	TEXT_OF(host_row, group),
	TEXT_OF(host_row, platform),
	TEXT_OF(host_row, address),
	TEXT_OR_NULL_OF(host_row, state),
	TEXT_OF(host_row, facts),
	TEXT_OR_NULL_OF(host_row, release),
	INTEGER_OF(host_row, scanned_at),
	TEXT_OR_NULL_OF(host_row, error_kind),
	TEXT_OR_NULL_OF(host_row, error),
	INTEGER_OF(host_row, error_at),
	INTEGER_OF(host_row, gone_at),
};

static const struct row_table host_table = ROW_TABLE("host", fields, host_row);

static const struct row_field brief_fields[] = {
	TEXT_OF(host_brief, name),
	TEXT_OR_NULL_OF(host_brief, state),
	TEXT_OR_NULL_OF(host_brief, release),
	TEXT_OR_NULL_OF(host_brief, error),
	INTEGER_OF(host_brief, scanned_at),
};

static const struct row_table brief_table = ROW_TABLE("host", brief_fields, host_brief);

static NODISCARD int insert_state(struct store *store, const char *digest, const char *platform,
	const char *text, struct error *err)
{
	static const char sql[] = "INSERT INTO host_state (digest, platform, content)"
				  " VALUES ($1, $2, $3)";
	char wanted[DIGEST_HEX_SIZE];

	if (strcmp(digest_bytes(text, strlen(text), wanted), digest) != 0)
		return error_set(err, ERR_CORRUPT, "its text has the digest '%.12s'", wanted);
	return store_run(
		store, sql, VALUES(db_text(digest), db_text(platform), db_text(text)), NULL, err);
}

int store_state_put(struct store *store, const char *digest, const char *platform, const char *text,
	struct error *err)
{
	static const char looking[] = "SELECT COUNT(*) FROM host_state WHERE digest = $1";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t known = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_integer(store, looking, VALUES(db_text(digest)), &known, err) < 0 ||
		(!known && insert_state(store, digest, platform, text, err) < 0) ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "keeping the host state '%.12s'", digest);
	return 0;
}

/* Just the text of a state, as a row. */
struct state_text {
	const char *content;
};

static const struct row_field text_fields[] = { TEXT_OF(state_text, content) };
static const struct row_table text_table = ROW_TABLE("host state", text_fields, state_text);

static void state_text_done(struct state_text *text)
{
	row_done(&text_table, text);
}
CLEANUP_DONE(struct state_text, state_text_done)

/* Reading tells the digest; a text that cannot be read may be one that was changed. */
static NODISCARD int read_state_text(
	const char *text, const char *digest, struct hoststate **out, struct error *err)
{
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	int result = hoststate_read(text, strlen(text), &state, err);
	char own[DIGEST_HEX_SIZE];
	const char *seen = state ? hoststate_digest(state) : digest_bytes(text, strlen(text), own);

	if (strcmp(seen, digest) != 0)
		return error_set(err, ERR_CORRUPT,
			"the host state '%.12s' was changed: its digest is '%.12s' now", digest,
			seen);
	if (result < 0)
		return error_wrap(err, "reading the host state '%.12s'", digest);
	*out = STEAL(&state);
	return 0;
}

int store_state_read(
	struct store *store, const char *digest, struct hoststate **out, struct error *err)
{
	static const char sql[] = "SELECT content FROM host_state WHERE digest = $1";
	CLEANUP(state_text_done) struct state_text text = { 0 };
	int found = store_row(store, sql, VALUES(db_text(digest)), &text_table, &text, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "there is no host state '%.12s'", digest);
	if (found < 0)
		return error_wrap(err, "reading the host state '%.12s'", digest);
	return read_state_text(text.content, digest, out, err);
}

static NODISCARD int put_host(struct store *store, const struct host_row *host, struct error *err)
{
	static const char sql[] =
		"INSERT INTO host (" HOST_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
		" ON CONFLICT (name) DO UPDATE SET environment = excluded.environment,"
		" host_group = excluded.host_group, platform = excluded.platform,"
		" address = excluded.address, state = excluded.state, facts = excluded.facts,"
		" release = excluded.release, scanned_at = excluded.scanned_at,"
		" error_kind = excluded.error_kind, error = excluded.error,"
		" error_at = excluded.error_at, gone_at = excluded.gone_at";

	return store_insert(store, sql, &host_table, host, err);
}

/* 1, or 0 when there is none, or -1. */
static NODISCARD int find_host(
	struct store *store, const char *name, struct host_row *out, struct error *err)
{
	static const char sql[] = "SELECT " HOST_COLUMNS " FROM host WHERE name = $1";

	return store_row(store, sql, VALUES(db_text(name)), &host_table, out, err);
}

/* True when an auditor would want to know: not for new facts or addresses. */
static bool is_news(const struct host_row *old, const struct host_row *new)
{
	return !str_equal(old->environment, new->environment) ||
	       !str_equal(old->group, new->group) || !str_equal(old->platform, new->platform) ||
	       !str_equal(old->state, new->state) || !str_equal(old->release, new->release) ||
	       !str_equal(old->error_kind, new->error_kind) || old->gone_at != new->gone_at;
}

static const char *news_kind(const struct host_row *old, const struct host_row *new)
{
	if (new->error_kind)
		return strcmp(new->error_kind, error_kind_name(ERR_UNREACHABLE)) == 0
			       ? "host.unreachable"
			       : "host.failed";
	return old->name && !old->gone_at ? "host.changed" : "host.added";
}

/* Replace the row `old` (all zero: there was none) and tell what is new. */
static NODISCARD int replace(struct store *store, const struct host_row *old,
	const struct host_row *new, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, news_kind(old, new), SUBJECT_HOST, new->name,
		payload };

	if (put_host(store, new, err) < 0)
		return -1;
	if (old->name && !is_news(old, new))
		return 0;
	jvalue_set_string(payload, "environment", new->environment);
	jvalue_set_string(payload, "group", new->group);
	jvalue_set_string(payload, "platform", new->platform);
	jvalue_set_string(payload, "state", new->state);
	jvalue_set_string(payload, "state_before", old->state);
	jvalue_set_string(payload, "release", new->release);
	if (new->error)
		jvalue_set_string(payload, "error", new->error);
	return store_event_add(store, &event, err);
}

int store_host_scanned(
	struct store *store, const struct host_row *host, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(host_row_done) struct host_row old = { 0 };
	struct host_row new = *host;

	new.facts = host->facts ? host->facts : "{}";
	new.platform = host->platform ? host->platform : "";
	new.scanned_at = clock_now();
	new.error_kind = new.error = NULL;
	new.error_at = new.gone_at = 0;
	if (transaction_begin(&transaction, store, err) < 0 ||
		find_host(store, host->name, &old, err) < 0 ||
		replace(store, &old, &new, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "keeping the scan of '%s'", host->name);
	return 0;
}

/* The row after a failed scan: what was known stays, the error is added. */
static struct host_row failed_row(
	const struct host_row *old, const struct host_row *host, const struct error *cause)
{
	struct host_row row = *old;

	row.name = host->name;
	row.environment = host->environment;
	row.group = host->group;
	row.address = host->address;
	if (!old->name || !*old->platform)
		row.platform = host->platform ? host->platform : "";
	row.facts = old->facts ? old->facts : "{}";
	row.error_kind = error_kind_name(cause->kind);
	row.error = cause->text;
	row.error_at = clock_now();
	row.gone_at = 0;
	return row;
}

int store_host_failed(struct store *store, const struct host_row *host, const struct error *cause,
	const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(host_row_done) struct host_row old = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 ||
		find_host(store, host->name, &old, err) < 0)
		return error_wrap(err, "keeping the failed scan of '%s'", host->name);

	const struct host_row new = failed_row(&old, host, cause);

	if (replace(store, &old, &new, actor, err) < 0 || transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "keeping the failed scan of '%s'", host->name);
	return 0;
}

int store_host_find(struct store *store, const char *name, struct host_row *out, struct error *err)
{
	int found = find_host(store, name, out, err);

	if (found < 0)
		return error_wrap(err, "finding the host '%s'", name);
	if (!found)
		return error_set(err, ERR_NOT_FOUND,
			"the host '%s' was never scanned; run 'patchline scan'", name);
	return 0;
}

int store_hosts(
	struct store *store, const char *environment, struct host_rows *out, struct error *err)
{
	static const char all[] = "SELECT " HOST_COLUMNS " FROM host WHERE gone_at = 0"
				  " ORDER BY environment, host_group, name";
	static const char of_one[] = "SELECT " HOST_COLUMNS " FROM host"
				     " WHERE environment = $1 AND gone_at = 0"
				     " ORDER BY host_group, name";

	if (store_rows(store, environment ? of_one : all,
		    environment ? VALUES(db_text(environment)) : NULL, &host_table, out, err) < 0)
		return error_wrap(err, "reading the hosts");
	return 0;
}

int store_hosts_brief(
	struct store *store, const char *environment, struct host_briefs *out, struct error *err)
{
	static const char sql[] = "SELECT name, state, release, error, scanned_at FROM host"
				  " WHERE gone_at = 0"
				  " AND (CAST($1 AS TEXT) IS NULL OR environment = $1)";

	if (store_rows(store, sql, VALUES(db_text(environment)), &brief_table, out, err) < 0)
		return error_wrap(err, "reading the hosts");
	return 0;
}

/* Compare-and-set: somebody may have seen it since. */
static NODISCARD int leave_host(struct store *store, const struct host_row *seen, const char *actor,
	bool *has_left, struct error *err)
{
	static const char sql[] = "UPDATE host SET gone_at = $2 WHERE name = $1 AND gone_at = 0"
				  " AND environment = $3 AND scanned_at = $4 AND error_at = $5";
	const struct event_draft event = { actor, "host.gone", SUBJECT_HOST, seen->name, NULL };
	int64_t changed = 0;

	if (store_run(store, sql,
		    VALUES(db_text(seen->name), db_integer(clock_now()), db_text(seen->environment),
			    db_integer(seen->scanned_at), db_integer(seen->error_at)),
		    &changed, err) < 0)
		return -1;
	*has_left = changed > 0;
	return changed ? store_event_add(store, &event, err) : 0;
}

int store_host_leave(struct store *store, const struct host_row *seen, const char *actor,
	bool *has_left, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	bool left = false;

	if (transaction_begin(&transaction, store, err) < 0 ||
		leave_host(store, seen, actor, &left, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "forgetting the host '%s'", seen->name);
	*has_left = left;
	return 0;
}

int store_hosts_leave(
	struct store *store, const char *environment, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(host_rows_done) struct host_rows hosts = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_hosts(store, environment, &hosts, err) < 0)
		return error_wrap(err, "forgetting the hosts of '%s'", environment);
	for (size_t i = 0; i < hosts.count; i++) {
		bool has_left = false;

		if (leave_host(store, &hosts.items[i], actor, &has_left, err) < 0)
			return error_wrap(err, "forgetting the hosts of '%s'", environment);
	}
	return transaction_commit(&transaction, err);
}

void host_row_done(struct host_row *row)
{
	row_done(&host_table, row);
}

void host_rows_done(struct host_rows *rows)
{
	rows_free(&host_table, rows);
}

void host_briefs_done(struct host_briefs *rows)
{
	rows_free(&brief_table, rows);
}
