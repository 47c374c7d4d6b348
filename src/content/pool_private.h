/* SPDX-License-Identifier: Apache-2.0 */
/* pool_private.h - what the files of the pool share. Layer: content, private to it. Threads: any. */
#pragma once

#define POOL_SHELVES 256 /* directories "00" to "ff": the first two digits */

struct pool {
	char *root; /* STATE/pool/sha256 */
	int lock;   /* of that directory: many at once, or pool_clean() alone */
};
