/* SPDX-License-Identifier: Apache-2.0 */
#include "pending/freeze.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/frozen.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "model/patchset.h"
#include "pending/last_seen.h"
#include "present/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column environment_columns[] = {
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "packages", "PACKAGES", COLUMN_NUMBER },
	{ "only_from_here_on", "NOT EXERCISED BEFORE", COLUMN_NUMBER },
	{ 0 },
};

static void show_progress(void *context, uint64_t done, uint64_t total, const char *words)
{
	progress_update(context, done, total, words);
}

/* A package first met late in the line is one that no earlier test has exercised. */
static struct table *environment_table(const struct freeze *f, const struct config *config)
{
	struct table *t = table_new(environment_columns);

	for (size_t i = 0; i < config->environment_count; i++) {
		const struct environment *e = &config->environments[i];
		size_t late = 0;

		for (size_t k = 0; k < freeze_count(f); k++)
			late += i > 0 && freeze_at(f, k)->first == e;
		table_row(t);
		table_text(t, "environment", e->name);
		table_number(t, "packages", (int64_t)freeze_environment_count(f, e));
		table_number(t, "only_from_here_on", (int64_t)late);
	}
	return t;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All advisories, each once, sorted, with single spaces between; owned by the caller. */
static char *all_advisories(const struct freeze *f, size_t *count)
{
	CLEANUP(str_done) struct str joined = { 0 };
	CLEANUP(free) char **words = NULL;
	struct str unique = { 0 };
	size_t found = 0, capacity = 0;

	for (size_t i = 0; i < freeze_count(f); i++)
		str_addf(&joined, "%s ", freeze_at(f, i)->advisories);

	char *rest = joined.text, *word;

	while (rest && (word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		if (found == capacity)
			words = mem_grow(words, &capacity, sizeof *words);
		words[found++] = word;
	}
	if (found)
		qsort(words, found, sizeof *words, compare_words);
	*count = 0;
	for (size_t i = 0; i < found; i++) {
		if (i && strcmp(words[i], words[i - 1]) == 0)
			continue;
		str_addf(&unique, "%s%s", unique.size ? " " : "", words[i]);
		++*count;
	}
	return str_take(&unique);
}

static void print_people(
	const struct invocation *inv, const struct freeze *f, const struct config *config)
{
	bool tells_why = option_value(inv, "fix") || option_value(inv, "only") ||
			 option_is_set(inv, "security-only");
	CLEANUP(table_free) struct table *packages = frozen_table(f, tells_why);
	CLEANUP(table_free) struct table *environments = environment_table(f, config);
	size_t advisory_count = 0;
	CLEANUP(free) char *advisories = all_advisories(f, &advisory_count);
	char size[SIZE_TEXT_SIZE];

	table_print(packages, "Nothing is pending on any host", stdout);
	output_heading("%zu packages, %s", freeze_count(f), size_format(frozen_size(f), size));
	if (!option_value(inv, "for"))
		table_print(environments, NULL, stdout);
	if (advisory_count) {
		output_heading("%zu advisories", advisory_count);
		printf("%s\n", advisories);
	}
	frozen_print_left_out(f);
	if (!freeze_set(f)) {
		printf("\nDry run: nothing was fetched or sealed.\n");
		return;
	}
	printf("\n%s %s of release %s: candidate %s\n",
		freeze_is_unchanged(f) ? "Unchanged:" : "Sealed:", patchset_digest(freeze_set(f)),
		arg_at(inv, 0), freeze_candidate(f));
}

static struct jvalue *unplanned_json(const struct freeze *f)
{
	struct jvalue *list = jvalue_array();
	const struct seen_host *row = NULL;

	for (size_t at = 0; (row = freeze_unplanned_next(f, &at));) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "host", row->name);
		jvalue_set_string(one, "environment", row->environment);
		jvalue_set_string(one, "reason", last_seen_why(row));
		jvalue_add(list, one);
	}
	return list;
}

static void print_json(
	const struct invocation *inv, const struct freeze *f, const struct config *config)
{
	CLEANUP(table_free) struct table *packages = frozen_table(f, true);
	CLEANUP(table_free) struct table *environments = environment_table(f, config);
	const struct patchset *set = freeze_set(f);
	struct jvalue *told = jvalue_object(), *notes = jvalue_array(), *left_out = jvalue_array();

	for (size_t i = 0; i < freeze_note_count(f); i++)
		jvalue_add_string(notes, freeze_note_at(f, i));
	for (size_t i = 0; set && i < patchset_left_out_count(set); i++) {
		const struct left_out *l = patchset_left_out_at(set, i);
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "name", l->name);
		jvalue_set_string(one, "version", l->version);
		jvalue_set_string(one, "architecture", l->architecture);
		jvalue_set_string(one, "platform", l->platform);
		jvalue_set_string(one, "reason", l->reason);
		jvalue_add(left_out, one);
	}
	jvalue_set_string(told, "release", arg_at(inv, 0));
	jvalue_set_string(told, "set", set ? patchset_digest(set) : NULL);
	jvalue_set_string(told, "candidate", set ? freeze_candidate(f) : NULL);
	jvalue_set_bool(told, "is_unchanged", freeze_is_unchanged(f));
	jvalue_set_integer(told, "size", (int64_t)frozen_size(f));
	jvalue_set(told, "packages", table_json(packages));
	jvalue_set(told, "environments", table_json(environments));
	jvalue_set(told, "left_out", left_out);
	jvalue_set(told, "not_planned_for", unplanned_json(f));
	jvalue_set(told, "notes", notes);
	output_json(told);
}

static int make(
	struct invocation *inv, const struct config *config, struct freeze **out, struct error *err)
{
	CLEANUP(progress_free) struct progress *progress = progress_new("fetch");
	CLEANUP(free) const char **only = option_values(inv, "only");
	CLEANUP(free) const char **except = option_values(inv, "except");
	CLEANUP(free) const char **fixes = option_values(inv, "fix");
	const struct environment *environment = NULL;
	struct store *store = NULL;

	if (fixes && (only || option_is_set(inv, "security-only")))
		return error_set(err, ERR_USAGE,
			"--fix says what is frozen; --only and --security-only cannot be given with it");
	if (option_value(inv, "for") &&
		need_environment(inv, "for", &config, &environment, err) < 0)
		return -1;
	if (environment && environment->original)
		return error_set(err, ERR_USAGE, "'%s' is a clone: freeze for '%s'",
			environment->name, environment->original->name);
	if (need_store(inv, &store, err) < 0)
		return -1;

	struct freeze_request request = {
		.config = config,
		.store = store,
		.release = arg_at(inv, 0),
		.actor = actor(inv),
		.is_security_only = option_is_set(inv, "security-only"),
		.only = only,
		.except = except,
		.fixes = fixes,
		.environment = environment,
		.wants_all_hosts = option_is_set(inv, "all-hosts"),
		.is_dry_run = is_dry_run(inv),
		.on_progress = show_progress,
		.context = progress,
	};

	return freeze_make(&request, out, err);
}

int cmd_freeze(struct invocation *inv, struct error *err)
{
	CLEANUP(freeze_free) struct freeze *f = NULL;
	const struct config *config = NULL;

	if (need_config(inv, &config, err) < 0 || make(inv, config, &f, err) < 0)
		return -1;
	(wants_json(inv) ? print_json : print_people)(inv, f, config);
	return 0;
}
