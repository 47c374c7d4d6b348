/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jvalue.h"
#include "base/str.h"
#include "clone/protocol.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Hear the bytes in pieces of that size; what is to be recorded, owned by the caller. */
static struct jvalue *hear(
	enum fence_answer as, const uint8_t *bytes, size_t size, size_t piece, struct str *reply)
{
	CLEANUP(protocol_free) struct protocol *protocol = protocol_new(as, reply);
	struct jvalue *told = jvalue_object();

	for (size_t at = 0; at < size; at += piece) {
		size_t left = size - at;

		protocol_receive(
			protocol, (const char *)bytes + at, left < piece ? left : piece, reply);
	}
	protocol_record(protocol, told);
	return told;
}

/* Whatever is said, and in whatever pieces it comes: the same answers, and a record that is JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	for (enum fence_answer as = FENCE_AS_SMTP; as <= FENCE_AS_TCP; as++) {
		CLEANUP(str_done) struct str whole = { 0 };
		CLEANUP(str_done) struct str pieces = { 0 };
		CLEANUP(jvalue_free) struct jvalue *told = hear(as, bytes, size, size + 1, &whole);
		CLEANUP(jvalue_free) struct jvalue *again = hear(as, bytes, size, 7, &pieces);
		CLEANUP(free) char *text = jvalue_write(told);

		assert(strcmp(str_text(&whole), str_text(&pieces)) == 0);
		assert(jvalue_is_object(again) && text[0] == '{');
	}
	return 0;
}
