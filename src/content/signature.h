/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature.h - OpenPGP: who signed a Release file, and signing our own.
 *
 * The door to GnuPG (gpgme). Verifying believes the keys of one keyring file and no others: neither the
 * user's keys nor the machine's. Everything happens offline in private directories below the state
 * directory (keyrings/<digest of the keyring>, gnupg), and no agent is left running.
 * Layer: content. Threads and processes: any number; calls wait for each other by a lock file.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;

/* Largest keyring file, and largest signed text. */
#define SIGNATURE_KEYRING_MAX ((size_t)16 * 1024 * 1024)
#define SIGNATURE_TEXT_MAX    ((size_t)64 * 1024 * 1024)

/**
 * Verify a clearsigned text (InRelease).
 *
 * @param state    State directory.
 * @param keyring  Path of the keys that are believed, armored or binary.
 * @param content  The text that the signature covers, and nothing else that stood in the file; free().
 *                 Untouched on failure.
 * @return 0 when at least one key of the keyring signed it and no signature is bad; -1 with err:
 *         ERR_NOT_FOUND (no keyring), ERR_CORRUPT (not signed, bad signature, signed only by keys that
 *         are not in the keyring, are expired or revoked), ERR_SYSTEM.
 */
NODISCARD int signature_verify(const char *state, const char *keyring, const char *text,
	size_t size, char **content, struct error *err);

/** A text and its detached signature: bytes in memory. */
struct detached {
	const char *text;
	size_t text_size;
	const char *signature; /* armored or binary */
	size_t signature_size;
};

/** Verify a text against a detached signature (Release, Release.gpg); errors as above. */
NODISCARD int signature_verify_detached(
	const char *state, const char *keyring, const struct detached *detached, struct error *err);

/**
 * Sign a text with the repository key of this installation (Ed25519, made on first use).
 *
 * @param out  The clearsigned text, free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_SYSTEM (what GnuPG says).
 */
NODISCARD int signature_clearsign(
	const char *state, const char *text, char **out, struct error *err);

/**
 * The public part of the repository key as a file that apt takes as a keyring (binary). Made on first use.
 *
 * @param path  STATE/gnupg/patchline.gpg, free(). Untouched on failure.
 */
NODISCARD int signature_public_key(const char *state, char **path, struct error *err);
