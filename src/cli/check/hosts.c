/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/check/check.h"
#include "cli/term/progress.h"
#include "fleet/scan.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/inventory.h"
#include "model/package_manager.h"
#include "model/place.h"
#include "present/words.h"

#include <stdio.h>

#define TIMEOUT_MS  60000
#define SPACE_FEW   ((uint64_t)500 * 1024 * 1024)
#define CLOCK_SLACK 120 /* seconds that a host's clock may be off */

/* One thing that may be wrong with a host that answered: NULL, or what; free(). */
struct doubt {
	char *(*find)(const struct facts *f, const struct config *c);
	enum check_status status;
	const char *todo;
};

static char *unknown_platform(const struct facts *f, const struct config *c)
{
	return config_platform(c, f->platform)
		       ? NULL
		       : mem_printf("it is a '%s', which is no platform of the configuration",
				 f->platform);
}

static char *broken_packages(const struct facts *f, const struct config *c)
{
	(void)c;
	return *f->audit ? mem_printf("its packages are not consistent: %s", f->audit) : NULL;
}

static char *small_disk(const struct facts *f, const struct config *c)
{
	char size[SIZE_TEXT_SIZE];

	(void)c;
	for (size_t i = 0; i < f->disk_count; i++) {
		if (f->disks[i].free < SPACE_FEW && !str_equal(f->disks[i].path, "/boot"))
			return mem_printf("only %s free for %s",
				size_format(f->disks[i].free, size), f->disks[i].path);
	}
	return NULL;
}

static char *held_lock(const struct facts *f, const struct config *c)
{
	(void)c;
	return *f->lock_owner ? mem_printf("its package lock is held by: %s", f->lock_owner) : NULL;
}

static char *other_updater(const struct facts *f, const struct config *c)
{
	CLEANUP(str_done) struct str names = { 0 };

	(void)c;
	for (size_t i = 0; i < f->updater_count; i++) {
		if (f->updaters[i].is_enabled)
			str_addf(&names, "%s%s", names.size ? ", " : "", f->updaters[i].name);
	}
	return names.size ? mem_printf("patches itself too: %s", str_text(&names)) : NULL;
}

static char *wrong_clock(const struct facts *f, const struct config *c)
{
	int64_t off = f->time - clock_now();
	char text[CLOCK_TEXT_SIZE];

	(void)c;
	if (off > -CLOCK_SLACK && off < CLOCK_SLACK)
		return NULL;
	return mem_printf("its clock is %s %s", clock_format_age(off < 0 ? -off : off, text),
		off < 0 ? "behind" : "ahead");
}

static const struct doubt doubts[] = {
	/* clang-format off */
	{ unknown_platform, CHECK_WRONG,   "add that platform with its sources to 'platforms'" },
	{ broken_packages,  CHECK_WARNING, NULL },
	{ small_disk,       CHECK_WARNING, "make room there: packages are staged below /var before they are installed" },
	{ held_lock,        CHECK_WARNING, "let it finish: nothing can be installed meanwhile" },
	{ other_updater,    CHECK_WARNING, "switch it off on the host, or it installs what no gate has seen" },
	{ wrong_clock,      CHECK_WARNING, "set its clock right (NTP): signatures have dates" },
	/* clang-format on */
};

static void judge_host(
	struct checks *c, const struct config *config, const struct scan_target *target)
{
	const struct facts *f = inventory_facts(target->inventory);
	const char *repair = package_manager_of(f->platform)->repair;
	const char *note = session_note(target->session);
	size_t found = 0;

	for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++) {
		CLEANUP(free) char *what = doubts[i].find(f, config);

		found += what != NULL;
		if (what)
			checks_add(c, &(struct check_item){ doubts[i].status, "host",
					      session_name(target->session), what,
					      doubts[i].todo ? doubts[i].todo : repair });
	}
	if (*note)
		checks_add(c,
			&(struct check_item){ CHECK_WARNING, "host", session_name(target->session),
				note, "let a login shell print only where somebody types" });
	if (found || *note)
		return;

	CLEANUP(free)
	char *what = mem_printf(
		"%s, answered in %.1f s", f->platform, (double)target->elapsed_ms / 1000);

	checks_add(c, &(struct check_item){
			      CHECK_GOOD, "host", session_name(target->session), what, "" });
}

static void judge_failed(struct checks *c, const struct scan_target *target)
{
	static const char *const some_todos[ERR_KIND_COUNT] = {
		[ERR_UNREACHABLE] = "start it, or put its address right (try: ssh HOST)",
		[ERR_DENIED] =
			"accept its host key, let it know yours, let its sshd open sessions, and sudo ask no password",
	};
	const char *todo = some_todos[target->error.kind];

	checks_add(c, &(struct check_item){ CHECK_WRONG, "host", session_name(target->session),
			      target->error.text, todo ? todo : "see what the host says" });
}

static void collect_targets(
	const struct config *config, struct session_pool *pool, struct scan_target *targets)
{
	size_t count = 0;

	for (struct place at = { 0 }; config_next_host(config, &at);)
		targets[count++] = (struct scan_target){
			.session = session_new(pool, at.host),
			.release_check = at.group->release_check,
		};
}

static void show_scan_progress(
	void *context, const struct scan_target *target, size_t done, size_t count)
{
	char text[100];

	snprintf(text, sizeof text, "%zu of %zu, now %.60s", done, count,
		session_name(target->session));
	progress_update(context, done, count, text);
}

void check_hosts(struct checks *c, const struct config *config)
{
	CLEANUP(progress_free) struct progress *progress = progress_new("hosts");
	size_t count = config_host_count(config);
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&config->ssh, 0);
	CLEANUP(free) struct scan_target *targets = mem_new(count, sizeof *targets);
	struct scan_options options = {
		.timeout_ms = TIMEOUT_MS,
		.on_done = show_scan_progress,
		.context = progress,
	};

	collect_targets(config, pool, targets);
	scan_run(pool, targets, count, &options);
	for (size_t i = 0; i < count; i++) {
		if (targets[i].inventory)
			judge_host(c, config, &targets[i]);
		else
			judge_failed(c, &targets[i]);
	}
	scan_targets_done(targets, count);
}
