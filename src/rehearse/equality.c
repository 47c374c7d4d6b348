/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/equality.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/hoststate_diff.h"
#include "model/place.h"
#include "store/host.h"

#include <stdlib.h>
#include <string.h>

const char *equality_verdict(const struct equality *e)
{
	return e->count ? "differs" : "equal";
}

/* ---- two states ---- */

/* "1.22.1-9", "1.22.1-9 (in part)", "" when the package is not there; owned by the caller. */
static char *version_words(const struct installed *p)
{
	return mem_printf("%s%s", p ? p->version : "", p && p->is_broken ? " (in part)" : "");
}

static void unequal_add(struct equality *e, const char *host, const struct installed *original,
	const struct installed *clone)
{
	const struct installed *any = original ? original : clone;
	CLEANUP(free) char *there = version_words(original);
	CLEANUP(free) char *here = version_words(clone);

	if (strcmp(there, here) == 0)
		return;
	e->items = mem_room(e->items, e->count, &e->capacity, sizeof *e->items);
	e->items[e->count++] = (struct unequal){
		.host = mem_strdup(host),
		.name = mem_strdup(any->name),
		.architecture = mem_strdup(any->architecture),
		.original = STEAL(&there),
		.clone = STEAL(&here),
	};
}

void equality_add(struct equality *e, const char *host, const struct hoststate *original,
	const struct hoststate *clone)
{
	size_t before = e->count;

	for (struct hoststate_diff at = { 0 }; hoststate_diff_next(original, clone, &at);)
		unequal_add(e, host, at.before, at.after);
	e->hosts++;
	e->equal_hosts += e->count == before;
}

/* ---- two environments ---- */

static int read_state(
	struct store *store, const char *host, struct hoststate **out, struct error *err)
{
	CLEANUP(host_row_done) struct host_row row = { 0 };

	if (store_host_find(store, host, &row, err) < 0)
		return -1;
	if (!row.state || row.error)
		return error_set(err, ERR_REFUSED, "%s could not be read: %s", host,
			row.error ? row.error : "it was never scanned");
	if (store_state_read(store, row.state, out, err) < 0)
		return error_wrap(err, "state of host '%s'", host);
	return 0;
}

static int equality_add_host(
	struct equality *e, struct store *store, const struct host *host, struct error *err)
{
	CLEANUP(hoststate_free) struct hoststate *original = NULL;
	CLEANUP(hoststate_free) struct hoststate *clone = NULL;
	const char *name = host_plain_name(host);

	if (read_state(store, name, &original, err) < 0 ||
		read_state(store, host->name, &clone, err) < 0)
		return -1;
	equality_add(e, name, original, clone);
	return 0;
}

int equality_find(struct store *store, const struct environment *clone, struct equality *out,
	struct error *err)
{
	CLEANUP(equality_done) struct equality e = { 0 };

	for (struct place at = { 0 }; environment_next_host(clone, &at);) {
		if (equality_add_host(&e, store, at.host, err) < 0)
			return error_wrap(err, "comparing '%s' with its original", clone->name);
	}
	*out = STEAL(&e);
	return 0;
}

struct jvalue *equality_json(const struct equality *e)
{
	struct jvalue *told = jvalue_object(), *differences = jvalue_array();

	for (size_t i = 0; i < e->count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "host", e->items[i].host);
		jvalue_set_string(one, "name", e->items[i].name);
		jvalue_set_string(one, "architecture", e->items[i].architecture);
		jvalue_set_string(one, "original", e->items[i].original);
		jvalue_set_string(one, "clone", e->items[i].clone);
		jvalue_add(differences, one);
	}
	jvalue_set_string(told, "verdict", equality_verdict(e));
	jvalue_set_integer(told, "hosts", (int64_t)e->hosts);
	jvalue_set_integer(told, "equal_hosts", (int64_t)e->equal_hosts);
	jvalue_set(told, "differences", differences);
	return told;
}

void equality_done(struct equality *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->items[i].host);
		free(e->items[i].name);
		free(e->items[i].architecture);
		free(e->items[i].original);
		free(e->items[i].clone);
	}
	free(e->items);
	*e = (struct equality){ 0 };
}
