/* SPDX-License-Identifier: Apache-2.0 */
#include "store/holding.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/lock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MACHINE_SIZE  256
#define NAME_SIZE     64 /* of a program, as the kernel tells it */
#define FRESH_SECONDS 60

struct holding {
	struct store *store;
	char *environment, *owner, *actor; /* owned */
	int64_t taken_at, taken_ms; /* by the wall's clock and by the one that is never set */
};

/* The part of an owner that tells the machine and the process; a text after it says what for. */
#define OWNER_FORMAT "%s on %s, process %ld: %s"

static void name_machine(char *out, size_t size)
{
	if (gethostname(out, size) < 0)
		snprintf(out, size, "unknown");
	out[size - 1] = '\0';
}

static char *name_owner(const char *actor, const char *what)
{
	char machine[MACHINE_SIZE];

	name_machine(machine, sizeof machine);
	return mem_printf(OWNER_FORMAT, actor, machine, (long)getpid(), what);
}

/* What the owner's process is, as far as this machine can know. */
enum life {
	LIFE_UNKNOWN, /* of another machine, or its number is another program's by now */
	LIFE_GONE,
	LIFE_RUNNING,
};

/* The name of a process's program; "" when it cannot be had. */
static void name_program(long process, char out[NAME_SIZE])
{
	CLEANUP(free) char *path = mem_printf("/proc/%ld/comm", process);
	CLEANUP(free) char *name = NULL;
	struct error ignored = { 0 };

	*out = '\0';
	if (file_read(path, NAME_SIZE - 1, &name, NULL, &ignored) == 0)
		snprintf(out, NAME_SIZE, "%s", name);
}

static enum life life_of(const char *owner)
{
	char machine[MACHINE_SIZE], its[NAME_SIZE], ours[NAME_SIZE];

	name_machine(machine, sizeof machine);

	CLEANUP(free) char *here = mem_printf(" on %s, process ", machine);
	const char *at = strstr(owner, here);

	if (!at)
		return LIFE_UNKNOWN;

	long process = strtol(at + strlen(here), NULL, 10);

	if (kill((pid_t)process, 0) < 0 && errno == ESRCH)
		return LIFE_GONE;
	name_program(process, its);
	name_program((long)getpid(), ours);
	return *its && strcmp(its, ours) == 0 ? LIFE_RUNNING : LIFE_UNKNOWN;
}

static bool holds(const struct lock_row *lock)
{
	enum life life = life_of(lock->owner);

	return life == LIFE_RUNNING || (life == LIFE_UNKNOWN && lock->expires_at > clock_now());
}

/* The lock into *out; *is_there is false when nobody has it, expired or not. */
static NODISCARD int find(struct store *store, const char *environment, struct lock_row *out,
	bool *is_there, struct error *err)
{
	*is_there = store_lock_find(store, environment, out, err) == 0;
	return *is_there || err->kind == ERR_NOT_FOUND ? 0 : -1;
}

int holding_is_held(struct store *store, const char *environment, bool *out, struct error *err)
{
	CLEANUP(lock_row_done) struct lock_row lock = { 0 };
	bool is_there = false;

	if (find(store, environment, &lock, &is_there, err) < 0)
		return -1;
	*out = is_there && holds(&lock);
	return 0;
}

/* It should have been renewed: the clock was set, or the program hangs. */
static NODISCARD int refuse_overdue(const struct lock_row *lock, struct error *err)
{
	char expires[CLOCK_TEXT_SIZE];

	return error_set(err, ERR_CONFLICT,
		"'%s' is locked by %s until %s, and that process is still running; wait for it, or end it",
		lock->environment, lock->owner, clock_format(lock->expires_at, expires));
}

/*
 * What is left behind by a killed program of this machine is taken away: waiting for it to expire helps nobody. What
 * has expired while its program runs stays.
 */
static int clear(const struct holding *h, struct error *err)
{
	CLEANUP(lock_row_done) struct lock_row lock = { 0 };
	bool is_there = false;

	if (find(h->store, h->environment, &lock, &is_there, err) < 0)
		return -1;
	if (!is_there)
		return 0;

	bool is_expired = lock.expires_at <= clock_now();

	if (is_expired && holds(&lock))
		return refuse_overdue(&lock, err);
	if (is_expired || life_of(lock.owner) != LIFE_GONE)
		return 0;
	return store_lock_release(h->store, lock.environment, lock.owner, h->actor, err);
}

static void forget(struct holding *h)
{
	free(h->environment);
	free(h->owner);
	free(h->actor);
	free(h);
}

int holding_take(struct store *store, const char *environment, const char *what, const char *actor,
	struct holding **out, struct error *err)
{
	struct holding *h = mem_new(1, sizeof *h);

	*h = (struct holding){ store, mem_strdup(environment), name_owner(actor, what),
		mem_strdup(actor), clock_now(), clock_monotonic_ms() };
	if (clear(h, err) < 0 ||
		store_lock_take(store, environment, h->owner, HOLDING_SECONDS, actor, err) < 0) {
		forget(h);
		return -1;
	}
	*out = h;
	return 0;
}

/* When the lock expires that is renewed now. Set back, the wall's clock would let it expire while we work: then our own counts. */
static int64_t expiry(const struct holding *h)
{
	int64_t now = clock_now();
	int64_t ours = h->taken_at + (clock_monotonic_ms() - h->taken_ms) / 1000;

	return (now > ours ? now : ours) + HOLDING_SECONDS;
}

/*
 * One that is ours and was written down less than FRESH_SECONDS ago is not written again. Asked before each step of
 * each host: a commit each time would be a third of what a rollout writes.
 */
int holding_renew(const struct holding *h, struct error *err)
{
	CLEANUP(lock_row_done) struct lock_row lock = { 0 };
	bool is_there = false;
	int64_t until = expiry(h);

	if (find(h->store, h->environment, &lock, &is_there, err) < 0)
		return -1;
	if (is_there && str_equal(lock.owner, h->owner) && lock.expires_at <= until &&
		until - lock.expires_at < FRESH_SECONDS)
		return 0;
	return store_lock_renew(h->store, h->environment, h->owner, until, err);
}

const char *holding_owner(const struct holding *h)
{
	return h->owner;
}

int holding_release(struct holding *h, struct error *err)
{
	int result = store_lock_release(h->store, h->environment, h->owner, h->actor, err);

	forget(h);
	return result;
}

void holding_free(struct holding *h)
{
	struct error ignored = { 0 };

	if (h && holding_release(h, &ignored) < 0)
		return;
}
