/* SPDX-License-Identifier: Apache-2.0 */
#include "present/clone_card.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/clone.h"
#include "present/clone.h"
#include "present/clone_caught_private.h"

#include <stdlib.h>
#include <string.h>

#define CAUGHT_SHOWN 10

#define HOST(target)      AT(struct clone_host_item, target)
#define SEEN(target)      VIA(struct clone_host_item, seen, target), .empty = NULL_IF_NONE
#define MACHINE(target)   VIA(struct clone_host_item, machine, target), .empty = NULL_IF_NONE
#define ACT(target)       VIA(struct clone_act, row, target)
#define SANITIZED(target) VIA(struct clone_sanitized, row, target)
#define TEST(target)      AT(struct test_row, target)
#define APPROVAL(target)  AT(struct approval_row, target)
#define CAUGHT(target)    AT(struct clone_caught, target)
#define TALLY(target)     AT(struct sink_tally, target)
#define CARD(target)      AT(struct clone_card, target)
#define LIST(target)      LIST_AT(struct clone_card, target)

/* clang-format off */
static const struct field host_fields[] = {
	{ "name",           "HOST",    FIELD_TEXT,   HOST(name) },
	{ "group",          "GROUP",   FIELD_TEXT,   HOST(group), .empty = NULL_IF_NONE },
	{ "address",        "ADDRESS", FIELD_TEXT,   MACHINE(address) },
	{ "port",           "PORT",    FIELD_NUMBER, MACHINE(port) },
	{ "release",        "RELEASE", FIELD_TEXT,   SEEN(release) },
	{ "state",          "STATE",   FIELD_DIGEST, SEEN(state) },
	{ "original_state", NULL,      FIELD_DIGEST, HOST(original_state), .empty = NULL_IF_NONE },
	{ "scanned_at",     "SCANNED", FIELD_TIME,   SEEN(scanned_at) },
	{ "error",          "PROBLEM", FIELD_PROSE,  SEEN(error) },
};
static const struct view host_view = VIEW_OF(struct clone_host_item, host_fields);

static const struct field act_fields[] = {
	{ "at",               "WHEN",    FIELD_TIME,     ACT(started_at) },
	{ "action",           "ACTION",  FIELD_TEXT,     ACT(action) },
	{ "target",           "OF",      FIELD_TEXT,     ACT(target) },
	{ "state",            "STATE",   FIELD_TEXT,     ACT(state), .word = clone_action_state_name },
	{ "ended_at",         NULL,      FIELD_TIME,     ACT(ended_at) },
	{ "duration_seconds", "TOOK",    FIELD_DURATION, AT(struct clone_act, duration), .empty = NULL_IF_NONE },
	{ "output",           NULL,      FIELD_TEXT,     ACT(output) },
	{ "details",          NULL,      FIELD_TEXT,     ACT(details) },
	{ "error",            "PROBLEM", FIELD_PROSE,    ACT(error), .empty = NULL_IF_NONE },
};
static const struct view act_view = VIEW_OF(struct clone_act, act_fields);

static const struct field sanitized_fields[] = {
	{ "host",     "HOST",    FIELD_TEXT,   SANITIZED(target) },
	{ "program",  "PROGRAM", FIELD_TEXT,   AT(struct clone_sanitized, program), .empty = NULL_IF_NONE },
	{ "sha256",   "SHA-256", FIELD_DIGEST, AT(struct clone_sanitized, sha256), .empty = NULL_IF_NONE },
	{ "state",    "STATE",   FIELD_TEXT,   SANITIZED(state), .word = clone_action_state_name },
	{ "ended_at", "WHEN",    FIELD_TIME,   SANITIZED(ended_at) },
};
static const struct view sanitized_view = VIEW_OF(struct clone_sanitized, sanitized_fields);

