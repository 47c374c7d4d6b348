/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hoststate.h"

#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"
#include "model/relation.h"
#include "model/version.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STATE_SIZE_MAX ((size_t)256 * 1024 * 1024)

struct hoststate {
	char digest[DIGEST_HEX_SIZE];
	char *strings; /* owned: every string of the state; no larger than its text */
	size_t used;
	const char *platform;
	const struct version_order *versions; /* of the platform */
	const char *architectures[LIMIT_STATE_ARCHITECTURES + 1];
	struct installed *packages; /* owned; ordered by name, then architecture */
	size_t count, capacity;
};

/* Copy into the state. Each value is copied once, so the room is never more than the text. */
static const char *keep_value(struct hoststate *s, const char *value, size_t size)
{
	char *copy = s->strings + s->used;

	memcpy(copy, value, size);
	copy[size] = '\0';
	s->used += size + 1;
	return copy;
}

static const char *keep_state_field(struct hoststate *s, const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	return value && *value ? keep_value(s, value, strlen(value)) : "";
}

static bool is_yes(const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	return value && strcasecmp(value, "yes") == 0;
}

static int read_architectures(struct hoststate *s, const struct deb822 *d, struct error *err)
{
	const char *at = deb822_get(d, "Architectures");
	size_t count = 0;

	for (size_t size; at && *at; at += size) {
		at += strspn(at, " \t\n");
		size = strcspn(at, " \t\n");
		if (!size)
			break;
		if (count == LIMIT_STATE_ARCHITECTURES)
			return error_set(err, ERR_CORRUPT, "more than %d architectures",
				LIMIT_STATE_ARCHITECTURES);
		if (!relation_is_name(at, size))
			return error_set(err, ERR_CORRUPT, "'%.*s' is not an architecture",
				(int)(size < 40 ? size : 40), at);
		s->architectures[count++] = keep_value(s, at, size);
	}
	if (!count)
		return error_set(err, ERR_CORRUPT,
			"the first paragraph wants Architectures, the native one first");
	return 0;
}

static int read_head(struct hoststate *s, const struct deb822 *d, struct error *err)
{
	s->platform = keep_state_field(s, d, "Platform");
	if (!relation_is_name(s->platform, strlen(s->platform)))
		return error_set(err, ERR_CORRUPT,
			"the first paragraph wants the name of a platform, not '%.60s'",
			s->platform);
	s->versions = version_order_of(s->platform);
	return read_architectures(s, d, err);
}

/* The third word of "hold ok installed"; "installed" when no Status is told. */
static const char *status_word(const char *status)
{
	const char *last = status ? strrchr(status, ' ') : NULL;

	return last ? last + 1 : status ? status : "installed";
}

static bool has_files(const char *status)
{
	const char *word = status_word(status);

	return strcmp(word, "not-installed") != 0 && strcmp(word, "config-files") != 0;
}

static void read_status(struct installed *p, const char *status)
{
	if (str_equal(status, "install ok installed")) /* nearly all */
		return;
	p->is_held = status && str_starts(status, "hold ");
	p->is_broken = strcmp(status_word(status), "installed") != 0 ||
		       (status && strstr(status, " reinstreq "));
}

static int read_multi_arch(struct installed *p, const char *value, struct error *err)
{
	static const char *const names[] = {
		[MULTI_ARCH_NO] = "no",
		[MULTI_ARCH_SAME] = "same",
		[MULTI_ARCH_FOREIGN] = "foreign",
		[MULTI_ARCH_ALLOWED] = "allowed",
	};

	for (size_t i = 0; value && *value && i < sizeof names / sizeof *names; i++) {
		if (strcmp(value, names[i]) == 0) {
			p->multi_arch = (enum multi_arch)i;
			return 0;
		}
	}
	if (value && *value)
		return error_set(err, ERR_CORRUPT, "'%.40s' is not a value of Multi-Arch", value);
	return 0;
}

static int check_relation(const char *field, struct relation_count *count, struct error *err)
{
	struct relation_term term;
	int found;

	while ((found = relation_next(&field, &term, err)) > 0) {
		if (relation_count(count, &term, err) < 0)
			return -1;
	}
	return found;
}

static int read_relations(
	struct hoststate *s, struct installed *p, const struct deb822 *d, struct error *err)
{
	static const char *const names[RELATION_COUNT] = {
		[RELATION_PRE_DEPENDS] = "Pre-Depends",
		[RELATION_DEPENDS] = "Depends",
		[RELATION_CONFLICTS] = "Conflicts",
		[RELATION_BREAKS] = "Breaks",
		[RELATION_PROVIDES] = "Provides",
	};
	struct relation_count count = { 0 };

