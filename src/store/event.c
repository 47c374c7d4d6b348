/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/store_private.h"

#include <stdio.h>
#include <string.h>

#define EVENT_COLUMNS "seq, at, actor, kind, subject, subject_id, payload, hash, configuration"

#define IS_OF_KIND    " AND (CAST($2 AS TEXT) IS NULL OR kind = $2)"
#define IS_OF_SUBJECT " subject IN ($4, $5) AND subject_id = $6"

static const struct row_field fields[] = {
	INTEGER_OF(event_row, seq),
	INTEGER_OF(event_row, at),
	TEXT_OF(event_row, actor),
	TEXT_OF(event_row, kind),
	WORD_OF(event_row, subject, subject_names),
	TEXT_OF(event_row, subject_id),
	TEXT_OF(event_row, payload),
	TEXT_OF(event_row, hash),
	TEXT_OF(event_row, configuration),
};

static const struct row_table event_table = ROW_TABLE("event", fields, event_row);

/* An event as the chain sees it: texts and numbers, whatever they mean. */
struct link {
	int64_t seq, at;
	const char *actor, *kind, *subject, *subject_id, *payload, *hash, *configuration;
};

static const struct row_field link_fields[] = {
	INTEGER_OF(link, seq),
	INTEGER_OF(link, at),
	TEXT_OF(link, actor),
	TEXT_OF(link, kind),
	TEXT_OF(link, subject),
	TEXT_OF(link, subject_id),
	TEXT_OF(link, payload),
	TEXT_OF(link, hash),
	TEXT_OF(link, configuration),
};

static const struct row_table link_table = ROW_TABLE("event", link_fields, link);

static void link_done(struct link *link)
{
	row_done(&link_table, link);
}
CLEANUP_DONE(struct link, link_done)

/* Where the record ends. */
struct head {
	int64_t seq;
	const char *hash;
};

static const struct row_field head_fields[] = {
	INTEGER_OF(head, seq),
	TEXT_OF(head, hash),
};

static const struct row_table head_table = ROW_TABLE("head of the audit record", head_fields, head);

static void head_done(struct head *head)
{
	row_done(&head_table, head);
}
CLEANUP_DONE(struct head, head_done)

/* Each text with its length before it, so that no two events have the same bytes. */
static void add_text(struct str *chained, const char *text)
{
	char digits[32];
	char *first = digits + sizeof digits;
	size_t size = strlen(text);

	*--first = ':';
	for (size_t rest = size; rest || *first == ':'; rest /= 10)
		*--first = (char)('0' + rest % 10);
	str_add_bytes(chained, first, (size_t)(digits + sizeof digits - first));
	str_add_bytes(chained, text, size);
}

static void add_integer(struct str *chained, int64_t integer)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long)integer);
	add_text(chained, text);
}

/* The hash of an event that follows one with the hash `before`. */
static const char *event_hash(
	const struct link *link, const char *before, char out[DIGEST_HEX_SIZE])
{
	CLEANUP(str_done) struct str chained = { 0 };

	add_text(&chained, before);
	add_integer(&chained, link->seq);
	add_integer(&chained, link->at);
	add_text(&chained, link->actor);
	add_text(&chained, link->kind);
	add_text(&chained, link->subject);
	add_text(&chained, link->subject_id);
	add_text(&chained, link->payload);
	if (*link->configuration) /* events of older programs name none, and have none in their hash */
		add_text(&chained, link->configuration);
	return digest_bytes(chained.text, chained.size, out);
}

/* The row as the database has it. */
static NODISCARD int read_head(struct store *store, struct head *out, struct error *err)
{
	static const char sql[] = "SELECT seq, hash FROM event_head WHERE id = 1";
	int found = store_row(store, sql, NULL, &head_table, out, err);

	if (found == 0)
		return error_set(err, ERR_CORRUPT, "the audit record has lost its head");
	return found < 0 ? -1 : 0;
}

