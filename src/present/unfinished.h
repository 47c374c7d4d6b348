/* SPDX-License-Identifier: Apache-2.0 */
/* unfinished.h - what is told of what killed programs left half-way. Layer: present. Threads: one. */
#pragma once

#include "present/view.h"
#include "promote/unfinished.h"

struct unfinished_item {
	const struct unfinished_operation *unfinished_operation; /* borrowed */
	const char *outcome; /* "ended", "failed", "alive", "left" */
	const char *words;   /* owned in a list */
};
extern const struct view unfinished_item_view;
