/* SPDX-License-Identifier: Apache-2.0 */
#include "content/sync.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "content/apt.h"
#include "content/fetch.h"
#include "model/config.h"
#include "store/index.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARALLEL    4
#define RETAIN      ((int64_t)3600)          /* an index this young may be of a sync under way */
#define RETAIN_PART ((int64_t)7 * 24 * 3600) /* how long half a download may be gone on with */

/* The sync of one source. */
struct task {
	const struct source *source;
	struct sync *sync;
	struct sync_outcome *outcome;
};

struct sync {
	const struct config *config;
	struct store *store;
	const struct sync_options *options;
	struct task *tasks; /* owned */
	size_t count;
	pthread_mutex_t telling; /* progress is told by one at a time */
};

static void tell_progress(void *context, const struct fetch_progress *progress)
{
	const struct task *task = context;
	struct sync *sync = task->sync;

	pthread_mutex_lock(&sync->telling);
	sync->options->on_progress(sync->options->context, task->source->name, progress);
	pthread_mutex_unlock(&sync->telling);
}

static void tell_wait(void *context, const char *holder)
{
	const struct task *task = context;
	struct sync *sync = task->sync;

	pthread_mutex_lock(&sync->telling);
	sync->options->on_wait(sync->options->context, task->source->name, holder);
	pthread_mutex_unlock(&sync->telling);
}

static int record_indexes(
	const struct task *task, const struct apt_result *result, struct error *err)
{
	CLEANUP(free) struct index_row *rows = mem_new(result->index_count, sizeof *rows);
	struct index_rows all = { .items = rows, .count = result->index_count };

	for (size_t i = 0; i < result->index_count; i++) {
		const struct apt_index *x = &result->indexes[i];
		const struct apt_release *r = &result->releases[x->release];

		rows[i] = (struct index_row){
			.suite = r->suite,
			.component = x->component,
			.architecture = x->architecture,
			.packages_sha256 = x->sha256,
			.packages_size = (int64_t)x->size,
			.inrelease_sha256 = r->sha256,
			.release_at = r->date,
			.valid_until = r->valid_until,
			.origin = r->origin,
			.label = r->label,
			.release_suite = r->release_suite,
			.codename = r->codename,
			.priority = r->priority,
		};
	}
	return store_index_replace(
		task->sync->store, task->source->name, &all, task->sync->options->actor, err);
}

static bool is_in_use(const struct index_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->items[i].packages_sha256, name) == 0)
			return true;
	}
	return false;
}

/* Before it is put in use, all of it or nothing. */
static int judge_new(const struct task *task, const struct index_rows *rows,
	const struct apt_result *result, struct error *err)
{
	const struct sync_options *o = task->sync->options;

	for (size_t i = 0; o->judge && i < result->index_count; i++) {
		const struct apt_index *x = &result->indexes[i];
		CLEANUP(free)
		char *path = store_index_path(task->sync->config->state, x->sha256);

		if (!is_in_use(rows, x->sha256) &&
			o->judge(o->context, task->source->name, path, err) < 0)
			return error_wrap(err, "index %s/%s/%s", result->releases[x->release].suite,
				x->component, x->architecture);
	}
	return 0;
}

static void sum_up_source(const struct apt_result *result, struct sync_outcome *outcome)
{
	outcome->suites = result->release_count;
	outcome->indexes = result->index_count;
	outcome->fetched = result->fetched;
	for (size_t i = 0; i < result->release_count; i++)
		outcome->is_expired |= result->releases[i].is_expired;
}

static struct apt_known know(const struct index_row *row)
{
	return (struct apt_known){
		.suite = row->suite,
		.date = row->release_at,
		.origin = row->origin,
		.label = row->label,
		.codename = row->codename,
		.priority = (int)row->priority,
	};
}

static int sync_one(const struct task *task, struct error *err)
{
	const struct sync *sync = task->sync;
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };
	CLEANUP(apt_result_done) struct apt_result result = { 0 };

	if (store_indexes(sync->store, task->source->name, &rows, err) < 0)
		return -1;

	CLEANUP(free) struct apt_known *known = mem_new(rows.count, sizeof *known);
	struct fetch_options fetch = {
		.on_progress = sync->options->on_progress ? tell_progress : NULL,
		.context = (void *)(uintptr_t)task,
	};
	struct apt_options options = {
		.state = sync->config->state,
		.now = clock_now(),
		.known = known,
		.known_count = rows.count,
		.takes_change = str_equal(task->source->name, sync->options->takes_change),
		.fetch = &fetch,
		.on_wait = sync->options->on_wait ? tell_wait : NULL,
	};

	for (size_t i = 0; i < rows.count; i++)
		known[i] = know(&rows.items[i]);
	if (apt_sync(task->source, &options, &result, err) < 0 ||
		judge_new(task, &rows, &result, err) < 0 || record_indexes(task, &result, err) < 0)
		return -1;
	sum_up_source(&result, task->outcome);
	return 0;
}

