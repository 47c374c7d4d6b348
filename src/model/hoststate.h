/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoststate.h - what is installed on a host, read from the text that the host told.
 *
 * A state is a text in deb822 form, named by its SHA-256: equal hosts share one state. Its first
 * paragraph says the platform, each further one is a package as dpkg knows it:
 *
 *	Platform: debian-12-amd64
 *	Architectures: amd64 i386
 *
 *	Package: openssl
 *	Status: hold ok installed
 *	Architecture: amd64
 *	Version: 3.0.20-1~deb12u1
 *	Auto: yes
 *	Pinned: yes
 *	Depends: libc6 (>= 2.34), libssl3 (>= 3.0.9)
 *
 * Immutable. Packages are ordered by name, then architecture. Only packages that have files on the
 * host are in it (neither not-installed nor config-files).
 * Layer: model. Threads: any number may read one state.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct hoststate;

enum relation {
	RELATION_PRE_DEPENDS,
	RELATION_DEPENDS,
	RELATION_CONFLICTS,
	RELATION_BREAKS,
	RELATION_PROVIDES,
	RELATION_COUNT,
};

enum multi_arch { MULTI_ARCH_NO, MULTI_ARCH_SAME, MULTI_ARCH_FOREIGN, MULTI_ARCH_ALLOWED };

/* One installed package. Strings are borrowed from the state and never NULL ("" when not told). */
struct installed {
	const char *name;         /* "openssl" */
	const char *version;      /* "3.0.20-1~deb12u1" */
	const char *architecture; /* "amd64", "all" */
	const char *source;       /* source package, "openssl"; the name when not told */
	const char *relations[RELATION_COUNT]; /* as in a control file */
	enum multi_arch multi_arch;
	bool is_held;
	bool is_pinned;    /* stays as it is by the host's own preferences */
	bool is_auto;      /* installed as a dependency */
	bool is_essential; /* Essential, Protected or Important: never to be removed */
	bool is_broken; /* half-installed, unpacked, half-configured, triggers pending, reinst-required */
};

/**
 * Read a state.
 *
 * @param text  Borrowed during the call only.
 * @param out   Owned by the caller: hoststate_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (which line, what is wrong with it).
 */
NODISCARD int hoststate_read(
	const char *text, size_t size, struct hoststate **out, struct error *err);

/* "debian-12-amd64". Borrowed. */
const char *hoststate_platform(const struct hoststate *s);

/* The native architecture first, then foreign ones; ended by NULL. Borrowed. */
const char *const *hoststate_architectures(const struct hoststate *s);

/* The SHA-256 of the text, 64 hexadecimal digits. Borrowed. */
const char *hoststate_digest(const struct hoststate *s);

size_t hoststate_count(const struct hoststate *s);
const struct installed *hoststate_at(const struct hoststate *s, size_t index);

/* The installed package of that name and architecture ("all" is found under every one); NULL when there is none. */
const struct installed *hoststate_find(
	const struct hoststate *s, const char *name, const char *architecture);

void hoststate_free(struct hoststate *s);
CLEANUP_FUNC(struct hoststate *, hoststate_free)
