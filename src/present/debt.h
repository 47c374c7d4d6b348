/* SPDX-License-Identifier: Apache-2.0 */
/* debt.h - what is told of what rollouts owe to hosts. Layer: present. Threads: any. */
#pragma once

#include "present/view.h"

extern const struct view debt_row_view; /* of a struct debt_row */
