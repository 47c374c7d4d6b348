/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 32
#define NODES_MAX 1000000 /* aliases can make a small file explode */

#define CHUNK_FIRST 256
#define CHUNK_MAX   ((size_t)64 * 1024)

struct ynode {
	enum ynode_kind kind;
	size_t line;
	const char *text;        /* scalar only */
	struct ynode **children; /* elements, or key, value, key, value */
	size_t count;            /* of children */
};

/* Room for nodes and their texts, which are freed together. */
struct chunk {
	struct chunk *next; /* owned; the one before it */
	size_t size, used;
	max_align_t bytes[];
};

struct yaml {
	struct ynode *root;
	struct chunk *chunks; /* owned; the newest first */
};

static struct chunk *add_chunk(struct yaml *y, size_t wanted)
{
	size_t size = y->chunks ? 2 * y->chunks->size : CHUNK_FIRST;
	struct chunk *c = NULL;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < wanted)
		size = wanted;
	c = mem_new(1, sizeof *c + size);
	c->size = size;
	c->next = y->chunks;
	y->chunks = c;
	return c;
}

/* Zeroed bytes that live as long as the tree. */
static void *take_room(struct yaml *y, size_t size)
{
	size_t rounded = (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
	struct chunk *c = y->chunks;

	if (!c || c->size - c->used < rounded)
		c = add_chunk(y, rounded);
	c->used += rounded;
	return (char *)c->bytes + c->used - rounded;
}

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
	struct yaml *to;
	size_t nodes;
};

static int copy_node(struct copy *c, int id, size_t depth, struct ynode **out, struct error *err);

static int add_child(struct copy *c, struct ynode *parent, int id, size_t depth, struct error *err)
{
	if (copy_node(c, id, depth + 1, &parent->children[parent->count], err) < 0)
		return -1;
	parent->count++;
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

static int copy_list(
	struct copy *c, const yaml_node_t *node, struct ynode *n, size_t depth, struct error *err)
{
	const yaml_node_item_t *first = node->data.sequence.items.start;
	const yaml_node_item_t *end = node->data.sequence.items.top;

	n->kind = YNODE_LIST;
	n->children = take_room(c->to, (size_t)(end - first) * sizeof(struct ynode *));
	for (const yaml_node_item_t *i = first; i < end; i++) {
		if (add_child(c, n, *i, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_map(
	struct copy *c, const yaml_node_t *node, struct ynode *n, size_t depth, struct error *err)
{
	const yaml_node_pair_t *first = node->data.mapping.pairs.start;
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;

	n->kind = YNODE_MAP;
	n->children = take_room(c->to, 2 * (size_t)(end - first) * sizeof(struct ynode *));
	for (const yaml_node_pair_t *p = first; p < end; p++) {
		if (add_child(c, n, p->key, depth, err) < 0 ||
			check_key(n, n->count - 1, err) < 0 ||
			add_child(c, n, p->value, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_text(struct copy *c, const yaml_node_t *node, struct ynode *n, struct error *err)
{
	size_t size = node->data.scalar.length;
	char *text = take_room(c->to, size + 1);

	memcpy(text, node->data.scalar.value, size);
	n->text = text;
	if (strlen(text) != size)
		return error_set(err, ERR_USAGE, "line %zu: NUL byte in a value", n->line);
	return 0;
}

static int copy_node(struct copy *c, int id, size_t depth, struct ynode **out, struct error *err)
{
	const yaml_node_t *node = yaml_document_get_node(c->from, id);
	struct ynode *n = take_room(c->to, sizeof *n);

	*out = n;
	n->line = node->start_mark.line + 1;
	if (depth > DEPTH_MAX || ++c->nodes > NODES_MAX)
		return error_set(
			err, ERR_USAGE, "line %zu: nested too deep, or grown too large", n->line);
	if (node->type == YAML_SCALAR_NODE)
		return copy_text(c, node, n, err);
	if (node->type == YAML_SEQUENCE_NODE)
		return copy_list(c, node, n, depth, err);
	return copy_map(c, node, n, depth, err);
}

static int parser_error(const yaml_parser_t *p, struct error *err)
{
	return error_set(err, ERR_USAGE, "line %zu, column %zu: %s", p->problem_mark.line + 1,
		p->problem_mark.column + 1, p->problem ? p->problem : "not YAML");
}

static int load_root(yaml_parser_t *parser, struct yaml *out, struct error *err)
{
	CLEANUP(document_delete) yaml_document_t document = { 0 };

	if (!yaml_parser_load(parser, &document))
		return parser_error(parser, err);
	if (!yaml_document_get_root_node(&document))
		return error_set(err, ERR_USAGE, "the file is empty");

	struct copy c = { .from = &document, .to = out };

	return copy_node(&c, 1, 0, &out->root, err);
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
	if (load_root(&parser, y, err) < 0 || refuse_second(&parser, err) < 0)
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
	for (struct chunk *c = y->chunks, *next = NULL; c; c = next) {
		next = c->next;
		free(c);
	}
	free(y);
}
