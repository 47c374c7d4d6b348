/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lease.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/identity.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/ticker.h"
#include "store/event.h"
#include "store/store_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define MS          INT64_C(1000)
#define NS_PER_MS   1000000
#define BEAT_MS     (3 * MS)
#define LOOK_MS     200 /* how often one looks whether another's beat has grown */
#define TOKEN_BYTES (LEASE_TOKEN_SIZE / 2)

#define LEASE_COLUMNS                                                                              \
	"name, token, fence, beat, actor, what, machine, boot, space, process, process_started,"   \
	" taken_at, expires_at"

struct lease_row {
	const char *name, *token;
	int64_t fence, beat;
	const char *actor, *what;
	const char *machine, *boot, *space;
	int64_t process, process_started;
	int64_t taken_at;
	int64_t expires_at; /* unless it beats on; by its holder's clock */
};

static const struct row_field fields[] = {
	TEXT_OF(lease_row, name),
	TEXT_OF(lease_row, token),
	INTEGER_OF(lease_row, fence),
	INTEGER_OF(lease_row, beat),
	TEXT_OF(lease_row, actor),
	TEXT_OF(lease_row, what),
	TEXT_OF(lease_row, machine),
	TEXT_OF(lease_row, boot),
	TEXT_OF(lease_row, space),
	INTEGER_OF(lease_row, process),
	INTEGER_OF(lease_row, process_started),
	INTEGER_OF(lease_row, taken_at),
	INTEGER_OF(lease_row, expires_at),
};

static const struct row_table lease_table = ROW_TABLE("lease", fields, lease_row);

static void lease_row_done(struct lease_row *row)
{
	row_done(&lease_table, row);
}
CLEANUP_DONE(struct lease_row, lease_row_done)

/* 1, or 0 when nobody has it, or -1. */
static NODISCARD int find_row(
	struct store *store, const char *name, struct lease_row *out, struct error *err)
{
	static const char sql[] = "SELECT " LEASE_COLUMNS " FROM lease WHERE name = $1";

	return store_row(store, sql, VALUES(db_text(name)), &lease_table, out, err);
}

/* "alice (patchline promote 2.2 --to qa) on ctl1, process 4711": freed by the caller. */
static char *holder_words(const struct lease_row *row)
{
	return mem_printf("%s ('%s' on %s, process %lld)", row->actor, row->what, row->machine,
		(long long)row->process);
}

/* ---- does its holder live? ---- */

static struct identity holder_of(const struct lease_row *row)
{
	struct identity holder = { .process = row->process, .started = row->process_started };

	snprintf(holder.machine, sizeof holder.machine, "%s", row->machine);
	snprintf(holder.boot, sizeof holder.boot, "%s", row->boot);
	snprintf(holder.space, sizeof holder.space, "%s", row->space);
	return holder;
}

/* Heard of lately, if its holder's clock and ours are right. */
static bool is_fresh(const struct lease_row *row)
{
	int64_t left = row->expires_at - clock_now();

	return left > 0 && left <= LEASE_SECONDS;
}

int lease_is_held(struct store *store, const char *name, bool *out, struct error *err)
{
	CLEANUP(lease_row_done) struct lease_row row = { 0 };
	int found = find_row(store, name, &row, err);

	if (found < 0)
		return error_wrap(err, "reading the lease of '%s'", name);
	*out = false;
	if (!found)
		return 0;

	const struct identity holder = holder_of(&row);
	enum life life = identity_life(&holder);

	*out = life == LIFE_RUNNING || (life != LIFE_GONE && is_fresh(&row));
	return 0;
}

/* What was seen of another's lease, and since when by the clock that is never set. */
struct watch {
	char token[LEASE_TOKEN_SIZE]; /* "": nothing yet */
	int64_t beat, since_ms;
};

enum finding {
	FINDING_HELD,
	FINDING_FREE,
	FINDING_OPEN, /* look again */
};

/* By its beat alone. */
static enum finding watch_beat(struct watch *w, const struct lease_row *row)
{
	bool is_same = str_equal(w->token, row->token);

	if (is_same && w->beat != row->beat)
		return FINDING_HELD;
	if (is_same)
		return clock_monotonic_ms() - w->since_ms >= LEASE_SECONDS * MS ? FINDING_FREE
										: FINDING_OPEN;
	snprintf(w->token, sizeof w->token, "%s", row->token);
	w->beat = row->beat;
	w->since_ms = clock_monotonic_ms();
	return FINDING_OPEN;
}

static enum finding judge_holder(struct watch *w, const struct lease_row *row)
{
	const struct identity holder = holder_of(row);
	enum life life = identity_life(&holder);

	if (life == LIFE_GONE)
		return FINDING_FREE;
	if (life == LIFE_RUNNING && is_fresh(row))
		return FINDING_HELD;
	return watch_beat(w, row);
}

