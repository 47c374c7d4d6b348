/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what the user wrote in patchline.yaml: sources, platforms, providers, the line of
 * environments, tests.
 *
 * Plain data, complete and checked: names are unique and every name that is referred to exists. It does
 * not change once it was read.
 * Strings are borrowed from the config and never NULL unless said. Lists of strings end with NULL.
 * Relative paths were made absolute against the directory of the file.
 * Layer: model. Threads: any number may read one config.
 */
#pragma once

#include "base/own.h"
#include "model/fence.h"
#include "model/group.h"
#include "model/portion.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct error;
struct place;

enum source_type { SOURCE_APT };

enum valid_until { VALID_UNTIL_CHECK, VALID_UNTIL_IGNORE };

#define SOURCE_PRIORITY_MAX 999

/* An upstream feed: one apt archive. */
struct source {
	const char *name;
	enum source_type type;
	const char *
		uri; /* http, https or file; without a slash at the end; may have a password in it */
	const char *public_uri; /* as it may be shown */
	const char *const *suites, *const *components, *const *architectures;
	const char *
		release_name; /* what its Release files call a suite that it serves under another name; "" */
	const char *keyring; /* path: the only keys that are believed */
	bool is_security;    /* all its packages are security fixes, whatever its Label says */
	unsigned
		priority; /* 1 to 999, as apt's pins: preferred to a newer version; 0: what its Release file says */
	enum valid_until valid_until; /* what an expired Release file means */
};

/* Distribution, version and architecture, and where its packages come from. */
struct platform {
	const char *name;           /* "debian-12-amd64" */
	const char *const *sources; /* names; config_source() */
};

/* A program that copies hosts: docs/providers.md. */
struct provider {
	const char *name;
	const char *const
		*command; /* program and arguments; with a slash in it the program is a path */
	const char *const *options; /* pairs for the program as they stand: key, value, ... NULL */
	int64_t timeout;            /* seconds for one operation */
};

/* What must be true in an environment before a candidate may leave it for the next. */
struct gate {
	const char *const *tests;     /* names of suites that must have passed */
	unsigned approvals;           /* how many different people must have approved */
	const char *const *approvers; /* who may; empty: anybody */
	int64_t soak;                 /* seconds that the candidate must have been there */
};

/* How an environment is cloned, and what its clones must show. */
struct clone_policy {
	const char *provider; /* config_provider(); "": the environment cannot be cloned */
	int64_t expires;      /* seconds after which a clone is listed for removal */
	struct gate gate;     /* of the clone; tests: the environment's own when none are given */
	struct fence fence;
};

enum rehearse_what { REHEARSE_ALL, REHEARSE_SECURITY };

/* When an environment is rehearsed without being asked. */
struct rehearse_policy {
	const char *every; /* RFC 5545 recurrence rule; "": never */
	const char *from;  /* RFC 3339 time from which it counts; "" for none */
	enum rehearse_what what;
	const char *const *except; /* paths of iCalendar files, and "2026-12-20/2027-01-03" */
};

enum rollout_order { ORDER_PATCHES_FIRST, ORDER_CODE_FIRST };

/* Hosts where they stand, ordered by name. */
struct host_table {
	const struct place *places;
	size_t count;
};

/* A stage of the line, or a clone of one. */
struct environment {
	const char *name; /* of a clone: "production/clone-3" */
	enum rollout_order order;
	struct group *groups; /* in the order in which they are patched */
	size_t group_count;
	struct host_table by_name; /* its hosts; model/place.h looks there */
	struct gate gate;
	struct portion failure_budget; /* more failed hosts of the environment stop a rollout */
	size_t index;                  /* place in the line, from 0; of a clone: its original's */
	bool has_personal_data;        /* cloned only when it is sanitized */
	struct clone_policy clone;
	struct rehearse_policy rehearse;
	/* NULL unless this is a clone. */
	const struct environment *original;
	bool is_orphan; /* a clone whose original is no longer configured: it is as it was then */
};

enum test_format { TEST_EXIT, TEST_TAP, TEST_JUNIT };

