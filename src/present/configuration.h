/* SPDX-License-Identifier: Apache-2.0 */
/* configuration.h - what is told of configurations that changes were made with. Layer: present. Threads: any. */
#pragma once

#include "present/view.h"

extern const struct view configuration_row_view; /* of a struct configuration_row */
