/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - a YAML document as a tree that knows its lines, so that errors can name them.
 *
 * The door to libyaml. Aliases are followed by the library; a key given twice is refused.
 * Layer: base. Threads: any number may read one document.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;
struct yaml;
struct ynode;

enum ynode_kind { YNODE_SCALAR, YNODE_LIST, YNODE_MAP };

/**
 * Read one document.
 *
 * @param text  Borrowed during the call only.
 * @param out   Freed with yaml_tree_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE ("line 7, column 3: ...": not YAML, no document, a second
 *         document, a doubled key, nested deeper than 32).
 */
NODISCARD int yaml_parse(const char *text, size_t size, struct yaml **out, struct error *err);

/* The outermost node. Borrowed until yaml_tree_free(), as all nodes and texts are. */
const struct ynode *yaml_root(const struct yaml *y);

enum ynode_kind ynode_kind(const struct ynode *n);
size_t ynode_line(const struct ynode *n); /* from 1 */

/* A scalar's text; "" for other kinds. */
const char *ynode_text(const struct ynode *n);

/* Elements of a list, or values of a map in their order; 0 for a scalar. */
size_t ynode_count(const struct ynode *n);
const struct ynode *ynode_at(const struct ynode *n, size_t index);

/* The key of a map's value at an index, as a node (it has a line too). */
const struct ynode *ynode_key_at(const struct ynode *n, size_t index);

/* A map's value by key; NULL when there is none. */
const struct ynode *ynode_get(const struct ynode *n, const char *key);

void yaml_tree_free(struct yaml *y);
CLEANUP_FUNC(struct yaml *, yaml_tree_free)
