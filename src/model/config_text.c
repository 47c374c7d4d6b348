/* SPDX-License-Identifier: Apache-2.0 */
/* config_text.c - the configuration as the record keeps it; declared in config.h. */
#include "base/str.h"
#include "base/url.h"
#include "model/config.h"
#include "model/place.h"

#include <string.h>

static void add_without_credentials(struct str *out, const char *text)
{
	const char *scheme = NULL;

	while ((scheme = strstr(text, "://"))) {
		const char *authority = scheme + 3;
		size_t size = url_credentials(authority);

		str_add_bytes(out, text, (size_t)(authority - text));
		str_add(out, size ? "***" : "");
		text = authority + size;
	}
	str_add(out, text);
}

char *config_text(const struct config *c)
{
	struct str out = { 0 };

	add_without_credentials(&out, c->text);
	for (struct place at = { 0 }; config_next_host(c, &at);) {
		if (*at.group->ansible_group)
			str_addf(&out, "# %s %s: %s %s %d %s\n", at.environment->name,
				at.group->name, at.host->name, at.host->address, at.host->port,
				*at.host->user ? at.host->user : "-");
	}
	return str_take(&out);
}
