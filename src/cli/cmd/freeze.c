/* SPDX-License-Identifier: Apache-2.0 */
#include "present/freeze.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/frozen.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "model/config.h"
#include "model/patchset.h"
#include "present/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_freeze_progress(void *context, uint64_t done, uint64_t total, const char *words)
{
	progress_update(context, done, total, words);
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
		words = mem_room(words, found, &capacity, sizeof *words);
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

static void print_freeze_text(
	const struct invocation *inv, const struct freeze *f, const struct config *config)
{
	bool tells_why = option_value(inv, "fix") || option_value(inv, "only") ||
			 option_is_set(inv, "security-only");
	CLEANUP(freeze_card_done)
	struct freeze_card card = freeze_card_of(f, config, arg_at(inv, 0), tells_why);
	size_t advisory_count = 0;
	CLEANUP(free) char *advisories = all_advisories(f, &advisory_count);
	char size[SIZE_TEXT_SIZE];

	output_table(&frozen_item_view, card.packages.items, card.packages.count,
		"Nothing is pending on any host");
	output_heading("%zu packages, %s", freeze_count(f), size_format(card.size, size));
	if (!option_value(inv, "for"))
		output_table(&freeze_place_view, card.places.items, card.places.count, NULL);
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

static void print_freeze_json(
	const struct invocation *inv, const struct freeze *f, const struct config *config)
{
	CLEANUP(freeze_card_done)
	struct freeze_card card = freeze_card_of(f, config, arg_at(inv, 0), true);

	output_row(inv, &freeze_card_view, &card);
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
		.on_progress = show_freeze_progress,
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
	(wants_json(inv) ? print_freeze_json : print_freeze_text)(inv, f, config);
	return 0;
}