/* What the transaction's next event follows: nobody else writes meanwhile. */
static NODISCARD int find_head(struct store *store, struct error *err)
{
	CLEANUP(head_done) struct head head = { 0 };
	struct event_head *found = &store->head;

	if (found->is_read)
		return 0;
	if (read_head(store, &head, err) < 0)
		return -1;
	found->seq = head.seq;
	snprintf(found->hash, sizeof found->hash, "%s", head.hash);
	found->is_read = true;
	return 0;
}

int store_event_head_write(struct store *store, struct error *err)
{
	static const char sql[] = "UPDATE event_head SET seq = $1, hash = $2 WHERE id = 1";
	struct event_head *head = &store->head;

	if (!head->is_ahead)
		return 0;
	if (store_run(store, sql, VALUES(db_integer(head->seq), db_text(head->hash)), NULL, err) <
		0)
		return error_wrap(err, "writing where the audit record ends");
	head->is_ahead = false;
	return 0;
}

static NODISCARD int append(struct store *store, const struct link *event, struct error *err)
{
	static const char sql[] = "INSERT INTO event (" EVENT_COLUMNS ")"
				  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
	struct event_head *head = &store->head;
	struct link link = *event;
	char hash[DIGEST_HEX_SIZE];

	if (store_configuration_keep(store, err) < 0 || find_head(store, err) < 0)
		return -1;
	link.seq = head->seq + 1;
	link.at = clock_now();
	link.configuration = store->configuration_sha256;
	link.hash = event_hash(&link, head->hash, hash);
	if (store_insert(store, sql, &link_table, &link, err) < 0)
		return -1;
	head->seq = link.seq;
	memcpy(head->hash, hash, sizeof hash);
	head->is_ahead = true;
	return 0;
}