static const struct field test_fields[] = {
	{ "id",        "TEST",      FIELD_NUMBER, TEST(id) },
	{ "suite",     "SUITE",     FIELD_TEXT,   TEST(suite) },
	{ "host",      "HOST",      FIELD_TEXT,   TEST(host) },
	{ "candidate", "CANDIDATE", FIELD_TEXT,   TEST(candidate), .empty = NULL_IF_NONE },
	{ "outcome",   "OUTCOME",   FIELD_TEXT,   TEST(outcome), .word = outcome_name },
	{ "passed",    "PASSED",    FIELD_NUMBER, TEST(passed) },
	{ "failed",    "FAILED",    FIELD_NUMBER, TEST(failed) },
	{ "ended_at",  "WHEN",      FIELD_TIME,   TEST(ended_at) },
};
static const struct view test_view = VIEW_OF(struct test_row, test_fields);

static const struct field approval_fields[] = {
	{ "approver",  "WHO",       FIELD_TEXT,  APPROVAL(approver) },
	{ "kind",      "SAID",      FIELD_TEXT,  APPROVAL(kind), .word = approval_name },
	{ "candidate", "CANDIDATE", FIELD_TEXT,  APPROVAL(candidate), .empty = NULL_IF_NONE },
	{ "at",        "WHEN",      FIELD_TIME,  APPROVAL(at) },
	{ "comment",   "COMMENT",   FIELD_PROSE, APPROVAL(comment) },
};
static const struct view approval_view = VIEW_OF(struct approval_row, approval_fields);

static const struct field caught_fields[] = {
	{ NULL, "WHEN", FIELD_TEXT,  CAUGHT(at) },
	{ NULL, "AS",   FIELD_TEXT,  CAUGHT(as) },
	{ NULL, "FROM", FIELD_TEXT,  CAUGHT(from) },
	{ NULL, "TO",   FIELD_TEXT,  OWNED(struct clone_caught, to) },
	{ NULL, "WHAT", FIELD_PROSE, OWNED(struct clone_caught, what) },
};
static const struct view caught_view = VIEW_OF(struct clone_caught, caught_fields);

static const struct field tally_fields[] = {
	{ "messages",         NULL, FIELD_NUMBER, TALLY(messages) },
	{ "requests",         NULL, FIELD_NUMBER, TALLY(requests) },
	{ "smtp_connections", NULL, FIELD_NUMBER, TALLY(connections[FENCE_AS_SMTP]) },
	{ "http_connections", NULL, FIELD_NUMBER, TALLY(connections[FENCE_AS_HTTP]) },
	{ "tcp_connections",  NULL, FIELD_NUMBER, TALLY(connections[FENCE_AS_TCP]) },
	{ "last",             NULL, FIELD_JSON,   TALLY(last) },
};
static const struct view tally_view = VIEW_OF(struct sink_tally, tally_fields);

