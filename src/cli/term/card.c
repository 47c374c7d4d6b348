/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/card.h"

#include "base/clock.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "present/words.h"

#include <stdio.h>

#define LABEL_WIDTH 12

struct card {
	struct jvalue *json; /* owned; NULL: people are told, as it comes */
};

struct card *card_begin(const struct invocation *inv, const char *kind)
{
	struct card *c = mem_new(1, sizeof *c);

	if (wants_json(inv)) {
		c->json = jvalue_object();
		jvalue_set_string(c->json, "kind", kind);
	}
	return c;
}

static void tell(const char *label, const char *text)
{
	if (label && text && *text)
		printf("%-*s %s\n", LABEL_WIDTH, label, text);
}

void card_text(struct card *c, const char *name, const char *label, const char *text)
{
	if (c->json)
		jvalue_set_string(c->json, name, text);
	else
		tell(label, text);
}

void card_digest(struct card *c, const char *name, const char *label, const char *digest)
{
	char shown[DIGEST_SHORT_SIZE];

	if (c->json)
		jvalue_set_string(c->json, name, digest);
	else if (digest)
		tell(label, digest_short(digest, shown));
}

void card_number(struct card *c, const char *name, const char *label, int64_t number)
{
	CLEANUP(free) char *text = mem_printf("%lld", (long long)number);

	if (c->json)
		jvalue_set_integer(c->json, name, number);
	else
		tell(label, text);
}

void card_size(struct card *c, const char *name, const char *label, uint64_t bytes)
{
	char text[SIZE_TEXT_SIZE];

	if (c->json)
		jvalue_set_integer(c->json, name, (int64_t)bytes);
	else
		tell(label, size_format(bytes, text));
}

void card_time(struct card *c, const char *name, const char *label, int64_t at)
{
	char moment[CLOCK_TEXT_SIZE], age[CLOCK_TEXT_SIZE];

	if (c->json) {
		jvalue_set_time(c->json, name, at);
	} else if (at) {
		CLEANUP(free)
		char *text = mem_printf("%s (%s ago)", clock_format(at, moment),
			clock_format_age(clock_now() - at, age));

		tell(label, text);
	}
}

void card_duration(struct card *c, const char *name, const char *label, int64_t seconds)
{
	char text[CLOCK_TEXT_SIZE];

	if (c->json)
		jvalue_set_integer(c->json, name, seconds < 0 ? 0 : seconds);
	else
		tell(label, clock_format_age(seconds, text));
}

void card_flag(struct card *c, const char *name, const char *label, bool flag)
{
	if (c->json)
		jvalue_set_bool(c->json, name, flag);
	else
		tell(label, flag ? "yes" : "no");
}

void card_words(struct card *c, const char *name, const char *label, const char *const *words)
{
	CLEANUP(str_done) struct str joined = { 0 };
	struct jvalue *list = c->json ? jvalue_array() : NULL;

	for (; *words; words++) {
		if (list)
			jvalue_add_string(list, *words);
		str_addf(&joined, "%s%s", joined.size ? ", " : "", *words);
	}
	if (list)
		jvalue_set(c->json, name, list);
	else
		tell(label, str_text(&joined));
}

void card_table(
	struct card *c, const char *name, const char *heading, struct table *t, const char *empty)
{
	CLEANUP(table_free) struct table *owned = t;

	if (c->json) {
		jvalue_set(c->json, name, table_json(owned));
	} else if (heading && (table_count(owned) || empty)) {
		output_heading("%s", heading);
		table_print(owned, empty, stdout);
	}
}

void card_json(struct card *c, const char *name, struct jvalue *value)
{
	if (c->json)
		jvalue_set(c->json, name, value);
	else
		jvalue_free(value);
}

void card_end(struct card *c)
{
	if (c->json)
		output_json(STEAL(&c->json));
	card_free(c);
}

void card_free(struct card *c)
{
	if (!c)
		return;
	jvalue_free(c->json);
	free(c);
}