int store_event_add(struct store *store, const struct event_draft *draft, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(free) char *payload = draft->payload ? jvalue_write(draft->payload) : NULL;
	const struct link link = {
		.actor = draft->actor,
		.kind = draft->kind,
		.subject = subject_name(draft->subject),
		.subject_id = draft->subject_id ? draft->subject_id : "",
		.payload = payload ? payload : "{}",
	};

	if (!draft->actor || !*draft->actor || !draft->kind || !*draft->kind)
		return error_set(err, ERR_USAGE, "an event wants an actor and a kind");
	if (transaction_begin(&transaction, store, err) < 0 || append(store, &link, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "writing the event '%s'", draft->kind);
	return 0;
}

/* A clone is an environment too: what is told of the one is told of the other. */
static enum subject twin_of(enum subject subject)
{
	switch (subject) {
	case SUBJECT_CLONE:
		return SUBJECT_ENVIRONMENT;
	case SUBJECT_ENVIRONMENT:
		return SUBJECT_CLONE;
	default:
		return subject;
	}
}

/* By number alone: who wants few of them says after which, or how many. */
static NODISCARD int read_any(struct store *store, const struct event_filter *filter, int64_t limit,
	struct event_rows *out, struct error *err)
{
	static const char oldest[] = "SELECT " EVENT_COLUMNS " FROM event WHERE seq > $1" IS_OF_KIND
				     " ORDER BY seq LIMIT $3";
	static const char newest[] = "SELECT " EVENT_COLUMNS " FROM event WHERE seq > $1" IS_OF_KIND
				     " ORDER BY seq DESC LIMIT $3";
	const struct db_values *values =
		VALUES(db_integer(filter->after), db_text(filter->kind), db_integer(limit));

	return store_rows(
		store, filter->newest_first ? newest : oldest, values, &event_table, out, err);
}

static NODISCARD int read_of_subject(struct store *store, const struct event_filter *filter,
	int64_t limit, struct event_rows *out, struct error *err)
{
	static const char oldest[] = "SELECT " EVENT_COLUMNS " FROM event WHERE" IS_OF_SUBJECT
				     " AND seq > $1" IS_OF_KIND " ORDER BY seq LIMIT $3";
	static const char newest[] = "SELECT " EVENT_COLUMNS " FROM event WHERE" IS_OF_SUBJECT
				     " AND seq > $1" IS_OF_KIND " ORDER BY seq DESC LIMIT $3";
	const struct db_values *values = VALUES(db_integer(filter->after), db_text(filter->kind),
		db_integer(limit), db_text(subject_name(filter->subject)),
		db_text(subject_name(twin_of(filter->subject))), db_text(filter->subject_id));

	return store_rows(
		store, filter->newest_first ? newest : oldest, values, &event_table, out, err);
}

int store_events(struct store *store, const struct event_filter *filter, struct event_rows *out,
	struct error *err)
{
	int64_t limit = filter->limit ? (int64_t)filter->limit : INT64_MAX;

	if ((filter->subject_id ? read_of_subject : read_any)(store, filter, limit, out, err) < 0)
		return error_wrap(err, "reading the audit record");
	return 0;
}

void event_rows_done(struct event_rows *rows)
{
	rows_free(&event_table, rows);
}

static NODISCARD int bad(struct error *err, int64_t seq, const char *what)
{
	return error_set(err, ERR_CORRUPT, "the audit record is broken: event %lld %s",
		(long long)seq, what);
}

/* What stands for the event before the first. */
#define EVENT_NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* How far a walk has come. */
struct chain_check {
	int64_t seq;
	char hash[DIGEST_HEX_SIZE]; /* of the event with that number */
};

/* One link: the event must follow the one where the walk stands. */
static NODISCARD int follow(struct chain_check *check, const struct link *link, struct error *err)
{
	char hash[DIGEST_HEX_SIZE];

	if (link->seq <= check->seq)
		return bad(err, link->seq, "is there twice");
	if (link->seq > check->seq + 1)
		return bad(err, check->seq + 1, "is missing");
	if (strcmp(event_hash(link, check->hash, hash), link->hash) != 0)
		return bad(err, link->seq, "was changed");
	memcpy(check->hash, hash, sizeof hash);
	check->seq = link->seq;
	return 0;
}

/* Walk up to the event `end`. */
static NODISCARD int check_chain_to(
	struct store *store, int64_t end, struct chain_check *check, struct error *err)
{
	static const char sql[] = "SELECT " EVENT_COLUMNS " FROM event WHERE seq <= $1"
				  " ORDER BY seq";
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(db_finish) struct db_statement *statement = NULL;
	int found = 0;

	if (reading_join(&reading, store, err) < 0 ||
		db_query(reading_db(&reading), sql, VALUES(db_integer(end)), &statement, err) < 0)
		return -1;
	while ((found = db_step(statement, err)) > 0) {
		CLEANUP(link_done) struct link link = { 0 };

		if (row_read(statement, &link_table, &link, err) < 0 ||
			follow(check, &link, err) < 0)
			return -1;
	}
	return found;
}

int store_event_verify(struct store *store, int64_t *count, struct error *err)
{
	static const char beyond[] = "SELECT MIN(seq) FROM event"
				     " WHERE seq > (SELECT seq FROM event_head WHERE id = 1)";
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(head_done) struct head head = { 0 };
	struct chain_check check = { .hash = EVENT_NO_HASH };
	int64_t extra = 0;

	if (reading_begin(&reading, store, err) < 0 || read_head(store, &head, err) < 0 ||
		check_chain_to(store, head.seq, &check, err) < 0)
		return -1;
	if (check.seq < head.seq)
		return bad(err, check.seq + 1, "is missing");
	if (strcmp(check.hash, head.hash) != 0)
		return bad(err, check.seq, "was changed");
	if (store_integer(store, beyond, NULL, &extra, err) < 0)
		return -1;
	if (extra)
		return bad(err, extra, "was slipped in");
	*count = check.seq;
	return 0;
}
