/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/answer.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535

/* ---- members ---- */

static int need_text(
	const struct jvalue *object, const char *name, const char **out, struct error *err)
{
	const char *text = jvalue_string(object, name);

	if (!text)
		return error_set(err, ERR_CORRUPT, "'%s' is missing, or no text", name);
	*out = text;
	return 0;
}

static int need_name(
	const struct jvalue *object, const char *name, const char **out, struct error *err)
{
	const char *text = "";

	if (need_text(object, name, &text, err) < 0)
		return -1;
	if (!*text)
		return error_set(err, ERR_CORRUPT, "'%s' is empty", name);
	*out = text;
	return 0;
}

/* A number from 0 to `most`. */
static int need_number(const struct jvalue *object, const char *name, int64_t most, int64_t *out,
	struct error *err)
{
	int64_t number = jvalue_integer(object, name, -1);

	if (number < 0 || number > most)
		return error_set(err, ERR_CORRUPT,
			"'%s' is missing, or no whole number from 0 to %lld", name,
			(long long)most);
	*out = number;
	return 0;
}

static int need_flag(const struct jvalue *object, const char *name, bool *out, struct error *err)
{
	bool value = jvalue_bool(object, name, false);

	if (value != jvalue_bool(object, name, true))
		return error_set(
			err, ERR_CORRUPT, "'%s' is missing, or neither true nor false", name);
	*out = value;
	return 0;
}

static int need_list(
	const struct jvalue *object, const char *name, const struct jvalue **out, struct error *err)
{
	const struct jvalue *list = jvalue_get(object, name);

	if (!list || !jvalue_is_array(list))
		return error_set(err, ERR_CORRUPT, "'%s' is missing, or no list", name);
	*out = list;
	return 0;
}

/* A list of texts as an array ended by NULL; the strings are borrowed. */
static int need_words(
	const struct jvalue *object, const char *name, const char ***out, struct error *err)
{
	const struct jvalue *list = NULL;

	if (need_list(object, name, &list, err) < 0)
		return -1;

	CLEANUP(free) const char **words = mem_new(jvalue_count(list) + 1, sizeof *words);

	for (size_t i = 0; i < jvalue_count(list); i++) {
		words[i] = jvalue_text(jvalue_at(list, i));
		if (!words[i])
			return error_set(err, ERR_CORRUPT, "'%s' holds what is no text", name);
	}
	*out = STEAL(&words);
	return 0;
}

/* ---- a line ---- */

static enum error_kind kind_of(const char *word)
{
	static const struct {
		const char *word;
		enum error_kind kind;
	} kinds[] = {
		{ "unsupported", ERR_REFUSED },
		{ "not-found", ERR_NOT_FOUND },
		{ "refused", ERR_REFUSED },
		{ "conflict", ERR_CONFLICT },
		{ "no-space", ERR_SYSTEM },
		{ "unreachable", ERR_UNREACHABLE },
		{ "system", ERR_SYSTEM },
	};

	for (size_t i = 0; word && i < sizeof kinds / sizeof *kinds; i++) {
		if (str_equal(word, kinds[i].word))
			return kinds[i].kind;
	}
	return ERR_SYSTEM;
}

static int read_error(const struct jvalue *json, struct error *out, struct error *err)
{
	const char *message = NULL, *host = jvalue_string(json, "host");

	if (need_name(json, "message", &message, err) < 0)
		return -1;
	(void)!error_set(out, kind_of(jvalue_string(json, "kind")), "%s%s%s", host ? host : "",
		host ? ": " : "", message);
	return 0;
}

int reply_read(const char *line, struct reply *out, struct error *err)
{
	CLEANUP(reply_done) struct reply r = { 0 };

	if (jvalue_parse(line, strlen(line), &r.json, err) < 0)
		return -1;
	if (!jvalue_is_object(r.json))
		return error_set(err, ERR_CORRUPT, "not an object");
	if (need_number(r.json, "id", INT64_MAX, &r.id, err) < 0)
		return -1;
	if (jvalue_get(r.json, "progress")) {
		r.kind = REPLY_PROGRESS;
		if (need_text(r.json, "progress", &r.progress, err) < 0)
			return -1;
	} else if (jvalue_get(r.json, "error")) {
		r.kind = REPLY_ERROR;
		if (read_error(jvalue_get(r.json, "error"), &r.error, err) < 0)
			return error_wrap(err, "error");
	} else {
		r.kind = REPLY_RESULT;
		r.result = jvalue_get(r.json, "result");
		if (!r.result || !jvalue_is_object(r.result))
			return error_set(err, ERR_CORRUPT, "neither progress, result nor error");
	}
	*out = STEAL(&r);
	return 0;
}

void reply_done(struct reply *r)
{
	jvalue_free(r->json);
	*r = (struct reply){ 0 };
}

/* ---- coverage ---- */

