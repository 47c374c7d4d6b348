/* SPDX-License-Identifier: Apache-2.0 */
#include "content/format.h"

const struct repository_format *const repository_formats[] = {
	&repository_format_apt,
};

const size_t repository_formats_count = sizeof repository_formats / sizeof *repository_formats;