/* An acceptance suite. */
struct suite {
	const char *name;
	const char *const *command;
	const char *on; /* "controller", or the name of a group: run on each of its hosts */
	enum test_format format;
	int64_t timeout; /* seconds */
};

struct ssh_settings {
	const char *user;   /* "": as the ssh configuration says, else root */
	const char *config; /* path of an OpenSSH client configuration; "" for the user's own */
	const char *known_hosts; /* path; "" for the user's own */
	const char *const *identities;
	int64_t connect_timeout; /* seconds */
	unsigned parallel;       /* hosts at a time */
	/* Leads to a host instead of ssh, given the text for its shell as one more argument. NULL or
	   empty: ssh. */
	const char *const *command;
};

/* What of what nothing needs any more stays, and for how long. */
struct keep_policy {
	int64_t age;   /* seconds; younger things stay. 0: there is no policy, and all stays */
	unsigned sets; /* so many sets stay, the newest, whatever their age */
};

struct config {
	const char *path;  /* of the file itself */
	const char *text;  /* of the file, as it was read */
	const char *state; /* directory: database, pool, indexes, sets */
	struct source *sources;
	size_t source_count;
	struct platform *platforms;
	size_t platform_count;
	struct provider *providers;
	size_t provider_count;
	struct ssh_settings ssh;
	const char
		*ansible_inventory; /* a JSON file, or an executable that prints it; "" for none */
	struct environment *environments; /* in the order of the line */
	size_t environment_count;
	struct host_table by_name; /* the hosts of all of them */
	struct suite *suites;
	size_t suite_count;
	struct keep_policy keep;
};

/**
 * Read and check a configuration file.
 *
 * @param home Where paths that begin with "~/" lead; NULL: they are names like others.
 * @param out  Freed with config_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE ("patchline.yaml: line 7: unknown key 'surces';
 *         did you mean 'sources'?").
 */
NODISCARD int config_read(
	const char *path, const char *home, struct config **out, struct error *err);

/**
 * The same from a text in memory.
 * @param path  Of the file it stands for: error texts name it, relative paths start at its directory. It has no home.
 */
NODISCARD int config_parse(
	const char *path, const char *text, size_t size, struct config **out, struct error *err);

/* Find by name; NULL when there is none. Clones are no part of it: model/topology.h. */
const struct source *config_source(const struct config *c, const char *name);
const struct provider *config_provider(const struct config *c, const char *name);
const struct environment *config_environment(const struct config *c, const char *name);
const struct platform *config_platform(const struct config *c, const char *name);
const struct suite *config_suite(const struct config *c, const char *name);
const struct group *environment_group(const struct environment *e, const char *name);

/**
 * Give a group the hosts that an inventory names for it, while the configuration is read. config_check_hosts()
 * comes last.
 *
 * @param group  One of the config's own.
 * @param hosts  Copied with their strings.
 * @return 0, or -1 with err: ERR_USAGE (something is not a name).
 */
NODISCARD int config_add_hosts(struct config *c, struct group *group, const struct host *hosts,
	size_t count, struct error *err);

/* Hosts are found by their names from now on. 0, or -1 with err: ERR_USAGE: a host is there twice. */
NODISCARD int config_check_hosts(struct config *c, struct error *err);

/* The environment before this one in the line; NULL for the first, and for a clone. */
const struct environment *config_predecessor(const struct config *c, const struct environment *e);

/* True for the name of a clone, "production/clone-3"; environments of the line have none such. */
bool is_clone_name(const char *environment);

/* The name within its environment: "prod-web1" also for "production/clone-3/prod-web1". Borrowed. */
const char *host_plain_name(const struct host *h);

/*
 * All that was read, as the record keeps it: the text of the file, and a comment for each host of a group that an
 * inventory filled. Passwords in URLs are left out. Owned by the caller.
 */
char *config_text(const struct config *c);

/* Who to be on it: its own user, or that of all; `otherwise` when the file names nobody. Borrowed from one of them. */
const char *host_user(const struct host *h, const struct ssh_settings *ssh, const char *otherwise);

/* Print every key of the file with its type, default and meaning, as a list for people. */
void config_describe(FILE *out);

void config_free(struct config *c);
CLEANUP_FUNC(struct config *, config_free)
