/* SPDX-License-Identifier: Apache-2.0 */
/*
 * course.h - what is done next with a host of a rollout, and with its waves: the only place that decides it.
 *
 * Pure: facts in, decision out; a table (course.c), the first line that fits counts. Layer: policy. Threads: any.
 */
#pragma once

#include "model/direction.h"
#include "model/group.h"
#include "model/rollout_wish.h"
#include "model/step_state.h"

#include <stdbool.h>
#include <stddef.h>

enum course {
	COURSE_GO_ON,   /* the next step of its way; at the end of that it has arrived */
	COURSE_GO_BACK, /* it is taken back to what it was */
	COURSE_SPARE,   /* it stays as it is, unchanged; what is owed to it is given back */
	COURSE_STOP,    /* its way ends here; what is owed to it is given back */
	COURSE_WAIT,    /* it is not begun */
	COURSE_LEAVE, /* hands off, it may be at work: nothing is started on it, and what is owed stays owed */
	COURSE_COUNT,
};

/* Where a host stands. */
struct course_facts {
	enum direction direction; /* of the way that it is on */
	bool is_begun;            /* by this program */
	enum step_state outcome;  /* of its last step; done when there was none */
	bool is_changed;          /* its packages are not what they were, or may not be */
	bool is_sound;            /* it is known to be well */
	bool is_owed_way_back;    /* it is to go back, whatever comes */
	bool has_way_back;
	enum on_failure on_failure; /* of its group */
	enum rollout_wish wish;
	bool is_held; /* the environment was, when this program took the rollout up */
};

enum course course_decide(const struct course_facts *facts);

/* A wave that has come to its end. */
struct wave_facts {
	size_t wave;                /* from 1 */
	bool has_failed;            /* a host of it failed when it was changed already */
	bool has_failed_tests;      /* the tests of the wave did */
	bool is_clone;              /* it is thrown away */
	enum on_failure on_failure; /* of its group */
	enum rollout_wish wish;
};

/**
 * How far the waves go back: the first one that goes; all that came later go before it. 0: none does.
 * @param is_over  True when the rollout ends with it.
 */
size_t course_waves_back(const struct wave_facts *facts, bool *is_over);
