/* SPDX-License-Identifier: Apache-2.0 */
/* portion.h - a number of hosts, or a share of a group: "3", "25%". Layer: model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct portion {
	unsigned value; /* hosts, or percent from 0 to 100 */
	bool is_percent;
};

/* Read "3" or "25%". False when the text is neither; *out is then untouched. */
bool portion_parse(const char *text, struct portion *out);

/* True when more than that are so many: "25%" of 9 hosts allows 2. */
bool portion_is_exceeded(const struct portion *p, size_t so_many, size_t count);

/* How many of `count` hosts that is; a share is rounded up. */
size_t portion_of(const struct portion *p, size_t count);