static void run_task(void *context, size_t index)
{
	struct sync *sync = context;
	struct task *task = &sync->tasks[index];
	struct error *err = &task->outcome->error;
	struct error unrecorded;

	task->outcome->source = task->source->name;
	if (error_settle(sync_one(task, err), err) == 0)
		return;
	if (store_sync_failed(
		    sync->store, task->source->name, err, sync->options->actor, &unrecorded) < 0) {
		*err = unrecorded;
		if (error_wrap(err, "recording that the sync of '%s' failed", task->source->name) <
			0)
			return;
	}
}

/* Remove from a directory what is old and what `rows` (NULL: nothing) does not name. */
static void clear_dir(const char *dir, const struct index_rows *rows, int64_t retain)
{
	DIR *entries = opendir(dir);
	int64_t now = clock_now();
	struct stat st;

	for (const struct dirent *entry; entries && (entry = readdir(entries));) {
		CLEANUP(free) char *path = mem_printf("%s/%s", dir, entry->d_name);
		bool is_candidate = rows ? !is_in_use(rows, entry->d_name)
					 : strstr(entry->d_name, ".packed") != NULL;

		if (is_candidate && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
			st.st_mtime + retain < now)
			unlink(path);
	}
	if (entries)
		closedir(entries);
}

/* Indexes that no source uses any more, and downloads that nobody went on with. */
static int clear_indexes(const struct sync *sync, struct error *err)
{
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };
	CLEANUP(free) char *dir = mem_printf("%s/indexes", sync->config->state);

	if (store_indexes(sync->store, NULL, &rows, err) < 0)
		return -1;
	clear_dir(dir, &rows, RETAIN);
	for (size_t i = 0; i < sync->config->source_count; i++) {
		CLEANUP(free)
		char *own = mem_printf("%s/releases/%s", dir, sync->config->sources[i].name);

		clear_dir(own, NULL, RETAIN_PART);
	}
	return 0;
}

static void add_task(struct sync *sync, const struct source *source)
{
	sync->tasks[sync->count++] = (struct task){ .source = source, .sync = sync };
}

static int choose_sources(struct sync *sync, struct error *err)
{
	const struct config *config = sync->config;
	const char *const *only = sync->options->only;
	size_t most = config->source_count;

	for (size_t i = 0; only && only[i]; i++)
		most = most > i ? most : i + 1;
	sync->tasks = mem_new(most, sizeof *sync->tasks);
	for (size_t i = 0; !only && i < config->source_count; i++)
		add_task(sync, &config->sources[i]);
	for (size_t i = 0; only && only[i]; i++) {
		const struct source *source = config_source(config, only[i]);

		if (!source)
			return error_set(err, ERR_NOT_FOUND, "no source is called '%s'", only[i]);
		add_task(sync, source);
	}
	return 0;
}

static int run(struct sync *sync, struct sync_report *out, struct error *err)
{
	CLEANUP(sync_report_done) struct sync_report report = { .count = sync->count };
	unsigned parallel = sync->options->parallel ? sync->options->parallel : PARALLEL;

	report.outcomes = mem_new(report.count, sizeof *report.outcomes);
	for (size_t i = 0; i < sync->count; i++)
		sync->tasks[i].outcome = &report.outcomes[i];
	workers_run(sync->count, parallel, run_task, sync);
	for (size_t i = 0; i < report.count; i++)
		report.failed += report.outcomes[i].error.kind != ERR_NONE;
	if (clear_indexes(sync, err) < 0)
		return -1;
	*out = (struct sync_report){
		.outcomes = STEAL(&report.outcomes),
		.count = report.count,
		.failed = report.failed,
	};
	return 0;
}

int sync_sources(const struct config *config, struct store *store,
	const struct sync_options *options, struct sync_report *out, struct error *err)
{
	struct sync sync = { .config = config, .store = store, .options = options };
	int result;

	pthread_mutex_init(&sync.telling, NULL);
	result = choose_sources(&sync, err);
	if (result == 0)
		result = run(&sync, out, err);
	free(sync.tasks);
	pthread_mutex_destroy(&sync.telling);
	return result;
}

void sync_report_done(struct sync_report *report)
{
	free(report->outcomes);
	*report = (struct sync_report){ 0 };
}
