/* SPDX-License-Identifier: Apache-2.0 */
#include "present/event.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/words.h"

#include <stdlib.h>
#include <string.h>

#define ROW(target)  VIA(struct event_item, row, target)
#define SEEN(target) VIA(struct rollout_event, row, target)
#define TOLD(target) AT(struct rollout_event, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "seq",           "SEQ",     FIELD_NUMBER, ROW(seq) },
	{ "at",            "WHEN",    FIELD_TIME,   ROW(at) },
	{ "actor",         "WHO",     FIELD_TEXT,   ROW(actor) },
	{ "kind",          "WHAT",    FIELD_TEXT,   ROW(kind) },
	{ "subject",       NULL,      FIELD_TEXT,   ROW(subject), .word = subject_name },
	{ "subject_id",    NULL,      FIELD_TEXT,   ROW(subject_id) },
	{ NULL,            "OF",      FIELD_TEXT,   OWNED(struct event_item, subject) },
	{ "payload",       NULL,      FIELD_JSON,   OWNED(struct event_item, payload) },
	{ NULL,            "DETAILS", FIELD_PROSE,  OWNED(struct event_item, details) },
	{ "configuration", NULL,      FIELD_DIGEST, ROW(configuration), .empty = NULL_IF_EMPTY },
	{ "hash",          NULL,      FIELD_DIGEST, ROW(hash) },
};

static const struct field rollout_fields[] = {
	{ "seq",          NULL, FIELD_NUMBER, SEEN(seq) },
	{ "at",           NULL, FIELD_TIME,   SEEN(at) },
	{ "rollout",      NULL, FIELD_TEXT,   TOLD(rollout) },
	{ "kind",         NULL, FIELD_TEXT,   SEEN(kind) },
	{ "actor",        NULL, FIELD_TEXT,   SEEN(actor) },
	{ "host",         NULL, FIELD_TEXT,   TOLD(host), .empty = NULL_IF_NONE },
	{ "step",         NULL, FIELD_TEXT,   TOLD(step), .empty = NULL_IF_NONE },
	{ "attempt",      NULL, FIELD_NUMBER, TOLD(attempt), .empty = NULL_IF_EMPTY },
	{ "state",        NULL, FIELD_TEXT,   TOLD(state) },
	{ "took_seconds", NULL, FIELD_NUMBER, TOLD(took), .empty = NULL_IF_NONE },
	{ "failure",      NULL, FIELD_TEXT,   TOLD(failure), .empty = NULL_IF_NONE },
	{ "reason",       NULL, FIELD_TEXT,   TOLD(reason), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view rollout_event_view = VIEW_OF(struct rollout_event, rollout_fields);

const struct view event_item_view = VIEW_OF(struct event_item, item_fields);

static void add_member(struct str *words, const char *name, const struct jvalue *value)
{
	const char *text = jvalue_text(value);
	CLEANUP(free) char *other = text ? NULL : jvalue_write(value);
	char shown[DIGEST_SHORT_SIZE];

	if (str_equal(text, "") || str_equal(other, "null"))
		return;
	str_addf(words, "%s%s=", words->size ? " " : "", name);
	if (text)
		str_add(words, digest_is_valid(text) ? digest_short(text, shown) : text);
	else
		str_add(words, other);
}

static char *payload_words(const struct jvalue *payload)
{
	CLEANUP(str_done) struct str words = { 0 };

	for (struct jvalue_member m = { 0 }; jvalue_next(payload, &m);)
		add_member(&words, m.name, m.value);
	return str_take(&words);
}

static struct event_item describe_event(const struct event_row *row)
{
	struct event_item item = { .row = row };
	char digest[DIGEST_SHORT_SIZE];
	struct error ignored;

	if (jvalue_parse(row->payload, strlen(row->payload), &item.payload, &ignored) < 0)
		item.payload = jvalue_object();
	item.details = payload_words(item.payload);
	item.subject =
		mem_strdup(row->subject == SUBJECT_SET ? digest_short(row->subject_id, digest)
						       : row->subject_id);
	return item;
}

struct view_rows event_items_of(const struct event_rows *rows, int64_t since)
{
	struct view_rows items = { 0 };

	while (items.count < rows->count && rows->items[items.count].at >= since) {
		const struct event_item item = describe_event(&rows->items[items.count]);

		view_rows_take(&items, &event_item_view, &item);
	}
	return items;
}
