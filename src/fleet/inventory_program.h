/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory_program.h - a program that prints an Ansible inventory, and is asked as Ansible asks it.
 *
 * It runs in its own folder and may take a minute for an answer, ten for all of its hosts.
 * Layer: fleet. Threads: one at a time.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

#define INVENTORY_MAX ((size_t)64 * 1024 * 1024) /* bytes of an inventory */

struct error;
struct jvalue;

/* True for a file that may be run. */
bool inventory_is_program(const char *path);

/**
 * What it prints for --list.
 * @param text  Owned by the caller.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_SYSTEM (it failed, with its own words; it took too long), ERR_CORRUPT (it prints
 *         more than INVENTORY_MAX).
 */
NODISCARD int inventory_program_list(
	const char *path, char **text, size_t *size, struct error *err);

/**
 * Ask with --host for each of these, several at a time.
 *
 * @param hostvars  The variables of each host go there, under its name. Untouched on failure.
 * @return 0, or -1 with err: as above, for one host that failed; ERR_SYSTEM (all of them take too long: what to do).
 */
NODISCARD int inventory_program_hosts(const char *path, const char *const *names, size_t count,
	struct jvalue *hostvars, struct error *err);
