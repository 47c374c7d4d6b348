/* SPDX-License-Identifier: Apache-2.0 */
/* clean.h - what is told of a clean: what went, or would. Layer: present. Threads: any (constant). */
#pragma once

#include "keep/clean.h"
#include "present/view.h"

extern const struct view clean_report_view; /* of a struct clean_report */
