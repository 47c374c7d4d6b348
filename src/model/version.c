/* SPDX-License-Identifier: Apache-2.0 */
#include "model/version.h"

#include "model/package_manager.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EPOCH_MAX 2147483647

/* A part of a version: characters up to `end`. */
struct part {
	const char *at, *end;
};

struct parts {
	struct part epoch, upstream, revision;
};

static struct parts parts_of(const char *version)
{
	const char *end = version + strlen(version), *colon = strchr(version, ':');
	const char *start = colon ? colon + 1 : version, *dash = strrchr(start, '-');

	return (struct parts){
		.epoch = { version, colon ? colon : version },
		.upstream = { start, dash ? dash : end },
		.revision = { dash ? dash + 1 : end, end },
	};
}

static bool is_digit_at(const struct part *p)
{
	return p->at < p->end && isdigit((unsigned char)*p->at);
}

/* The weight of the next character outside numbers: '~' is below the end, letters below the rest. */
static int weight_at(const struct part *p)
{
	if (p->at == p->end || is_digit_at(p))
		return 0;
	if (*p->at == '~')
		return -1;

	unsigned char c = (unsigned char)*p->at;

	return isalpha(c) ? c : c + 256;
}

static int compare_text(struct part *a, struct part *b)
{
	while ((a->at < a->end && !is_digit_at(a)) || (b->at < b->end && !is_digit_at(b))) {
		int difference = weight_at(a) - weight_at(b);

		if (difference)
			return difference;
		a->at++;
		b->at++;
	}
	return 0;
}

/* Numbers of any length: leading zeros do not count, then the longer one is larger. */
static int compare_number(struct part *a, struct part *b)
{
	int difference = 0;

	while (a->at < a->end && *a->at == '0')
		a->at++;
	while (b->at < b->end && *b->at == '0')
		b->at++;
	while (is_digit_at(a) && is_digit_at(b)) {
		if (!difference)
			difference = *a->at - *b->at;
		a->at++;
		b->at++;
	}
	if (is_digit_at(a))
		return 1;
	return is_digit_at(b) ? -1 : difference;
}

static int compare_part(struct part a, struct part b)
{
	while (a.at < a.end || b.at < b.end) {
		int difference = compare_text(&a, &b);

		if (!difference)
			difference = compare_number(&a, &b);
		if (difference)
			return difference;
	}
	return 0;
}

static int compare_dpkg(const char *a, const char *b)
{
	struct parts left = parts_of(a), right = parts_of(b);
	int difference = compare_part(left.epoch, right.epoch);

	if (!difference)
		difference = compare_part(left.upstream, right.upstream);
	return difference ? difference : compare_part(left.revision, right.revision);
}

static bool is_made_of(struct part p, const char *others)
{
	for (; p.at < p.end; p.at++) {
		if (!isalnum((unsigned char)*p.at) && !strchr(others, *p.at))
			return false;
	}
	return true;
}

/* Digits, and a number that is one for dpkg. */
static bool is_epoch(struct part p)
{
	uint64_t epoch = 0;

	if (p.at == p.end)
		return false;
	for (; is_digit_at(&p) && epoch <= EPOCH_MAX; p.at++)
		epoch = epoch * 10 + (uint64_t)(*p.at - '0');
	return p.at == p.end && epoch <= EPOCH_MAX;
}

/* An epoch that is a number, known characters, nothing empty: what dpkg installs, or has installed. */
static bool is_valid_dpkg(const char *version)
{
	struct parts p = parts_of(version);
	bool has_epoch = p.upstream.at > p.epoch.end, has_revision = p.upstream.end < p.revision.at;

	if (has_epoch && !is_epoch(p.epoch))
		return false;
	if (p.upstream.at == p.upstream.end || (has_revision && p.revision.at == p.revision.end))
		return false;
	return is_made_of(p.upstream, ".-+~:") && is_made_of(p.revision, ".+~");
}

const struct version_order version_order_dpkg = { compare_dpkg, is_valid_dpkg };

const struct version_order *version_order_of(const char *platform)
{
	return package_manager_of(platform)->versions;
}

int version_compare(const struct version_order *order, const char *a, const char *b)
{
	return order->compare(a, b);
}

bool version_satisfies(const struct version_order *order, const char *version,
	enum version_relation relation, const char *bound)
{
	int found = relation == VERSION_ANY ? 0 : order->compare(version, bound);

	switch (relation) {
	case VERSION_LESS:
		return found < 0;
	case VERSION_LESS_EQUAL:
		return found <= 0;
	case VERSION_EQUAL:
		return found == 0;
	case VERSION_GREATER_EQUAL:
		return found >= 0;
	case VERSION_GREATER:
		return found > 0;
	case VERSION_ANY:
	case VERSION_RELATION_COUNT:
		break;
	}
	return true;
}

const char *version_relation_name(enum version_relation relation)
{
	static const char *const names[VERSION_RELATION_COUNT] = {
		[VERSION_ANY] = "",
		[VERSION_LESS] = "<<",
		[VERSION_LESS_EQUAL] = "<=",
		[VERSION_EQUAL] = "=",
		[VERSION_GREATER_EQUAL] = ">=",
		[VERSION_GREATER] = ">>",
	};

	return names[relation];
}
