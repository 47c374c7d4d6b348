/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/balancer.h"

#include "base/error.h"
#include "base/str.h"
#include "fleet/session.h"

#include <inttypes.h>

#define ANSWER_LIMIT ((size_t)64 * 1024)

static void write_order(struct str *s, const struct balancer_order *order)
{
	str_addf(s, "balancer 1\nsocket %s\nserver %s\n", order->socket, order->server);
	for (const char *const *backend = order->backends; *backend; backend++)
		str_addf(s, "backend %s\n", *backend);
	str_addf(s, "min-healthy %u\ntimeout %" PRId64 "\nsettle %" PRId64 "\n", order->min_healthy,
		order->timeout, order->settle);
	str_addf(s, "after-timeout %s\nby-hand %s\nend yes\n", order->is_strict ? "fail" : "go-on",
		order->is_by_hand ? "yes" : "no");
}

static int run_balancer(struct session *s, const char *verb, const struct balancer_order *order,
	int64_t timeout_ms, char **out, struct error *err)
{
	CLEANUP(str_done) struct str input = { 0 };
	CLEANUP(session_result_done) struct session_result result = { 0 };

	write_order(&input, order);

	struct session_call call = {
		.program = "haproxy",
		.args = (const char *const[]){ verb, NULL },
		.input = str_text(&input),
		.input_size = input.size,
		.output_limit = ANSWER_LIMIT,
		.timeout_ms = timeout_ms,
	};

	if (session_run(s, &call, &result, err) < 0)
		return -1;
	if (result.exit_status != 0)
		return error_set(err, ERR_SYSTEM, "%s",
			*result.errors ? str_trim(result.errors) : "it said nothing");
	*out = STEAL(&result.output);
	return 0;
}

int balancer_drain(struct session *s, const struct balancer_order *order, int64_t timeout_ms,
	char **out, struct error *err)
{
	return run_balancer(s, "drain", order, timeout_ms, out, err);
}

int balancer_undrain(struct session *s, const struct balancer_order *order, int64_t timeout_ms,
	char **out, struct error *err)
{
	return run_balancer(s, "undrain", order, timeout_ms, out, err);
}
