/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/rollout.h"
#include "rollout/way_back.h"

#include <string.h>

#define STEP(target) VIA(struct step_item, row, target)
#define HOST(target) VIA(struct rollout_host_item, row, target)
#define ITEM(target) AT(struct rollout_host_item, target)
#define CARD(target) AT(struct rollout_card, target)

/* clang-format off */
static const struct field step_fields[] = {
	{ "host",        NULL, FIELD_TEXT,   STEP(host) },
	{ "attempt",     NULL, FIELD_NUMBER, STEP(attempt) },
	{ "step",        NULL, FIELD_TEXT,   STEP(step), .word = step_name },
	{ "state",       NULL, FIELD_TEXT,   STEP(state), .word = step_state_name },
	{ "started_at",  NULL, FIELD_TIME,   STEP(started_at) },
	{ "ended_at",    NULL, FIELD_TIME,   STEP(ended_at) },
	{ "deadline_at", NULL, FIELD_TIME,   STEP(deadline_at) },
	{ "error_kind",  NULL, FIELD_TEXT,   STEP(error_kind), .empty = NULL_IF_NONE },
	{ "error",       NULL, FIELD_TEXT,   STEP(error), .empty = NULL_IF_NONE },
	{ "log",         NULL, FIELD_TEXT,   AT(struct step_item, log), .empty = NULL_IF_NONE },
};

static const struct field host_fields[] = {
	{ "wave",             "WAVE",      FIELD_NUMBER,   HOST(wave) },
	{ "group",            "GROUP",     FIELD_TEXT,     HOST(group) },
	{ "host",             "HOST",      FIELD_TEXT,     HOST(host) },
	{ "verdict",          "VERDICT",   FIELD_TEXT,     HOST(verdict), .word = host_verdict_name },
	{ "failure",          NULL,        FIELD_TEXT,     ITEM(failure), .empty = NULL_IF_NONE },
	{ "packages",         "PACKAGES",  FIELD_NUMBER,   ITEM(packages) },
	{ "steps",            "STEPS",     FIELD_TEXT,     OWNED(struct rollout_host_item, steps) },
	{ "started_at",       NULL,        FIELD_TIME,     HOST(started_at) },
	{ "ended_at",         NULL,        FIELD_TIME,     HOST(ended_at) },
	{ "duration_seconds", "TOOK",      FIELD_DURATION, ITEM(duration), .empty = NULL_IF_NONE },
	{ "state_before",     NULL,        FIELD_DIGEST,   HOST(state_before), .empty = NULL_IF_NONE },
	{ "state_after",      NULL,        FIELD_DIGEST,   HOST(state_after), .empty = NULL_IF_NONE },
	{ "way_back",         "WAY BACK",  FIELD_TEXT,     OWNED(struct rollout_host_item, way_back_words), .empty = NULL_IF_NONE },
	{ "way_back_kind",    NULL,        FIELD_TEXT,     VIA(struct rollout_host_item, way, kind), .word = way_back_kind_name, .empty = NULL_IF_NONE },
	{ "way_back_set",     NULL,        FIELD_DIGEST,   VIA(struct rollout_host_item, way, set), .empty = NULL_IF_EMPTY },
	{ "reason",           "REASON",    FIELD_PROSE,    HOST(reason) },
	{ "said",             "LAST LINE", FIELD_PROSE,    ITEM(said), .empty = NULL_IF_NONE },
};

const struct view step_item_view = VIEW_OF(struct step_item, step_fields);
static const struct view host_view = VIEW_OF(struct rollout_host_item, host_fields);

static const struct field card_fields[] = {
	{ "id",               "rollout",     FIELD_TEXT,     CARD(row.id), .prefix = "rollout-" },
	{ "known_as",         "on hosts",    FIELD_TEXT,     CARD(row.known_as) },
	{ "environment",      "environment", FIELD_TEXT,     CARD(row.environment) },
	{ "candidate",        "candidate",   FIELD_TEXT,     CARD(row.candidate) },
	{ "direction",        "direction",   FIELD_TEXT,     CARD(direction), .empty = ABSENT_IF_NONE },
	{ "undoes",           "undoes",      FIELD_TEXT,     CARD(row.undoes), .prefix = "rollout-", .empty = ABSENT_IF_NONE },
	{ "state",            "state",       FIELD_TEXT,     CARD(row.state), .word = rollout_state_name },
	{ "reason",           "because",     FIELD_TEXT,     CARD(row.reason) },
	{ "started_at",       "started",     FIELD_TIME,     CARD(row.started_at) },
	{ "ended_at",         NULL,          FIELD_TIME,     CARD(row.ended_at) },
	{ "started_by",       "by",          FIELD_TEXT,     CARD(row.started_by) },
	{ "duration_seconds", "took",        FIELD_DURATION, CARD(duration) },
	{ "hosts",            "HOSTS",       FIELD_LIST,     LIST_AT(struct rollout_card, hosts), .view = &host_view, .none = "It has no hosts" },
	{ "steps",            NULL,          FIELD_LIST,     LIST_AT(struct rollout_card, steps), .view = &step_item_view },
};
/* clang-format on */

