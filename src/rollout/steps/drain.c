/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/drain.h"

#include "base/error.h"
#include "model/config.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"

static struct drain_call call_for(const struct host_run *s)
{
	const struct rollout_request *r = s->shared->request;

	return (struct drain_call){
		.config = r->config,
		.pool = targets_pool(s->shared->targets),
		.environment = r->environment,
		.group = s->target->place.group,
		.host = s->target->place.host,
		.rollout = s->shared->rollout,
		.candidate = r->candidate,
		.timeout_ms = host_run_left_ms(s),
	};
}

static void take_words(struct host_run *s, const struct drain_told *told)
{
	str_add(&s->log, str_text(&told->log));
	if (told->warnings.size)
		str_addf(&s->remarks, "%s%s", s->remarks.size ? "; " : "",
			str_text(&told->warnings));
}

bool host_run_has_load(const struct host_run *s)
{
	const struct drain_call call = call_for(s);

	return drain_is_meant(&call, NULL);
}

int host_run_drain(struct host_run *s, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(s);
	int result = drain_out(&call, &told, err);

	take_words(s, &told);
	return result;
}

int host_run_undrain(struct host_run *s, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(s);
	int result = drain_in(&call, &told, err);

	take_words(s, &told);
	return result;
}

int host_run_keep_out(struct host_run *s, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(s);
	int result = drain_keep_out(&call, s->shared->request->store, &told, err);

	take_words(s, &told);
	return result;
}
