/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

size_t url_credentials(const char *authority)
{
	size_t size = strcspn(authority, "/?# \t\r\n'\"");
	const char *at = memrchr(authority, '@', size);

	return at ? (size_t)(at - authority) : 0;
}

char *url_below(const char *url, const char *path)
{
	CLEANUP(str_done) struct str out = { 0 };

	str_addf(&out, "%s/", url);
	for (const char *c = path; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("/-._~", *c))
			str_add_bytes(&out, c, 1);
		else
			str_addf(&out, "%%%02X", (unsigned)(unsigned char)*c);
	}
	return str_take(&out);
}

char *url_public(const char *url)
{
	const char *scheme = strstr(url, "://");
	size_t size = scheme ? url_credentials(scheme + 3) : 0;

	if (!size)
		return mem_strdup(url);
	return mem_printf("%.*s%s", (int)(scheme + 3 - url), url, scheme + 3 + size + 1);
}
