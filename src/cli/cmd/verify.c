/* SPDX-License-Identifier: Apache-2.0 */
#include "content/verify.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "content/setfile.h"
#include "model/config.h"
#include "present/finding.h"
#include "present/words.h"
#include "store/configuration.h"
#include "store/event.h"
#include "store/set.h"
#include "store/store.h"

#include <stdio.h>

/* A damage is a finding; that the looking itself failed is an error. */
static int note_damage(struct verify_card *c, const char *kind, const char *name, struct error *err)
{
	if (err->kind != ERR_CORRUPT)
		return -1;
	view_rows_copy(&c->damages, &damage_item_view,
		&(struct damage_item){ kind, name, err->text, false });
	return 0;
}

static int check_store(struct verify_card *c, struct store *store, struct error *err)
{
	if (store_check(store, err) < 0 && note_damage(c, "database", "patchline.db", err) < 0)
		return -1;
	if (store_event_verify(store, &c->events, err) < 0 &&
		note_damage(c, "record", "audit record", err) < 0)
		return -1;
	if (store_configurations_verify(store, err) < 0 &&
		note_damage(c, "record", "configurations", err) < 0)
		return -1;
	return 0;
}

/* What has its manifest, verify_content() looks at; what was cleaned has none. */
static int check_manifests(
	struct verify_card *c, const struct config *config, struct store *store, struct error *err)
{
	CLEANUP(set_rows_done) struct set_rows rows = { 0 };

	if (store_sets(store, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		CLEANUP(free) char *name = mem_printf("set %.12s", rows.items[i].digest);

		if (!rows.items[i].cleaned_at &&
			!setfile_exists(config->state, rows.items[i].digest))
			view_rows_copy(&c->damages, &damage_item_view,
				&(struct damage_item){
					finding_name(FINDING_MANIFEST), name, "missing", false });
	}
	return 0;
}

static int check_content(
	struct verify_card *c, const struct config *config, bool repairs, struct error *err)
{
	struct verify_options options = { .is_offline = !repairs };

	CLEANUP(verify_report_done) struct verify_report report = { 0 };

	if (verify_content(config, &options, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++) {
		const struct finding *f = &report.findings[i];

		view_rows_copy(&c->damages, &damage_item_view,
			&(struct damage_item){
				finding_name(f->kind), f->name, f->problem, f->is_mended });
	}
	c->sets = report.sets;
	c->files = report.files;
	c->bytes = report.bytes;
	return 0;
}

/* Those that are not mended. */
static size_t count_open(const struct verify_card *c)
{
	const struct damage_item *items = c->damages.items;
	size_t open = 0;

	for (size_t i = 0; i < c->damages.count; i++)
		open += !items[i].is_mended;
	return open;
}

static void print_checked(const struct verify_card *c)
{
	char bytes[SIZE_TEXT_SIZE];

	output_table(&damage_item_view, c->damages.items, c->damages.count, NULL);
	printf("%s%lld event%s, %zu set%s, %zu file%s (%s) looked at: %s\n",
		c->damages.count ? "\n" : "", (long long)c->events, c->events == 1 ? "" : "s",
		c->sets, c->sets == 1 ? "" : "s", c->files, c->files == 1 ? "" : "s",
		size_format(c->bytes, bytes),
		!c->is_good        ? "not as it was"
		: c->damages.count ? "all as it was again"
				   : "all as it was");
}

int cmd_verify(struct invocation *inv, struct error *err)
{
	CLEANUP(verify_card_done) struct verify_card c = { 0 };
	bool repairs = option_is_set(inv, "repair");
	const struct config *config = NULL;
	struct store *store = NULL;
	size_t open = 0;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		check_store(&c, store, err) < 0 || check_manifests(&c, config, store, err) < 0 ||
		check_content(&c, config, repairs, err) < 0)
		return -1;
	open = count_open(&c);
	c.is_good = !open;
	if (wants_json(inv))
		output_row(inv, &verify_card_view, &c);
	else
		print_checked(&c);
	if (!open)
		return 0;
	return error_set(err, ERR_CORRUPT, "%zu problem%s found%s", open, open == 1 ? "" : "s",
		repairs ? " that could not be mended"
			: "; 'patchline verify --repair' fetches again what a source still has");
}
