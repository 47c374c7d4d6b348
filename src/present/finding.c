/* SPDX-License-Identifier: Apache-2.0 */
#include "present/finding.h"

#include "base/mem.h"
#include "fleet/finding.h"

#include <stdlib.h>

#define CHECK(target)   AT(struct check_item, target)
#define FINDING(target) VIA(struct host_finding, finding, target)
#define DAMAGE(target)  AT(struct damage_item, target)
#define VERIFY(target)  AT(struct verify_card, target)

static const char *check_status_name(enum check_status status)
{
	static const char *const names[CHECK_STATUS_COUNT] = {
		[CHECK_GOOD] = "good",
		[CHECK_WARNING] = "warning",
		[CHECK_WRONG] = "wrong",
	};

	return names[status];
}

/* clang-format off */
static const struct field check_fields[] = {
	{ "status", "STATUS",     FIELD_TEXT,  CHECK(status), .word = check_status_name },
	{ "area",   "AREA",       FIELD_TEXT,  CHECK(area) },
	{ "name",   "NAME",       FIELD_TEXT,  CHECK(name) },
	{ "what",   "WHAT",       FIELD_PROSE, CHECK(what) },
	{ "todo",   "WHAT TO DO", FIELD_PROSE, CHECK(todo) },
};

static const struct field finding_fields[] = {
	{ "host",     "HOST",       FIELD_TEXT,  AT(struct host_finding, host) },
	{ "check",    "CHECK",      FIELD_TEXT,  FINDING(check) },
	{ "severity", "SEVERITY",   FIELD_TEXT,  FINDING(severity), .word = severity_name },
	{ "what",     "WHAT",       FIELD_PROSE, FINDING(what) },
	{ "todo",     "WHAT TO DO", FIELD_PROSE, FINDING(remedy) },
};

static const struct field damage_fields[] = {
	{ "kind",      "KIND",    FIELD_TEXT,  DAMAGE(kind) },
	{ "name",      "WHAT",    FIELD_PROSE, DAMAGE(name) },
	{ "is_mended", "MENDED",  FIELD_FLAG,  DAMAGE(is_mended) },
	{ "problem",   "PROBLEM", FIELD_PROSE, DAMAGE(problem) },
};

const struct view check_item_view = VIEW_OF(struct check_item, check_fields);
const struct view host_finding_view = VIEW_OF(struct host_finding, finding_fields);
const struct view damage_item_view = VIEW_OF(struct damage_item, damage_fields);

static const struct field verify_fields[] = {
	{ "is_good",  NULL, FIELD_FLAG,   VERIFY(is_good) },
	{ "events",   NULL, FIELD_NUMBER, VERIFY(events) },
	{ "sets",     NULL, FIELD_NUMBER, VERIFY(sets) },
	{ "files",    NULL, FIELD_NUMBER, VERIFY(files) },
	{ "bytes",    NULL, FIELD_SIZE,   VERIFY(bytes) },
	{ "problems", NULL, FIELD_LIST,   LIST_AT(struct verify_card, damages), .view = &damage_item_view },
};
/* clang-format on */

const struct view verify_card_view = VIEW_OF(struct verify_card, verify_fields);

void check_results_add(struct check_results *c, const struct check_result *result)
{
	c->items = mem_room(c->items, c->count, &c->capacity, sizeof *c->items);
	c->items[c->count++] = (struct check_item){
		.status = result->status,
		.area = mem_strdup(result->area),
		.name = mem_strdup(result->name),
		.what = mem_strdup(result->what),
		.todo = mem_strdup(result->todo),
	};
}

void check_results_done(struct check_results *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].area);
		free(c->items[i].name);
		free(c->items[i].what);
		free(c->items[i].todo);
	}
	free(c->items);
	*c = (struct check_results){ 0 };
}

void verify_card_add(struct verify_card *c, const char *kind, const char *name, bool is_mended,
	const char *problem)
{
	if (c->damages.count == c->damages.capacity)
		c->damages.items =
			mem_grow(c->damages.items, &c->damages.capacity, sizeof *c->damages.items);
	c->damages.items[c->damages.count++] = (struct damage_item){
		.kind = mem_strdup(kind),
		.name = mem_strdup(name),
		.problem = mem_strdup(problem),
		.is_mended = is_mended,
	};
}

void verify_card_done(struct verify_card *c)
{
	for (size_t i = 0; i < c->damages.count; i++) {
		free(c->damages.items[i].kind);
		free(c->damages.items[i].name);
		free(c->damages.items[i].problem);
	}
	free(c->damages.items);
	*c = (struct verify_card){ 0 };
}
