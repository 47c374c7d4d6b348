/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "fleet/opening_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define RANDOM_BYTES ((size_t)8) /* in each half */
#define WORDS_SIZE   ((size_t)1000)

/* Its first letter stands nowhere else in the mark: so a match that breaks off can begin anew only there. */
static const char first_words[] = "patchline-begins-";

static void write_hex(char *out, size_t room, const unsigned char *bytes)
{
	for (size_t i = 0; i < RANDOM_BYTES; i++)
		snprintf(out + 2 * i, room - 2 * i, "%02x", bytes[i]);
}

int opening_mark_make(struct opening_mark *out, struct error *err)
{
	unsigned char bytes[2 * RANDOM_BYTES];
	size_t size = sizeof first_words - 1;

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set(err, ERR_SYSTEM, "no random bytes: %s", strerror(errno));
	memcpy(out->first, first_words, size);
	write_hex(out->first + size, sizeof out->first - size, bytes);
	write_hex(out->second, sizeof out->second, bytes + RANDOM_BYTES);
	return 0;
}

static void keep(struct opening *o, const char *bytes, size_t size)
{
	struct str *words = &o->words[o->seen];
	size_t room = WORDS_SIZE - words->size;

	str_add_bytes(words, bytes, size < room ? size : room);
}

/* The mark's letter at a place, its line end included. */
static char letter(const struct opening_mark *mark, size_t at)
{
	size_t first = strlen(mark->first), second = strlen(mark->second);

	if (at == first + second)
		return '\n';
	if (at < first)
		return mark->first[at];
	return mark->second[at - first];
}

static void take_byte(struct opening *o, char byte)
{
	if (byte != letter(o->mark, o->matched)) {
		for (size_t i = 0; i < o->matched; i++)
			keep(o, &(char){ letter(o->mark, i) }, 1);
		o->matched = 0;
		if (byte != letter(o->mark, 0)) {
			keep(o, &byte, 1);
			return;
		}
	}
	o->matched++;
	if (byte == '\n') {
		o->seen++;
		o->matched = 0;
	}
}

size_t opening_take(struct opening *o, const char *bytes, size_t size)
{
	size_t taken = 0;

	while (taken < size && o->seen < o->wanted)
		take_byte(o, bytes[taken++]);
	return taken;
}

void opening_done(struct opening *o)
{
	for (size_t i = 0; i < OPENING_PARTS; i++)
		str_done(&o->words[i]);
}
