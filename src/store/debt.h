/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debt.h - what is owed to hosts: load to a drained one, updaters to one on which they were held off.
 *
 * A debt outlives its rollout: it stands until it is paid, by whichever rollout or person.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/debt.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct debt_row {
	const char *host;
	enum debt debt;
	const char *environment;
	int64_t rollout; /* that made it */
	int64_t since;
	const char *
		at_work; /* what the host may still be doing: "apply of rollout-4"; "" for nothing */
};

struct debt_rows {
	struct debt_row *items;
	size_t count;
};

/**
 * Owe a host something; one that is owed already stays as it is. On the disk when this returns 0.
 * @param debt  Its `since` and `at_work` are not looked at.
 * @return 0, or -1 with err. Event of the host, when it is new: debt.made.
 */
NODISCARD int store_debt_make(
	struct store *store, const struct debt_row *debt, const char *actor, struct error *err);

/**
 * It was given back; fine when it was not owed.
 * @param how  For the record: "undrain", "by hand: replaced its disk".
 * @return 0, or -1 with err. Event of the host, when it was owed: debt.paid.
 */
NODISCARD int store_debt_pay(struct store *store, const char *host, enum debt debt, const char *how,
	const char *actor, struct error *err);

/** What is owed, by environment and host. @param environment  NULL: everywhere. */
NODISCARD int store_debts(
	struct store *store, const char *environment, struct debt_rows *out, struct error *err);

/** What is owed to one host. */
NODISCARD int store_debts_of(
	struct store *store, const char *host, struct debt_rows *out, struct error *err);

void debt_rows_done(struct debt_rows *rows);
CLEANUP_DONE(struct debt_rows, debt_rows_done)
