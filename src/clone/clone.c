/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/clone.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "clone/clone_private.h"
#include "clone/sink.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

#define PROVIDER_NAME_MAX 80
#define STOP_TIMEOUT_MS   INT64_C(60000)

char *clone_folder(const struct config *config, const struct clone_row *row)
{
	return mem_printf("%s/clones/%s", config->state, row->known_as);
}

char *clone_record_path(const struct config *config, const struct clone_row *row)
{
	CLEANUP(free) char *folder = clone_folder(config, row);

	return mem_printf("%s/sink", folder);
}

/* ---- taking it up ---- */

static struct clone *clone_new(const struct clone_request *request)
{
	struct clone *c = mem_new(1, sizeof *c);

	c->request = *request;
	return c;
}

void clone_close(struct clone *c)
{
	if (!c)
		return;
	provider_close(c->session);
	clone_row_done(&c->row);
	free(c->provider_name);
	free(c);
}

int clone_begin(const struct clone_request *request, const struct clone_row_draft *draft,
	struct clone **out, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = clone_new(request);
	const struct environment *e = request->original;
	struct clone_row_draft whole = *draft;

	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"'%s' cannot be cloned: it names no provider; add 'clone: {provider: NAME}' to it in %s",
			e->name, request->config->path);
	if (strlen(e->name) > PROVIDER_NAME_MAX - strlen("-clone-000000-00000000"))
		return error_set(err, ERR_USAGE, "the name '%s' is too long for a clone", e->name);
	whole.environment = e->name;
	whole.provider = e->clone.provider;
	if (!whole.expires_at)
		whole.expires_at = clock_now() + e->clone.expires;
	if (store_clone_add(request->store, &whole, request->actor, &c->row, err) < 0)
		return -1;
	c->provider_name = mem_strdup(c->row.known_as);
	*out = STEAL(&c);
	return 0;
}

int clone_open(
	const struct clone_request *request, int64_t number, struct clone **out, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = clone_new(request);
	CLEANUP(free)
	char *name = mem_printf("%s/clone-%lld", request->original->name, (long long)number);

	if (store_clone_find(request->store, name, &c->row, err) < 0 ||
		clone_journal_close(c, err) < 0)
		return -1;
	c->provider_name = mem_strdup(c->row.known_as);
	*out = STEAL(&c);
	return 0;
}

const struct clone_row *clone_row_of(const struct clone *c)
{
	return &c->row;
}

const char *clone_name(const struct clone *c)
{
	return c->row.name;
}

const char *clone_provider_name(const struct clone *c)
{
	return c->provider_name;
}

struct provider_target clone_target(const struct clone *c, const char *const *hosts)
{
	return (struct provider_target){ c->provider_name, c->request.original, hosts };
}

struct provider_target clone_original_target(const struct clone *c, const char *const *hosts)
{
	return (struct provider_target){ NULL, c->request.original, hosts };
}

void clone_give_provider(struct clone *c, struct provider_session *session)
{
	provider_close(c->session);
	c->session = session;
}

int clone_provider(struct clone *c, struct provider_session **out, struct error *err)
{
	const struct clone_request *r = &c->request;
	const struct provider *p = config_provider(r->config, c->row.provider);
	struct provider_watch watch = { r->watch.on_progress, r->watch.context };

	if (!p)
		return error_set(err, ERR_USAGE,
			"the provider '%s' of %s is no longer configured: add it to %s again",
			c->row.provider, c->row.name, r->config->path);
	if (!c->session && provider_open(p, &r->config->ssh, &watch, &c->session, err) < 0)
		return -1;
	*out = c->session;
	return 0;
}

/* ---- copying ---- */

static int act_take(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	CLEANUP(taken_done) struct taken taken = { 0 };
	struct provider_session *session = NULL;
	struct provider_target target = clone_target(c, NULL);

	(void)context;
	if (clone_provider(c, &session, err) < 0 ||
		provider_clone(session, &target, &taken, err) < 0)
		return -1;

	CLEANUP(free) char *text = jvalue_write(taken.json);

	trace->details = jvalue_copy(taken.json);
	return clone_note(c, (struct clone_change){ .taken = text }, err);
}

int clone_take(struct clone *c, struct error *err)
{
	return clone_do(c, "clone", "", act_take, NULL, err);
}

