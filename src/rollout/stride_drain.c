/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "model/config.h"
#include "rollout/drain.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"

static struct drain_call call_for(const struct stride *s)
{
	const struct rollout_request *r = s->walk->request;

	return (struct drain_call){
		.config = r->config,
		.pool = roster_pool(s->walk->roster),
		.environment = r->environment,
		.group = s->member->place.group,
		.host = s->member->place.host,
		.rollout = s->walk->rollout,
		.candidate = r->candidate,
		.timeout_ms = stride_left_ms(s),
	};
}

static void take_words(struct stride *s, const struct drain_told *told)
{
	str_add(&s->log, str_text(&told->log));
	if (told->warnings.size)
		str_addf(&s->remarks, "%s%s", s->remarks.size ? "; " : "",
			str_text(&told->warnings));
}

bool stride_has_load(const struct stride *s)
{
	const struct drain_call call = call_for(s);

	return drain_is_meant(&call, NULL);
}

int stride_drain(struct stride *s, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(s);
	int result = drain_out(&call, &told, err);

	take_words(s, &told);
	return result;
}

int stride_undrain(struct stride *s, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(s);
	int result = drain_in(&call, &told, err);

	take_words(s, &told);
	return result;
}

int stride_keep_out(struct stride *s, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(s);
	int result = drain_keep_out(&call, s->walk->request->store, &told, err);

	take_words(s, &told);
	return result;
}
