/* SPDX-License-Identifier: Apache-2.0 */
#include "store/debt.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/store_private.h"

#define DEBT_COLUMNS "host, debt, environment, rollout, since"

/* With what its host may still be doing, whichever rollout began it. */
#define DEBT_SELECT                                                                                \
	"SELECT " DEBT_COLUMNS ", COALESCE((SELECT step || ' of rollout-' || rollout"              \
	" FROM rollout_step WHERE rollout_step.host = host_debt.host"                              \
	" AND state IN ('started', 'at-work') AND state = 'at-work'" /* the index */               \
	" ORDER BY number LIMIT 1), '') FROM host_debt"

static const struct row_field fields[] = {
	TEXT_OF(debt_row, host),
	WORD_OF(debt_row, debt, debt_names),
	TEXT_OF(debt_row, environment),
	INTEGER_OF(debt_row, rollout),
	INTEGER_OF(debt_row, since),
	TEXT_OF(debt_row, at_work),
};

static const struct row_table debt_table = ROW_TABLE("debt", fields, debt_row);

static NODISCARD int add_debt_event(struct store *store, const char *host, const char *kind,
	const char *actor, const struct jvalue *payload, struct error *err)
{
	const struct event_draft event = { actor, kind, SUBJECT_HOST, host, payload };

	return store_event_add(store, &event, err);
}

static NODISCARD int tell_made(
	struct store *store, const struct debt_row *debt, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *rollout = mem_printf("rollout-%lld", (long long)debt->rollout);

	jvalue_set_string(payload, "debt", debt_name(debt->debt));
	jvalue_set_string(payload, "environment", debt->environment);
	jvalue_set_string(payload, "rollout", rollout);
	return add_debt_event(store, debt->host, "debt.made", actor, payload, err);
}

int store_debt_make(
	struct store *store, const struct debt_row *debt, const char *actor, struct error *err)
{
	static const char sql[] = "INSERT INTO host_debt (" DEBT_COLUMNS ")"
				  " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	const struct db_values *values = VALUES(db_text(debt->host), db_text(debt_name(debt->debt)),
		db_text(debt->environment), db_integer(debt->rollout), db_integer(clock_now()));
	int64_t changed = 0;

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, values, &changed, err) < 0 ||
		(changed && tell_made(store, debt, actor, err) < 0) ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "writing down what is owed to '%s'", debt->host);
	return 0;
}

int store_debt_pay(struct store *store, const char *host, enum debt debt, const char *how,
	const char *actor, struct error *err)
{
	static const char sql[] = "DELETE FROM host_debt WHERE host = $1 AND debt = $2";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	int64_t changed = 0;

	jvalue_set_string(payload, "debt", debt_name(debt));
	jvalue_set_string(payload, "how", how);
	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, VALUES(db_text(host), db_text(debt_name(debt))), &changed,
			err) < 0 ||
		(changed && add_debt_event(store, host, "debt.paid", actor, payload, err) < 0) ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "writing down what was given back to '%s'", host);
	return 0;
}

static NODISCARD int read_debts(struct store *store, const char *sql,
	const struct db_values *values, struct debt_rows *out, struct error *err)
{
	if (store_rows(store, sql, values, &debt_table, out, err) < 0)
		return error_wrap(err, "reading what is owed to hosts");
	return 0;
}

int store_debts(
	struct store *store, const char *environment, struct debt_rows *out, struct error *err)
{
	static const char all[] = DEBT_SELECT " ORDER BY environment, host, debt";
	static const char of_one[] = DEBT_SELECT " WHERE environment = $1 ORDER BY host, debt";

	if (!environment)
		return read_debts(store, all, NULL, out, err);
	return read_debts(store, of_one, VALUES(db_text(environment)), out, err);
}

int store_debts_of(struct store *store, const char *host, struct debt_rows *out, struct error *err)
{
	static const char sql[] = DEBT_SELECT " WHERE host = $1 ORDER BY debt";

	return read_debts(store, sql, VALUES(db_text(host)), out, err);
}

void debt_rows_done(struct debt_rows *rows)
{
	rows_free(&debt_table, rows);
}
