/* SPDX-License-Identifier: Apache-2.0 */
#include "content/verify.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "content/setfile.h"
#include "model/config.h"
#include "present/words.h"
#include "store/configuration.h"
#include "store/event.h"
#include "store/set.h"
#include "store/store.h"

#include <stdio.h>

static const struct column columns[] = {
	{ "kind", "KIND", COLUMN_TEXT },
	{ "name", "WHAT", COLUMN_PROSE },
	{ "is_mended", "MENDED", COLUMN_FLAG },
	{ "problem", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

/* What was looked at, and what is wrong with it. */
struct checked {
	struct table *problems; /* owned */
	int64_t events;
	struct verify_report content;
	size_t open; /* problems that are not mended */
};

static void checked_done(struct checked *c)
{
	table_free(c->problems);
	verify_report_done(&c->content);
}
CLEANUP_DONE(struct checked, checked_done)

static void add_problem(struct checked *c, const char *kind, const char *name, const char *problem)
{
	table_row(c->problems);
	table_text(c->problems, "kind", kind);
	table_text(c->problems, "name", name);
	table_number(c->problems, "is_mended", 0);
	table_text(c->problems, "problem", problem);
	c->open++;
}

/* A damage is a finding; that the looking itself failed is an error. */
static int note(struct checked *c, const char *kind, const char *name, struct error *err)
{
	if (err->kind != ERR_CORRUPT)
		return -1;
	add_problem(c, kind, name, err->text);
	return 0;
}

static int check_store(struct checked *c, struct store *store, struct error *err)
{
	if (store_check(store, err) < 0 && note(c, "database", "patchline.db", err) < 0)
		return -1;
	if (store_event_verify(store, &c->events, err) < 0 &&
		note(c, "record", "audit record", err) < 0)
		return -1;
	if (store_configurations_verify(store, err) < 0 &&
		note(c, "record", "configurations", err) < 0)
		return -1;
	return 0;
}

/* What has its manifest, verify_content() looks at. */
static int check_manifests(
	struct checked *c, const struct config *config, struct store *store, struct error *err)
{
	CLEANUP(set_rows_done) struct set_rows rows = { 0 };

	if (store_sets(store, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		CLEANUP(free) char *name = mem_printf("set %.12s", rows.items[i].digest);

		if (!setfile_exists(config->state, rows.items[i].digest))
			add_problem(c, finding_name(FINDING_MANIFEST), name, "missing");
	}
	return 0;
}

static int check_content(
	struct checked *c, const struct config *config, bool repairs, struct error *err)
{
	struct verify_options options = { .is_offline = !repairs };

	if (verify_content(config, &options, &c->content, err) < 0)
		return -1;
	for (size_t i = 0; i < c->content.count; i++) {
		const struct finding *f = &c->content.findings[i];

		table_row(c->problems);
		table_text(c->problems, "kind", finding_name(f->kind));
		table_text(c->problems, "name", f->name);
		table_number(c->problems, "is_mended", f->is_mended);
		table_text(c->problems, "problem", f->problem);
	}
	c->open += c->content.count - c->content.mended;
	return 0;
}

static void print_checked(const struct invocation *inv, const struct checked *c)
{
	char bytes[SIZE_TEXT_SIZE];

	if (wants_json(inv)) {
		struct jvalue *told = jvalue_object();

		jvalue_set_bool(told, "is_good", !c->open);
		jvalue_set_integer(told, "events", c->events);
		jvalue_set_integer(told, "sets", (int64_t)c->content.sets);
		jvalue_set_integer(told, "files", (int64_t)c->content.files);
		jvalue_set_integer(told, "bytes", (int64_t)c->content.bytes);
		jvalue_set(told, "problems", table_json(c->problems));
		output_json(told);
		return;
	}
	table_print(c->problems, NULL, stdout);
	printf("%s%lld event%s, %zu set%s, %zu file%s (%s) looked at: %s\n",
		table_count(c->problems) ? "\n" : "", (long long)c->events,
		c->events == 1 ? "" : "s", c->content.sets, c->content.sets == 1 ? "" : "s",
		c->content.files, c->content.files == 1 ? "" : "s",
		size_format(c->content.bytes, bytes),
		c->open                    ? "not as it was"
		: table_count(c->problems) ? "all as it was again"
					   : "all as it was");
}

int cmd_verify(struct invocation *inv, struct error *err)
{
	CLEANUP(checked_done) struct checked c = { .problems = table_new(columns) };
	bool repairs = option_is_set(inv, "repair");
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		check_store(&c, store, err) < 0 || check_manifests(&c, config, store, err) < 0 ||
		check_content(&c, config, repairs, err) < 0)
		return -1;
	print_checked(inv, &c);
	if (!c.open)
		return 0;
	return error_set(err, ERR_CORRUPT, "%zu problem%s found%s", c.open, c.open == 1 ? "" : "s",
		repairs ? " that could not be mended"
			: "; 'patchline verify --repair' fetches again what a source still has");
}
