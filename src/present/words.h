/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - sizes and digests as people read them. Layer: present. Threads: any. */
#pragma once

#include <stdint.h>

/* "12.3 MiB" into out; returns out. */
#define SIZE_TEXT_SIZE 24
const char *size_format(uint64_t bytes, char out[SIZE_TEXT_SIZE]);

/* The first 12 digits of a digest; "-" for NULL. Returns out. */
#define DIGEST_SHORT_SIZE 13
const char *digest_short(const char *digest, char out[DIGEST_SHORT_SIZE]);
