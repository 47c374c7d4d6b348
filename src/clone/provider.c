/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/provider.h"

#include "base/clock.h"
#include "base/dialog.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/sink.h"
#include "model/config.h"
#include "model/place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROTOCOL            1
#define ANSWER_MAX          ((size_t)32 * 1024 * 1024)
#define DESCRIBE_TIMEOUT_MS INT64_C(30000)
#define SCRIPT_GRACE_MS     INT64_C(60000) /* past a script's own limit, for the provider to end it */

struct provider_session {
	const struct provider *provider;
	const struct ssh_settings *ssh;
	struct provider_watch watch;
	struct dialog *dialog; /* NULL after it broke: opened again for the next operation */
	int64_t last_id;
	char *label;
	struct jvalue *description; /* what describe answered */
};

/* ---- requests ---- */

static struct jvalue *words_json(const char *const *words)
{
	struct jvalue *list = jvalue_array();

	for (; words && *words; words++)
		jvalue_add_string(list, *words);
	return list;
}

static struct jvalue *options_json(const struct provider *p)
{
	struct jvalue *options = jvalue_object();

	for (const char *const *pair = p->options; pair && *pair; pair += 2)
		jvalue_set_string(options, pair[0], pair[1]);
	return options;
}

static struct jvalue *ssh_json(const struct ssh_settings *ssh, const char *user)
{
	struct jvalue *json = jvalue_object();

	jvalue_set_string(json, "config", ssh->config);
	jvalue_set_string(json, "known_hosts", ssh->known_hosts);
	jvalue_set(json, "identities", words_json(ssh->identities));
	jvalue_set_string(json, "user", user);
	return json;
}

static struct jvalue *host_json(
	const struct provider_session *s, const struct group *g, const struct host *h)
{
	struct jvalue *json = jvalue_object();
	const char *user = host_user(h, s->ssh, "");

	jvalue_set_string(json, "name", h->name);
	jvalue_set_string(json, "address", h->address);
	jvalue_set_integer(json, "port", h->port);
	jvalue_set_string(json, "user", user);
	jvalue_set_string(json, "group", g->name);
	jvalue_set(json, "data", words_json(g->data));
	jvalue_set(json, "ssh", ssh_json(s->ssh, user));
	return json;
}

static bool is_meant(const struct provider_target *target, const char *host)
{
	for (const char *const *name = target->hosts; name && *name; name++) {
		if (str_equal(*name, host))
			return true;
	}
	return !target->hosts;
}

static struct jvalue *hosts_json(
	const struct provider_session *s, const struct provider_target *target)
{
	struct jvalue *hosts = jvalue_array();

	for (struct place at = { 0 }; environment_next_host(target->environment, &at);) {
		if (is_meant(target, at.host->name))
			jvalue_add(hosts, host_json(s, at.group, at.host));
	}
	return hosts;
}

/* target: NULL where no machine is meant. */
static struct jvalue *request_new(const struct provider_session *s, const char *operation,
	const struct provider_target *target)
{
	struct jvalue *request = jvalue_object();

	jvalue_set_string(request, "op", operation);
	jvalue_set(request, "options", options_json(s->provider));
	if (target) {
		jvalue_set_string(request, "clone", target->clone);
		jvalue_set(request, "hosts", hosts_json(s, target));
	}
	return request;
}

/* ---- one question ---- */

static int open_dialog(struct provider_session *s, struct error *err)
{
	if (s->dialog)
		return 0;
	if (dialog_open(s->provider->command, &s->dialog, err) < 0)
		return error_wrap(err, "provider '%s'", s->provider->name);
	return 0;
}

/* The next line, which must be about the request. */
static int provider_receive(
	struct provider_session *s, int64_t deadline, struct reply *out, struct error *err)
{
	CLEANUP(free) char *line = NULL;
	int64_t left = deadline - clock_monotonic_ms();

	if (dialog_receive(s->dialog, ANSWER_MAX, left > 1 ? left : 1, &line, err) < 0)
		return -1;
	if (reply_read(line, out, err) < 0)
		return error_wrap(err, "its answer '%.60s'", line);
	if (out->id != s->last_id)
		return error_set(err, ERR_CORRUPT, "it answers request %lld, asked was %lld",
			(long long)out->id, (long long)s->last_id);
	return 0;
}

/* Lines until the one that ends the request. */
static int provider_await_end(
	struct provider_session *s, int64_t deadline, struct reply *out, struct error *err)
{
	CLEANUP(reply_done) struct reply r = { 0 };
	int result = provider_receive(s, deadline, &r, err);

