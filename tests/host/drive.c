/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive.c - the fleet's functions for tests written in sh.
 *
 *	drive HOST:PORT KNOWN_HOSTS IDENTITY run PROGRAM ARGUMENT...
 *	drive ... step ROLLOUT STEP PROGRAM ARGUMENT...
 *	drive ... stage DIRECTORY PATH...               of the order's set
 *	drive ... precheck | apply ROLLOUT STEP | verify
 *
 * PATCHLINE_ORDER names a file: set, platform, then lines KIND NAME ARCHITECTURE FROM TO, "service UNIT",
 * "health COMMAND". PATCHLINE_USER is who to be, PATCHLINE_URL where stage has hosts fetch, PATCHLINE_COMMAND the
 * words of a command that leads to the host in place of ssh, commas between. Exit status: 0, or 10 and more for the
 * kind of error.
 */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "fleet/order.h"
#include "fleet/session.h"
#include "fleet/upload.h"
#include "model/config.h"
#include "model/inventory.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX 500
#define FAILED   10

struct driver {
	struct session *session;
	struct change changes[ROWS_MAX];
	const char *services[ROWS_MAX], *health[ROWS_MAX];
	struct order order;
	char *text; /* owned: what the order's strings point into */
	char **args;
};

static void print_output(void *context, const char *bytes, size_t size)
{
	(void)context;
	fwrite(bytes, 1, size, stdout);
	fflush(stdout);
}

static int tell(const struct error *err)
{
	fprintf(stderr, "%s: %s\n", error_kind_name(err->kind), err->text);
	return FAILED + (int)err->kind;
}

static void read_row(struct driver *d, char *line, size_t *services, size_t *health)
{
	static const char *const kinds[CHANGE_COUNT] = { "upgrade", "new", "keep", "downgrade",
		"remove" };
	char *word = strsep(&line, " ");

	if (strcmp(word, "service") == 0)
		d->services[(*services)++] = line;
	else if (strcmp(word, "health") == 0)
		d->health[(*health)++] = line;
	for (int k = 0; k < CHANGE_COUNT; k++) {
		struct change *c = &d->changes[d->order.change_count];

		if (strcmp(word, kinds[k]) != 0)
			continue;
		c->kind = (enum change_kind)k;
		c->name = strsep(&line, " ");
		c->architecture = strsep(&line, " ");
		c->from = strsep(&line, " ");
		c->to = c->kind == CHANGE_REMOVE ? "" : line;
		d->order.change_count++;
	}
}

static int read_order(struct driver *d, const char *path, struct error *err)
{
	size_t services = 0, health = 0;
	char *rest = NULL, *line = NULL;

	if (!path)
		return 0;
	if (file_read(path, 1 << 20, &d->text, NULL, err) < 0)
		return -1;
	rest = d->text;
	d->order.set = strsep(&rest, "\n");
	d->order.platform = strsep(&rest, "\n");
	d->order.changes = d->changes;
	d->order.services = d->services;
	d->order.health = d->health;
	d->order.patience = 5;
	while ((line = strsep(&rest, "\n")))
		read_row(d, line, &services, &health);
	return 0;
}

static int drive_run(struct driver *d, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct session_call call = { .program = d->args[0],
		.platform = d->order.platform,
		.args = (const char *const *)&d->args[1],
		.on_output = print_output };

	if (session_run(d->session, &call, &r, err) < 0)
		return tell(err);
	fputs(r.errors, stderr);
	return r.exit_status;
}

static int print_step(const struct session_step_result *r)
{
	printf("%s%s\n", r->end == STEP_END_DONE ? "done" : "interrupted",
		r->was_there ? ", was there" : "");
	return r->end == STEP_END_DONE ? r->exit_status : 1;
}

static int drive_step(struct driver *d, struct error *err)
{
	CLEANUP(session_step_result_done) struct session_step_result r = { 0 };
	struct session_call call = { .program = d->args[2],
		.platform = d->order.platform,
		.args = (const char *const *)&d->args[3],
		.on_output = print_output };

	if (session_step(d->session, d->args[0], d->args[1], &call, &r, err) < 0)
		return tell(err);
	return print_step(&r);
}