	for (size_t i = 0; i < RELATION_COUNT; i++) {
		p->relations[i] = keep_state_field(s, d, names[i]);
		if (check_relation(p->relations[i], &count, err) < 0)
			return error_wrap(err, "%s of '%s'", names[i], p->name);
	}
	return 0;
}

/* "openssl (3.0.20-1)": the name of the source package alone. */
static const char *read_source(struct hoststate *s, const struct installed *p, const char *value)
{
	size_t size = value ? strcspn(value, " (") : 0;

	return size ? keep_value(s, value, size) : p->name;
}

static int read_package(struct hoststate *s, const struct deb822 *d, struct error *err)
{
	struct installed p = { .name = keep_state_field(s, d, "Package") };

	if (!relation_is_name(p.name, strlen(p.name)))
		return error_set(err, ERR_CORRUPT, "'%.60s' is not the name of a package", p.name);
	p.version = keep_state_field(s, d, "Version");
	if (!s->versions->is_valid(p.version))
		return error_set(err, ERR_CORRUPT, "'%s' has the version '%.60s', which is none",
			p.name, p.version);
	p.architecture = keep_state_field(s, d, "Architecture");
	if (!relation_is_name(p.architecture, strlen(p.architecture)))
		return error_set(err, ERR_CORRUPT, "'%s' has no known architecture", p.name);
	p.source = read_source(s, &p, deb822_get(d, "Source"));
	p.is_auto = is_yes(d, "Auto");
	p.is_pinned = is_yes(d, "Pinned");
	p.is_essential = is_yes(d, "Essential") || is_yes(d, "Protected") || is_yes(d, "Important");
	read_status(&p, deb822_get(d, "Status"));
	if (read_multi_arch(&p, deb822_get(d, "Multi-Arch"), err) < 0)
		return error_wrap(err, "'%s'", p.name);
	if (read_relations(s, &p, d, err) < 0)
		return -1;
	s->packages = mem_room(s->packages, s->count, &s->capacity, sizeof *s->packages);
	s->packages[s->count++] = p;
	return 0;
}

static int by_package(const void *a, const void *b)
{
	const struct installed *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : strcmp(left->architecture, right->architecture);
}

static int check_doubled(const struct hoststate *s, struct error *err)
{
	for (size_t i = 1; i < s->count; i++) {
		if (by_package(&s->packages[i - 1], &s->packages[i]) == 0)
			return error_set(err, ERR_CORRUPT, "'%s:%s' is there twice",
				s->packages[i].name, s->packages[i].architecture);
	}
	return 0;
}

static int read_paragraphs(struct hoststate *s, struct deb822 *d, struct error *err)
{
	int found = deb822_next(d, err);

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_CORRUPT, "the state of the host is empty");
	if (read_head(s, d, err) < 0)
		return error_wrap(err, "line %zu", deb822_line(d));
	while ((found = deb822_next(d, err)) > 0) {
		if (has_files(deb822_get(d, "Status")) && read_package(s, d, err) < 0)
			return error_wrap(err, "line %zu", deb822_line(d));
	}
	return found;
}

int hoststate_read(const char *text, size_t size, struct hoststate **out, struct error *err)
{
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	CLEANUP(deb822_free) struct deb822 *d = NULL;

	if (size > STATE_SIZE_MAX)
		return error_set(err, ERR_CORRUPT, "state of the host is larger than %zu bytes",
			STATE_SIZE_MAX);
	s = mem_new(1, sizeof *s);
	s->strings = mem_new(1, size + 1);
	d = deb822_new_text(text, size);
	if (read_paragraphs(s, d, err) < 0)
		return -1;
	mem_sort(s->packages, s->count, sizeof *s->packages, by_package);
	if (check_doubled(s, err) < 0)
		return -1;
	digest_bytes(text, size, s->digest);
	*out = STEAL(&s);
	return 0;
}

const char *hoststate_platform(const struct hoststate *s)
{
	return s->platform;
}

const char *const *hoststate_architectures(const struct hoststate *s)
{
	return s->architectures;
}

const char *hoststate_digest(const struct hoststate *s)
{
	return s->digest;
}

size_t hoststate_count(const struct hoststate *s)
{
	return s->count;
}

const struct installed *hoststate_at(const struct hoststate *s, size_t index)
{
	assert(index < s->count);
	return &s->packages[index];
}

const struct installed *hoststate_find(
	const struct hoststate *s, const char *name, const char *architecture)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(s->packages[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->count && strcmp(s->packages[low].name, name) == 0; low++) {
		const char *has = s->packages[low].architecture;

		if (strcmp(has, architecture) == 0 || strcmp(has, "all") == 0)
			return &s->packages[low];
	}
	return NULL;
}

void hoststate_free(struct hoststate *s)
{
	if (!s)
		return;
	free(s->strings);
	free(s->packages);
	free(s);
}