	while (result == 0 && r.kind == REPLY_PROGRESS) {
		if (s->watch.on_progress)
			s->watch.on_progress(s->watch.context, r.progress);
		reply_done(&r);
		r = (struct reply){ 0 };
		result = provider_receive(s, deadline, &r, err);
	}
	if (result == 0)
		*out = STEAL(&r);
	return result;
}

/* After that the dialog is of no more use: nobody knows what the provider is doing. */
static int broken(struct provider_session *s, const char *operation, struct error *err)
{
	const char *words = dialog_last_words(s->dialog);
	int result = *words && err->kind == ERR_CORRUPT
			     ? error_wrap(err, "provider '%s': %s (it says: %.200s)",
				       s->provider->name, operation, words)
			     : error_wrap(err, "provider '%s': %s", s->provider->name, operation);

	dialog_close(STEAL(&s->dialog));
	return result;
}

/* Ask, and wait for the result. Takes the request. *out is the caller's: jvalue_free(). */
static int provider_ask(struct provider_session *s, struct jvalue *request, int64_t timeout_ms,
	struct jvalue **out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *asked = request;
	CLEANUP(reply_done) struct reply reply = { 0 };
	const char *operation = jvalue_string(request, "op");

	if (open_dialog(s, err) < 0)
		return -1;
	jvalue_set_integer(asked, "id", ++s->last_id);

	CLEANUP(free) char *line = jvalue_write(asked);

	dialog_send(s->dialog, line);
	if (provider_await_end(s, clock_monotonic_ms() + timeout_ms, &reply, err) < 0)
		return broken(s, operation, err);
	if (reply.kind == REPLY_ERROR) {
		*err = reply.error;
		return error_wrap(err, "provider '%s': %s", s->provider->name, operation);
	}
	*out = jvalue_copy(reply.result);
	return 0;
}

static int64_t time_limit_ms(const struct provider_session *s)
{
	return s->provider->timeout * 1000;
}

/* An operation that is not in its list is never asked for. */
static int provider_ask_known(struct provider_session *s, struct jvalue *request,
	int64_t timeout_ms, struct jvalue **out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *asked = request;
	const char *operation = jvalue_string(request, "op");

	if (!provider_can(s, operation))
		return error_set(err, ERR_USAGE, "provider '%s' (%s) does not know '%s'",
			s->provider->name, s->label, operation);
	return provider_ask(s, STEAL(&asked), timeout_ms, out, err);
}

static int provider_ask_about(struct provider_session *s, const char *operation,
	const struct provider_target *target, struct jvalue **out, struct error *err)
{
	return provider_ask_known(s, request_new(s, operation, target), time_limit_ms(s), out, err);
}

/* ---- the session ---- */

static int provider_describe(struct provider_session *s, struct error *err)
{
	int64_t limit =
		DESCRIBE_TIMEOUT_MS < time_limit_ms(s) ? DESCRIBE_TIMEOUT_MS : time_limit_ms(s);

	if (provider_ask(s, request_new(s, "describe", NULL), limit, &s->description, err) < 0)
		return -1;

	const char *name = jvalue_string(s->description, "name");
	const char *version = jvalue_string(s->description, "version");
	int64_t protocol = jvalue_integer(s->description, "protocol", 0);

	if (protocol != PROTOCOL)
		return error_set(err, ERR_CORRUPT,
			"provider '%s' speaks protocol %lld; this program speaks %d",
			s->provider->name, (long long)protocol, PROTOCOL);
	if (!name || !version)
		return error_set(err, ERR_CORRUPT,
			"provider '%s': describe: 'name' or 'version' is missing",
			s->provider->name);
	s->label = mem_printf("%s %s", name, version);
	return 0;
}

int provider_open(const struct provider *provider, const struct ssh_settings *ssh,
	const struct provider_watch *watch, struct provider_session **out, struct error *err)
{
	CLEANUP(provider_close) struct provider_session *s = mem_new(1, sizeof *s);

	s->provider = provider;
	s->ssh = ssh;
	if (watch)
		s->watch = *watch;
	if (provider_describe(s, err) < 0)
		return -1;
	*out = STEAL(&s);
	return 0;
}

void provider_close(struct provider_session *s)
{
	if (!s)
		return;
	dialog_close(s->dialog);
	jvalue_free(s->description);
	free(s->label);
	free(s);
}

const char *provider_label(const struct provider_session *s)
{
	return s->label;
}

static bool names_operation(const struct jvalue *list, const char *operation)
{
	for (size_t i = 0; i < jvalue_count(list); i++) {
		if (str_equal(jvalue_text(jvalue_at(list, i)), operation))
			return true;
	}
	return false;
}

