/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "clone/answer.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A result is read as if it were the answer of every operation. */
static void read_result(const struct jvalue *result)
{
	CLEANUP(coverage_done) struct coverage coverage = { 0 };
	CLEANUP(taken_done) struct taken taken = { 0 };
	CLEANUP(machines_done) struct machines machines = { 0 };
	CLEANUP(held_clones_done) struct held_clones held = { 0 };
	CLEANUP(changes_done) struct changes changes = { 0 };
	CLEANUP(script_end_done) struct script_end end = { 0 };
	struct error err = { 0 };

	if (coverage_from(jvalue_copy(result), &coverage, &err) == 0 && coverage.count)
		assert(coverage.areas[0].host[0] && coverage.areas[0].path[0]);
	if (taken_from(jvalue_copy(result), &taken, &err) == 0)
		assert(taken.started_at_ms <= taken.ended_at_ms);
	if (machines_from(jvalue_copy(result), &machines, &err) == 0 && machines.count)
		assert(machines.items[0].port >= 0 && machines.items[0].port <= 65535);
	if (held_clones_from(jvalue_copy(result), &held, &err) == 0 && held.count)
		assert(held.items[0].name[0] && held.items[0].hosts);
	if (changes_from(jvalue_copy(result), &changes, &err) < 0)
		assert(err.kind == ERR_CORRUPT && err.text[0]);
	if (script_end_from(jvalue_copy(result), &end, &err) == 0)
		assert(end.output && end.exit_status <= 255);
}

/* Whatever a provider says: a whole answer, or an error that says why it is none. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(free) char *line = mem_strndup((const char *)bytes, size);
	CLEANUP(reply_done) struct reply reply = { 0 };
	struct error err = { 0 };

	if (reply_read(line, &reply, &err) < 0) {
		assert(!reply.json && err.kind == ERR_CORRUPT && err.text[0]);
		return 0;
	}
	assert(reply.kind != REPLY_ERROR || (reply.error.kind && reply.error.text[0]));
	assert(reply.kind != REPLY_PROGRESS || reply.progress);
	if (reply.kind == REPLY_RESULT)
		read_result(reply.result);
	return 0;
}
