/* SPDX-License-Identifier: Apache-2.0 */
#include "model/portion.h"

#include "base/str.h"

#define HOSTS_MAX 1000000

bool portion_parse(const char *text, struct portion *out)
{
	const char *end = NULL;
	unsigned value = 0;

	if (!str_number(text, HOSTS_MAX, &value, &end))
		return false;

	bool is_percent = *end == '%';

	if (end[is_percent] || (is_percent && value > 100))
		return false;
	*out = (struct portion){ value, is_percent };
	return true;
}

size_t portion_of(const struct portion *p, size_t count)
{
	return p->is_percent ? (count * p->value + 99) / 100 : p->value;
}

bool portion_is_exceeded(const struct portion *p, size_t so_many, size_t count)
{
	return p->is_percent ? so_many * 100 > count * p->value : so_many > p->value;
}
