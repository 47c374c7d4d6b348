/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/hold.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/config.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdlib.h>

/* A rollout whose program died in it is brought to its end: what was going back goes on going. */
static int hold_is_under_way(
	struct store *store, const struct environment *environment, bool *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	*out = false;
	if (store_rollout_unfinished(store, environment->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*out = row.state == ROLLOUT_RUNNING && row.direction == DIRECTION_FORWARD;
	return 0;
}

int hold_check(struct store *store, const struct environment *environment, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	bool is_begun = false;

	if (store_environment_find(store, environment->name, &row, err) < 0 ||
		hold_is_under_way(store, environment, &is_begun, err) < 0)
		return -1;
	return is_begun ? 0 : environment_may_begin(&row, err);
}

static int forgive(struct store *store, const struct environment *environment, const char *reason,
	const char *actor, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	CLEANUP(free) char *how = mem_printf("lifted: %s", reason);

	if (store_debts(store, environment->name, &debts, err) < 0)
		return -1;
	for (size_t i = 0; i < debts.count; i++) {
		if (debts.items[i].debt == DEBT_WAY_BACK &&
			store_debt_pay(store, debts.items[i].host, DEBT_WAY_BACK, how, actor, err) <
				0)
			return -1;
	}
	return 0;
}

int hold_lift(struct store *store, const struct environment *environment, const char *reason,
	const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_environment_lift(store, environment->name, reason, actor, err) < 0 ||
		forgive(store, environment, reason, actor, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}
