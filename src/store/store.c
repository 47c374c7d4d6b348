/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/lease.h"
#include "store/migration.h"
#include "store/store_private.h"

#include <assert.h>

#define DATABASE_NAME "patchline.db"

static void mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t kind;

	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex, &kind);
	pthread_mutexattr_destroy(&kind);
}

int store_open(const char *directory, struct store **out, struct error *err)
{
	return store_open_driver(&sqlite_driver, directory, out, err);
}

int store_open_driver(const struct db_driver *driver, const char *directory, struct store **out,
	struct error *err)
{
	CLEANUP(free) char *path = path_join(directory, DATABASE_NAME);
	CLEANUP(db_close) struct db *db = NULL;

	if (dir_make(directory, 0770, err) < 0 || db_open(driver, path, &db, err) < 0 ||
		migration_run(db, err) < 0)
		return error_wrap(err, "opening the store '%s'", path);

	struct store *store = mem_new(1, sizeof *store);

	store->db = STEAL(&db);
	mutex_init(&store->mutex);
	readers_init(&store->readers);
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	assert(!store->leases && !store->in_transaction);
	readers_done(&store->readers);
	db_close(store->db);
	pthread_mutex_destroy(&store->mutex);
	free(store->configuration);
	free(store);
}

/* The transaction itself; what came before it has no part in it. */
static NODISCARD int begin_transaction(struct store *store, struct error *err)
{
	if (store->db->driver->begin(store->db, err) < 0)
		return error_wrap(err, "beginning a transaction");
	store->in_transaction = true;
	store->is_doomed = false;
	store->head = (struct event_head){ 0 };
	store->is_configuration_kept = false;
	return 0;
}

static void roll_back(struct store *store)
{
	store->db->driver->rollback(store->db);
	store->in_transaction = false;
}

static NODISCARD int commit(struct store *store, struct error *err)
{
	if (store->is_doomed) {
		roll_back(store);
		return error_set(err, ERR_CONFLICT,
			"a part of the transaction had failed, so nothing of it was done");
	}
	if (store_event_head_write(store, err) < 0 ||
		store->db->driver->commit(store->db, err) < 0) {
		roll_back(store);
		return error_wrap(err, "committing a transaction");
	}
	store->in_transaction = false;
	return 0;
}

int transaction_begin_unfenced(
	struct transaction *transaction, struct store *store, struct error *err)
{
	if (reading_is_under_way(store))
		return error_set(err, ERR_USAGE, "this thread reads, and cannot write meanwhile");
	store_hold(store);

	bool is_part = store->in_transaction;

	if (!is_part && begin_transaction(store, err) < 0) {
		store_let_go(store);
		return -1;
	}
	*transaction = (struct transaction){ store, is_part };
	return 0;
}

/* No write of a program that lost a lease passes here, whatever the verb. */
int transaction_begin(struct transaction *transaction, struct store *store, struct error *err)
{
	if (transaction_begin_unfenced(transaction, store, err) < 0)
		return -1;
	if (!transaction->is_part && leases_check(store, err) < 0) {
		transaction_done(transaction);
		return -1;
	}
	return 0;
}

int transaction_begin_alone(
	struct transaction *transaction, struct store *store, const char *what, struct error *err)
{
	if (transaction_begin(transaction, store, err) < 0)
		return -1;
	if (transaction->is_part)
		return error_set(err, ERR_USAGE, "%s is not written inside a transaction", what);
	return 0;
}

int transaction_commit(struct transaction *transaction, struct error *err)
{
	struct store *store = STEAL(&transaction->store);
	int result = transaction->is_part ? 0 : commit(store, err);

	store_let_go(store);
	return result;
}

void transaction_done(struct transaction *transaction)
{
	struct store *store = STEAL(&transaction->store);

	if (!store)
		return;
	if (transaction->is_part)
		store->is_doomed = true;
	else
		roll_back(store);
	store_let_go(store);
}

int store_check(struct store *store, struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };

	if (reading_join(&reading, store, err) < 0)
		return -1;
	return store->db->driver->check(reading_db(&reading), err);
}