static const struct field card_fields[] = {
	{ "name",          "clone",           FIELD_TEXT,   CARD(row.name) },
	{ "environment",   "of",              FIELD_TEXT,   CARD(row.environment) },
	{ "state",         "state",           FIELD_TEXT,   CARD(row.state), .word = clone_state_name },
	{ "reason",        "reason",          FIELD_TEXT,   CARD(row.reason) },
	{ "provider",      "provider",        FIELD_TEXT,   CARD(row.provider) },
	{ "known_as",      "  as",            FIELD_TEXT,   CARD(row.known_as) },
	{ "created_at",    "made",            FIELD_TIME,   CARD(row.created_at) },
	{ "created_by",    "  by",            FIELD_TEXT,   CARD(row.created_by) },
	{ "expires_at",    NULL,              FIELD_TIME,   CARD(row.expires_at) },
	{ "expires",       "expires",         FIELD_TEXT,   OWNED(struct clone_card, expires), .empty = NULL_IF_NONE },
	{ "ended_at",      "removed",         FIELD_TIME,   CARD(row.ended_at) },
	{ "release",       "release",         FIELD_TEXT,   CARD(row.release), .empty = NULL_IF_NONE },
	{ "original_set",  "set it had",      FIELD_DIGEST, CARD(row.set), .empty = NULL_IF_NONE },
	{ "set",           "set now",         FIELD_DIGEST, CARD(environment.set), .empty = NULL_IF_NONE },
	{ "status",        "status",          FIELD_TEXT,   CARD(environment.status), .word = environment_status_name },
	{ "candidate",     "candidate",       FIELD_TEXT,   CARD(row.candidate), .empty = NULL_IF_NONE },
	{ "fingerprint",   "fingerprint",     FIELD_TEXT,   CARD(row.fingerprint) },
	{ "taken",         NULL,              FIELD_JSON,   OWNED(struct clone_card, taken_json) },
	{ "taken_at",      "copied",          FIELD_TIME,   CARD(taken_at) },
	{ "taken_within",  "  within",        FIELD_TEXT,   OWNED(struct clone_card, taken_within), .empty = NULL_IF_NONE },
	{ "sink_messages", "mails caught",    FIELD_NUMBER, CARD(sink.messages) },
	{ "sink_requests", "requests caught", FIELD_NUMBER, CARD(sink.requests) },
	{ "original",      NULL,              FIELD_JSON,   OWNED(struct clone_card, original) },
	{ "sink",          NULL,              FIELD_OBJECT, CARD(sink), .view = &tally_view },
	{ "hosts",         "HOSTS",           FIELD_LIST,   LIST(hosts), .view = &host_view },
	{ "coverage",      "WHAT WAS COPIED", FIELD_LIST,   LIST_OF(struct clone_card, coverage.areas, coverage.count),
		.view = &coverage_area_view },
	{ "sanitized",     "SANITIZED",       FIELD_LIST,   LIST(sanitized), .view = &sanitized_view },
	{ "tests",         "TESTS",           FIELD_LIST,   LIST(tests), .view = &test_view },
	{ "approvals",     "APPROVALS",       FIELD_LIST,   LIST(approvals), .view = &approval_view },
	{ "journal",       "JOURNAL",         FIELD_LIST,   LIST(journal), .view = &act_view, .none = "Nothing was done yet" },
	{ NULL,            "CAUGHT BY THE FENCE, LAST", FIELD_LIST, LIST(caught), .view = &caught_view },
};
/* clang-format on */

const struct view clone_card_view = VIEW_OF_KIND("clone", struct clone_card, card_fields);

/* What the store saw of a host of the clone; NULL for nothing. */
static const struct host_row *find_seen(const struct clone_card *c, const char *plain_name)
{
	CLEANUP(free) char *name = mem_printf("%s/%s", c->row.name, plain_name);

	for (size_t i = 0; i < c->seen.count; i++) {
		if (str_equal(c->seen.items[i].name, name))
			return &c->seen.items[i];
	}
	return NULL;
}

static void add_clone_hosts(struct clone_card *c)
{
	const struct jvalue *hosts = jvalue_get(c->original, "hosts");

	for (size_t i = 0; i < jvalue_count(hosts); i++) {
		const struct jvalue *one = jvalue_at(hosts, i);
		const char *name = jvalue_string(one, "name");

		const struct clone_host_item item = {
			.name = name,
			.group = jvalue_string(one, "group"),
			.original_state = jvalue_string(one, "state"),
			.seen = name ? find_seen(c, name) : NULL,
			.machine = name ? machines_find(&c->machines, name) : NULL,
		};

		view_rows_take(&c->hosts, &host_view, &item);
	}
}

static void add_sanitized(struct clone_card *c, const struct clone_action_row *row)
{
	struct clone_sanitized item = { .row = row };
	struct error ignored;

	if (!str_equal(row->action, "sanitize") ||
		jvalue_parse(row->details, strlen(row->details), &item.details, &ignored) < 0)
		return;
	item.program = jvalue_string(item.details, "program");
	item.sha256 = jvalue_string(item.details, "sha256");
	view_rows_take(&c->sanitized, &sanitized_view, &item);
}