static int read_area(const struct jvalue *json, struct coverage_area *area, struct error *err)
{
	if (need_name(json, "path", &area->path, err) < 0 ||
		need_name(json, "kind", &area->kind, err) < 0 ||
		need_text(json, "why", &area->why, err) < 0)
		return -1;
	if (jvalue_get(json, "inside") && need_flag(json, "inside", &area->is_inside, err) < 0)
		return -1;
	return need_flag(json, "covered", &area->is_covered, err);
}

static int read_areas(
	const struct jvalue *json, struct coverage *c, size_t *capacity, struct error *err)
{
	const struct jvalue *areas = NULL;
	const char *host = NULL;

	if (need_name(json, "host", &host, err) < 0 || need_list(json, "areas", &areas, err) < 0)
		return -1;
	for (size_t i = 0; i < jvalue_count(areas); i++) {
		struct coverage_area area = { .host = host };

		if (read_area(jvalue_at(areas, i), &area, err) < 0)
			return error_wrap(err, "'%s'", host);
		c->areas = mem_room(c->areas, c->count, capacity, sizeof *c->areas);
		c->areas[c->count++] = area;
	}
	return 0;
}

int coverage_from(struct jvalue *json, struct coverage *out, struct error *err)
{
	CLEANUP(coverage_done) struct coverage c = { .json = json };
	const struct jvalue *hosts = NULL;
	size_t capacity = 0;

	if (need_list(json, "hosts", &hosts, err) < 0)
		return -1;
	for (size_t i = 0; i < jvalue_count(hosts); i++) {
		if (read_areas(jvalue_at(hosts, i), &c, &capacity, err) < 0)
			return -1;
	}
	*out = STEAL(&c);
	return 0;
}

void coverage_done(struct coverage *c)
{
	free(c->areas);
	jvalue_free(c->json);
	*c = (struct coverage){ 0 };
}

/* ---- taken ---- */

static int read_taken_host(const struct jvalue *json, struct taken_host *h, struct error *err)
{
	if (need_name(json, "host", &h->host, err) < 0)
		return -1;
	if (need_number(json, "taken_at", INT64_MAX, &h->taken_at_ms, err) < 0 ||
		need_number(json, "paused_ms", INT64_MAX, &h->paused_ms, err) < 0 ||
		need_number(json, "copied_bytes", INT64_MAX, &h->copied_bytes, err) < 0)
		return error_wrap(err, "'%s'", h->host);
	return 0;
}

int taken_from(struct jvalue *json, struct taken *out, struct error *err)
{
	CLEANUP(taken_done) struct taken t = { .json = json };
	const struct jvalue *hosts = NULL;

	if (need_number(json, "started_at", INT64_MAX, &t.started_at_ms, err) < 0 ||
		need_number(json, "ended_at", INT64_MAX, &t.ended_at_ms, err) < 0 ||
		need_list(json, "hosts", &hosts, err) < 0)
		return -1;
	if (t.ended_at_ms < t.started_at_ms)
		return error_set(err, ERR_CORRUPT, "'ended_at' is before 'started_at'");
	t.hosts = mem_new(jvalue_count(hosts), sizeof *t.hosts);
	for (t.count = 0; t.count < jvalue_count(hosts); t.count++) {
		if (read_taken_host(jvalue_at(hosts, t.count), &t.hosts[t.count], err) < 0)
			return -1;
	}
	*out = STEAL(&t);
	return 0;
}

void taken_done(struct taken *t)
{
	free(t->hosts);
	jvalue_free(t->json);
	*t = (struct taken){ 0 };
}

/* ---- machines ---- */

static int read_machine(const struct jvalue *json, struct machine *h, struct error *err)
{
	int64_t port = 0;

	if (need_name(json, "host", &h->host, err) < 0)
		return -1;
	if (need_name(json, "address", &h->address, err) < 0 ||
		need_number(json, "port", PORT_MAX, &port, err) < 0)
		return error_wrap(err, "'%s'", h->host);
	h->port = (int)port;
	return 0;
}

int machines_from(struct jvalue *json, struct machines *out, struct error *err)
{
	CLEANUP(machines_done) struct machines m = { .json = json };
	const struct jvalue *hosts = NULL;

	if (need_list(json, "hosts", &hosts, err) < 0 ||
		need_words(json, "inside", &m.inside, err) < 0)
		return -1;
	m.items = mem_new(jvalue_count(hosts), sizeof *m.items);
	for (m.count = 0; m.count < jvalue_count(hosts); m.count++) {
		if (read_machine(jvalue_at(hosts, m.count), &m.items[m.count], err) < 0)
			return -1;
	}
	*out = STEAL(&m);
	return 0;
}

void machines_done(struct machines *m)
{
	free(m->items);
	free(m->inside);
	jvalue_free(m->json);
	*m = (struct machines){ 0 };
}

/* ---- held clones ---- */

