/* SPDX-License-Identifier: Apache-2.0 */
#include "store/holding.h"

#include "base/clock.h"
#include "base/error.h"
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
#define FRESH_SECONDS 60

struct holding {
	struct store *store;
	char *environment, *owner, *actor; /* owned */
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

/* True when the owner is a process of this machine that is no more. */
static bool is_orphaned(const char *owner)
{
	char machine[MACHINE_SIZE];
	const char *at = NULL;

	name_machine(machine, sizeof machine);

	CLEANUP(free) char *here = mem_printf(" on %s, process ", machine);

	at = strstr(owner, here);
	return at && kill((pid_t)strtol(at + strlen(here), NULL, 10), 0) < 0 && errno == ESRCH;
}

static const struct lock_row *find(const struct lock_rows *locks, const char *environment)
{
	for (size_t i = 0; i < locks->count; i++) {
		if (str_equal(locks->items[i].environment, environment))
			return &locks->items[i];
	}
	return NULL;
}

int holding_is_held(struct store *store, const char *environment, bool *out, struct error *err)
{
	CLEANUP(lock_rows_done) struct lock_rows locks = { 0 };

	if (store_locks(store, &locks, err) < 0)
		return -1;

	const struct lock_row *lock = find(&locks, environment);

	*out = lock && !is_orphaned(lock->owner);
	return 0;
}

/* A killed program of this machine leaves its lock behind; waiting for it to expire helps nobody. */
static int free_orphan(const struct holding *h, struct error *err)
{
	CLEANUP(lock_rows_done) struct lock_rows locks = { 0 };

	if (store_locks(h->store, &locks, err) < 0)
		return -1;

	const struct lock_row *lock = find(&locks, h->environment);

	if (!lock || !is_orphaned(lock->owner))
		return 0;
	return store_lock_release(h->store, lock->environment, lock->owner, h->actor, err);
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
		mem_strdup(actor) };
	if (free_orphan(h, err) < 0 ||
		store_lock_take(store, environment, h->owner, HOLDING_SECONDS, actor, err) < 0) {
		forget(h);
		return -1;
	}
	*out = h;
	return 0;
}

/* True while it is ours and was written down less than FRESH_SECONDS ago. */
static bool is_fresh(const struct holding *h, const struct lock_row *lock)
{
	int64_t age = lock ? HOLDING_SECONDS - (lock->expires_at - clock_now()) : 0;

	return lock && str_equal(lock->owner, h->owner) && age >= 0 && age < FRESH_SECONDS;
}

/* Asked before each step of each host: a commit each time would be a third of what a rollout writes. */
int holding_renew(const struct holding *h, struct error *err)
{
	CLEANUP(lock_rows_done) struct lock_rows locks = { 0 };

	if (store_locks(h->store, &locks, err) < 0)
		return -1;
	if (is_fresh(h, find(&locks, h->environment)))
		return 0;
	return store_lock_renew(h->store, h->environment, h->owner, HOLDING_SECONDS, err);
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