static void add_acts(struct clone_card *c)
{
	for (size_t i = 0; i < c->actions.count; i++) {
		const struct clone_action_row *row = &c->actions.items[i];

		view_rows_take(&c->journal, &act_view,
			&(struct clone_act){
				row, row->ended_at ? row->ended_at - row->started_at : NOTHING });
		add_sanitized(c, row);
	}
}

static void add_caught(struct clone_card *c)
{
	for (size_t i = 0; i < jvalue_count(c->sink.last); i++) {
		const struct clone_caught item = clone_caught_of(jvalue_at(c->sink.last, i));

		view_rows_take(&c->caught, &caught_view, &item);
	}
}

static void add_taken(struct clone_card *c)
{
	const struct taken *t = &c->taken;
	int64_t paused = 0;

	c->taken_json = t->json ? jvalue_copy(t->json) : jvalue_object();
	if (!t->count)
		return;
	for (size_t i = 0; i < t->count; i++)
		paused = t->hosts[i].paused_ms > paused ? t->hosts[i].paused_ms : paused;
	c->taken_at = t->started_at_ms / 1000;
	c->taken_within =
		mem_printf("%lld ms for all hosts; the originals stood still for %lld ms at most",
			(long long)(t->ended_at_ms - t->started_at_ms), (long long)paused);
}

static void add_expiry(struct clone_card *c)
{
	char left[CLOCK_TEXT_SIZE];

	if (clone_is_expired(&c->row))
		c->expires = mem_strdup("yes");
	else if (c->row.state != CLONE_REMOVED)
		c->expires = mem_printf(
			"in %s", clock_format_age(c->row.expires_at - clock_now(), left));
}

static int read_texts(const struct config *config, struct clone_card *c, struct error *err)
{
	const struct clone_row *row = &c->row;
	CLEANUP(free) char *record = clone_record_path(config, row);

	if (coverage_read(row->coverage, &c->coverage, err) < 0 ||
		taken_read(row->taken, &c->taken, err) < 0 ||
		machines_read(row->machines, &c->machines, err) < 0 ||
		jvalue_parse(row->original, strlen(row->original), &c->original, err) < 0)
		return error_wrap(err, "%s", row->name);
	return sink_tally_read(record, CAUGHT_SHOWN, &c->sink, err);
}

int clone_card_read(const struct config *c, struct store *store, const char *name,
	struct clone_card *out, struct error *err)
{
	CLEANUP(clone_card_done) struct clone_card card = { 0 };

	if (store_clone_find(store, name, &card.row, err) < 0 ||
		store_environment_find(store, name, &card.environment, err) < 0 ||
		store_hosts(store, name, &card.seen, err) < 0 ||
		store_clone_actions(store, name, &card.actions, err) < 0 ||
		store_tests(store, name, NULL, &card.tests, err) < 0 ||
		store_approvals(store, name, NULL, &card.approvals, err) < 0 ||
		read_texts(c, &card, err) < 0)
		return -1;
	add_clone_hosts(&card);
	add_acts(&card);
	add_caught(&card);
	add_taken(&card);
	add_expiry(&card);
	*out = STEAL(&card);
	return 0;
}

void clone_card_done(struct clone_card *c)
{
	clone_row_done(&c->row);
	environment_row_done(&c->environment);
	host_rows_done(&c->seen);
	clone_action_rows_done(&c->actions);
	test_rows_done(&c->tests);
	approval_rows_done(&c->approvals);
	coverage_done(&c->coverage);
	taken_done(&c->taken);
	machines_done(&c->machines);
	sink_tally_done(&c->sink);
	for (size_t i = 0; i < c->sanitized.count; i++)
		jvalue_free(((struct clone_sanitized *)c->sanitized.items)[i].details);
	view_row_done(&clone_card_view, c);
	*c = (struct clone_card){ 0 };
}
