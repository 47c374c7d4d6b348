/* SPDX-License-Identifier: Apache-2.0 */
/* set.h - what is told of sealed sets. Layer: present. Threads: any. */
#pragma once

#include "present/view.h"

extern const struct view set_row_view; /* of a struct set_row, in a list */