/* ---- take ---- */

static NODISCARD int refuse_taken(const struct lease_row *row, struct error *err)
{
	CLEANUP(free) char *holder = holder_words(row);
	char taken[CLOCK_TEXT_SIZE];

	return error_set(err, ERR_CONFLICT,
		"'%s' is worked on by %s since %s: wait for it, or end it", row->name, holder,
		clock_format(row->taken_at, taken));
}

static NODISCARD int tell_taken(struct store *store, const struct lease_row *row,
	const struct lease_row *before, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *old = before ? holder_words(before) : NULL;
	const struct event_draft event = { row->actor, "lease.taken", SUBJECT_ENVIRONMENT,
		row->name, payload };

	jvalue_set_string(payload, "what", row->what);
	jvalue_set_string(payload, "machine", row->machine);
	jvalue_set_integer(payload, "process", row->process);
	if (old)
		jvalue_set_string(payload, "taken_over_from", old);
	return store_event_add(store, &event, err);
}

/* Write the row where nobody has it, or where what was seen still stands. *changed is 0 when somebody was quicker. */
static NODISCARD int put_lease(struct store *store, const struct lease_row *row,
	const struct lease_row *before, int64_t *changed, struct error *err)
{
	static const char sql[] =
		"INSERT INTO lease (" LEASE_COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
		" ON CONFLICT (name) DO UPDATE SET token = excluded.token, fence = excluded.fence,"
		" beat = excluded.beat, actor = excluded.actor, what = excluded.what,"
		" machine = excluded.machine, boot = excluded.boot, space = excluded.space,"
		" process = excluded.process, process_started = excluded.process_started,"
		" taken_at = excluded.taken_at, expires_at = excluded.expires_at"
		" WHERE lease.token = $14 AND lease.beat = $15";
	struct db_value values[ROW_FIELDS_MAX];
	size_t count = lease_table.count;

	row_values(&lease_table, row, values);
	values[count++] = db_text(before ? before->token : "");
	values[count++] = db_integer(before ? before->beat : 0);
	return store_run(store, sql, &(struct db_values){ values, count }, changed, err);
}

/* 1 when it is ours, 0 when somebody was quicker. */
static NODISCARD int write_row(
	struct lease *l, struct lease_row *row, const struct lease_row *before, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (transaction_begin(&transaction, l->store, err) < 0 ||
		tell_taken(l->store, row, before, err) < 0)
		return -1;
	row->fence = l->store->head.seq;
	if (put_lease(l->store, row, before, &changed, err) < 0)
		return -1;
	if (!changed)
		return 0;
	l->fence = row->fence;
	return transaction_commit(&transaction, err) < 0 ? -1 : 1;
}

/* One look. 1 when it is ours, 0 to look again, or -1. */
static NODISCARD int try_to_take(
	struct lease *l, struct lease_row *row, struct watch *watch, struct error *err)
{
	CLEANUP(lease_row_done) struct lease_row before = { 0 };
	int found = find_row(l->store, l->name, &before, err);
	enum finding finding = found > 0 ? judge_holder(watch, &before) : FINDING_FREE;

	if (found < 0)
		return -1;
	if (finding == FINDING_HELD)
		return refuse_taken(&before, err);
	return finding == FINDING_FREE ? write_row(l, row, found ? &before : NULL, err) : 0;
}

static void sleep_for(int64_t ms)
{
	const struct timespec pause = { ms / MS, (long)(ms % MS) * NS_PER_MS };

	nanosleep(&pause, NULL);
}

static NODISCARD int make_token(char out[LEASE_TOKEN_SIZE], struct error *err)
{
	unsigned char bytes[TOKEN_BYTES];

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set(err, ERR_SYSTEM, "no random bytes: %s", strerror(errno));
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(out + 2 * i, LEASE_TOKEN_SIZE - 2 * i, "%02x", bytes[i]);
	return 0;
}

static NODISCARD int take_lease(struct lease *l, const char *what, struct error *err)
{
	struct identity own;
	struct watch watch = { 0 };
	int taken = 0;

	if (make_token(l->token, err) < 0)
		return -1;
	identity_own(&own);
	while (taken == 0) {
		int64_t now = clock_now();
		struct lease_row row = { l->name, l->token, 0, 0, l->actor, what, own.machine,
			own.boot, own.space, own.process, own.started, now, now + LEASE_SECONDS };

		taken = try_to_take(l, &row, &watch, err);
		if (taken == 0)
			sleep_for(LOOK_MS);
	}
	return taken < 0 ? -1 : 0;
}

/* ---- hold ---- */

