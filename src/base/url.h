/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - URLs made, and what of them may be shown.
 *
 * Layer: base. Threads: any.
 */
#pragma once

#include <stddef.h>

/**
 * Who a URL signs in as: "user:password" of "http://user:password@host/", all up to the last at sign before the path. A user
 * alone may be a token, and so is as secret.
 *
 * @param authority  What stands behind "://"; more text may follow.
 * @return Its length, without the at sign; 0 for none.
 */
size_t url_credentials(const char *authority);

/* The file of a path below a URL: all but unreserved characters and slashes are escaped, as S3 takes '+' for a blank; owned by the caller. */
char *url_below(const char *url, const char *path);

/* The URL without who signs in, for messages and people; owned by the caller. */
char *url_public(const char *url);
