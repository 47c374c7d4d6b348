/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/live.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/term/lines.h"
#include "cli/term/screen.h"
#include "cli/watch/rollout_snapshot.h"
#include "cli/watch/rollout_view.h"
#include "rollout/control.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#define PAUSE_MS 500

struct live {
	struct store *store;
	int64_t rollout;
	const char *actor;
	struct screen *screen;
	struct str message; /* what the last key did */
	bool is_asking, wants_help, is_left;
	int signal; /* that wants to end us; 0 for none */
};

static void live_done(struct live *l)
{
	screen_close(l->screen);
	str_done(&l->message);
}
CLEANUP_DONE(struct live, live_done)

/* ---- keys ---- */

static void control_shown(struct live *l, enum rollout_wish wish)
{
	enum control_outcome outcome = CONTROL_DONE;
	struct error err = { 0 };

	if (rollout_control(l->store, l->rollout, wish, l->actor, &outcome, &err) < 0)
		str_addf(&l->message, "%s: %s", rollout_wish_name(wish), err.text);
	else
		str_addf(&l->message, "%s: %s", rollout_wish_name(wish),
			control_outcome_words(wish, outcome));
}

static void press_pause(struct live *l)
{
	control_shown(l, WISH_PAUSE);
}

static void press_cancel(struct live *l)
{
	l->is_asking = true;
}

static void press_quit(struct live *l)
{
	l->is_left = true;
}

static void press_help(struct live *l)
{
	l->wants_help = !l->wants_help;
}

static const struct {
	char key;
	void (*press)(struct live *l);
} keys[] = {
	{ 'p', press_pause },
	{ 'c', press_cancel },
	{ 'q', press_quit },
	{ '?', press_help },
};

static void answer(struct live *l, char key)
{
	l->is_asking = false;
	if (key == 'y' || key == 'Y')
		control_shown(l, WISH_CANCEL);
	else
		str_add(&l->message, "not cancelled");
}

static void press(struct live *l, char key)
{
	str_done(&l->message);
	if (l->is_asking) {
		answer(l, key);
		return;
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (keys[i].key == key) {
			keys[i].press(l);
			return;
		}
	}
	str_add(&l->message, "no such key: ? tells which there are");
}

/* ---- the view ---- */

static void draw(struct live *l, const struct rollout_snapshot *g)
{
	CLEANUP(lines_done) struct lines lines = { 0 };
	struct rollout_view view = {
		.rollout_snapshot = g,
		.message = str_text(&l->message),
		.is_asking = l->is_asking,
		.wants_help = l->wants_help,
	};

	screen_size(l->screen, &view.columns, &view.rows);
	rollout_view_fill(&view, &lines);
	screen_draw(l->screen, &lines);
}

static void wait_for_news(struct live *l)
{
	char key = '\0';
	enum screen_news news = screen_wait(l->screen, PAUSE_MS, &key, &l->signal);

	if (news == SCREEN_KEY)
		press(l, key);
	else if (news != SCREEN_ENDED)
		l->signal = 0;
}

/* Look, draw, wait. *is_over: the last look found the rollout at its end. */
static int follow_rollout(struct live *l, bool *is_over, struct error *err)
{
	while (!l->is_left && !l->signal) {
		CLEANUP(rollout_snapshot_done) struct rollout_snapshot g = { 0 };

		if (rollout_snapshot_take(l->store, l->rollout, &g, err) < 0)
			return -1;
		*is_over = g.rollout.state != ROLLOUT_RUNNING;
		if (*is_over)
			return 0;
		draw(l, &g);
		wait_for_news(l);
	}
	return 0;
}

static int sum_up_rollout(struct live *l, size_t columns, struct error *err)
{
	CLEANUP(rollout_snapshot_done) struct rollout_snapshot g = { 0 };
	CLEANUP(lines_done) struct lines lines = { 0 };

	if (rollout_snapshot_take(l->store, l->rollout, &g, err) < 0)
		return -1;
	rollout_view_sum(&g, columns, &lines);
	for (size_t i = 0; i < lines.count; i++)
		puts(lines.items[i].text);
	return 0;
}

int live_watch(struct store *store, int64_t rollout, const char *actor, enum live_end *end,
	struct error *err)
{
	CLEANUP(live_done)
	struct live l = { .store = store, .rollout = rollout, .actor = actor };
	size_t columns = 0, rows = 0;
	bool is_over = false;

	if (screen_open(&l.screen, err) < 0 || follow_rollout(&l, &is_over, err) < 0)
		return -1;
	screen_size(l.screen, &columns, &rows);
	screen_close(STEAL(&l.screen));
	if (l.signal)
		raise(l.signal);
	*end = is_over ? LIVE_OVER : LIVE_LEFT;
	return sum_up_rollout(&l, columns, err);
}
