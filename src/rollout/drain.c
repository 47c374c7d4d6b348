/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/drain.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "fleet/balancer.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/place.h"
#include "store/debt.h"

#include <string.h>

#define MS     1000
#define MARGIN 30 /* seconds for talking, beside what is waited for */

/* ---- who does it ---- */

/* The host of that name, as the environment of the call sees it: a clone has its own. NULL when it has none. */
static const struct host *find_balancer(const struct drain_call *call, const char *name)
{
	const struct environment *e = call->environment;

	struct place found = { 0 };

	if (!e->original)
		return config_find_host(call->config, name, &found) ? found.host : NULL;
	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		if (str_equal(host_plain_name(at.host), name))
			return at.host;
	}
	return NULL;
}

static bool has_balancer(const struct drain_call *call)
{
	for (const char *const *name = call->group->drain.on; *name; name++) {
		if (find_balancer(call, *name))
			return true;
	}
	return false;
}

bool drain_is_meant(const struct drain_call *call, const char **why)
{
	const char *words = "";
	enum drain_driver driver = call->group->drain.driver;

	if (call->environment->original && driver == DRAIN_COMMAND)
		words = "its load stays: commands that drain are not run for a clone";
	if (call->environment->original && driver == DRAIN_HAPROXY && !has_balancer(call))
		words = "its load stays: the clone has no copy of its load balancer";
	if (why)
		*why = words;
	return driver != DRAIN_NONE && !*words;
}

/* ---- HAProxy ---- */

/* "{host}" and "{address}" as the balancer knows them: inside a clone those of its original. Owned by the caller. */
static char *name_server(const struct drain_call *call)
{
	const struct host *known = call->host->original ? call->host->original : call->host;
	CLEANUP(str_done) struct str s = { 0 };

	for (const char *at = call->group->drain.server; *at;) {
		bool is_host = str_starts(at, "{host}"), is_address = str_starts(at, "{address}");

		if (is_host || is_address) {
			str_add(&s, is_host ? known->name : known->address);
			at = strchr(at, '}') + 1;
		} else {
			str_add_bytes(&s, at++, 1);
		}
	}
	return str_take(&s);
}

