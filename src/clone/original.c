/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/original.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "model/hoststate_diff.h"
#include "store/host.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct original_host host; /* its strings are owned here */
	size_t file_capacity;
};

struct original {
	char *environment, *release;
	int64_t at;
	struct entry *entries;
	size_t count, capacity;
	size_t last; /* the host that was added last */
};

/* ---- putting it together ---- */

struct original *original_new(const char *environment, const char *release, int64_t at)
{
	struct original *o = mem_new(1, sizeof *o);

	o->environment = mem_strdup(environment);
	o->release = mem_strdup(release ? release : "");
	o->at = at;
	return o;
}

/* Hosts and files stand in their order at all times; they mostly come in it. */
void original_add_host(struct original *o, const struct original_host *host)
{
	size_t at = o->count;

	o->entries = mem_room(o->entries, o->count, &o->capacity, sizeof *o->entries);
	for (; at > 0 && strcmp(o->entries[at - 1].host.name, host->name) > 0; at--)
		o->entries[at] = o->entries[at - 1];
	o->entries[at] = (struct entry){ .host = {
						 .name = mem_strdup(host->name),
						 .group = mem_strdup(host->group),
						 .release = mem_strdup(host->release),
						 .state = mem_strdup(host->state),
						 .packages = mem_strdup(host->packages),
					 } };
	o->count++;
	o->last = at;
}

void original_add_file(struct original *o, const struct original_file *file)
{
	assert(o->count);

	struct entry *e = &o->entries[o->last];
	struct original_host *h = &e->host;
	size_t at = h->file_count;

	h->files = mem_room(h->files, h->file_count, &e->file_capacity, sizeof *h->files);
	for (; at > 0 && strcmp(h->files[at - 1].path, file->path) > 0; at--)
		h->files[at] = h->files[at - 1];
	h->files[at] = (struct original_file){
		.path = mem_strdup(file->path),
		.kind = mem_strdup(file->kind),
		.mode = mem_strdup(file->mode),
		.content = mem_strdup(file->content),
	};
	h->file_count++;
}

size_t original_count(const struct original *o)
{
	return o->count;
}

const struct original_host *original_at(const struct original *o, size_t index)
{
	assert(index < o->count);
	return &o->entries[index].host;
}

static void host_done(struct original_host *h)
{
	for (size_t k = 0; k < h->file_count; k++) {
		free((char *)(uintptr_t)h->files[k].path);
		free((char *)(uintptr_t)h->files[k].kind);
		free((char *)(uintptr_t)h->files[k].mode);
		free((char *)(uintptr_t)h->files[k].content);
	}
	free(h->files);
	free((char *)(uintptr_t)h->name);
	free((char *)(uintptr_t)h->group);
	free((char *)(uintptr_t)h->release);
	free((char *)(uintptr_t)h->state);
	free((char *)(uintptr_t)h->packages);
}

void original_drop_host(struct original *o, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->count; i++) {
		if (str_equal(o->entries[i].host.name, name))
			host_done(&o->entries[i].host);
		else
			o->entries[kept++] = o->entries[i];
	}
	o->count = kept;
}

void original_free(struct original *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->count; i++)
		host_done(&o->entries[i].host);
	free(o->entries);
	free(o->environment);
	free(o->release);
	free(o);
}

/* ---- as JSON ---- */

static struct jvalue *files_json(const struct original_host *h)
{
	struct jvalue *files = jvalue_array();

	for (size_t i = 0; i < h->file_count; i++) {
		struct jvalue *file = jvalue_object();

		jvalue_set_string(file, "path", h->files[i].path);
		jvalue_set_string(file, "kind", h->files[i].kind);
		jvalue_set_string(file, "mode", h->files[i].mode);
		jvalue_set_string(file, "content", h->files[i].content);
		jvalue_add(files, file);
	}
	return files;
}

static struct jvalue *host_json(const struct original_host *h)
{
	struct jvalue *json = jvalue_object();

	jvalue_set_string(json, "name", h->name);
	jvalue_set_string(json, "group", h->group);
	jvalue_set_string(json, "release", h->release);
	jvalue_set_string(json, "state", h->state);
	jvalue_set_string(json, "packages", h->packages);
	jvalue_set(json, "files", files_json(h));
	return json;
}

static struct jvalue *original_json(const struct original *o)
{
	struct jvalue *json = jvalue_object();
	struct jvalue *hosts = jvalue_array();