/* The holder says that it lives. Whether the lease is still ours is asked where something is written. */
static void beat(void *context)
{
	static const char sql[] = "UPDATE lease SET beat = beat + 1, expires_at = $3"
				  " WHERE name = $1 AND token = $2";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct lease *l = context;
	struct error ignored = { 0 };
	const struct db_values *values = VALUES(
		db_text(l->name), db_text(l->token), db_integer(clock_now() + LEASE_SECONDS));

	if (transaction_begin_unfenced(&transaction, l->store, &ignored) == 0 &&
		store_run(l->store, sql, values, NULL, &ignored) == 0)
		(void)!transaction_commit(&transaction, &ignored);
}

/* Who has it now. */
static NODISCARD int tell_lost(struct store *store, const char *name, struct error *err)
{
	CLEANUP(lease_row_done) struct lease_row row = { 0 };
	int found = find_row(store, name, &row, err);
	CLEANUP(free) char *holder = found > 0 ? holder_words(&row) : NULL;
	char taken[CLOCK_TEXT_SIZE];

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_CONFLICT,
			"'%s' was taken over by another program, which has ended since: this one "
			"had not been heard of for %d seconds, and changes nothing more",
			name, LEASE_SECONDS);
	return error_set(err, ERR_CONFLICT,
		"'%s' was taken over by %s at %s: this program had not been heard of for %d "
		"seconds, and changes nothing more",
		name, holder, clock_format(row.taken_at, taken), LEASE_SECONDS);
}

static NODISCARD int check_lease(const struct lease *l, struct error *err)
{
	static const char sql[] = "SELECT COUNT(*) FROM lease"
				  " WHERE name = $1 AND token = $2 AND fence = $3";
	int64_t is_ours = 0;

	if (store_integer(l->store, sql,
		    VALUES(db_text(l->name), db_text(l->token), db_integer(l->fence)), &is_ours,
		    err) < 0)
		return error_wrap(err, "reading the lease of '%s'", l->name);
	return is_ours ? 0 : tell_lost(l->store, l->name, err);
}

int leases_check(struct store *store, struct error *err)
{
	CLEANUP(store_let_go) struct store *held = store_hold(store);

	for (const struct lease *l = held->leases; l; l = l->next) {
		if (check_lease(l, err) < 0)
			return -1;
	}
	return 0;
}

static void attach(struct lease *l)
{
	CLEANUP(store_let_go) struct store *held = store_hold(l->store);

	l->next = held->leases;
	held->leases = l;
}

static void detach(struct lease *l)
{
	CLEANUP(store_let_go) struct store *held = store_hold(l->store);
	struct lease **at = &held->leases;

	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
}

static void forget_lease(struct lease *l)
{
	ticker_stop(l->ticker);
	free(l->name);
	free(l->actor);
	free(l);
}

int lease_take(struct store *store, const char *name, const char *what, const char *actor,
	struct lease **out, struct error *err)
{
	struct lease *l = mem_new(1, sizeof *l);

	*l = (struct lease){ .store = store, .name = mem_strdup(name), .actor = mem_strdup(actor) };
	if (take_lease(l, what, err) < 0) {
		forget_lease(l);
		return err->kind == ERR_CONFLICT
			       ? -1
			       : error_wrap(err, "taking the lease of '%s'", name);
	}
	attach(l);
	if (ticker_start(BEAT_MS, beat, l, &l->ticker, err) < 0) {
		lease_free(l);
		return -1;
	}
	*out = l;
	return 0;
}

/* ---- give back ---- */

static NODISCARD int remove_row(struct lease *l, struct error *err)
{
	static const char sql[] = "DELETE FROM lease WHERE name = $1 AND token = $2";
	const struct event_draft event = { l->actor, "lease.released", SUBJECT_ENVIRONMENT, l->name,
		NULL };
	int64_t changed = 0;

	if (store_run(l->store, sql, VALUES(db_text(l->name), db_text(l->token)), &changed, err) <
		0)
		return -1;
	return changed ? store_event_add(l->store, &event, err) : tell_lost(l->store, l->name, err);
}

/* One that was lost does not keep another from being given back. */
static NODISCARD int give_lease_back(struct lease *l, struct store *store, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin_unfenced(&transaction, store, err) < 0 || remove_row(l, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* The row and what the handle knows of it go together: no other thread's write falls between them. */
static NODISCARD int give_back_and_detach(struct lease *l, struct error *err)
{
	CLEANUP(store_let_go) struct store *held = store_hold(l->store);

	if (give_lease_back(l, held, err) < 0)
		return -1;
	detach(l);
	return 0;
}

int lease_release(struct lease **lease, struct error *err)
{
	if (give_back_and_detach(*lease, err) < 0)
		return -1;
	forget_lease(STEAL(lease));
	return 0;
}

void lease_free(struct lease *lease)
{
	struct error ignored = { 0 };

	if (!lease)
		return;
	if (give_back_and_detach(lease, &ignored) < 0)
		detach(lease);
	forget_lease(lease);
}
