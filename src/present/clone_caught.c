/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/clone_caught_private.h"

#include <stdlib.h>
#include <string.h>

static char *first_line(const char *text)
{
	return mem_strndup(text ? text : "", strcspn(text ? text : "", "\n"));
}

/* "orders@shop.example to a@x.example (+2): Subject: order 7" */
static char *mail_words(const struct jvalue *mail)
{
	const struct jvalue *to = jvalue_get(mail, "to");
	const char *message = jvalue_string(mail, "message"), *from = jvalue_string(mail, "from");
	const char *subject = message ? strcasestr(message, "subject:") : NULL;
	const char *first = jvalue_text(jvalue_at(to, 0));
	CLEANUP(free) char *line = first_line(subject);
	CLEANUP(str_done) struct str s = { 0 };

	str_addf(&s, "%s to %s", from ? from : "?", first ? first : "?");
	if (jvalue_count(to) > 1)
		str_addf(&s, " (+%zu)", jvalue_count(to) - 1);
	str_addf(&s, "%s%s", *line ? ": " : "", line);
	return str_take(&s);
}

static char *request_words(const struct jvalue *request)
{
	const char *method = jvalue_string(request, "method");
	const char *host = jvalue_string(request, "host");
	const char *target = jvalue_string(request, "target");

	return mem_printf("%s %s%s (%lld bytes)", method ? method : "?", host ? host : "",
		target ? target : "", (long long)jvalue_integer(request, "size", 0));
}

static char *entry_words(const struct jvalue *entry)
{
	const struct jvalue *messages = jvalue_get(entry, "messages");
	const struct jvalue *requests = jvalue_get(entry, "requests");
	const char *server = jvalue_string(entry, "server_name");
	const char *first = jvalue_string(entry, "first_bytes");
	int64_t count = jvalue_integer(entry, "count", 0);
	const char *more = count > 1 ? " and more" : "";
	CLEANUP(free) char *words = NULL;

	if (server)
		return mem_printf("TLS for %s", *server ? server : "(no name)");
	if (jvalue_count(messages))
		words = mail_words(jvalue_at(messages, 0));
	else if (jvalue_count(requests))
		words = request_words(jvalue_at(requests, 0));
	else
		words = mem_strdup(first ? first : "nothing whole");
	return mem_printf("%s%s", words, more);
}

struct clone_caught clone_caught_of(const struct jvalue *entry)
{
	const char *to = jvalue_string(entry, "to");

	return (struct clone_caught){
		.at = jvalue_string(entry, "at"),
		.as = jvalue_string(entry, "as"),
		.from = jvalue_string(entry, "from"),
		.to = mem_printf(
			"%s:%lld", to ? to : "?", (long long)jvalue_integer(entry, "port", 0)),
		.what = entry_words(entry),
	};
}