	for (size_t i = 0; i < o->count; i++)
		jvalue_add(hosts, host_json(&o->entries[i].host));
	jvalue_set_string(json, "environment", o->environment);
	jvalue_set_string(json, "release", o->release);
	jvalue_set_integer(json, "at", o->at);
	jvalue_set(json, "hosts", hosts);
	return json;
}

char *original_write(const struct original *o)
{
	CLEANUP(jvalue_free) struct jvalue *json = original_json(o);

	return jvalue_write(json);
}

static int need(const struct jvalue *json, const char *name, const char **out, struct error *err)
{
	*out = jvalue_string(json, name);
	if (!*out)
		return error_set(err, ERR_CORRUPT, "'%s' is missing, or no text", name);
	return 0;
}

static int read_files(struct original *o, const struct jvalue *files, struct error *err)
{
	for (size_t i = 0; i < jvalue_count(files); i++) {
		const struct jvalue *json = jvalue_at(files, i);
		struct original_file file = { 0 };

		if (need(json, "path", &file.path, err) < 0 ||
			need(json, "kind", &file.kind, err) < 0 ||
			need(json, "mode", &file.mode, err) < 0 ||
			need(json, "content", &file.content, err) < 0)
			return -1;
		original_add_file(o, &file);
	}
	return 0;
}

static int read_host(struct original *o, const struct jvalue *json, struct error *err)
{
	struct original_host host = { 0 };

	if (need(json, "name", &host.name, err) < 0 || need(json, "group", &host.group, err) < 0 ||
		need(json, "release", &host.release, err) < 0 ||
		need(json, "state", &host.state, err) < 0 ||
		need(json, "packages", &host.packages, err) < 0)
		return -1;
	original_add_host(o, &host);
	return read_files(o, jvalue_get(json, "files"), err);
}

int original_read(const char *text, struct original **out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *json = NULL;
	const char *environment = NULL, *release = NULL;

	if (jvalue_parse(text, strlen(text), &json, err) < 0 ||
		need(json, "environment", &environment, err) < 0 ||
		need(json, "release", &release, err) < 0)
		return error_wrap(err, "what an original was");

	CLEANUP(original_free)
	struct original *o = original_new(environment, release, jvalue_integer(json, "at", 0));
	const struct jvalue *hosts = jvalue_get(json, "hosts");

	for (size_t i = 0; i < jvalue_count(hosts); i++) {
		if (read_host(o, jvalue_at(hosts, i), err) < 0)
			return error_wrap(err, "what an original was");
	}
	*out = STEAL(&o);
	return 0;
}

/* ---- digests ---- */

static void hash_line(struct hasher *h, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hasher_add(h, words[i], strlen(words[i]));
		hasher_add(h, i + 1 < count ? "\t" : "\n", 1);
	}
}

const char *original_fingerprint(const struct original *o, char out[DIGEST_HEX_SIZE])
{
	struct hasher *h = hasher_new();
	const char *const head[] = { o->environment, o->release };

	hash_line(h, head, 2);
	for (size_t i = 0; i < o->count; i++) {
		const struct original_host *host = &o->entries[i].host;
		const char *const words[] = { "host", host->name, host->release, host->packages };

		hash_line(h, words, 4);
		for (size_t k = 0; k < host->file_count; k++) {
			const struct original_file *f = &host->files[k];
			const char *const line[] = { f->path, f->kind, f->mode, f->content };

			hash_line(h, line, 4);
		}
	}
	return hasher_end(h, out);
}

const char *packages_digest(const struct hoststate *state, char out[DIGEST_HEX_SIZE])
{
	struct hasher *h = hasher_new();

	for (size_t i = 0; i < hoststate_count(state); i++) {
		const struct installed *p = hoststate_at(state, i);
		const char *const words[] = { p->name, p->version, p->architecture,
			p->is_held     ? "held"
			: p->is_pinned ? "pinned"
				       : "" };

		hash_line(h, words, 4);
	}
	return hasher_end(h, out);
}

/* ---- differences ---- */

void differences_add(struct differences *d, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	int size = vasprintf(&text, fmt, args);

	va_end(args);
	if (size < 0)
		abort(); /* out of memory, as in mem.c */
	d->items = mem_room(d->items, d->count, &d->capacity, sizeof *d->items);
	d->items[d->count++] = text;
}

void differences_done(struct differences *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->items[i]);
	free(d->items);
	*d = (struct differences){ 0 };
}