static int drive_apply(struct driver *d, struct error *err)
{
	CLEANUP(session_step_result_done) struct session_step_result r = { 0 };
	const struct hoststep apply = { d->args[0], d->args[1], &d->order,
		.on_output = print_output };

	if (hoststep_apply(d->session, &apply, &r, err) < 0)
		return tell(err);
	return print_step(&r);
}

static int drive_stage(struct driver *d, struct error *err)
{
	struct upload_file files[ROWS_MAX] = { 0 };
	char digests[ROWS_MAX][DIGEST_HEX_SIZE];
	struct upload options = { .files = files, .url = getenv("PATCHLINE_URL") };

	for (char **path = d->args + 1; *path && options.count < ROWS_MAX; path++) {
		struct upload_file *f = &files[options.count];

		f->path = *path;
		f->local = path_join(d->args[0], *path);
		f->sha256 = digests[options.count];
		if (digest_file(f->local, digests[options.count++], &f->size, err) < 0)
			return tell(err);
	}

	int result = upload_files(d->session, &d->order, &options, err);

	for (size_t i = 0; i < options.count; i++)
		free((char *)(uintptr_t)files[i].local);
	return result < 0 ? tell(err) : 0;
}

static int print_findings(const struct findings *f)
{
	for (size_t i = 0; i < findings_count(f); i++) {
		const struct finding *one = findings_at(f, i);

		printf("%s: %s: %s -> %s\n", severity_name(one->severity), one->check, one->what,
			one->remedy);
	}
	return findings_have_error(f);
}

static int drive_precheck(struct driver *d, struct error *err)
{
	CLEANUP(findings_free) struct findings *f = NULL;

	if (hoststep_precheck(d->session, &d->order, &f, err) < 0)
		return tell(err);
	return print_findings(f);
}

static int drive_verify(struct driver *d, struct error *err)
{
	CLEANUP(findings_free) struct findings *f = NULL;
	CLEANUP(inventory_free) struct inventory *i = NULL;

	if (hoststep_verify(d->session, &d->order, &f, &i, err) < 0)
		return tell(err);
	printf("state %s, %zu deleted libraries in use\n", inventory_state_digest(i),
		inventory_facts(i)->deleted_library_count);
	return print_findings(f);
}

static int drive(struct driver *d, const char *verb, struct error *err)
{
	static const struct {
		const char *verb;
		int (*run)(struct driver *d, struct error *err);
	} verbs[] = {
		{ "run", drive_run },
		{ "step", drive_step },
		{ "stage", drive_stage },
		{ "precheck", drive_precheck },
		{ "apply", drive_apply },
		{ "verify", drive_verify },
	};

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			return verbs[i].run(d, err);
	}
	fprintf(stderr, "no verb '%s'\n", verb);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);

	char *colon = strrchr(argv[1], ':');
	const char *user = getenv("PATCHLINE_USER");
	const char *identities[] = { argv[3], NULL };
	char *command = getenv("PATCHLINE_COMMAND");
	const char *words[ROWS_MAX] = { NULL };
	struct host host = { .name = argv[1], .address = argv[1], .user = "" };
	struct ssh_settings settings = { .user = user ? user : "root",
		.config = "/dev/null",
		.known_hosts = argv[2],
		.identities = identities,
		.command = words,
		.connect_timeout = 5 };
	CLEANUP(free) struct driver *d = mem_new(1, sizeof *d);
	struct error err = { 0 };
	int64_t started = clock_monotonic_ms();
	int result = 0;

	for (size_t i = 0; command && i < ROWS_MAX - 1; i++)
		words[i] = strsep(&command, ",");
	if (!colon)
		return 2;
	*colon = '\0';
	host.port = (int)strtol(colon + 1, NULL, 10);
	d->args = argv + 5;

	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&settings, 0);

	d->session = session_new(pool, &host);
	if (read_order(d, getenv("PATCHLINE_ORDER"), &err) < 0)
		result = tell(&err);
	else
		result = drive(d, argv[4], &err);
	fprintf(stderr, "%s: %" PRId64 " ms\n", argv[4], clock_monotonic_ms() - started);
	session_close(d->session);
	free(d->text);
	return result;
}
