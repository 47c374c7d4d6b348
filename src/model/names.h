/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - the words of an enum, the same in the store, in JSON and on the screen.
 *
 * Each enum of the domain has one table of words; its x_name() looks there.
 * Layer: model. Threads: any (constant).
 */
#pragma once

struct names {
	const char *const *words; /* one for each value, from 0 */
	int count;
};

/* The word for a value; the value must be one of the enum. Static. */
const char *names_word(const struct names *names, int value);

/* The value that the word stands for; -1 for a word that is not in the table. */
int names_find(const struct names *names, const char *word);
