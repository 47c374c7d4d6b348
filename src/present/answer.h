/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - what commands answer that change one small thing, or failed. Layer: present. Threads: any. */
#pragma once

#include "model/approval.h"
#include "model/clone_state.h"
#include "model/rollout_wish.h"
#include "present/view.h"

/* All texts are borrowed. */
struct approval_answer {
	const char *candidate, *environment, *approver;
	enum approval kind;
};
struct hold_answer {
	const char *environment, *reason;
	bool is_held;
};
struct wish_answer {
	const char *rollout;
	enum rollout_wish wish;
	bool is_done;
};
struct deployed_answer {
	const char *release, *environment, *outcome;
};
struct undrain_answer {
	const char *host, *environment, *log;
	int64_t rollout, since;
	bool is_done;
};
struct power_answer {
	const char *clone;
	enum clone_state state;
};
struct init_answer {
	const char *path;
};

extern const struct view approval_answer_view, hold_answer_view, wish_answer_view,
	deployed_answer_view, undrain_answer_view, power_answer_view, init_answer_view;
extern const struct view error_view; /* of a struct error */
