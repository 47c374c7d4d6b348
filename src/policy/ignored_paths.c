/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ignored_paths.h"

#include "base/str.h"

#include <string.h>

/* Not /var/lib, /var/spool, /home: sessions, mails in the queue and uploads are somebody's. */
const struct ignored_place ignored_places[] = {
	/* clang-format off */
	{ "/run/",               "sockets and process ids, made anew at each start" },
	{ "/tmp/",               "temporary files" },
	{ "/var/tmp/",           "temporary files" },
	{ "/var/log/",           "logs; those of the original stay with it" },
	{ "/var/cache/",         "caches, made anew from what they are of" },
	{ "/var/lib/apt/",       "what apt last read of its sources" },
	{ "/var/lib/logrotate/", "when logs were rotated" },
	{ "/var/lib/systemd/",   "when timers ran, random seed, core dumps" },
	{ "/var/lib/patchline/", "files and journal of the patching itself" },
	{ NULL, NULL },
	/* clang-format on */
};

const struct ignored_place *ignored_path_find(const char *path)
{
	for (const struct ignored_place *place = ignored_places; place->path; place++) {
		size_t size = strlen(place->path);

		/* The folder itself changes with what is in it. */
		if (str_starts(path, place->path) ||
			(strlen(path) == size - 1 && strncmp(path, place->path, size - 1) == 0))
			return place;
	}
	return NULL;
}