bool provider_can(const struct provider_session *s, const char *operation)
{
	return names_operation(jvalue_get(s->description, "operations"), operation);
}

int provider_check_originals(
	const struct provider_session *s, const char *const *operations, struct error *err)
{
	const struct jvalue *originals = jvalue_get(jvalue_get(s->description, "can"), "originals");

	if (!originals)
		return error_set(err, ERR_REFUSED,
			"the provider '%s' (%s) does not say what it can do with originals: its answer to "
			"'describe' lacks 'can'",
			s->provider->name, s->label);
	for (; *operations; operations++) {
		if (!names_operation(originals, *operations))
			return error_set(err, ERR_REFUSED,
				"the provider '%s' (%s) has no '%s' for originals",
				s->provider->name, s->label, *operations);
	}
	return 0;
}

/* ---- answers about exactly the hosts that were asked for ---- */

static size_t count_host(const struct jvalue *list, const char *member, const char *host)
{
	size_t count = 0;

	for (size_t i = 0; i < jvalue_count(list); i++)
		count += str_equal(jvalue_string(jvalue_at(list, i), member), host);
	return count;
}

/* Each asked host is answered once, and no other. */
static int answer_check_hosts(const struct provider_session *s,
	const struct provider_target *target, const struct jvalue *answer, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *asked = hosts_json(s, target);
	const struct jvalue *told = jvalue_get(answer, "hosts");

	for (size_t i = 0; i < jvalue_count(asked); i++) {
		const char *host = jvalue_string(jvalue_at(asked, i), "name");
		size_t count = count_host(told, "host", host);

		if (count != 1)
			return error_set(err, ERR_CORRUPT, "it answers %s for '%s'",
				count ? "twice" : "nothing", host);
	}
	if (jvalue_count(told) > jvalue_count(asked))
		return error_set(err, ERR_CORRUPT, "it answers for hosts that were not asked for");
	return 0;
}

static int bad_answer(const struct provider_session *s, const char *operation, struct error *err)
{
	return error_wrap(err, "provider '%s': %s: its answer", s->provider->name, operation);
}

/* ---- operations ---- */

int provider_coverage(struct provider_session *s, const struct provider_target *target,
	struct coverage *out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *answer = NULL;

	if (provider_ask_about(s, "coverage", target, &answer, err) < 0)
		return -1;
	if (answer_check_hosts(s, target, answer, err) < 0 ||
		coverage_from(STEAL(&answer), out, err) < 0)
		return bad_answer(s, "coverage", err);
	return 0;
}

int provider_clone(struct provider_session *s, const struct provider_target *target,
	struct taken *out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *answer = NULL;

	if (provider_ask_about(s, "clone", target, &answer, err) < 0)
		return -1;
	if (answer_check_hosts(s, target, answer, err) < 0 ||
		taken_from(STEAL(&answer), out, err) < 0)
		return bad_answer(s, "clone", err);
	return 0;
}

static struct jvalue *environment_json(const char *const *entries)
{
	struct jvalue *json = jvalue_object();

	for (; entries && *entries; entries++) {
		const char *equals = strchr(*entries, '=');
		CLEANUP(free)
		char *name = equals ? mem_strndup(*entries, (size_t)(equals - *entries)) : NULL;

		if (name)
			jvalue_set_string(json, name, equals + 1);
	}
	return json;
}

int provider_run(struct provider_session *s, const struct provider_target *target,
	const struct provider_script *script, struct script_end *out, struct error *err)
{
	struct jvalue *request = request_new(s, "run", target);
	struct jvalue *answer = NULL;
	int64_t limit = script->timeout_ms + SCRIPT_GRACE_MS;

	jvalue_set_string(request, "script", script->text);
	jvalue_set(request, "environment", environment_json(script->environment));
	jvalue_set_string(request, "input", script->input);
	jvalue_set_integer(request, "timeout_ms", script->timeout_ms);
	if (provider_ask_known(s, request, limit, &answer, err) < 0)
		return -1;
	if (script_end_from(answer, out, err) < 0)
		return bad_answer(s, "run", err);
	return 0;
}

static struct jvalue *allow_json(const struct fence *fence)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < fence->exit_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "address", fence->exits[i].address);
		jvalue_set_integer(one, "port", fence->exits[i].port);
		jvalue_set_string(
			one, "protocol", fence->exits[i].protocol == FENCE_UDP ? "udp" : "tcp");
		jvalue_add(list, one);
	}
	return list;
}

