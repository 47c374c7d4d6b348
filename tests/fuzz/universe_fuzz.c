/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Packages index, and behind a line "===" the state of a host: both as hostile as they like. What can be
 * read must be planned without a crash, and every plan must be one that its own versions give again.
 */
#include "base/error.h"
#include "base/mem.h"
#include "model/hoststate.h"
#include "plan/plan.h"
#include "plan/universe.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int read_index(struct universe *u, const char *text, size_t size, struct error *err)
{
	char path[64];
	int fd = memfd_create("index", MFD_CLOEXEC);
	static const int priorities[] = { 0, 100, 1, 600 };
	struct feed feed = { .name = "fuzz",
		.path = path,
		.is_security = size & 1,
		.priority = priorities[size / 2 % 4] };

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

	int result = universe_read(u, &feed, err);

	close(fd);
	return result;
}

static void check_stanzas(const struct universe *u)
{
	for (uint32_t i = 0; i < universe_count(u); i++) {
		CLEANUP(free) char *text = NULL;
		struct error err = { 0 };
		size_t size = 0;

		if (universe_at(u, i).is_available && universe_stanza(u, i, &text, &size, &err) < 0)
			__builtin_trap();
	}
}

static void check_plan(const struct universe *u, const struct hoststate *state, bool is_security)
{
	CLEANUP(plan_free) struct plan *plan = NULL;
	CLEANUP(free) uint32_t *ids = NULL;
	struct plan_options options = { .is_security_only = is_security };
	struct plan_options pinned = { 0 };
	struct error err = { 0 };

	if (plan_make(u, state, &options, &plan, &err) < 0) {
		if (err.kind != ERR_USAGE)
			__builtin_trap();
		return;
	}

	const struct plan *one = plan;

	plan_union(&one, 1, &ids, &pinned.pinned_count);
	pinned.pinned = ids;
	if (plan_verdict(plan) == PLAN_COMPLETE &&
		plan_check(u, state, &pinned, plan, NULL, &err) < 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char mark[] = "\n===\n";
	const char *text = (const char *)bytes, *cut = memmem(text, size, mark, sizeof mark - 1);
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	struct error err = { 0 };
	size_t index_size = cut ? (size_t)(cut - text) : size;

	if (read_index(u, text, index_size, &err) < 0)
		return 0;
	check_stanzas(u);
	if (!cut)
		return 0;
	cut += sizeof mark - 1;
	if (hoststate_read(cut, size - (size_t)(cut - text), &state, &err) < 0 ||
		universe_add_state(u, state, &err) < 0)
		return 0;
	universe_finish(u);
	check_plan(u, state, false);
	check_plan(u, state, true);
	return 0;
}
