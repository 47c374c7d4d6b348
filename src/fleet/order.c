/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/order.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

static const char *const change_words[CHANGE_COUNT] = {
	[CHANGE_UPGRADE] = "upgrade",
	[CHANGE_NEW] = "new",
	[CHANGE_KEEP] = "keep",
	[CHANGE_DOWNGRADE] = "downgrade",
	[CHANGE_REMOVE] = "remove",
};

/* Letters and digits, and what Debian's names, versions and systemd's units have besides; no blank, no
 * wildcard: the words reach apt's command line through a shell. */
static bool is_word(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"+-.:~_@\\";

	return text && *text && *text != '-' && strspn(text, allowed) == strlen(text);
}

static int add_word(struct str *s, const char *what, const char *text, struct error *err)
{
	if (!is_word(text))
		return error_set(err, ERR_USAGE, "'%s' is no %s", text ? text : "", what);
	str_addf(s, " %s", text);
	return 0;
}

/* A version, or "-" where the kind of change has none there. */
static int add_version(struct str *s, bool has_one, const char *version, struct error *err)
{
	if (has_one)
		return add_word(s, "version", version, err);
	str_add(s, " -");
	return 0;
}

static int add_change(struct str *s, const struct change *c, struct error *err)
{
	const char *from = c->kind == CHANGE_KEEP ? c->to : c->from;

	str_add(s, change_words[c->kind]);
	if (add_word(s, "package name", c->name, err) < 0 ||
		add_word(s, "architecture", c->architecture, err) < 0)
		return -1;
	if (add_version(s, c->kind != CHANGE_NEW, from, err) < 0 ||
		add_version(s, c->kind != CHANGE_REMOVE, c->to, err) < 0)
		return error_wrap(err, "package %s", c->name);
	str_add(s, "\n");
	return 0;
}

static int add_units(struct str *s, const char *word, const char *const *units, struct error *err)
{
	for (; units && *units; units++) {
		str_add(s, word);
		if (add_word(s, "unit", *units, err) < 0)
			return -1;
		str_add(s, "\n");
	}
	return 0;
}

static int add_command(struct str *s, const char *word, const char *command, struct error *err)
{
	if (strpbrk(command, "\n\r"))
		return error_set(
			err, ERR_USAGE, "a %s command must stand on one line: '%s'", word, command);
	str_addf(s, "%s %s\n", word, command);
	return 0;
}

/* What is to be done so that what was installed is what runs. */
static int add_effect(struct str *s, const struct order *order, struct error *err)
{
	if (order->restart)
		str_addf(s, "restart %s\n", order->restart);
	if (add_units(s, "restart-except", order->restart_except, err) < 0 ||
		add_units(s, "restart-by-reload", order->restart_by_reload, err) < 0)
		return -1;
	if (order->reboot)
		str_addf(s, "reboot %s\n", order->reboot);
	if (!order->reboot_command || !*order->reboot_command)
		return 0;
	return add_command(s, "reboot-command", order->reboot_command, err);
}

int order_write(const struct order *order, char **out, struct error *err)
{
	CLEANUP(str_done) struct str s = { 0 };

	if (!digest_is_valid(order->set))
		return error_set(err, ERR_USAGE, "'%s' is not the digest of a set", order->set);
	if (!is_word(order->platform))
		return error_set(err, ERR_USAGE, "'%s' is no platform", order->platform);
	str_addf(&s, "order 1\nset %s\nplatform %s\n", order->set, order->platform);
	str_addf(&s, "patience %" PRId64 "\n", order->patience > 0 ? order->patience : 1);
	for (size_t i = 0; i < order->change_count; i++) {
		if (add_change(&s, &order->changes[i], err) < 0)
			return -1;
	}
	if (add_units(&s, "service", order->services, err) < 0 || add_effect(&s, order, err) < 0)
		return -1;
	for (const char *const *h = order->health; h && *h; h++) {
		if (add_command(&s, "health", *h, err) < 0)
			return -1;
	}
	if (order->release_check && *order->release_check &&
		add_command(&s, "release-check", order->release_check, err) < 0)
		return -1;
	str_add(&s, "end yes\n");
	*out = str_take(&s);
	return 0;
}
