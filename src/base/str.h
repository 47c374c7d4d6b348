/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.h - a text that grows: built piece by piece, then given away or freed.
 *
 * Invariant: `text` is NULL or ended by NUL; `size` counts its bytes without the NUL.
 * Layer: base. Threads: one at a time.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct str {
	char *text; /* owned; NULL while empty */
	size_t size, capacity;
};

/* Append. The sources are copied. */
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t size);
void str_addf(struct str *s, const char *fmt, ...) PRINTF(2, 3);

/* Append as one word of a POSIX shell: it's becomes 'it'\''s'. */
void str_add_quoted(struct str *s, const char *word);

/* The text, "" while empty. Borrowed until the next append. */
const char *str_text(const struct str *s);

/* The text, now owned by the caller (free()); never NULL. The str is empty afterwards. */
char *str_take(struct str *s);

/* Free what the str holds; it may be used again. */
void str_done(struct str *s);
static inline void str_done_p(struct str *s)
{
	str_done(s);
}

/* CLEANUP(str_done) struct str s = { 0 };  works through str_done_p. */

/* Claims about plain C strings. */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_equal(const char *a, const char *b); /* NULL equals only NULL */

/**
 * Read a decimal number without sign at the start of a text.
 *
 * @param most  The largest that is accepted.
 * @param end   Where the number ended; NULL: the text must end there too.
 * @return True when there is one; *out and *end are untouched otherwise.
 */
bool str_number(const char *text, unsigned most, unsigned *out, const char **end);

/* Cut white space off both ends, in place; the result points into s. */
char *str_trim(char *s);

/**
 * The one of `known` nearest to `word` by edit distance, for "did you mean".
 *
 * @param known  Ended by NULL, borrowed.
 * @return One of known, or NULL when none is near.
 */
const char *str_nearest(const char *word, const char *const *known);