const struct view rollout_card_view = VIEW_OF_KIND("rollout", struct rollout_card, card_fields);

static void add_step_words(struct str *words, const struct step_row *row)
{
	static const char *const ends[] = {
		[STEP_STATE_STARTED] = "...",
		[STEP_STATE_DONE] = "",
		[STEP_STATE_REFUSED] = "! (refused)",
		[STEP_STATE_FAILED] = "!",
		[STEP_STATE_AT_WORK] = "... (may be at work)",
		[STEP_STATE_LOST] = "! (lost)",
		[STEP_STATE_UNWELL] = "! (back, but not well)",
	};
	int64_t now = clock_now(), until = row->ended_at ? row->ended_at : now;
	char took[CLOCK_TEXT_SIZE], left[CLOCK_TEXT_SIZE];

	str_addf(words, "%s%s %s%s", words->size ? ", " : "", step_name(row->step),
		clock_format_age(until - row->started_at, took), ends[row->state]);
	if (row->state == STEP_STATE_STARTED)
		str_addf(words, " (%s left)", clock_format_age(row->deadline_at - now, left));
}

/* "stage 1s, apply 31s!", or "stage 1s, apply 31s... (29m left)": the last attempt; '!' where one did not end well. */
static char *steps_words(const struct step_rows *steps)
{
	CLEANUP(str_done) struct str words = { 0 };

	for (size_t i = 0; i < steps->count; i++) {
		if (steps->items[i].attempt == steps->items[steps->count - 1].attempt)
			add_step_words(&words, &steps->items[i]);
	}
	return str_take(&words);
}

static size_t plan_size(const char *plan)
{
	CLEANUP(jvalue_free) struct jvalue *list = NULL;
	struct error ignored;

	return jvalue_parse(plan, strlen(plan), &list, &ignored) == 0 ? jvalue_count(list) : 0;
}

static int read_host(struct store *store, const struct rollout_host_row *row,
	struct rollout_host_item *item, struct error *err)
{
	struct error ignored;

	item->row = row;
	if (store_steps(store, row->rollout, row->host, &item->rows, err) < 0)
		return -1;
	item->steps = steps_words(&item->rows);
	item->packages = plan_size(row->plan);
	item->duration = row->started_at
				 ? (row->ended_at ? row->ended_at : clock_now()) - row->started_at
				 : NOTHING;
	/* as it was written down before the host was changed */
	if (*row->way_back && way_back_read(row->way_back, &item->way, &ignored) == 0)
		item->way_back_words = way_back_words(item->way);
	item->failure = row->failure != FAILURE_NONE ? failure_name(row->failure) : NULL;
	item->said = row->verdict == HOST_RUNNING ? row->said : NULL;
	return 0;
}

static int read_card_hosts(struct store *store, struct rollout_card *c, struct error *err)
{
	for (size_t i = 0; i < c->rows.count; i++) {
		struct rollout_host_item item = { 0 };
		int result = read_host(store, &c->rows.items[i], &item, err);

		view_rows_take(&c->hosts, &host_view, &item);
		if (result < 0)
			return -1;
		for (size_t k = 0; k < item.rows.count; k++)
			view_rows_take(&c->steps, &step_item_view,
				&(struct step_item){ .row = &item.rows.items[k] });
	}
	return 0;
}

int rollout_card_read(struct store *store, int64_t id, struct rollout_card *out, struct error *err)
{
	CLEANUP(rollout_card_done) struct rollout_card card = { 0 };

	if (store_rollout_find(store, id, &card.row, err) < 0 ||
		store_rollout_hosts(store, id, &card.rows, err) < 0 ||
		read_card_hosts(store, &card, err) < 0)
		return -1;
	if (card.row.direction == DIRECTION_BACK)
		card.direction = direction_name(card.row.direction);
	card.duration = (card.row.ended_at ? card.row.ended_at : clock_now()) - card.row.started_at;
	*out = STEAL(&card);
	return 0;
}

void rollout_card_done(struct rollout_card *c)
{
	struct rollout_host_item *hosts = c->hosts.items;

	for (size_t i = 0; i < c->hosts.count; i++) {
		step_rows_done(&hosts[i].rows);
		way_back_free(hosts[i].way);
	}
	view_row_done(&rollout_card_view, c);
	rollout_row_done(&c->row);
	rollout_host_rows_done(&c->rows);
	*c = (struct rollout_card){ 0 };
}
