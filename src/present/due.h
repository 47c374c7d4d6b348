/* SPDX-License-Identifier: Apache-2.0 */
/* due.h - what is told of what the timetable wanted of an environment. Layer: present. Threads: any. */
#pragma once

#include "present/view.h"
#include "rehearse/due.h"

struct error;

/* All borrowed. */
struct due_answer {
	const char *environment;
	const struct due_told *told;
	const char *const *removed;     /* clones, ended by NULL */
	const struct jvalue *rehearsal; /* NULL: none ran */
	const struct error *failure;    /* NULL: it did not fail */
};
extern const struct view due_answer_view;
