/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory.h - what a host told about itself: facts of the moment, and the state of its packages.
 *
 * The output of host/inventory.sh: a paragraph of facts, then a host state (model/hoststate.h), then
 * "End: yes". Facts differ from scan to scan; the state has a digest and is stored once.
 * Layer: model. Threads: any number may read one inventory.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct inventory;

/* Largest inventory that is read; a full desktop is about 2 MiB. */
#define INVENTORY_SIZE_MAX ((size_t)32 * 1024 * 1024)

/* A process that still runs on a file which an upgrade has replaced. */
struct deleted_library {
	const char *unit; /* systemd unit, "nginx.service"; "-" when it belongs to none */
	int64_t pid;
	const char *path; /* "/usr/lib/x86_64-linux-gnu/libssl.so.3" */
};

/* Something else on the host that may install packages by itself. */
struct updater {
	const char *name; /* "unattended-upgrades", "apt-daily-upgrade.timer" */
	bool is_enabled;  /* will start by itself */
	bool is_active;   /* runs, or waits for its time, now */
};

struct disk {
	const char *path; /* "/var": asked for; several may lie on one file system */
	const char *mount;
	uint64_t size, free; /* bytes; free for root */
};

/* Strings are borrowed from the inventory; "" when the host did not tell. */
struct facts {
	const char *platform; /* "debian-12-amd64" */
	const char *hostname;
	const char *kernel_running; /* "6.1.0-40-amd64" */
	const char *kernel_newest;  /* newest installed; "" in containers */
	const char *boot_id;        /* differs after each boot */
	bool is_reboot_required;
	const char *reboot_reasons; /* package names, single spaces between */
	const struct deleted_library *deleted_libraries;
	size_t deleted_library_count;
	const struct updater *updaters;
	size_t updater_count;
	const struct disk *disks;
	size_t disk_count;
	int64_t time; /* the host's clock, UTC seconds */
	const char *
		kept_files; /* configuration that stayed while packages brought another, and how it differs; "" for none */
	const char *audit;      /* what the package manager finds wrong; "" when clean */
	const char *lock_owner; /* "1234 apt-get -y upgrade"; "" when the package lock is free */
	const char *release;    /* output of the group's release command; "" when not asked */
	int release_status;     /* its exit status; -1 when not asked */
};

/**
 * Read the output of host/inventory.sh.
 *
 * @param text  Borrowed during the call only.
 * @param out   Owned by the caller: inventory_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (the line, and what is wrong: truncated, doubled, too large,
 *         another format, a value that is none).
 */
NODISCARD int inventory_read(
	const char *text, size_t size, struct inventory **out, struct error *err);

const struct facts *inventory_facts(const struct inventory *i);

/* The host state as hoststate_read() takes it, and its SHA-256. Borrowed. */
const char *inventory_state(const struct inventory *i, size_t *size);
const char *inventory_state_digest(const struct inventory *i);

void inventory_free(struct inventory *i);
CLEANUP_FUNC(struct inventory *, inventory_free)
