/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ansible.h - hosts from an Ansible inventory that the user already has.
 *
 * Either a file with the output of `ansible-inventory --list`, or an executable that prints it when called with
 * --list. Of a host's variables ansible_host, ansible_port and ansible_user are taken.
 * Layer: fleet. Threads: one at a time per config.
 */
#pragma once

#include "base/own.h"

struct config;
struct error;

/**
 * Fill every group of the configuration that names an inventory group with that group's hosts, those of its
 * children included, sorted by name. Does nothing when no group asks for it.
 *
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such file, no such group: the nearest is named),
 *         ERR_SYSTEM (the executable failed or took longer than 60 s: its own words), ERR_CORRUPT (not the JSON that
 *         ansible-inventory prints: where, and what was expected), ERR_USAGE (a group asks, and ansible-inventory is
 *         not configured; a host is in two groups).
 */
NODISCARD int ansible_add_hosts(struct config *config, struct error *err);
