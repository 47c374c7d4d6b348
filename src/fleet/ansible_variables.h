/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ansible_variables.h - how an Ansible inventory says that its hosts are reached.
 *
 * Variables of a host come from the groups that it is in, directly or through children, the ones further down and
 * then later in the alphabet winning, and from "_meta.hostvars", which wins over all: Ansible's own order. Of two names of one thing
 * the one with "ssh" wins, as in Ansible's ssh connection plugin. Which are obeyed, refused and passed over is one table.
 * Layer: fleet. Threads: one at a time.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;
struct host;
struct jvalue;

/**
 * Describe hosts by their variables.
 *
 * @param all    The whole inventory.
 * @param names  Of the hosts, sorted, each once.
 * @param hosts  Of the same length; all in them is borrowed from `all` and `names`.
 * @return 0, or -1 with err: ERR_CORRUPT (which host and variable: no text, a template, no port), ERR_USAGE (one that would
 *         lead elsewhere in a way that is not known here, with what does the same).
 */
NODISCARD int ansible_describe_hosts(const struct jvalue *all, const char *const *names,
	size_t count, struct host *hosts, struct error *err);
