/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relation.h - the fields in which packages speak of each other: Depends, Conflicts, Provides.
 *
 *	libc6 (>= 2.34), default-mta | mail-transport-agent, python3:any
 *
 * Read term by term without a copy: a term's strings point into the field. Restrictions "[amd64]"
 * and "<!nocheck>" are passed over. Layer: model. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/version.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

/* One term. Sizes are of strings that nothing ends; a size of 0 means "not told". */
struct relation_term {
	const char *name;         /* "libc6" */
	const char *architecture; /* "any", "i386": behind the colon */
	const char *version;      /* "2.34" */
	size_t name_size, architecture_size, version_size;
	enum version_relation relation; /* VERSION_ANY without a version */
	bool has_alternative;           /* the next term is another way to meet this one: '|' */
};

/**
 * Read the next term.
 *
 * @param rest  Where reading goes on; the field itself at first. Moved behind the term and its comma or bar.
 * @return 1 when there is one, 0 at the end, or -1 with err: ERR_CORRUPT (what is wrong, and where).
 */
NODISCARD int relation_next(const char **rest, struct relation_term *term, struct error *err);

/* How many terms of a stanza were read; {0} before its first field. */
struct relation_count {
	size_t terms, alternatives; /* of all; of the relation that is being read */
};

/** Count a term that was read. @return 0, or -1 with err: ERR_CORRUPT (more than limits.h allows). */
NODISCARD int relation_count(
	struct relation_count *count, const struct relation_term *term, struct error *err);

/* True for a package's name as dpkg takes it: letters, digits and "+-._", a letter or digit first. */
bool relation_is_name(const char *text, size_t size);
