/* SPDX-License-Identifier: Apache-2.0 */
#include "present/wrap.h"

#include "base/str.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of a word's first `size` bytes those before the character that they would cut in two. */
static size_t whole_characters(const char *text, size_t size)
{
	size_t whole = size;

	while (whole && ((unsigned char)text[whole] & 0xC0) == 0x80)
		whole--;
	return whole ? whole : size;
}

char *wrap_words(const char *text, size_t width)
{
	struct str lines = { 0 };
	size_t used = 0; /* of the present line */

	while (*(text += strspn(text, " \n"))) {
		size_t length = strcspn(text, " \n");

		if (length > width)
			length = whole_characters(text, width);
		if (used && used + 1 + length > width) {
			str_add(&lines, "\n");
			used = 0;
		} else if (used) {
			str_add(&lines, " ");
			used++;
		}
		str_add_bytes(&lines, text, length);
		used += length;
		text += length;
	}
	return str_take(&lines);
}

size_t terminal_width(void)
{
	struct winsize size = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
