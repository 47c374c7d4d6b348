/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jvalue.h - JSON values: read from text, built for output.
 *
 * The door to Jansson. A value belongs to its container once it is put there; a value got from a
 * container is borrowed. Getters of the wrong type answer the fallback, never crash.
 * Layer: base. Threads: one at a time per tree.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct jvalue;

/* A member of an object, borrowed from it. Begun empty. */
struct jvalue_member {
	const char *name;
	const struct jvalue *value;
	void *place; /* of jvalue_next() */
};

/**
 * Read a JSON text.
 * @param out  The value, freed with jvalue_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (line, column, what was expected).
 */
NODISCARD int jvalue_parse(const char *text, size_t size, struct jvalue **out, struct error *err);

/* New values, owned by the caller until put somewhere. A NULL string becomes null. */
struct jvalue *jvalue_object(void);
struct jvalue *jvalue_array(void);

/* Put under a name; an earlier value of that name goes. jvalue_set takes ownership of value. */
void jvalue_set(struct jvalue *object, const char *name, struct jvalue *value);
void jvalue_set_string(struct jvalue *object, const char *name, const char *value);
void jvalue_set_integer(struct jvalue *object, const char *name, int64_t value);
void jvalue_set_bool(struct jvalue *object, const char *name, bool value);
void jvalue_set_time(
	struct jvalue *object, const char *name, int64_t at); /* RFC 3339; 0 becomes null */

/* Append to an array. jvalue_add takes ownership of value. */
void jvalue_add(struct jvalue *array, struct jvalue *value);
void jvalue_add_string(struct jvalue *array, const char *value);

/* Members: NULL, or the fallback, when the name is not there or the type is another. */
const struct jvalue *jvalue_get(const struct jvalue *object, const char *name);
const char *jvalue_string(const struct jvalue *object, const char *name);
int64_t jvalue_integer(const struct jvalue *object, const char *name, int64_t fallback);
bool jvalue_bool(const struct jvalue *object, const char *name, bool fallback);

/*
 * Elements of an array or members of an object, in order of their names' first appearance. jvalue_next() goes to the next
 * member, the first when `at` is empty; false: there is none.
 */
size_t jvalue_count(const struct jvalue *value);
const struct jvalue *jvalue_at(const struct jvalue *array, size_t index);
bool jvalue_next(const struct jvalue *object, struct jvalue_member *at);
const char *jvalue_text(const struct jvalue *value); /* of a string value; NULL when it is none */
bool jvalue_is_object(const struct jvalue *value);
bool jvalue_is_array(const struct jvalue *value);

/* As text, owned by the caller: compact with sorted names (for hashing), or indented for people. */
char *jvalue_write(const struct jvalue *value);
char *jvalue_write_pretty(const struct jvalue *value);

/* The same value once more, owned by the caller; neither is to be changed afterwards. */
struct jvalue *jvalue_copy(const struct jvalue *value);

void jvalue_free(struct jvalue *value);
CLEANUP_FUNC(struct jvalue *, jvalue_free)
