/* SPDX-License-Identifier: Apache-2.0 */
/* why.h - what is told of why a host is not patched. Layer: present. Threads: any. */
#pragma once

#include "policy/why.h"
#include "present/view.h"

/* All borrowed. */
struct why_card {
	const char *host,
		*environment; /* environment: NULL when the configuration has it no longer */
	const struct why_answer *answers;
	size_t count;
};
extern const struct view why_card_view;
