/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone_private.h - the time zones that a calendar brings or names, and moments as it writes them.
 *
 * Layer: calendar, private to it. Threads: any number may ask, once all are read.
 */
#pragma once

#include "base/own.h"
#include "calendar/recurrence_private.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct content;
struct content_line;
struct error;

/* The zones that calendars brought, and that of moments which name none. */
struct zones {
	icaltimezone *own;    /* borrowed; NULL: this machine's */
	icaltimezone **items; /* owned, as the zones are */
	size_t count, capacity;
	size_t first; /* of the VCALENDAR that is read; those before it are of others, which names do not reach */
};

/* One that this machine knows by that name ("Europe/Berlin"); NULL: none. Borrowed from libical. */
icaltimezone *zone_builtin(const char *name);

/**
 * Add a VTIMEZONE.
 * @param begin  Its BEGIN.
 * @return 0, or -1 with err: ERR_CORRUPT (not understood, there already, or more changes than any clock has).
 */
NODISCARD int zones_add(struct zones *z, const struct content *c, size_t begin, struct error *err);

/* A moment: civil in its zone, and what it is in UTC. */
struct moment {
	struct icaltimetype civil;
	icaltimezone *zone; /* borrowed; NULL: this machine's */
	int64_t at;
	bool is_utc;
};

/**
 * Read "20261127T060000", the same with Z, or "20261127".
 * @param line  Its TZID names the zone.
 * @return 0, or -1 with err: ERR_CORRUPT (no such moment; a zone that nobody defines).
 */
NODISCARD int moment_read(const struct zones *z, const struct content_line *line, const char *text,
	struct moment *out, struct error *err);

/* Free the zones from that one on. */
void zones_forget(struct zones *z, size_t from);
