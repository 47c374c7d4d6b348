/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/hostlog.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "fleet/session.h"
#include "model/config.h"
#include "store/event.h"

#include <stdlib.h>
#include <string.h>

#define LOG_LINES      200
#define LOG_TIMEOUT_MS 30000

/* The host's journal, or why it could not be read. Owned by the caller. */
static char *log_read(struct session_pool *pool, const struct host *host)
{
	CLEANUP(session_close) struct session *s = session_new(pool, host);
	CLEANUP(session_result_done) struct session_result result = { 0 };
	CLEANUP(free)
	char *text = mem_printf("journalctl -b -p warning -n %d --no-pager 2>&1", LOG_LINES);
	struct session_call call = { .program = "command",
		.args = (const char *const[]){ text, NULL },
		.timeout_ms = LOG_TIMEOUT_MS };
	struct error err = { 0 };

	if (session_run(s, &call, &result, &err) < 0)
		return mem_printf("%s could not be asked: %s\n", host_plain_name(host), err.text);
	return STEAL(&result.output);
}

static int log_keep(const struct hostlog_request *r, struct session_pool *pool,
	const struct host *host, struct jvalue *told, struct error *err)
{
	CLEANUP(free) char *text = log_read(pool, host);
	CLEANUP(free) char *name = mem_printf("%s.log", host_plain_name(host));
	CLEANUP(free) char *path = path_join(r->folder, name);
	char digest[DIGEST_HEX_SIZE];
	size_t size = strlen(text);

	if (file_write(path, text, size, 0600, err) < 0)
		return -1;
	digest_bytes(text, size, digest);
	jvalue_set_string(told, host_plain_name(host), digest);
	return 0;
}

int hostlog_keep(const struct hostlog_request *request, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(session_pool_free)
	struct session_pool *pool = session_pool_new(&request->config->ssh, 0);
	struct jvalue *told = jvalue_object();
	struct event_draft event = { request->actor, "hosts.logged", request->subject,
		request->subject_id, payload };

	jvalue_set_string(payload, "folder", request->folder);
	jvalue_set(payload, "sha256", told);
	if (dir_make(request->folder, 0700, err) < 0)
		return -1;
	for (const struct host *const *host = request->hosts; *host; host++) {
		if (log_keep(request, pool, *host, told, err) < 0)
			return error_wrap(err, "keeping the journal of %s", (*host)->name);
	}
	return store_event_add(request->store, &event, err);
}
