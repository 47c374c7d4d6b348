/* SPDX-License-Identifier: Apache-2.0 */
/* strangers.c - names in the state directory that are none of ours; declared in clean.h. */
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "keep/clean.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const ours[] = { ".", "..", "patchline.db", "patchline.db-wal",
	"patchline.db-shm", "pool", "sets", "indexes", "universes", "clones", "rehearsals",
	"keyrings", "gnupg", "gnupg.lock", NULL };

void clean_words_add(struct clean_words *w, char *text)
{
	w->items = mem_room(w->items, w->count, &w->capacity, sizeof *w->items);
	w->items[w->count] = text;
	w->count += text != NULL;
	/* For the NULL. */
	w->items = mem_room(w->items, w->count, &w->capacity, sizeof *w->items);
	w->items[w->count] = NULL;
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; ours[i]; i++) {
		if (strcmp(ours[i], name) == 0)
			return true;
	}
	return false;
}

static bool is_set(const char *name)
{
	return digest_is_valid(name) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int add_strangers(struct clean_words *out, const char *dir,
	bool (*is_known)(const char *name), struct error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, NULL, alphasort);

	if (count < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!is_known(entries[i]->d_name))
			clean_words_add(out, mem_printf("%s/%s", dir, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int clean_strangers(const char *state, struct clean_words *out, struct error *err)
{
	CLEANUP(free) char *sets = mem_printf("%s/sets", state);

	if (add_strangers(out, state, is_ours, err) < 0)
		return -1;
	return add_strangers(out, sets, is_set, err);
}
