/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeze_private.h - a freeze in the making, shared by freeze.c (what?), freeze_content.c (its bytes and
 * changelogs), freeze_fixes.c (asked for by name), freeze_reason.c (why) and freeze_seal.c (sealed).
 * Stays in pending/.
 */
#pragma once

#include "base/own.h"
#include "pending/freeze.h"
#include "pending/pending_plan.h"
#include "plan/universe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct package;
struct pool;

struct entry {
	struct frozen frozen;
	size_t platform;        /* index in the pending plan */
	uint32_t id;            /* in its universe */
	struct known_file file; /* owned */
	const char *feed;       /* borrowed from the universe, as: */
	const char *source, *source_version;
	struct limit limit;
	const char *passed_by; /* borrowed from a state; as struct package has it */
	bool *environments;    /* owned: by index, whether it changes something there */
	char *advisories;      /* owned; frozen.advisories */
	char *unread;          /* owned: why its changelog could not be unpacked; NULL */
	char *history;         /* owned: those of older entries; NULL until read */
	char *why;             /* owned; frozen.why */
};

/* A package that may change, and in which words it was asked for: "CVE-2026-1234, nginx". Owned. */
struct asked {
	char *name;
	char *words; /* NULL for a sibling: it goes along only because another cannot without it */
};

struct freeze {
	struct pending_plan *pending_plan;
	struct entry *entries; /* sorted by platform, name, architecture, version */
	size_t count, capacity;
	struct asked *asked; /* by --fix; nothing else is */
	size_t asked_count, asked_capacity;
	char **notes;
	size_t note_count, note_capacity;
	int64_t created_at;
	struct patchset *set; /* NULL until sealed */
	char *candidate;
	bool is_unchanged;
};

/* packages[i] is entries[i] as the manifest will have it; pointers are what the room below asks for. */
struct set_content {
	struct package *packages;
	const struct package **pointers;
	size_t count;
};

void set_content_fill(struct set_content *g, const struct freeze *f);
void set_content_done(struct set_content *g);
CLEANUP_DONE(struct set_content, set_content_done)

/* The first host that is in a state. Borrowed. */
const char *freeze_host_in(const struct freeze *f, size_t state);

/* Add a version of the pending plan's platform as an entry; the last one then. As universe_file(). */
NODISCARD int freeze_add(struct freeze *f, size_t platform, uint32_t version, struct error *err);

/* Drop entries and what was asked for; the freeze can be filled again. */
void freeze_clear(struct freeze *f);

/* Fetch every entry's file into the pool. ERR as freeze_make(). */
NODISCARD int freeze_fetch(const struct freeze *f, const struct freeze_request *request,
	const struct pool *pool, struct error *err);

enum changelog_part {
	CHANGELOG_NEWS,    /* newer than the oldest version on a host: the entry's advisories */
	CHANGELOG_HISTORY, /* up to that version: the entry's history */
};

/* Add to the notes; the text is the freeze's from then on. */
void freeze_add_note(struct freeze *f, char *text);

/* Read the advisories of every entry that hosts have from the changelogs in the pool's files. */
NODISCARD int freeze_read_changelogs(
	struct freeze *f, const struct pool *pool, enum changelog_part part, struct error *err);

/* Note each changelog that could not be unpacked. */
void freeze_note_unread(struct freeze *f);

/**
 * Find the packages that request->fixes stand for, in an pending plan of everything: they become f->asked.
 * @return 0, or -1 with err: ERR_NOT_FOUND (what was searched, or that it is installed), what fetching says.
 */
NODISCARD int freeze_find_fixes(
	struct freeze *f, const struct freeze_request *request, struct error *err);

/* The one of f->asked with that name; NULL when there is none. */
struct asked *freeze_asked_find(const struct freeze *f, const char *name);

/*
 * Where one of f->asked does not resolve, its installed siblings stand in the way as a rule: packages of one source
 * ask for each other's exact version. They are asked for too. Answers how many; then plan again.
 */
size_t freeze_add_siblings(struct freeze *f);

/* ERR_REFUSED when one of f->asked would come to no host: which, where and why. */
NODISCARD int freeze_check_fixes(const struct freeze *f, struct error *err);

/**
 * Say for every entry why it is in: asked for, pending, or needed by another.
 * @return 0, or -1 with err: as universe_stanza().
 */
NODISCARD int freeze_give_reasons(
	struct freeze *f, const struct freeze_request *request, struct error *err);

/**
 * Fetch, read the changelogs, seal, sign, and record set and candidate.
 * @return 0, or -1 with err: as freeze_make().
 */
NODISCARD int freeze_seal(
	struct freeze *f, const struct freeze_request *request, struct error *err);
