/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "present/words.h"
#include "store/event.h"

#include <string.h>
#include <time.h>

#define LIMIT_DEFAULT "50"
#define LIMIT_MAX     100000000

/* `payload` stands in JSON as an object of its own, for people as "name=value" words. */
static const struct column columns[] = {
	{ "seq", "SEQ", COLUMN_NUMBER },
	{ "at", "WHEN", COLUMN_TIME },
	{ "actor", "WHO", COLUMN_TEXT },
	{ "kind", "WHAT", COLUMN_TEXT },
	{ "subject", NULL, COLUMN_TEXT },
	{ "subject_id", "OF", COLUMN_TEXT },
	{ "details", "DETAILS", COLUMN_PROSE },
	{ "hash", NULL, COLUMN_DIGEST },
	{ 0 },
};

/* A moment: an age ("2h"), a day, or an RFC 3339 time in UTC. */
static int read_since(const char *text, int64_t *at, struct error *err)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d" };
	struct error ignored;
	int64_t age = 0;

	if (clock_parse_duration(text, &age, &ignored) == 0) {
		*at = clock_now() - age;
		return 0;
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm moment = { 0 };
		const char *end = strptime(text, forms[i], &moment);

		if (end && !*end) {
			*at = timegm(&moment);
			return 0;
		}
	}
	return error_set(err, ERR_USAGE,
		"--since wants an age (2h, 7d), a day (2026-11-23) or a time (2026-11-23T08:15:00Z), "
		"not '%.40s'",
		text);
}

static char *details(const char *payload)
{
	CLEANUP(jvalue_free) struct jvalue *object = NULL;
	CLEANUP(str_done) struct str words = { 0 };
	struct error ignored;

	if (jvalue_parse(payload, strlen(payload), &object, &ignored) < 0)
		return str_take(&words);
	for (size_t i = 0; i < jvalue_count(object); i++) {
		const struct jvalue *value = jvalue_value_at(object, i);
		const char *text = jvalue_text(value);
		CLEANUP(free) char *other = text ? NULL : jvalue_write(value);
		char shown[DIGEST_SHORT_SIZE];

		if (str_equal(text, "") || str_equal(other, "null"))
			continue;
		str_addf(&words, "%s%s=", words.size ? " " : "", jvalue_name_at(object, i));
		if (text)
			str_add(&words, digest_is_valid(text) ? digest_short(text, shown) : text);
		else
			str_add(&words, other);
	}
	return str_take(&words);
}

static void add_event(struct table *t, const struct event_row *e)
{
	CLEANUP(free) char *words = details(e->payload);
	char shown[DIGEST_SHORT_SIZE];

	table_row(t);
	table_number(t, "seq", e->seq);
	table_number(t, "at", e->at);
	table_text(t, "actor", e->actor);
	table_text(t, "kind", e->kind);
	table_text(t, "subject", subject_name(e->subject));
	table_text(t, "subject_id",
		e->subject == SUBJECT_SET ? digest_short(e->subject_id, shown) : e->subject_id);
	table_text(t, "details", words);
	table_text(t, "hash", e->hash);
}

static void add_json(struct jvalue *list, const struct event_row *e)
{
	struct jvalue *object = jvalue_object(), *payload = NULL;
	struct error ignored;

	jvalue_set_integer(object, "seq", e->seq);
	jvalue_set_time(object, "at", e->at);
	jvalue_set_string(object, "actor", e->actor);
	jvalue_set_string(object, "kind", e->kind);
	jvalue_set_string(object, "subject", subject_name(e->subject));
	jvalue_set_string(object, "subject_id", e->subject_id);
	if (jvalue_parse(e->payload, strlen(e->payload), &payload, &ignored) < 0)
		payload = jvalue_object();
	jvalue_set(object, "payload", payload);
	jvalue_set_string(object, "configuration", *e->configuration ? e->configuration : NULL);
	jvalue_set_string(object, "hash", e->hash);
	jvalue_add(list, object);
}

static int read_filter(struct invocation *inv, struct lookup *about, struct event_filter *filter,
	int64_t *since, struct error *err)
{
	const char *limit = option_value(inv, "limit"), *name = option_value(inv, "subject");
	const char *when = option_value(inv, "since");
	unsigned most = 0;

	if (!str_number(limit ? limit : when ? "0" : LIMIT_DEFAULT, LIMIT_MAX, &most, NULL))
		return error_set(err, ERR_USAGE, "--limit wants a number, not '%.40s'", limit);
	if (when && read_since(when, since, err) < 0)
		return -1;
	if (name && lookup_name(inv, name, about, err) < 0)
		return -1;
	*filter = (struct event_filter){
		.subject = about->subject,
		.subject_id = about->id,
		.limit = most,
		.newest_first = true,
	};
	return 0;
}

int cmd_log(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	CLEANUP(lookup_done) struct lookup about = { 0 };
	struct event_filter filter = { 0 };
	struct store *store = NULL;
	int64_t since = 0;

	if (read_filter(inv, &about, &filter, &since, err) < 0 ||
		need_store(inv, &store, err) < 0 || store_events(store, &filter, &rows, err) < 0)
		return -1;

	struct jvalue *list = wants_json(inv) ? jvalue_array() : NULL;

	for (size_t i = 0; i < rows.count && rows.items[i].at >= since; i++) {
		if (list)
			add_json(list, &rows.items[i]);
		else
			add_event(t, &rows.items[i]);
	}
	if (list)
		output_json(list);
	else
		table_print(t, "Nothing of the kind is recorded", stdout);
	return 0;
}
