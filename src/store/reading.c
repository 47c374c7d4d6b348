/* SPDX-License-Identifier: Apache-2.0 */
/* reading.c - by which connection a thread reads; declared in store.h and store_private.h. */
#include "base/error.h"
#include "store/store_private.h"

#include <assert.h>

void readers_init(struct readers *readers)
{
	pthread_mutex_init(&readers->mutex, NULL);
	pthread_cond_init(&readers->freed, NULL);
}

void readers_done(struct readers *readers)
{
	for (size_t i = 0; i < READERS_MAX; i++) {
		assert(readers->items[i].depth == 0);
		db_close(readers->items[i].db);
	}
	pthread_cond_destroy(&readers->freed);
	pthread_mutex_destroy(&readers->mutex);
}

/* That the thread reads by already; NULL: none. */
static struct reader *find_own(struct readers *readers)
{
	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *r = &readers->items[i];

		if (r->depth > 0 && pthread_equal(r->holder, pthread_self()))
			return r;
	}
	return NULL;
}

/* Open ones first; NULL: all are in use. */
static struct reader *find_free(struct readers *readers)
{
	struct reader *found = NULL;

	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *r = &readers->items[i];

		if (r->depth == 0 && (!found || (!found->db && r->db)))
			found = r;
	}
	return found;
}

/* Waits while all are in use. */
static struct reader *take_reader(struct readers *readers)
{
	pthread_mutex_lock(&readers->mutex);

	struct reader *r = find_own(readers);

	while (!r && !(r = find_free(readers)))
		pthread_cond_wait(&readers->freed, &readers->mutex);
	r->holder = pthread_self();
	r->depth++;
	pthread_mutex_unlock(&readers->mutex);
	return r;
}

static void give_reader_back(struct readers *readers, struct reader *r)
{
	if (r->depth == 1 && r->is_of_one_moment) {
		r->db->driver->rollback(r->db);
		r->is_of_one_moment = false;
	}
	pthread_mutex_lock(&readers->mutex);
	if (--r->depth == 0)
		pthread_cond_signal(&readers->freed);
	pthread_mutex_unlock(&readers->mutex);
}

bool reading_is_under_way(struct store *store)
{
	pthread_mutex_lock(&store->readers.mutex);

	bool is_under_way = find_own(&store->readers);

	pthread_mutex_unlock(&store->readers.mutex);
	return is_under_way;
}

int reading_join(struct reading *reading, struct store *store, struct error *err)
{
	if (store_is_held(store)) {
		*reading = (struct reading){ store, NULL };
		return 0;
	}

	struct reader *r = take_reader(&store->readers);

	if (!r->db && store->db->driver->open_reader(store->db, &r->db, err) < 0) {
		give_reader_back(&store->readers, r);
		return error_wrap(err, "opening the store for reading");
	}
	*reading = (struct reading){ store, r };
	return 0;
}

int reading_begin(struct reading *reading, struct store *store, struct error *err)
{
	CLEANUP(reading_done) struct reading joined = { 0 };

	if (reading_join(&joined, store, err) < 0)
		return -1;

	struct reader *r = joined.reader;

	if (r && !r->is_of_one_moment) {
		if (r->db->driver->begin_reading(r->db, err) < 0)
			return -1;
		r->is_of_one_moment = true;
	}
	*reading = STEAL(&joined);
	return 0;
}

struct db *reading_db(const struct reading *reading)
{
	return reading->reader ? reading->reader->db : reading->store->db;
}

void reading_done(struct reading *reading)
{
	if (reading->reader)
		give_reader_back(&reading->store->readers, reading->reader);
	*reading = (struct reading){ 0 };
}
