/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - the first bytes of a TLS client, as far as they name a server (RFC 8446, 6066). */
#include "base/str.h"
#include "clone/protocol.h"

#include <stdint.h>
#include <string.h>

#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO     1
#define RECORD_HEADER    ((size_t)5)
#define RECORD_MAX       ((size_t)16384)
#define EXTENSION_NAME   0
#define NAME_HOST        0

/* Bytes still to be read; `is_short` once more were wanted than there are. */
struct reader {
	const unsigned char *at;
	size_t left;
	bool is_short;
};

static size_t read_number(struct reader *r, size_t size)
{
	size_t number = 0;

	if (r->left < size) {
		r->is_short = true;
		r->left = 0;
		return 0;
	}
	for (; size; size--, r->at++, r->left--)
		number = number << 8 | *r->at;
	return number;
}

/* What follows a length of `size` bytes, as a reader of its own. */
static struct reader read_part(struct reader *r, size_t size)
{
	size_t length = read_number(r, size);
	struct reader part = { r->at, length, false };

	if (r->is_short || r->left < length) {
		r->is_short = true;
		return (struct reader){ r->at, 0, true };
	}
	r->at += length;
	r->left -= length;
	return part;
}

static void take_name(struct reader *extension, char out[SERVER_NAME_MAX])
{
	struct reader names = read_part(extension, 2);
	size_t type = read_number(&names, 1);
	struct reader name = read_part(&names, 2);

	if (names.is_short || type != NAME_HOST || !name.left || name.left >= SERVER_NAME_MAX)
		return;
	for (size_t i = 0; i < name.left; i++)
		out[i] = (char)(name.at[i] > ' ' && name.at[i] < 127 ? name.at[i] : '?');
	out[name.left] = '\0';
}

static void find_name(struct reader hello, char out[SERVER_NAME_MAX])
{
	read_number(&hello, 1); /* type */
	struct reader body = read_part(&hello, 3);

	read_number(&body, 2); /* version */
	for (int i = 0; i < 32; i++)
		read_number(&body, 1); /* random */
	read_part(&body, 1);           /* session */
	read_part(&body, 2);           /* ciphers */
	read_part(&body, 1);           /* compression */

	struct reader extensions = read_part(&body, 2);

	while (extensions.left && !extensions.is_short) {
		size_t type = read_number(&extensions, 2);
		struct reader extension = read_part(&extensions, 2);

		if (type == EXTENSION_NAME && !extension.is_short)
			take_name(&extension, out);
	}
}

int hello_server_name(const unsigned char *bytes, size_t size, char out[SERVER_NAME_MAX])
{
	static const unsigned char start[] = { RECORD_HANDSHAKE, 3 };
	size_t known = size < sizeof start ? size : sizeof start;

	if (memcmp(bytes, start, known) != 0)
		return -1;
	if (size <= RECORD_HEADER)
		return 0;

	size_t length = (size_t)bytes[3] << 8 | bytes[4];
	char name[SERVER_NAME_MAX] = "";

	if (bytes[RECORD_HEADER] != CLIENT_HELLO || length > RECORD_MAX)
		return -1;
	if (size < RECORD_HEADER + length)
		return 0;
	find_name((struct reader){ bytes + RECORD_HEADER, length, false }, name);
	memcpy(out, name, sizeof name);
	return 1;
}
