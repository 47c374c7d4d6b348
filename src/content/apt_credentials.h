/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apt_credentials.h - who signs in at which archive, as apt has it: /etc/apt/auth.conf and auth.conf.d, apt_auth.conf(5).
 *
 * Passwords go to the server that they are for and nowhere else. Layer: content. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Texts are owned; NULL: none. */
struct credentials {
	char *login, *password;
};

/* What stands in the files. */
struct credential_files {
	char **texts; /* owned, each too; in apt's order */
	size_t count, capacity;
	char *unreadable; /* owned; a file that is there and cannot be read; NULL: none */
};

/* Read the files of this machine. A file that is not there is none. */
void credential_files_read(struct credential_files *out);

/* Who signs in for a URL by the first file that knows. False when none does. credentials_done(). */
bool credentials_find(
	const struct credential_files *files, const char *url, struct credentials *out);

/* Add to an error about a server that lets nobody in: where it could have stood who signs in. */
void credentials_explain(const struct credential_files *files, struct error *err);

void credential_files_done(struct credential_files *files);
CLEANUP_DONE(struct credential_files, credential_files_done)
void credentials_done(struct credentials *c);
CLEANUP_DONE(struct credentials, credentials_done)