static int read_held(const struct jvalue *json, struct held_clone *h, struct error *err)
{
	if (need_name(json, "clone", &h->name, err) < 0)
		return -1;
	if (need_number(json, "created_at", INT64_MAX, &h->created_at_ms, err) < 0 ||
		need_flag(json, "running", &h->is_running, err) < 0 ||
		need_words(json, "hosts", &h->hosts, err) < 0)
		return error_wrap(err, "'%s'", h->name);
	return 0;
}

int held_clones_from(struct jvalue *json, struct held_clones *out, struct error *err)
{
	CLEANUP(held_clones_done) struct held_clones h = { .json = json };
	const struct jvalue *clones = NULL;

	if (need_list(json, "clones", &clones, err) < 0)
		return -1;
	h.items = mem_new(jvalue_count(clones), sizeof *h.items);
	for (h.count = 0; h.count < jvalue_count(clones); h.count++) {
		if (read_held(jvalue_at(clones, h.count), &h.items[h.count], err) < 0)
			return -1;
	}
	*out = STEAL(&h);
	return 0;
}

void held_clones_done(struct held_clones *h)
{
	for (size_t i = 0; i < h->count; i++)
		free(h->items[i].hosts);
	free(h->items);
	jvalue_free(h->json);
	*h = (struct held_clones){ 0 };
}

/* ---- changes ---- */

static int read_change(const struct jvalue *json, struct change_of_path *c, struct error *err)
{
	static const char *const words[] = { "added", "changed", "removed" };

	if (need_name(json, "path", &c->path, err) < 0)
		return -1;
	if (need_name(json, "change", &c->change, err) < 0 ||
		need_flag(json, "is_data", &c->is_data, err) < 0)
		return error_wrap(err, "'%s'", c->path);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_equal(c->change, words[i]))
			return 0;
	}
	return error_set(err, ERR_CORRUPT, "'%s': '%s' is no change: added, changed, removed",
		c->path, c->change);
}

int changes_from(struct jvalue *json, struct changes *out, struct error *err)
{
	CLEANUP(changes_done) struct changes c = { .json = json };
	const struct jvalue *paths = NULL;

	if (need_list(json, "paths", &paths, err) < 0 ||
		need_flag(json, "is_cut", &c.is_cut, err) < 0)
		return -1;
	c.items = mem_new(jvalue_count(paths), sizeof *c.items);
	for (c.count = 0; c.count < jvalue_count(paths); c.count++) {
		if (read_change(jvalue_at(paths, c.count), &c.items[c.count], err) < 0)
			return -1;
	}
	*out = STEAL(&c);
	return 0;
}

void changes_done(struct changes *c)
{
	free(c->items);
	jvalue_free(c->json);
	*c = (struct changes){ 0 };
}

/* ---- the end of a script ---- */

int script_end_from(struct jvalue *json, struct script_end *out, struct error *err)
{
	CLEANUP(script_end_done) struct script_end s = { .json = json };
	int64_t status = 0;

	if (need_number(json, "exit_status", 255, &status, err) < 0 ||
		need_text(json, "output", &s.output, err) < 0)
		return -1;
	s.exit_status = (int)status;
	*out = STEAL(&s);
	return 0;
}

void script_end_done(struct script_end *s)
{
	jvalue_free(s->json);
	*s = (struct script_end){ 0 };
}

/* ---- as the store keeps them ---- */

/* NULL for "{}": nothing is known yet. */
static int parse_kept(const char *text, struct jvalue **out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *json = NULL;

	if (jvalue_parse(text, strlen(text), &json, err) < 0)
		return -1;
	if (!jvalue_is_object(json))
		return error_set(err, ERR_CORRUPT, "want an object");
	*out = jvalue_count(json) ? STEAL(&json) : NULL;
	return 0;
}

int coverage_read(const char *text, struct coverage *out, struct error *err)
{
	struct jvalue *json = NULL;

	if (parse_kept(text, &json, err) < 0)
		return error_wrap(err, "coverage");
	if (json)
		return coverage_from(json, out, err);
	*out = (struct coverage){ 0 };
	return 0;
}

int taken_read(const char *text, struct taken *out, struct error *err)
{
	struct jvalue *json = NULL;

	if (parse_kept(text, &json, err) < 0)
		return error_wrap(err, "times of a clone");
	if (json)
		return taken_from(json, out, err);
	*out = (struct taken){ 0 };
	return 0;
}

int machines_read(const char *text, struct machines *out, struct error *err)
{
	struct jvalue *json = NULL;

	if (parse_kept(text, &json, err) < 0)
		return error_wrap(err, "machines of a clone");
	if (json)
		return machines_from(json, out, err);
	*out = (struct machines){ 0 };
	return 0;
}

const struct machine *machines_find(const struct machines *m, const char *host)
{
	for (size_t i = 0; i < m->count; i++) {
		if (str_equal(m->items[i].host, host))
			return &m->items[i];
	}
	return NULL;
}
