/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what the user wrote in patchline.yaml: sources, platforms, the line of environments, tests.
 *
 * Plain data, complete and checked: names are unique and every name that is referred to exists.
 * Strings are borrowed from the config and never NULL unless said. Lists of strings end with NULL.
 * Relative paths were made absolute against the directory of the file.
 * Layer: model. Threads: any number may read one config.
 */
#pragma once

#include "base/own.h"
#include "model/portion.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct error;

enum source_type { SOURCE_APT };

enum valid_until { VALID_UNTIL_CHECK, VALID_UNTIL_IGNORE };

/* An upstream feed: one apt archive. */
struct source {
	const char *name;
	enum source_type type;
	const char *uri; /* http, https or file; without a slash at the end */
	const char *const *suites, *const *components, *const *architectures;
	const char *keyring; /* path: the only keys that are believed */
	bool is_security;    /* all its packages are security fixes, whatever its Label says */
	enum valid_until valid_until; /* what an expired Release file means */
};

/* Distribution, version and architecture, and where its packages come from. */
struct platform {
	const char *name;           /* "debian-12-amd64" */
	const char *const *sources; /* names; config_source() */
};

struct host {
	const char *name;
	const char *address; /* the name when not given */
	const char *user;    /* "" when not given: ssh.user */
	int port;            /* 0 when not given */
};

/* Hosts with one role, patched together. */
struct group {
	const char *name;
	struct host *hosts;
	size_t host_count;
	const char *
		ansible_group; /* hosts come from the inventory's group of that name; "" for none */
	unsigned canary;       /* hosts in the first wave; 0 for no canary */
	struct portion wave;   /* size of each later wave */
	struct portion failure_budget; /* more failed hosts than that stop the rollout */
	const char *const *services;   /* units that must be active after patching */
	const char *const *health;     /* commands on the host that must exit 0 after patching */
	const char *release_check; /* command on the host that prints its release; "" for none */
};

/* What must be true in an environment before a candidate may leave it for the next. */
struct gate {
	const char *const *tests;     /* names of suites that must have passed */
	unsigned approvals;           /* how many different people must have approved */
	const char *const *approvers; /* who may; empty: anybody */
	int64_t soak;                 /* seconds that the candidate must have been there */
};

enum rollout_order { ORDER_PATCHES_FIRST, ORDER_CODE_FIRST };

struct environment {
	const char *name;
	enum rollout_order order;
	struct group *groups; /* in the order in which they are patched */
	size_t group_count;
	struct gate gate;
	size_t index; /* place in the line, from 0 */
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
	const char *user;   /* "root" */
	const char *config; /* path of an OpenSSH client configuration; "" for the user's own */
	const char *known_hosts; /* path; "" for the user's own */
	const char *const *identities;
	int64_t connect_timeout; /* seconds */
	unsigned parallel;       /* hosts at a time */
};

struct config {
	const char *path;  /* of the file itself */
	const char *state; /* directory: database, pool, indexes, sets */
	struct source *sources;
	size_t source_count;
	struct platform *platforms;
	size_t platform_count;
	struct ssh_settings ssh;
	const char
		*ansible_inventory; /* a JSON file, or an executable that prints it; "" for none */
	struct environment *environments; /* in the order of the line */
	size_t environment_count;
	struct suite *suites;
	size_t suite_count;
};

/**
 * Read and check a configuration file.
 *
 * @param out  Freed with config_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE ("patchline.yaml: line 7: unknown key 'surces';
 *         did you mean 'sources'?").
 */
NODISCARD int config_read(const char *path, struct config **out, struct error *err);

/**
 * The same from a text in memory.
 * @param path  Of the file it stands for: error texts name it, relative paths start at its directory.
 */
NODISCARD int config_parse(
	const char *path, const char *text, size_t size, struct config **out, struct error *err);

/* Find by name; NULL when there is none. */
const struct source *config_source(const struct config *c, const char *name);
const struct environment *config_environment(const struct config *c, const char *name);
const struct platform *config_platform(const struct config *c, const char *name);
const struct suite *config_suite(const struct config *c, const char *name);
const struct group *environment_group(const struct environment *e, const char *name);

/* The host of that name, and where it stands; NULL when there is none. */
const struct host *config_host(const struct config *c, const char *name,
	const struct environment **environment, const struct group **group);

/**
 * Give a group a host that an inventory names for it; config_read() leaves such groups empty.
 *
 * @param group  One of the config's own.
 * @param host   Copied with its strings.
 * @return 0, or -1 with err: ERR_USAGE (the name is taken, or is not one).
 */
NODISCARD int config_add_host(
	struct config *c, struct group *group, const struct host *host, struct error *err);

/* The environment before this one in the line; NULL for the first. */
const struct environment *config_predecessor(const struct config *c, const struct environment *e);

/* Print every key of the file with its type, default and meaning, as a list for people. */
void config_describe(FILE *out);

void config_free(struct config *c);
CLEANUP_FUNC(struct config *, config_free)
