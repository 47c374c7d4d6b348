/* SPDX-License-Identifier: Apache-2.0 */
#include "model/relation.h"

#include "base/error.h"
#include "model/limits.h"

#include <ctype.h>
#include <string.h>

#define SPACE      " \t\n\r\f\v"
#define NAME_ENDS  SPACE ":(),|[]<>"
#define BOUND_ENDS SPACE "(),|<>="

/* The longer sign first, so that "<=" is not taken for "<". */
static const struct {
	const char *sign;
	enum version_relation relation;
} signs[] = {
	{ "<<", VERSION_LESS },
	{ "<=", VERSION_LESS_EQUAL },
	{ ">=", VERSION_GREATER_EQUAL },
	{ ">>", VERSION_GREATER },
	{ "=", VERSION_EQUAL },
	{ "<", VERSION_LESS_EQUAL },
	{ ">", VERSION_GREATER_EQUAL },
};

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static bool is_name_sign(char c)
{
	return c == '+' || c == '-' || c == '.' || c == '_';
}

bool relation_is_name(const char *text, size_t size)
{
	if (!size || !isalnum((unsigned char)*text))
		return false;
	for (size_t i = 1; i < size; i++) {
		if (!isalnum((unsigned char)text[i]) && !is_name_sign(text[i]))
			return false;
	}
	return true;
}

static int read_name(const char **at, struct relation_term *term, struct error *err)
{
	term->name = *at;
	term->name_size = strcspn(*at, NAME_ENDS);
	*at += term->name_size;
	if (!relation_is_name(term->name, term->name_size))
		return error_set(
			err, ERR_CORRUPT, "want the name of a package at '%.40s'", term->name);
	if (**at != ':')
		return 0;
	term->architecture = ++*at;
	term->architecture_size = strcspn(*at, NAME_ENDS);
	*at += term->architecture_size;
	if (!relation_is_name(term->architecture, term->architecture_size))
		return error_set(err, ERR_CORRUPT, "want an architecture behind '%.*s:'",
			(int)term->name_size, term->name);
	return 0;
}

static int read_version(const char **at, struct relation_term *term, struct error *err)
{
	if (**at != '(')
		return 0;
	*at = skip_space(*at + 1);
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		size_t size = strlen(signs[i].sign);

		if (strncmp(*at, signs[i].sign, size) == 0) {
			term->relation = signs[i].relation;
			*at += size;
			break;
		}
	}
	if (term->relation == VERSION_ANY)
		term->relation = VERSION_EQUAL;
	*at = skip_space(*at);
	term->version = *at;
	term->version_size = strcspn(*at, BOUND_ENDS);
	*at = skip_space(*at + term->version_size);
	if (!term->version_size || **at != ')')
		return error_set(
			err, ERR_CORRUPT, "want a version and ')' at '%.40s'", term->version);
	++*at;
	return 0;
}

/* "[amd64 i386]" and "<!nocheck>" speak to those who build, not to those who install. */
static int skip_restrictions(const char **at, struct error *err)
{
	for (*at = skip_space(*at); **at == '[' || **at == '<'; *at = skip_space(*at)) {
		const char *end = strchr(*at, **at == '[' ? ']' : '>');

		if (!end)
			return error_set(err, ERR_CORRUPT, "nothing closes '%.40s'", *at);
		*at = end + 1;
	}
	return 0;
}

/* Commas may stand at either end of a field, and twice: dpkg does not mind. */
int relation_next(const char **rest, struct relation_term *term, struct error *err)
{
	const char *at = skip_space(*rest);
	struct relation_term read = { 0 };

	while (*at == ',')
		at = skip_space(at + 1);
	if (!*at) {
		*rest = at;
		return 0;
	}
	if (read_name(&at, &read, err) < 0)
		return -1;
	at = skip_space(at);
	if (read_version(&at, &read, err) < 0 || skip_restrictions(&at, err) < 0)
		return -1;
	if (*at && *at != ',' && *at != '|')
		return error_set(err, ERR_CORRUPT, "want ',' or '|' at '%.40s'", at);
	read.has_alternative = *at == '|';
	if (read.has_alternative) {
		at = skip_space(at + 1);
		if (!*at)
			return error_set(
				err, ERR_CORRUPT, "want another package behind the last '|'");
	}
	*term = read;
	*rest = at;
	return 1;
}

int relation_count(
	struct relation_count *count, const struct relation_term *term, struct error *err)
{
	if (++count->terms > LIMIT_RELATIONS)
		return error_set(err, ERR_CORRUPT, "more than %d relations", LIMIT_RELATIONS);
	if (++count->alternatives > LIMIT_ALTERNATIVES)
		return error_set(err, ERR_CORRUPT, "more than %d alternatives in one relation",
			LIMIT_ALTERNATIVES);
	if (!term->has_alternative)
		count->alternatives = 0;
	return 0;
}
