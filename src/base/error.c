/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_status;
} kinds[ERR_KIND_COUNT] = {
	/* clang-format off */
	[ERR_NONE]        = { "none",        0 },
	[ERR_USAGE]       = { "usage",       2 },
	[ERR_NOT_FOUND]   = { "not-found",   1 },
	[ERR_CONFLICT]    = { "conflict",    1 },
	[ERR_DENIED]      = { "denied",      1 },
	[ERR_REFUSED]     = { "refused",     3 },
	[ERR_WAITING]     = { "waiting",     4 },
	[ERR_UNREACHABLE] = { "unreachable", 1 },
	[ERR_UNCERTAIN]   = { "uncertain",   1 },
	[ERR_CORRUPT]     = { "corrupt",     1 },
	[ERR_SYSTEM]      = { "system",      1 },
	/* clang-format on */
};

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list args;

	err->kind = kind;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	return -1;
}

int error_wrap(struct error *err, const char *fmt, ...)
{
	char cause[sizeof err->text];
	va_list args;

	memcpy(cause, err->text, sizeof cause);
	va_start(args, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);

	size_t used = strlen(err->text);

	snprintf(err->text + used, sizeof err->text - used, ": %s", cause);
	return -1;
}

int error_settle(int result, struct error *err)
{
	if (result == 0)
		*err = (struct error){ 0 };
	return result;
}

int error_exit_status(enum error_kind kind)
{
	assert(kind < ERR_KIND_COUNT);
	return kinds[kind].exit_status;
}

const char *error_kind_name(enum error_kind kind)
{
	assert(kind < ERR_KIND_COUNT);
	return kinds[kind].name;
}
