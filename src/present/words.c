/* SPDX-License-Identifier: Apache-2.0 */
#include "present/words.h"

#include <stddef.h>
#include <stdio.h>

const char *size_format(uint64_t bytes, char out[SIZE_TEXT_SIZE])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
		value /= 1024;
	snprintf(out, SIZE_TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return out;
}

const char *digest_short(const char *digest, char out[DIGEST_SHORT_SIZE])
{
	snprintf(out, DIGEST_SHORT_SIZE, "%s", digest ? digest : "-");
	return out;
}
