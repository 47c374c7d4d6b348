/* SPDX-License-Identifier: Apache-2.0 */
/* config_text.c - the configuration as the record keeps it; declared in config.h. */
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/place.h"

#include <string.h>

/* "http://user:secret@host/": the bytes between the colon and the last at sign before the path; 0 for none. */
static size_t find_password(const char *authority, const char **password)
{
	size_t size = strcspn(authority, "/ \t\r\n'\"");
	const char *at = memrchr(authority, '@', size);
	const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;

	*password = colon ? colon + 1 : NULL;
	return colon ? (size_t)(at - colon) - 1 : 0;
}

static void add_without_passwords(struct str *out, const char *text)
{
	const char *scheme = NULL;

	while ((scheme = strstr(text, "://"))) {
		const char *authority = scheme + 3, *password = NULL;
		size_t size = find_password(authority, &password);
		const char *end = password ? password : authority;

		str_add_bytes(out, text, (size_t)(end - text));
		if (password)
			str_add(out, "***");
		text = end + size;
	}
	str_add(out, text);
}

char *config_text(const struct config *c)
{
	struct str out = { 0 };

	add_without_passwords(&out, c->text);
	for (struct place at = { 0 }; config_next_host(c, &at);) {
		if (*at.group->ansible_group)
			str_addf(&out, "# %s %s: %s %s %d %s\n", at.environment->name,
				at.group->name, at.host->name, at.host->address, at.host->port,
				*at.host->user ? at.host->user : "-");
	}
	return str_take(&out);
}