static struct jvalue *sink_json(const struct fence *fence)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < fence->sink_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_integer(one, "port", fence->sinks[i].port);
		jvalue_set_string(one, "as", sink_answer_name(fence->sinks[i].as));
		jvalue_add(list, one);
	}
	return list;
}

/* This very program is the sink: the provider need not find it. */
static int fence_json(const struct provider_fence *fence, struct jvalue **out, struct error *err)
{
	char self[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

	if (size < 0)
		return error_set(err, ERR_SYSTEM, "finding this program: %s", strerror(errno));
	self[size] = '\0';

	const char *const program[] = { self, "sink", NULL };
	struct jvalue *json = jvalue_object();

	jvalue_set(json, "allow", allow_json(fence->fence));
	jvalue_set(json, "sink", sink_json(fence->fence));
	jvalue_set_string(json, "record", fence->record);
	jvalue_set(json, "program", words_json(program));
	*out = json;
	return 0;
}

int provider_start(struct provider_session *s, const struct provider_target *target,
	const struct provider_fence *fence, struct machines *out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *answer = NULL;
	struct jvalue *fenced = NULL;

	if (fence && fence_json(fence, &fenced, err) < 0)
		return -1;

	struct jvalue *request = request_new(s, "start", target);

	if (fenced)
		jvalue_set(request, "fence", fenced);
	if (provider_ask_known(s, request, time_limit_ms(s), &answer, err) < 0)
		return -1;
	if (answer_check_hosts(s, target, answer, err) < 0 ||
		machines_from(STEAL(&answer), out, err) < 0)
		return bad_answer(s, "start", err);
	return 0;
}

/* One whose answer says nothing. Takes the request. */
static int provider_order(
	struct provider_session *s, struct jvalue *request, int64_t timeout_ms, struct error *err)
{
	struct jvalue *answer = NULL;

	if (provider_ask_known(s, request, timeout_ms, &answer, err) < 0)
		return -1;
	jvalue_free(answer);
	return 0;
}

int provider_stop(struct provider_session *s, const struct provider_target *target,
	int64_t timeout_ms, struct error *err)
{
	struct jvalue *request = request_new(s, "stop", target);

	jvalue_set_integer(request, "timeout_ms", timeout_ms);
	return provider_order(s, request, time_limit_ms(s) + timeout_ms, err);
}

int provider_remove(struct provider_session *s, const char *clone, struct error *err)
{
	struct jvalue *request = request_new(s, "remove", NULL);

	jvalue_set_string(request, "clone", clone);
	return provider_order(s, request, time_limit_ms(s), err);
}

int provider_list(struct provider_session *s, struct held_clones *out, struct error *err)
{
	struct jvalue *answer = NULL;

	if (provider_ask_about(s, "list", NULL, &answer, err) < 0)
		return -1;
	if (held_clones_from(answer, out, err) < 0)
		return bad_answer(s, "list", err);
	return 0;
}

static int provider_order_named(struct provider_session *s, const char *operation,
	const struct provider_target *target, const char *name, struct error *err)
{
	struct jvalue *request = request_new(s, operation, target);

	jvalue_set_string(request, "name", name);
	return provider_order(s, request, time_limit_ms(s), err);
}

int provider_snapshot(struct provider_session *s, const struct provider_target *target,
	const char *name, struct error *err)
{
	return provider_order_named(s, "snapshot", target, name, err);
}

int provider_revert(struct provider_session *s, const struct provider_target *target,
	const char *name, struct error *err)
{
	return provider_order_named(s, "revert", target, name, err);
}

int provider_forget(struct provider_session *s, const struct provider_target *target,
	const char *name, struct error *err)
{
	return provider_order_named(s, "forget", target, name, err);
}

int provider_changes(struct provider_session *s, const struct provider_target *target,
	const char *since, struct changes *out, struct error *err)
{
	struct jvalue *request = request_new(s, "changes", target);
	struct jvalue *answer = NULL;

	jvalue_set_string(request, "since", since);
	if (provider_ask_known(s, request, time_limit_ms(s), &answer, err) < 0)
		return -1;
	if (changes_from(answer, out, err) < 0)
		return bad_answer(s, "changes", err);
	return 0;
}

int provider_exchange(struct provider_session *s, const struct provider_target *target,
	enum exchange_side to, struct error *err)
{
	struct jvalue *request = request_new(s, "exchange", target);

	jvalue_set_string(request, "to", to == EXCHANGE_TO_CLONE ? "clone" : "original");
	return provider_order(s, request, time_limit_ms(s), err);
}
