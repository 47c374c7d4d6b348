/* SPDX-License-Identifier: Apache-2.0 */
/* A line with a URL, and behind it a text of auth.conf: what is found stands in the text, and is for that host. */
#include "base/mem.h"
#include "content/apt_credentials.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(free) char *input = mem_strndup((const char *)bytes, size);
	char *text = strchr(input, '\n');
	const struct credential_files files = { .texts = &text, .count = text != NULL };
	CLEANUP(credentials_done) struct credentials c = { 0 };

	if (!text)
		return 0;
	*text++ = '\0';
	if (!credentials_find(&files, input, &c))
		return 0;
	if (!strstr(text, "machine") || (!c.login && !c.password) ||
		(c.login && !strstr(text, c.login)) || (c.password && !strstr(text, c.password)))
		__builtin_trap();
	return 0;
}
