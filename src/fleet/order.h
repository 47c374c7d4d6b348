/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - what one host is told: the set, what changes, what must answer afterwards.
 *
 * The same text is the input of precheck, apply and verify (host/README has the form), so that all three
 * speak of the same plan.
 * Layer: fleet. Threads: any number may read one order.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;

enum change_kind {
	CHANGE_UPGRADE, /* installed; `from` to `to` */
	CHANGE_NEW,  /* not installed yet; a dependency of the others, will be marked automatic */
	CHANGE_KEEP, /* installed at `to` and must stay there: a sibling that apt would drag along */
	CHANGE_DOWNGRADE, /* on the way back: installed; `from` to `to`, which is older */
	CHANGE_REMOVE,    /* on the way back: installed at `from`, was not there before */
	CHANGE_COUNT,
};

struct change {
	enum change_kind kind;
	const char *name, *architecture; /* "all" for architecture-independent packages */
	const char
		*from;  /* installed version; of CHANGE_UPGRADE, CHANGE_DOWNGRADE, CHANGE_REMOVE */
	const char *to; /* "" for CHANGE_REMOVE */
};

/* All borrowed. Lists of strings end with NULL; NULL means empty. */
struct order {
	const char *set;      /* digest of the set, 64 hexadecimal digits */
	const char *platform; /* "debian-12-amd64" */
	const struct change *changes;
	size_t change_count;
	const char *const *services; /* units that must be active afterwards */
	const char *const *health;   /* commands that must exit 0 afterwards */
	const char *release_check;   /* command that prints the release; NULL or "" for none */
	const char *restart; /* "auto", or "never": of services on replaced files; NULL: never */
	const char *const *restart_except;    /* units that are left alone */
	const char *const *restart_by_reload; /* units that are reloaded instead */
	const char *reboot;                   /* "never", "if-needed" or "always"; NULL: never */
	const char *reboot_command;           /* NULL or "": systemctl reboot */
	int64_t patience; /* seconds to wait for a lock, a starting service, a health command */
};

/**
 * The order as text.
 * @param out  Owned by the caller: free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (a name, version, unit or command that cannot stand in an order: which).
 */
NODISCARD int order_write(const struct order *order, char **out, struct error *err);
