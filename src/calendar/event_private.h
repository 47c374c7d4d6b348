/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_private.h - an event of a calendar as it was read: what repeats it, what falls out, and what became of some of it.
 *
 * Layer: calendar, private to it. Threads: any number may read one event.
 */
#pragma once

#include "base/own.h"
#include "calendar/zone_private.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct content;
struct error;

/* How long: days of the calendar, however long the clock's changes make them, then seconds. */
struct length {
	int64_t days, seconds;
};

/* A start beside those of the rules. */
struct extra {
	int64_t at;
	bool has_length; /* its own; else the event's */
	struct length length;
};

/* From that start on, an event has another hour, length and name. The first is the event as it began. */
struct turn {
	int64_t from;  /* of the starts that the event had without it */
	int64_t shift; /* civil seconds */
	struct length length;
	const char *name; /* borrowed from the event, or from the one that says so */
	bool is_cancelled;
};

struct event {
	char *name, *uid; /* owned; the uid may be NULL */
	struct moment start;
	struct length length;
	struct icalrecurrencetype *rules; /* owned */
	size_t rule_count, rule_capacity;
	struct extra *extras; /* owned */
	size_t extra_count, extra_capacity;
	struct moment *except; /* owned: starts that fall out; a date takes all of its day */
	size_t except_count, except_capacity;
	struct turn *turns; /* owned */
	size_t turn_count, turn_capacity;
	struct moment
		original; /* RECURRENCE-ID: which start of its UID's event this one replaces */
	bool has_original, is_from_then_on; /* and all that follow */
	bool is_cancelled;
	unsigned line; /* of its BEGIN */
};

/**
 * Read a VEVENT.
 * @param e      Zeroed before; event_done(), after a failure too.
 * @param begin  Its BEGIN.
 * @return 0, or -1 with err: ERR_CORRUPT (which line, and what is not understood there).
 */
NODISCARD int event_read(const struct zones *z, const struct content *c, size_t begin,
	struct event *e, struct error *err);

/**
 * Let events that replace starts of others do so. The events are put in another order.
 * @return 0, or -1 with err: ERR_CORRUPT (it cannot be told what one of them replaces).
 */
NODISCARD int events_link(struct event *events, size_t count, struct error *err);

/* Days as an event; the name is copied. */
void event_set_days(struct event *e, const char *name, struct moment first, int64_t days);

/* The turn is copied. */
void event_add_turn(struct event *e, struct turn turn);

void event_done(struct event *e);
