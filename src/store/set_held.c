/* SPDX-License-Identifier: Apache-2.0 */
/* set_held.c - what needs a set, and sets whose files are no longer kept; declared in set.h. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/set.h"
#include "store/store_private.h"

#include <string.h>

/* The parts of the statement below. */
#define STANDS(environment)                                                                        \
	" NOT EXISTS (SELECT 1 FROM clone AS gone WHERE gone.name = " environment                  \
	" AND gone.state = 'removed')"
#define UNFINISHED_ROLLOUTS "SELECT id FROM rollout WHERE state IN ('running', 'paused', 'stopped')"
/* The last one of each environment, and the one that its next way back undoes. */
#define LAST_ROLLOUTS                                                                              \
	"SELECT rollout FROM environment WHERE rollout IS NOT NULL"                                \
	" UNION SELECT (SELECT r.id FROM rollout AS r WHERE r.environment = e.name"                \
	" AND r.direction = 'forward' AND NOT EXISTS (SELECT 1 FROM rollout AS way"                \
	" WHERE way.environment = e.name AND way.undoes = r.id"                                    \
	" AND way.direction = 'back' AND way.state = 'done')"                                      \
	" ORDER BY r.id DESC LIMIT 1) FROM environment AS e"
#define HELD_ROLLOUTS "(" UNFINISHED_ROLLOUTS " UNION " LAST_ROLLOUTS ")"

static const struct row_field fields[] = {
	TEXT_OR_NULL_OF(set_holder, set),
	TEXT_OF(set_holder, by),
};

static const struct row_table holder_table = ROW_TABLE("holder of a set", fields, set_holder);

/* A way back is JSON that names its set. */
static void holder_open_way(struct set_holder *holder)
{
	CLEANUP(jvalue_free) struct jvalue *way = NULL;
	struct error ignored;

	if (!holder->set || *holder->set != '{' ||
		jvalue_parse(holder->set, strlen(holder->set), &way, &ignored) < 0)
		return;

	const char *set = jvalue_string(way, "set");

	free((char *)(uintptr_t)holder->set);
	holder->set = mem_strdup(set ? set : "");
}

int store_sets_held(struct store *store, struct set_holders *out, struct error *err)
{
	/* clang-format off */
	static const char sql[] =
		"SELECT e.set_digest, e.name || ' runs it' FROM environment AS e"
		" WHERE e.set_digest IS NOT NULL AND" STANDS("e.name")
		" UNION ALL SELECT (SELECT c.set_digest FROM environment_change AS c"
		" WHERE c.environment = e.name AND c.set_digest <> COALESCE(e.set_digest, '')"
		" ORDER BY c.version DESC LIMIT 1), e.name || ' ran it last' FROM environment AS e"
		" WHERE" STANDS("e.name")
		" UNION ALL SELECT k.set_digest, e.name || ' has evidence of it'"
		" FROM candidate AS k CROSS JOIN environment AS e WHERE" STANDS("e.name")
		" AND (EXISTS (SELECT 1 FROM test_result AS t WHERE t.environment = e.name"
		" AND t.candidate = k.id) OR EXISTS (SELECT 1 FROM approval AS a"
		" WHERE a.environment = e.name AND a.candidate = k.id))"
		" UNION ALL SELECT k.set_digest, 'the newest of release ' || k.release"
		" FROM candidate AS k WHERE k.lane = 'code-line' AND k.number ="
		" (SELECT MAX(n.number) FROM candidate AS n WHERE n.release = k.release"
		" AND n.lane = 'code-line') AND EXISTS (SELECT 1 FROM environment AS e"
		" WHERE e.release = k.release AND" STANDS("e.name") ")"
		" UNION ALL SELECT k.set_digest, 'the newest of all' FROM candidate AS k"
		" WHERE k.number = (SELECT MAX(number) FROM candidate)"
		" UNION ALL SELECT k.set_digest, 'rollout-' || r.id FROM rollout AS r"
		" JOIN candidate AS k ON k.id = r.candidate WHERE r.id IN " HELD_ROLLOUTS
		" UNION ALL SELECT h.way_back, 'the way back of rollout-' || h.rollout"
		" FROM rollout_host AS h WHERE h.rollout IN " HELD_ROLLOUTS " AND h.way_back <> ''"
		" UNION ALL SELECT c.set_digest, c.name FROM clone AS c"
		" WHERE c.state <> 'removed' AND c.set_digest IS NOT NULL"
		" UNION ALL SELECT k.set_digest, c.name FROM clone AS c"
		" JOIN candidate AS k ON k.id = c.candidate WHERE c.state <> 'removed'"
		" UNION ALL SELECT r.set_digest, 'rehearsal-' || r.id FROM clone AS c"
		" JOIN rehearsal AS r ON r.clone = c.name WHERE c.state <> 'removed'"
		" AND r.set_digest IS NOT NULL"
		" UNION ALL SELECT r.set_digest, 'rehearsal-' || r.id FROM rehearsal AS r"
		" WHERE r.state = 'running' AND r.set_digest IS NOT NULL";
	/* clang-format on */
	CLEANUP(set_holders_done) struct set_holders found = { 0 };

	if (store_rows(store, sql, NULL, &holder_table, &found, err) < 0)
		return error_wrap(err, "finding what needs which patch set");
	for (size_t i = 0; i < found.count; i++)
		holder_open_way(&found.items[i]);
	*out = found;
	found = (struct set_holders){ 0 };
	return 0;
}

static NODISCARD int add_cleaned_event(
	struct store *store, const struct set_row *set, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "set.cleaned", SUBJECT_SET, set->digest,
		payload };

	jvalue_set_string(payload, "release", set->release);
	jvalue_set_time(payload, "frozen_at", set->created_at);
	return store_event_add(store, &event, err);
}

int store_set_cleaned(
	struct store *store, const struct set_row *set, const char *actor, struct error *err)
{
	static const char sql[] = "UPDATE patch_set SET cleaned_at = $2"
				  " WHERE digest = $1 AND cleaned_at = 0";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, VALUES(db_text(set->digest), db_integer(clock_now())),
			&changed, err) < 0)
		return -1;
	if (!changed)
		return error_set(err, ERR_CONFLICT,
			"patch set %.12s is not there, or was cleaned already", set->digest);
	if (add_cleaned_event(store, set, actor, err) < 0)
		return error_wrap(err, "cleaning the patch set %.12s", set->digest);
	return transaction_commit(&transaction, err);
}

void set_holders_done(struct set_holders *holders)
{
	rows_free(&holder_table, holders);
}