/* Each line into the log, warnings for everybody as well. */
static void drain_note(struct drain_told *told, const char *where, char *output)
{
	static const char warning[] = "warning: ";

	for (char *rest = output, *line = strtok_r(rest, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		str_addf(&told->log, "%s: %s\n", where, line);
		if (str_starts(line, warning))
			str_addf(&told->warnings, "%s%s", told->warnings.size ? "; " : "",
				line + strlen(warning));
	}
}

typedef int ask_balancer(struct session *session, const struct balancer_order *order,
	int64_t timeout_ms, char **out, struct error *err);

static int ask_one(const struct drain_call *call, const struct host *balancer, ask_balancer *ask,
	const struct balancer_order *order, struct drain_told *told, struct error *err)
{
	CLEANUP(session_close) struct session *session = session_new(call->pool, balancer);
	CLEANUP(free) char *output = NULL;
	int64_t limit = (order->timeout + 2 * order->settle + MARGIN) * MS;

	if (limit > call->timeout_ms)
		limit = call->timeout_ms;
	if (ask(session, order, limit, &output, err) < 0) {
		str_addf(&told->log, "%s: %s\n", balancer->name, err->text);
		err->kind = ERR_SYSTEM; /* it is not the host that was not reached */
		return error_wrap(err, "load balancer '%s'", balancer->name);
	}
	drain_note(told, balancer->name, output);
	return 0;
}

static int ask_named(const struct drain_call *call, const char *name, ask_balancer *ask,
	const struct balancer_order *order, struct drain_told *told, struct error *err)
{
	const struct host *balancer = find_balancer(call, name);

	if (balancer)
		return ask_one(call, balancer, ask, order, told, err);
	if (!call->environment->original)
		return error_set(err, ERR_SYSTEM,
			"there is no host '%s': see 'drain' of group '%s'", name,
			call->group->name);
	str_addf(&told->log, "the clone has no copy of '%s'\n", name);
	return 0;
}

/* Every balancer is asked, also after one failed: what can be given back is. The first error is told. */
static int ask_all(const struct drain_call *call, ask_balancer *ask,
	const struct balancer_order *order, struct drain_told *told, struct error *err)
{
	int result = 0;

	for (const char *const *name = call->group->drain.on; *name; name++) {
		struct error one = { 0 };

		if (ask_named(call, *name, ask, order, told, &one) == 0)
			continue;
		if (result == 0)
			*err = one;
		result = -1;
	}
	return result;
}

static struct balancer_order write_order(const struct drain_call *call, const char *server)
{
	const struct drain_policy *policy = &call->group->drain;

	return (struct balancer_order){
		.socket = policy->socket,
		.backends = policy->backends,
		.server = server,
		.min_healthy = call->group->min_healthy,
		.timeout = policy->timeout,
		.settle = policy->settle,
		.is_strict = policy->after_timeout == AFTER_TIMEOUT_FAIL,
	};
}

static int haproxy_out(const struct drain_call *call, struct drain_told *told, struct error *err)
{
	CLEANUP(free) char *server = name_server(call);
	const struct balancer_order order = write_order(call, server);

	return ask_all(call, balancer_drain, &order, told, err);
}

/* A service that has just started may take as long to be found well as the group has patience. */
static int haproxy_in(const struct drain_call *call, struct drain_told *told, struct error *err)
{
	CLEANUP(free) char *server = name_server(call);
	struct balancer_order order = write_order(call, server);

	order.timeout = call->group->patience;
	order.is_by_hand = call->is_by_hand;
	return ask_all(call, balancer_undrain, &order, told, err);
}

/* ---- commands ---- */

static int drain_command(const struct drain_call *call, const char *command, const char *action,
	struct drain_told *told, struct error *err)
{
	const struct {
		const char *name, *value;
	} words[] = {
		{ "ACTION", action },
		{ "HOST", call->host->name },
		{ "ADDRESS", call->host->address },
		{ "ENVIRONMENT", call->environment->name },
		{ "GROUP", call->group->name },
		{ "CANDIDATE", call->candidate },
	};
	enum { WORDS = sizeof words / sizeof *words };
	char *environment[WORDS + 2] = { NULL };
	CLEANUP(process_result_done) struct process_result result = { 0 };
	int64_t limit = (call->group->drain.timeout + 1) * MS;
	struct process_options options = {
		.argv = (const char *const[]){ "sh", "-c", command, NULL },
		.environment = (const char *const *)environment,
		.timeout_ms = limit < call->timeout_ms ? limit : call->timeout_ms,
		.merge_output = true,
	};

	for (size_t i = 0; i < WORDS; i++)
		environment[i] = mem_printf("PATCHLINE_%s=%s", words[i].name, words[i].value);
	environment[WORDS] = mem_printf("PATCHLINE_ROLLOUT=rollout-%lld", (long long)call->rollout);

	int started = process_run(&options, &result, err);

	for (size_t i = 0; i <= WORDS; i++)
		free(environment[i]);
	if (started < 0)
		return -1;
	str_add(&told->log, result.output);
	if (result.is_timed_out)
		return error_set(err, ERR_SYSTEM, "'%s' had not ended after %llds", command,
			(long long)call->group->drain.timeout);
	if (result.exit_status != 0)
		return error_set(err, ERR_SYSTEM, "'%s' ended with %d: %.300s", command,
			result.exit_status, str_trim(result.output));
	return 0;
}

/* ---- both ---- */

int drain_out(const struct drain_call *call, struct drain_told *told, struct error *err)
{
	const char *why = "";

	if (!drain_is_meant(call, &why)) {
		str_addf(&told->log, "%s\n", why);
		return 0;
	}
	if (call->group->drain.driver == DRAIN_COMMAND)
		return drain_command(call, call->group->drain.out, "drain", told, err);
	return haproxy_out(call, told, err);
}

int drain_in(const struct drain_call *call, struct drain_told *told, struct error *err)
{
	const char *why = "";

	if (!drain_is_meant(call, &why)) {
		str_addf(&told->log, "%s\n", why);
		return 0;
	}
	if (call->group->drain.driver == DRAIN_COMMAND)
		return drain_command(call, call->group->drain.in, "undrain", told, err);
	return haproxy_in(call, told, err);
}

/* ---- a balancer that forgot ---- */

/* The one that is owed its load, when it is this balancer that keeps it out: a clone's does so for its clone alone. */
static bool find_kept_out(
	const struct drain_call *balancer, const struct debt_row *row, struct drain_call *out)
{
	const struct environment *e = balancer->environment;
	struct place at = { 0 };

	if (row->debt != DEBT_SERVICE ||
		!(e->original ? environment_find_host(e, row->host, &at)
			      : config_find_host(balancer->config, row->host, &at)) ||
		at.group->drain.driver != DRAIN_HAPROXY)
		return false;
	*out = *balancer;
	out->environment = at.environment;
	out->group = at.group;
	out->host = at.host;
	for (const char *const *name = out->group->drain.on; *name; name++) {
		if (find_balancer(out, *name) == balancer->host)
			return true;
	}
	return false;
}

/* At once, whoever else is up: it was out already. */
static int keep_out(const struct drain_call *owed, const struct host *balancer,
	struct drain_told *told, struct error *err)
{
	CLEANUP(free) char *server = name_server(owed);
	struct balancer_order order = write_order(owed, server);

	order.min_healthy = 0;
	order.timeout = order.settle = 0;
	order.is_strict = false;
	if (ask_one(owed, balancer, balancer_drain, &order, told, err) < 0)
		return error_wrap(err, "'%s' may be in service again", owed->host->name);
	return 0;
}

int drain_keep_out(const struct drain_call *call, struct store *store, struct drain_told *told,
	struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };
	int result = 0;

	if (store_debts(store, NULL, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		struct drain_call owed;
		struct error one = { 0 };

		if (!find_kept_out(call, &rows.items[i], &owed) ||
			keep_out(&owed, call->host, told, &one) == 0)
			continue;
		if (result == 0)
			*err = one;
		result = -1;
	}
	return result;
}

void drain_told_done(struct drain_told *told)
{
	str_done(&told->log);
	str_done(&told->warnings);
}
