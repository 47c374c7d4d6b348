/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what a snapshot provider answers, as plain structs.
 *
 * Each is read from the JSON object of docs/providers.md; coverage, taken and machines are kept so in a clone's row.
 * Nothing is believed: a member that is missing or of another type, a port out of range is ERR_CORRUPT and
 * named. Strings are borrowed from `json`, which the struct owns.
 * Layer: clone. Threads: any number may read one.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jvalue;

enum reply_kind { REPLY_PROGRESS, REPLY_RESULT, REPLY_ERROR };

/* One line of a provider. */
struct reply {
	enum reply_kind kind;
	int64_t id;                  /* of the request */
	const char *progress;        /* words for people */
	const struct jvalue *result; /* an object; borrowed from json */
	struct error error;          /* as the provider told it, its kind as ours */
	struct jvalue *json;
};

/**
 * Read a line.
 * @param out  reply_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (what is wrong with it).
 */
NODISCARD int reply_read(const char *line, struct reply *out, struct error *err);

void reply_done(struct reply *r);
CLEANUP_DONE(struct reply, reply_done)

/* One place on a host: is it in the copy? */
struct coverage_area {
	const char *host, *path;
	const char *kind; /* "root", "boot", "data", "volume" */
	const char *why;  /* why it is not covered, or what is special; "" for nothing */
	bool is_covered;
	bool is_inside; /* it goes where the host's system goes: a swap would leave it behind */
};

struct coverage {
	struct coverage_area *areas; /* in the order of the answer */
	size_t count;
	struct jvalue *json;
};

/* One host's copy. */
struct taken_host {
	const char *host;
	int64_t taken_at_ms; /* milliseconds since 1970: its moment */
	int64_t paused_ms;   /* how long the original stood still */
	int64_t copied_bytes;
};

struct taken {
	int64_t started_at_ms, ended_at_ms; /* all moments lie in between */
	struct taken_host *hosts;
	size_t count;
	struct jvalue *json;
};

/* Where the controller reaches a host's sshd. */
struct machine {
	const char *host; /* the original's name */
	const char *address;
	int port;
};

struct machines {
	struct machine *items;
	size_t count;
	const char *
		*inside; /* command that runs the words behind it inside the fence; ended by NULL */
	struct jvalue *json;
};

/* A clone of which the provider still holds something. */
struct held_clone {
	const char *name;   /* "production-clone-3-3fa9c1d2" */
	const char **hosts; /* ended by NULL */
	int64_t created_at_ms;
	bool is_running;
};

struct held_clones {
	struct held_clone *items;
	size_t count;
	struct jvalue *json;
};

/* A path that is not what it was at a snapshot. */
struct change_of_path {
	const char *path;
	const char *change; /* "added", "changed", "removed" */
	bool is_data;       /* below a declared data path */
};

struct changes {
	struct change_of_path *items;
	size_t count;
	bool is_cut; /* there are more */
	struct jvalue *json;
};

/* How a script ended inside a stopped copy. */
struct script_end {
	int exit_status;
	const char *output;
	struct jvalue *json;
};

/**
 * Read the result of an operation; takes `json`, also on failure.
 *
 * @param out  Released with its x_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (which member, and what is wrong with it).
 */
NODISCARD int coverage_from(struct jvalue *json, struct coverage *out, struct error *err);
NODISCARD int taken_from(struct jvalue *json, struct taken *out, struct error *err);
NODISCARD int machines_from(struct jvalue *json, struct machines *out, struct error *err);
NODISCARD int held_clones_from(struct jvalue *json, struct held_clones *out, struct error *err);
NODISCARD int changes_from(struct jvalue *json, struct changes *out, struct error *err);
NODISCARD int script_end_from(struct jvalue *json, struct script_end *out, struct error *err);

/* The same from a text, as the store keeps it: "{}" has no hosts. */
NODISCARD int coverage_read(const char *text, struct coverage *out, struct error *err);
NODISCARD int taken_read(const char *text, struct taken *out, struct error *err);
NODISCARD int machines_read(const char *text, struct machines *out, struct error *err);

/* The machine of that host; NULL when there is none. */
const struct machine *machines_find(const struct machines *m, const char *host);

void coverage_done(struct coverage *c);
CLEANUP_DONE(struct coverage, coverage_done)
void taken_done(struct taken *t);
CLEANUP_DONE(struct taken, taken_done)
void machines_done(struct machines *m);
CLEANUP_DONE(struct machines, machines_done)
void held_clones_done(struct held_clones *h);
CLEANUP_DONE(struct held_clones, held_clones_done)
void changes_done(struct changes *c);
CLEANUP_DONE(struct changes, changes_done)
void script_end_done(struct script_end *s);
CLEANUP_DONE(struct script_end, script_end_done)
