/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 32
#define NODES_MAX 1000000 /* aliases can make a small file explode */

struct ynode {
	enum ynode_kind kind;
	size_t line;
	char *text;              /* owned; scalar only */
	struct ynode **children; /* owned: elements, or key, value, key, value */
	size_t count, capacity;  /* of children */
};

struct yaml {
	struct ynode *root; /* owned */
};

static void ynode_free(struct ynode *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		ynode_free(n->children[i]);
	free(n->children);
	free(n->text);
	free(n);
}
CLEANUP_FUNC(struct ynode *, ynode_free)

static void document_delete(yaml_document_t *d)
{
	yaml_document_delete(d);
}
static inline void document_delete_p(yaml_document_t *d)
{
	document_delete(d);
}

static void parser_delete_p(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

/* One copy of a document: where it reads from and how much it may still grow. */
struct copy {
	yaml_document_t *from;
	size_t nodes;
};

static int copy_node(struct copy *c, int id, size_t depth, struct ynode **out, struct error *err);

static int add_child(struct copy *c, struct ynode *parent, int id, size_t depth, struct error *err)
{
	struct ynode *child = NULL;

	if (copy_node(c, id, depth + 1, &child, err) < 0)
		return -1;
	if (parent->count == parent->capacity)
		parent->children =
			mem_grow(parent->children, &parent->capacity, sizeof *parent->children);
	parent->children[parent->count++] = child;
	return 0;
}

static int check_key(const struct ynode *map, size_t before, struct error *err)
{
	const struct ynode *key = map->children[before];

	if (key->kind != YNODE_SCALAR)
		return error_set(err, ERR_USAGE, "line %zu: a key must be a plain word", key->line);
	for (size_t i = 0; i < before; i += 2) {
		if (strcmp(map->children[i]->text, key->text) == 0)
			return error_set(err, ERR_USAGE,
				"line %zu: '%s' is there twice (first in line %zu)", key->line,
				key->text, map->children[i]->line);
	}
	return 0;
}

static int copy_children(
	struct copy *c, const yaml_node_t *node, struct ynode *n, size_t depth, struct error *err)
{
	if (node->type == YAML_SEQUENCE_NODE) {
		n->kind = YNODE_LIST;
		for (yaml_node_item_t *i = node->data.sequence.items.start;
			i < node->data.sequence.items.top; i++) {
			if (add_child(c, n, *i, depth, err) < 0)
				return -1;
		}
		return 0;
	}
	n->kind = YNODE_MAP;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
		p++) {
		if (add_child(c, n, p->key, depth, err) < 0 ||
			check_key(n, n->count - 1, err) < 0 ||
			add_child(c, n, p->value, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_node(struct copy *c, int id, size_t depth, struct ynode **out, struct error *err)
{
	const yaml_node_t *node = yaml_document_get_node(c->from, id);
	CLEANUP(ynode_free) struct ynode *n = mem_new(1, sizeof *n);

	n->line = node->start_mark.line + 1;
	if (depth > DEPTH_MAX || ++c->nodes > NODES_MAX)
		return error_set(
			err, ERR_USAGE, "line %zu: nested too deep, or grown too large", n->line);
	if (node->type == YAML_SCALAR_NODE) {
		n->text = mem_strndup(
			(const char *)node->data.scalar.value, node->data.scalar.length);
		if (strlen(n->text) != node->data.scalar.length)
			return error_set(err, ERR_USAGE, "line %zu: NUL byte in a value", n->line);
	} else if (copy_children(c, node, n, depth, err) < 0) {
		return -1;
	}
	*out = STEAL(&n);
	return 0;
}

static int parser_error(const yaml_parser_t *p, struct error *err)
{
	return error_set(err, ERR_USAGE, "line %zu, column %zu: %s", p->problem_mark.line + 1,
		p->problem_mark.column + 1, p->problem ? p->problem : "not YAML");
}

static int load_root(yaml_parser_t *parser, struct ynode **out, struct error *err)
{
	CLEANUP(document_delete) yaml_document_t document = { 0 };

	if (!yaml_parser_load(parser, &document))
		return parser_error(parser, err);
	if (!yaml_document_get_root_node(&document))
		return error_set(err, ERR_USAGE, "the file is empty");

	struct copy c = { .from = &document };

	return copy_node(&c, 1, 0, out, err);
}

static int refuse_second(yaml_parser_t *parser, struct error *err)
{
	CLEANUP(document_delete) yaml_document_t second = { 0 };

	if (!yaml_parser_load(parser, &second))
		return parser_error(parser, err);

	const yaml_node_t *root = yaml_document_get_root_node(&second);

	if (root)
		return error_set(err, ERR_USAGE, "line %zu: a second document; want one",
			root->start_mark.line + 1);
	return 0;
}

int yaml_parse(const char *text, size_t size, struct yaml **out, struct error *err)
{
	CLEANUP(parser_delete) yaml_parser_t parser;
	CLEANUP(yaml_tree_free) struct yaml *y = mem_new(1, sizeof *y);

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (load_root(&parser, &y->root, err) < 0 || refuse_second(&parser, err) < 0)
		return -1;
	*out = STEAL(&y);
	return 0;
}

const struct ynode *yaml_root(const struct yaml *y)
{
	return y->root;
}

enum ynode_kind ynode_kind(const struct ynode *n)
{
	return n->kind;
}

size_t ynode_line(const struct ynode *n)
{
	return n->line;
}

const char *ynode_text(const struct ynode *n)
{
	return n->text ? n->text : "";
}

size_t ynode_count(const struct ynode *n)
{
	return n->kind == YNODE_MAP ? n->count / 2 : n->count;
}

const struct ynode *ynode_at(const struct ynode *n, size_t index)
{
	return n->children[n->kind == YNODE_MAP ? 2 * index + 1 : index];
}

const struct ynode *ynode_key_at(const struct ynode *n, size_t index)
{
	return n->children[2 * index];
}

const struct ynode *ynode_get(const struct ynode *n, const char *key)
{
	for (size_t i = 0; n->kind == YNODE_MAP && i < ynode_count(n); i++) {
		if (str_equal(ynode_text(ynode_key_at(n, i)), key))
			return ynode_at(n, i);
	}
	return NULL;
}

void yaml_tree_free(struct yaml *y)
{
	if (!y)
		return;
	ynode_free(y->root);
	free(y);
}
