/* SPDX-License-Identifier: Apache-2.0 */
/* host_card.h - all that was last seen of one host. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "model/hoststate.h"
#include "present/view.h"
#include "store/debt.h"
#include "store/host.h"

struct jvalue;

/* Rows of lists in its facts; texts are borrowed from them. */
struct host_disk {
	const char *path, *mount;
	int64_t size, free;
};
struct host_library {
	const char *unit, *path;
	int64_t pid;
};
struct host_updater {
	const char *name;
	bool enabled, active;
};

/* Without a state package_count is NOTHING, and the lists of packages are NULL. */
struct host_card {
	struct host_row row;
	struct debt_rows debts;
	struct hoststate *state;
	struct jvalue *facts;
	int64_t package_count;
	const char **held, **pinned, **broken; /* owned lists of names */
	const char *kernel_running, *kernel_newest, *boot_id, *reboot_reasons, *audit, *kept_files,
		*lock_owner;
	bool reboot_required;
	/* of struct installed, host_disk, host_library, host_updater */
	struct view_rows packages, disks, libraries, updaters;
};
extern const struct view host_card_view;

/**
 * A host by its name.
 * @return 0, or -1 with err: ERR_NOT_FOUND (it was never scanned), ERR_CORRUPT. host_card_done().
 */
NODISCARD int host_card_read(
	struct store *store, const char *name, struct host_card *out, struct error *err);

void host_card_done(struct host_card *c);
CLEANUP_DONE(struct host_card, host_card_done)
