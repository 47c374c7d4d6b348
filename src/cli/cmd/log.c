/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/event.h"

#include <time.h>

#define LIMIT_DEFAULT "50"
#define LIMIT_MAX     100000000

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
	CLEANUP(view_rows_done) struct view_rows events = { 0 };
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	CLEANUP(lookup_done) struct lookup about = { 0 };
	struct event_filter filter = { 0 };
	struct store *store = NULL;
	int64_t since = 0;

	if (read_filter(inv, &about, &filter, &since, err) < 0 ||
		need_store(inv, &store, err) < 0 || store_events(store, &filter, &rows, err) < 0)
		return -1;
	events = event_items_of(&rows, since);
	output_rows(inv, &event_item_view, events.items, events.count,
		"Nothing of the kind is recorded");
	return 0;
}