static void add_package(const char *host, const struct installed *then, const struct installed *now,
	struct differences *out)
{
	if (!now)
		differences_add(out, "%s: %s %s is gone", host, then->name, then->version);
	else if (!then)
		differences_add(out, "%s: %s %s is new", host, now->name, now->version);
	else if (!str_equal(then->version, now->version))
		differences_add(
			out, "%s: %s %s -> %s", host, now->name, then->version, now->version);
	else if (then->is_held != now->is_held)
		differences_add(out, "%s: %s is %s", host, now->name,
			now->is_held ? "on hold" : "no longer on hold");
	else if (then->is_pinned != now->is_pinned)
		differences_add(out, "%s: %s is %s", host, now->name,
			now->is_pinned ? "pinned" : "no longer pinned");
}

void packages_compare(const char *host, const struct hoststate *then, const struct hoststate *now,
	struct differences *out)
{
	for (struct hoststate_diff at = { 0 }; hoststate_diff_next(then, now, &at);)
		add_package(host, at.before, at.after, out);
}

static int compare_packages(struct store *store, const struct original_host *then,
	const struct original_host *now, struct differences *out, struct error *err)
{
	CLEANUP(hoststate_free) struct hoststate *a = NULL;
	CLEANUP(hoststate_free) struct hoststate *b = NULL;

	if (str_equal(then->packages, now->packages))
		return 0;
	if (store_state_read(store, then->state, &a, err) < 0 ||
		store_state_read(store, now->state, &b, err) < 0)
		return error_wrap(err, "'%s'", now->name);
	packages_compare(now->name, a, b, out);
	return 0;
}

static void compare_file(const char *host, const struct original_file *then,
	const struct original_file *now, struct differences *out)
{
	if (!str_equal(then->kind, now->kind))
		differences_add(out, "%s: %s was %s%s, is %s%s", host, now->path,
			str_equal(then->kind, "missing") ? "" : "a ", then->kind,
			str_equal(now->kind, "missing") ? "" : "a ", now->kind);
	else if (!str_equal(then->content, now->content))
		differences_add(out, "%s: %s changed", host, now->path);
	else if (!str_equal(then->mode, now->mode))
		differences_add(out, "%s: %s has other permissions: %s -> %s", host, now->path,
			then->mode, now->mode);
}

static void compare_files(
	const struct original_host *then, const struct original_host *now, struct differences *out)
{
	size_t t = 0, n = 0;

	while (t < then->file_count || n < now->file_count) {
		const struct original_file *a = t < then->file_count ? &then->files[t] : NULL;
		const struct original_file *b = n < now->file_count ? &now->files[n] : NULL;

		if (a && (!b || strcmp(a->path, b->path) < 0)) {
			differences_add(out, "%s: %s is gone", now->name, a->path);
			t++;
		} else if (b && (!a || strcmp(a->path, b->path) > 0)) {
			differences_add(out, "%s: %s is new", now->name, b->path);
			n++;
		} else if (a && b) {
			compare_file(now->name, a, b, out);
			t++;
			n++;
		}
	}
}

static const char *named(const char *release)
{
	return *release ? release : "(not told)";
}

static int original_compare_host(struct store *store, const struct original_host *then,
	const struct original_host *now, struct differences *out, struct error *err)
{
	if (!str_equal(then->release, now->release))
		differences_add(out, "%s: release %s -> %s", now->name, named(then->release),
			named(now->release));
	if (compare_packages(store, then, now, out, err) < 0)
		return -1;
	compare_files(then, now, out);
	return 0;
}

int original_compare(struct store *store, const struct original *then, const struct original *now,
	struct differences *out, struct error *err)
{
	CLEANUP(differences_done) struct differences d = { 0 };
	size_t t = 0, n = 0;

	if (!str_equal(then->release, now->release))
		differences_add(&d, "release %s -> %s", named(then->release), named(now->release));
	while (t < then->count || n < now->count) {
		const struct original_host *a = t < then->count ? original_at(then, t) : NULL;
		const struct original_host *b = n < now->count ? original_at(now, n) : NULL;

		if (a && (!b || strcmp(a->name, b->name) < 0)) {
			differences_add(&d, "host %s is gone", a->name);
			t++;
		} else if (b && (!a || strcmp(a->name, b->name) > 0)) {
			differences_add(&d, "host %s is new", b->name);
			n++;
		} else if (a && b) {
			if (original_compare_host(store, a, b, &d, err) < 0)
				return -1;
			t++;
			n++;
		}
	}
	*out = STEAL(&d);
	return 0;
}
