/* SPDX-License-Identifier: Apache-2.0 */
/* line_standins.h - syncing, scanning, planning, rehearsing and removing that only count and answer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What the stand-ins answer, and what was asked of them. */
extern struct scene {
	const char *set, *candidate; /* that a rehearsal makes */
	bool fails,
		breaks; /* a rehearsal's tests; the rehearsal itself, before it is written down */
	size_t synced, rehearsed, resumed, removed;
	bool was_security_only;
	bool is_alive; /* the program of an unfinished rehearsal */
} scene;
