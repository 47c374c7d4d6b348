/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_host.h - a host that is not there: what it remembers between two calls, and how its steps run on alone.
 *
 * Layer: tests. Threads: one; several processes may be the same host at once.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define SIM_PLATFORM "debian-12-amd64"
#define SIM_COMMON   50 /* packages that every host has; of the others each lacks a tenth */
#define SIM_MOST     2000
#define SIM_WORDS    64
#define SIM_WORD     256

/* What was sent: a program of host/, and what it was given. */
struct call {
	const char *name;    /* "apply" */
	const char *program; /* its text, and behind it the input */
	size_t program_size;
	const char *input;
	size_t input_size;
	char *words[SIM_WORDS]; /* arguments */
	size_t count;
};

/* A host as it stands. */
struct sim {
	const char *folder, *name;
	char directory[PATH_MAX];
	char boot_id[SIM_WORD];
	size_t package_count;
	char *versions[SIM_MOST + 1]; /* owned; from 1 on; NULL where it does not have it */
};

void sim_read(struct sim *s, const char *folder, const char *name);
void sim_done(struct sim *s);

/* Sleep as long as the variable says, in ms, more or less, and write that into the log. */
void sim_work(const struct sim *s, const char *what, const char *which, const char *variable,
	long preset);

/* Small texts that a host keeps, by kind and name. */
bool sim_has(const struct sim *s, const char *kind, const char *name);
void sim_keep(const struct sim *s, const char *kind, const char *name, const char *text);

/* Some package of it is not the first version. */
bool sim_is_newer(const struct sim *s);

/* A step or program of that name ends badly there: FOLDER/HOST/fail-NAME is there. */
bool sim_fails(const struct sim *s, const char *name);

/* Its package manager works just now. */
bool sim_is_busy(const struct sim *s);

/* Another boot. */
void sim_reboot(struct sim *s);

/* The rest of the order's first line that starts with `word`, into out[SIM_WORD]. */
bool order_value(const struct call *call, const char *word, char *out);

/* How many packages of the order are not at its version. */
size_t sim_differing(const struct sim *s, const struct call *call);

/* A line in the log: what was done, and ms slept. */
void sim_log(const struct sim *s, const char *what, const char *which, long slept);

/**
 * What a step does: `which` program of host/, "apply" and so on, under the name "rollout-1.apply-1".
 * @param words  What it says. Static.
 * @return Its exit status.
 */
int sim_do_step(struct sim *s, const struct call *call, const char *which, const char *step,
	const char **words);

/* host/run.sh: a step that runs once, detached, and is followed to its end. */
int sim_run_step(struct sim *s, const struct call *call);