static int act_take_back(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_session *session = NULL;

	(void)context;
	(void)trace;
	if (clone_note(c, (struct clone_change){ .taken = "{}" }, err) < 0 ||
		clone_provider(c, &session, err) < 0)
		return -1;
	return provider_remove(session, c->provider_name, err);
}

int clone_take_back(struct clone *c, struct error *err)
{
	return clone_do(c, "take-back", "", act_take_back, NULL, err);
}

/* ---- starting and stopping ---- */

static int act_start(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct clone_request *r = &c->request;
	CLEANUP(machines_done) struct machines machines = { 0 };
	CLEANUP(free) char *record = clone_record_path(r->config, &c->row);
	CLEANUP(free) char *folder = clone_folder(r->config, &c->row);
	struct provider_fence fence = { &r->original->clone.fence, record };
	struct provider_target target = clone_target(c, NULL);
	struct provider_session *session = NULL;

	(void)context;
	if (dir_make(folder, 0700, err) < 0 || clone_provider(c, &session, err) < 0 ||
		provider_start(session, &target, &fence, &machines, err) < 0)
		return -1;

	CLEANUP(free) char *text = jvalue_write(machines.json);

	trace->details = jvalue_copy(machines.json);
	return clone_note(c, (struct clone_change){ .machines = text }, err);
}

int clone_start(struct clone *c, struct error *err)
{
	const struct environment *e = c->request.original;

	if (e->has_personal_data && !environment_is_sanitized(e))
		return error_set(err, ERR_REFUSED,
			"%s may not start: '%s' holds personal data, and no group of it names a sanitize program",
			c->row.name, e->name);
	if (sanitize_check(c, err) < 0)
		return -1;
	return clone_do(c, "start", "", act_start, NULL, err);
}

static int act_stop(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_target target = clone_target(c, NULL);
	struct provider_session *session = NULL;

	(void)context;
	(void)trace;
	if (clone_provider(c, &session, err) < 0 ||
		provider_stop(session, &target, STOP_TIMEOUT_MS, err) < 0)
		return -1;
	return clone_note(c, (struct clone_change){ .machines = "{}" }, err);
}

int clone_stop(struct clone *c, struct error *err)
{
	return clone_do(c, "stop", "", act_stop, NULL, err);
}

/* ---- removing ---- */

/* What the sink recorded may be somebody's: the figures stay, the record goes. */
static int drop_files(struct clone *c, struct jvalue *details, struct error *err)
{
	CLEANUP(free) char *record = clone_record_path(c->request.config, &c->row);
	CLEANUP(free) char *folder = clone_folder(c->request.config, &c->row);
	CLEANUP(sink_tally_done) struct sink_tally tally = { 0 };

	if (sink_tally_read(record, 1, &tally, err) < 0)
		return -1;
	jvalue_set_integer(details, "messages", (int64_t)tally.messages);
	jvalue_set_integer(details, "requests", (int64_t)tally.requests);
	return file_remove_all(folder, err);
}

char *clone_swap_point(const struct clone *c)
{
	return mem_printf("swapped-%s", c->provider_name);
}

static int act_forget_swap(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_target target = clone_original_target(c, NULL);
	CLEANUP(free) char *name = clone_swap_point(c);
	struct provider_session *session = NULL;

	(void)context;
	(void)trace;
	if (clone_provider(c, &session, err) < 0)
		return -1;
	return provider_can(session, "forget") ? provider_forget(session, &target, name, err) : 0;
}

static int act_remove(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_session *session = NULL;

	(void)context;
	trace->details = jvalue_object();
	if (clone_provider(c, &session, err) < 0 ||
		provider_remove(session, c->provider_name, err) < 0)
		return -1;
	return drop_files(c, trace->details, err);
}

int clone_remove(struct clone *c, struct error *err)
{
	if (c->row.state == CLONE_REMOVED)
		return 0;
	if (c->row.state != CLONE_REMOVING && clone_move(c, CLONE_REMOVING, NULL, err) < 0)
		return -1;
	if ((clone_has_done(c, "swap", "") &&
		    clone_do(c, "forget-swap", "", act_forget_swap, NULL, err) < 0) ||
		clone_do(c, "remove", "", act_remove, NULL, err) < 0 ||
		clone_note(c, (struct clone_change){ .machines = "{}" }, err) < 0)
		return -1;
	return clone_move(c, CLONE_REMOVED, NULL, err);
}
