/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/clone_choice.h"
#include "cli/command.h"
#include "cli/report/cloning_watch.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/table.h"
#include "clone/sink.h"
#include "store/environment.h"
#include "store/evidence.h"
#include "store/host.h"

#include <stdlib.h>
#include <string.h>

#define SINK_SHOWN 10

static const struct column host_columns[] = {
	{ "name", "HOST", COLUMN_TEXT },
	{ "group", "GROUP", COLUMN_TEXT },
	{ "address", "ADDRESS", COLUMN_TEXT },
	{ "port", "PORT", COLUMN_NUMBER },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_DIGEST },
	{ "original_state", NULL, COLUMN_DIGEST },
	{ "scanned_at", "SCANNED", COLUMN_TIME },
	{ "error", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

static const struct column journal_columns[] = {
	{ "at", "WHEN", COLUMN_TIME },
	{ "action", "ACTION", COLUMN_TEXT },
	{ "target", "OF", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "ended_at", NULL, COLUMN_TIME },
	{ "duration_seconds", "TOOK", COLUMN_DURATION },
	{ "output", NULL, COLUMN_TEXT },
	{ "details", NULL, COLUMN_TEXT },
	{ "error", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

static const struct column sanitize_columns[] = {
	{ "host", "HOST", COLUMN_TEXT },
	{ "program", "PROGRAM", COLUMN_TEXT },
	{ "sha256", "SHA-256", COLUMN_DIGEST },
	{ "state", "STATE", COLUMN_TEXT },
	{ "ended_at", "WHEN", COLUMN_TIME },
	{ 0 },
};

static const struct column test_columns[] = {
	{ "id", "TEST", COLUMN_NUMBER },
	{ "suite", "SUITE", COLUMN_TEXT },
	{ "host", "HOST", COLUMN_TEXT },
	{ "candidate", "CANDIDATE", COLUMN_TEXT },
	{ "outcome", "OUTCOME", COLUMN_TEXT },
	{ "passed", "PASSED", COLUMN_NUMBER },
	{ "failed", "FAILED", COLUMN_NUMBER },
	{ "ended_at", "WHEN", COLUMN_TIME },
	{ 0 },
};

static const struct column approval_columns[] = {
	{ "approver", "WHO", COLUMN_TEXT },
	{ "kind", "SAID", COLUMN_TEXT },
	{ "candidate", "CANDIDATE", COLUMN_TEXT },
	{ "at", "WHEN", COLUMN_TIME },
	{ "comment", "COMMENT", COLUMN_PROSE },
	{ 0 },
};

static const struct column sink_columns[] = {
	{ "at", "WHEN", COLUMN_TEXT },
	{ "as", "AS", COLUMN_TEXT },
	{ "from", "FROM", COLUMN_TEXT },
	{ "to", "TO", COLUMN_TEXT },
	{ "what", "WHAT", COLUMN_PROSE },
	{ 0 },
};

/* Everything that is shown of one clone. */
struct view {
	const struct config *config;
	struct clone_row row;
	struct environment_row environment;
	struct host_rows hosts;
	struct clone_action_rows journal;
	struct test_rows tests;
	struct approval_rows approvals;
	struct coverage coverage;
	struct taken taken;
	struct machines machines;
	struct jvalue *original;
	struct sink_tally sink;
};

static void view_done(struct view *v)
{
	clone_row_done(&v->row);
	environment_row_done(&v->environment);
	host_rows_done(&v->hosts);
	clone_action_rows_done(&v->journal);
	test_rows_done(&v->tests);
	approval_rows_done(&v->approvals);
	coverage_done(&v->coverage);
	taken_done(&v->taken);
	machines_done(&v->machines);
	jvalue_free(v->original);
	sink_tally_done(&v->sink);
}
CLEANUP_DONE(struct view, view_done)

static int read_texts(struct view *v, struct error *err)
{
	const struct clone_row *row = &v->row;
	CLEANUP(free) char *record = clone_record_path(v->config, row);

	if (coverage_read(row->coverage, &v->coverage, err) < 0 ||
		taken_read(row->taken, &v->taken, err) < 0 ||
		machines_read(row->machines, &v->machines, err) < 0 ||
		jvalue_parse(row->original, strlen(row->original), &v->original, err) < 0)
		return error_wrap(err, "%s", row->name);
	return sink_tally_read(record, SINK_SHOWN, &v->sink, err);
}

static int read_view(struct invocation *inv, const char *name, struct view *v, struct error *err)
{
	struct store *store = NULL;

	if (need_config(inv, &v->config, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_clone_find(store, name, &v->row, err) < 0 ||
		store_environment_find(store, name, &v->environment, err) < 0 ||
		store_hosts(store, name, &v->hosts, err) < 0 ||
		store_clone_actions(store, name, &v->journal, err) < 0 ||
		store_tests(store, name, NULL, &v->tests, err) < 0 ||
		store_approvals(store, name, NULL, &v->approvals, err) < 0)
		return -1;
	return read_texts(v, err);
}

/* ---- tables ---- */

/* What the store saw of a host of the clone; NULL for nothing. */
static const struct host_row *find_seen(const struct view *v, const char *plain_name)
{
	CLEANUP(free) char *name = mem_printf("%s/%s", v->row.name, plain_name);

	for (size_t i = 0; i < v->hosts.count; i++) {
		if (str_equal(v->hosts.items[i].name, name))
			return &v->hosts.items[i];
	}
	return NULL;
}

static void add_host(struct table *t, const struct view *v, const struct jvalue *original)
{
	const char *name = jvalue_string(original, "name");
	const struct host_row *seen = name ? find_seen(v, name) : NULL;
	const struct machine *machine = name ? machines_find(&v->machines, name) : NULL;

	table_row(t);
	table_text(t, "name", name);
	table_text(t, "group", jvalue_string(original, "group"));
	table_text(t, "original_state", jvalue_string(original, "state"));
	if (machine) {
		table_text(t, "address", machine->address);
		table_number(t, "port", machine->port);
	}
	if (seen) {
		table_text(t, "release", seen->release);
		table_text(t, "state", seen->state);
		table_number(t, "scanned_at", seen->scanned_at);
		table_text(t, "error", seen->error);
	}
}

static struct table *hosts_of(const struct view *v)
{
	struct table *t = table_new(host_columns);
	const struct jvalue *hosts = jvalue_get(v->original, "hosts");

	for (size_t i = 0; i < jvalue_count(hosts); i++)
		add_host(t, v, jvalue_at(hosts, i));
	return t;
}

static struct table *journal_of(const struct view *v)
{
	struct table *t = table_new(journal_columns);

	for (size_t i = 0; i < v->journal.count; i++) {
		const struct clone_action_row *row = &v->journal.items[i];

		table_row(t);
		table_number(t, "at", row->started_at);
		table_text(t, "action", row->action);
		table_text(t, "target", row->target);
		table_text(t, "state", clone_action_state_name(row->state));
		table_number(t, "ended_at", row->ended_at);
		if (row->ended_at)
			table_number(t, "duration_seconds", row->ended_at - row->started_at);
		table_text(t, "output", row->output);
		table_text(t, "details", row->details);
		table_text(t, "error", row->error);
	}
	return t;
}

/* The sanitize programs that ran: which, with which content, on what. */
static struct table *sanitized_of(const struct view *v)
{
	struct table *t = table_new(sanitize_columns);

	for (size_t i = 0; i < v->journal.count; i++) {
		const struct clone_action_row *row = &v->journal.items[i];
		CLEANUP(jvalue_free) struct jvalue *details = NULL;
		struct error ignored;

		if (!str_equal(row->action, "sanitize") ||
			jvalue_parse(row->details, strlen(row->details), &details, &ignored) < 0)
			continue;
		table_row(t);
		table_text(t, "host", row->target);
		table_text(t, "program", jvalue_string(details, "program"));
		table_text(t, "sha256", jvalue_string(details, "sha256"));
		table_text(t, "state", clone_action_state_name(row->state));
		table_number(t, "ended_at", row->ended_at);
	}
	return t;
}

static struct table *tests_of(const struct view *v)
{
	struct table *t = table_new(test_columns);

	for (size_t i = 0; i < v->tests.count; i++) {
		const struct test_row *row = &v->tests.items[i];

		table_row(t);
		table_number(t, "id", row->id);
		table_text(t, "suite", row->suite);
		table_text(t, "host", row->host);
		table_text(t, "candidate", row->candidate);
		table_text(t, "outcome", outcome_name(row->outcome));
		table_number(t, "passed", row->passed);
		table_number(t, "failed", row->failed);
		table_number(t, "ended_at", row->ended_at);
	}
	return t;
}

static struct table *approvals_of(const struct view *v)
{
	struct table *t = table_new(approval_columns);

	for (size_t i = 0; i < v->approvals.count; i++) {
		const struct approval_row *row = &v->approvals.items[i];

		table_row(t);
		table_text(t, "approver", row->approver);
		table_text(t, "kind", approval_name(row->kind));
		table_text(t, "candidate", row->candidate);
		table_number(t, "at", row->at);
		table_text(t, "comment", row->comment);
	}
	return t;
}

/* ---- the sink ---- */

static char *first_line(const char *text)
{
	return mem_strndup(text ? text : "", strcspn(text ? text : "", "\n"));
}

/* "orders@shop.example to a@x.example (+2): Subject: order 7" */
static char *mail_words(const struct jvalue *mail)
{
	const struct jvalue *to = jvalue_get(mail, "to");
	const char *message = jvalue_string(mail, "message"), *from = jvalue_string(mail, "from");
	const char *subject = message ? strcasestr(message, "subject:") : NULL;
	const char *first = jvalue_text(jvalue_at(to, 0));
	CLEANUP(free) char *line = first_line(subject);
	CLEANUP(str_done) struct str s = { 0 };

	str_addf(&s, "%s to %s", from ? from : "?", first ? first : "?");
	if (jvalue_count(to) > 1)
		str_addf(&s, " (+%zu)", jvalue_count(to) - 1);
	str_addf(&s, "%s%s", *line ? ": " : "", line);
	return str_take(&s);
}

static char *request_words(const struct jvalue *request)
{
	const char *method = jvalue_string(request, "method");
	const char *host = jvalue_string(request, "host");
	const char *target = jvalue_string(request, "target");

	return mem_printf("%s %s%s (%lld bytes)", method ? method : "?", host ? host : "",
		target ? target : "", (long long)jvalue_integer(request, "size", 0));
}

static char *entry_words(const struct jvalue *entry)
{
	const struct jvalue *messages = jvalue_get(entry, "messages");
	const struct jvalue *requests = jvalue_get(entry, "requests");
	const char *server = jvalue_string(entry, "server_name");
	const char *first = jvalue_string(entry, "first_bytes");
	int64_t count = jvalue_integer(entry, "count", 0);
	const char *more = count > 1 ? " and more" : "";
	CLEANUP(free) char *words = NULL;

	if (server)
		return mem_printf("TLS for %s", *server ? server : "(no name)");
	if (jvalue_count(messages))
		words = mail_words(jvalue_at(messages, 0));
	else if (jvalue_count(requests))
		words = request_words(jvalue_at(requests, 0));
	else
		words = mem_strdup(first ? first : "nothing whole");
	return mem_printf("%s%s", words, more);
}

static struct table *sink_of(const struct view *v)
{
	struct table *t = table_new(sink_columns);

	for (size_t i = 0; i < jvalue_count(v->sink.last); i++) {
		const struct jvalue *entry = jvalue_at(v->sink.last, i);
		const char *to = jvalue_string(entry, "to");
		CLEANUP(free) char *what = entry_words(entry);
		CLEANUP(free)
		char *target = mem_printf(
			"%s:%lld", to ? to : "?", (long long)jvalue_integer(entry, "port", 0));

		table_row(t);
		table_text(t, "at", jvalue_string(entry, "at"));
		table_text(t, "as", jvalue_string(entry, "as"));
		table_text(t, "from", jvalue_string(entry, "from"));
		table_text(t, "to", target);
		table_text(t, "what", what);
	}
	return t;
}

static struct jvalue *sink_json(const struct view *v)
{
	struct jvalue *json = jvalue_object();

	jvalue_set_integer(json, "messages", (int64_t)v->sink.messages);
	jvalue_set_integer(json, "requests", (int64_t)v->sink.requests);
	for (int as = 0; as < FENCE_ANSWER_COUNT; as++) {
		CLEANUP(free)
		char *name = mem_printf("%s_connections", sink_answer_name((enum fence_answer)as));

		jvalue_set_integer(json, name, (int64_t)v->sink.connections[as]);
	}
	jvalue_set(json, "last", jvalue_copy(v->sink.last));
	return json;
}

/* ---- telling ---- */

static void tell_taken(struct card *card, const struct view *v)
{
	const struct taken *t = &v->taken;
	int64_t paused = 0;

	for (size_t i = 0; i < t->count; i++)
		paused = t->hosts[i].paused_ms > paused ? t->hosts[i].paused_ms : paused;
	card_json(card, "taken", t->json ? jvalue_copy(t->json) : jvalue_object());
	if (!t->count)
		return;

	CLEANUP(free)
	char *interval =
		mem_printf("%lld ms for all hosts; the originals stood still for %lld ms at most",
			(long long)(t->ended_at_ms - t->started_at_ms), (long long)paused);

	card_time(card, "taken_at", "copied", t->started_at_ms / 1000);
	card_text(card, "taken_within", "  within", interval);
}

static void tell_row(struct card *card, const struct view *v)
{
	const struct clone_row *row = &v->row;
	char left[CLOCK_TEXT_SIZE];
	bool is_there = row->state != CLONE_REMOVED;
	CLEANUP(free)
	char *expiry = clone_is_expired(row) ? mem_strdup("yes")
		       : is_there            ? mem_printf("in %s",
						       clock_format_age(row->expires_at - clock_now(), left))
					     : NULL;

	card_text(card, "name", "clone", row->name);
	card_text(card, "environment", "of", row->environment);
	card_text(card, "state", "state", clone_state_name(row->state));
	card_text(card, "reason", "reason", row->reason);
	card_text(card, "provider", "provider", row->provider);
	card_time(card, "created_at", "made", row->created_at);
	card_text(card, "created_by", "  by", row->created_by);
	card_time(card, "expires_at", NULL, row->expires_at);
	card_text(card, "expires", "expires", expiry);
	card_time(card, "ended_at", "removed", row->ended_at);
	card_text(card, "release", "release", row->release);
	card_digest(card, "original_set", "set it had", row->set);
	card_digest(card, "set", "set now", v->environment.set);
	card_text(card, "status", "status", environment_status_name(v->environment.status));
	card_text(card, "candidate", "candidate", row->candidate);
	card_digest(card, "fingerprint", "fingerprint", row->fingerprint);
}

int show_clone(struct invocation *inv, const char *name, struct error *err)
{
	CLEANUP(view_done) struct view v = { 0 };

	if (read_view(inv, name, &v, err) < 0)
		return -1;

	struct card *card = card_begin(inv, "clone");

	tell_row(card, &v);
	tell_taken(card, &v);
	card_number(card, "sink_messages", "mails caught", (int64_t)v.sink.messages);
	card_number(card, "sink_requests", "requests caught", (int64_t)v.sink.requests);
	card_json(card, "original", jvalue_copy(v.original));
	card_json(card, "sink", sink_json(&v));
	card_table(card, "hosts", "HOSTS", hosts_of(&v), NULL);
	card_table(card, "coverage", "WHAT WAS COPIED", coverage_table(&v.coverage, false), NULL);
	card_table(card, "sanitized", "SANITIZED", sanitized_of(&v), NULL);
	card_table(card, "tests", "TESTS", tests_of(&v), NULL);
	card_table(card, "approvals", "APPROVALS", approvals_of(&v), NULL);
	card_table(card, "journal", "JOURNAL", journal_of(&v), "Nothing was done yet");
	if (!wants_json(inv))
		card_table(card, "caught", "CAUGHT BY THE FENCE, LAST", sink_of(&v), NULL);
	card_end(card);
	return 0;
}
