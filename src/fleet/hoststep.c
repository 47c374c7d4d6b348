/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/hoststep.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/finding.h"
#include "fleet/order.h"
#include "model/inventory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MS     INT64_C(120000) /* for a program's own work, beside the patience of the order */
#define ANSWER_LIMIT  (INVENTORY_SIZE_MAX + (size_t)1024 * 1024)
#define WORDS_OF_HOST 400 /* of a host's own words in an error */

static int64_t patience_ms(const struct order *order)
{
	return (order->patience > 0 ? order->patience : 1) * 1000;
}

/* A program that failed: the last of what it said. */
static int failed(const struct session *s, const char *program, const struct session_result *r,
	struct error *err)
{
	const char *words = *r->errors ? r->errors : r->output;
	size_t size = strlen(words);

	while (size > 0 && words[size - 1] == '\n')
		size--;

	size_t skipped = size > WORDS_OF_HOST ? size - WORDS_OF_HOST : 0;

	return error_set(err, ERR_SYSTEM, "%s: %s ended with %d: %.*s", session_name(s), program,
		r->exit_status, (int)(size - skipped), words + skipped);
}

/* ---- stage ---- */

/* The files that are on their way, one behind the other, as input of the host's program. */
struct upload {
	const struct stage_options *options;
	const struct stage_file **files; /* owned list of borrowed files */
	size_t count, at;
	FILE *open;    /* owned; the one being sent */
	uint64_t left; /* of its bytes */
	uint64_t sent, total;
};

static void upload_done(struct upload *u)
{
	free(u->files);
	stream_close(u->open);
}
static inline void upload_done_p(struct upload *u)
{
	upload_done(u);
}

static int open_next(struct upload *u, struct error *err)
{
	const struct stage_file *f = u->files[u->at];

	u->open = fopen(f->local, "re");
	if (!u->open)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s",
			f->local, strerror(errno));
	u->left = f->size;
	return 0;
}

static int close_sent(struct upload *u, struct error *err)
{
	bool is_longer = fgetc(u->open) != EOF;

	stream_close(STEAL(&u->open));
	if (is_longer)
		return error_set(err, ERR_CORRUPT, "%s: longer than %" PRIu64 " bytes",
			u->files[u->at]->local, u->files[u->at]->size);
	u->at++;
	return 0;
}

static ssize_t fill_from_files(void *context, char *buffer, size_t size, struct error *err)
{
	struct upload *u = context;
	size_t got = 0;

	while (got == 0 && u->at < u->count) {
		if (!u->open && open_next(u, err) < 0)
			return -1;
		got = fread(buffer, 1, u->left < size ? (size_t)u->left : size, u->open);
		if (got == 0 && u->left > 0)
			return error_set(err, ERR_CORRUPT, "%s: shorter than %" PRIu64 " bytes",
				u->files[u->at]->local, u->files[u->at]->size);
		u->left -= got;
		if (u->left == 0 && close_sent(u, err) < 0)
			return -1;
	}
	u->sent += got;
	if (got > 0 && u->options->on_progress)
		u->options->on_progress(u->options->context, u->sent, u->total);
	return (ssize_t)got;
}

static void add_line(struct str *list, const struct stage_file *f)
{
	str_addf(list, "%s %" PRIu64 " %s\n", f->sha256, f->size, f->path);
}

/* One call of host/stage.sh: mode, list, and for "put" the bytes behind it. */
static int run_stage(struct session *s, const struct order *order, const char *mode,
	const struct str *list, struct upload *u, struct session_result *result, struct error *err)
{
	char size[32];
	const char *url = u->options->url ? u->options->url : "";
	const char *args[] = { mode, order->set, order->platform, size, url, NULL };

	snprintf(size, sizeof size, "%zu", list->size);

	struct session_call call = {
		.program = "stage",
		.platform = order->platform,
		.args = args,
		.input = str_text(list),
		.input_size = list->size,
		.fill = strcmp(mode, "put") == 0 ? fill_from_files : NULL,
		.fill_context = u,
		.timeout_ms = u->options->timeout_ms,
	};
	CLEANUP(session_result_done) struct session_result r = { 0 };

	if (session_run(s, &call, &r, err) < 0)
		return -1;
	if (r.exit_status != 0)
		return failed(s, "stage", &r, err);
	*result = r;
	r = (struct session_result){ 0 };
	return 0;
}

/* The files whose lines stand in the host's answer. */
static void choose_wanted(struct upload *u, const char *answer, struct str *list)
{
	for (size_t i = 0; i < u->options->count; i++) {
		const struct stage_file *f = &u->options->files[i];
		CLEANUP(str_done) struct str line = { 0 };

		add_line(&line, f);
		if (!strstr(answer, str_text(&line)))
			continue;
		str_add(list, str_text(&line));
		u->files[u->count++] = f;
		u->total += f->size;
	}
}

int hoststep_stage(struct session *s, const struct order *order,
	const struct stage_options *options, struct error *err)
{
	CLEANUP(upload_done) struct upload u = { .options = options };
	CLEANUP(str_done) struct str all = { 0 }, wanted = { 0 };
	CLEANUP(session_result_done) struct session_result answer = { 0 }, done = { 0 };
	bool is_pulled = options->url && *options->url;

	u.files = mem_new(options->count ? options->count : 1, sizeof *u.files);
	for (size_t i = 0; i < options->count; i++)
		add_line(&all, &options->files[i]);
	if (run_stage(s, order, "want", &all, &u, &answer, err) < 0)
		return -1;
	choose_wanted(&u, answer.output, &wanted);
	if (u.count == 0)
		return 0;
	return run_stage(s, order, is_pulled ? "fetch" : "put", &wanted, &u, &done, err);
}

int hoststep_unstage(struct session *s, const struct order *order,
	const struct stage_options *options, struct error *err)
{
	struct upload none = { .options = options };
	CLEANUP(str_done) struct str all = { 0 };
	CLEANUP(session_result_done) struct session_result done = { 0 };

	for (size_t i = 0; i < options->count; i++)
		add_line(&all, &options->files[i]);
	return run_stage(s, order, "drop", &all, &none, &done, err);
}

/* ---- precheck, apply, verify ---- */

/* Run a program that is given the order and answers on standard output. */
static int run_with_order(struct session *s, struct session_call *call, const struct order *order,
	struct session_result *result, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(session_result_done) struct session_result r = { 0 };

	if (order_write(order, &text, err) < 0)
		return -1;
	call->platform = order->platform;
	call->input = text;
	call->input_size = strlen(text);
	call->output_limit = ANSWER_LIMIT;
	if (session_run(s, call, &r, err) < 0)
		return -1;
	if (r.exit_status != 0)
		return failed(s, call->program, &r, err);
	*result = r;
	r = (struct session_result){ 0 };
	return 0;
}

int hoststep_precheck(
	struct session *s, const struct order *order, struct findings **out, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(free) char *now = mem_printf("%" PRId64, clock_now());
	struct session_call call = {
		.program = "precheck",
		.args = (const char *const[]){ now, NULL },
		.timeout_ms = ANSWER_MS + patience_ms(order),
	};

	if (run_with_order(s, &call, order, &r, err) < 0)
		return -1;
	return findings_read(r.output, r.output_size, NULL, out, err);
}

/* A program (NULL: collect), what it is to do (NULL when it does one thing only), and its name on the host. */
struct detached {
	const char *program, *verb;
	const char *rollout, *step;
};

/* Run a program detached, with the order as its input. */
static int run_detached(struct session *s, const struct detached *d, const struct order *order,
	const struct hoststep_watch *watch, struct session_step_result *result, struct error *err)
{
	CLEANUP(free) char *text = NULL;

	if (d->program && order_write(order, &text, err) < 0)
		return -1;

	struct session_call call = {
		.program = d->program,
		.platform = d->program ? order->platform : NULL,
		.args = (const char *const[]){ d->verb, NULL },
		.input = text,
		.input_size = text ? strlen(text) : 0,
		.on_output = watch ? watch->on_output : NULL,
		.output_context = watch ? watch->context : NULL,
		.on_tick = watch ? watch->on_tick : NULL,
		.tick_context = watch ? watch->context : NULL,
		.timeout_ms = watch ? watch->timeout_ms : 0,
	};

	return session_step(s, d->rollout, d->step, &call, result, err);
}

int hoststep_apply(struct session *s, const char *rollout, const char *step,
	const struct order *order, const struct hoststep_watch *watch,
	struct session_step_result *result, struct error *err)
{
	const struct detached apply = { "apply", NULL, rollout, step };

	return run_detached(s, &apply, order, watch, result, err);
}

int hoststep_restart(struct session *s, const char *rollout, const char *step,
	const struct order *order, const struct hoststep_watch *watch,
	struct session_step_result *result, struct error *err)
{
	const struct detached restart = { "restart", NULL, rollout, step };

	return run_detached(s, &restart, order, watch, result, err);
}

int hoststep_hold_updaters(struct session *s, const char *rollout, const char *step,
	const struct order *order, const struct hoststep_watch *watch,
	struct session_step_result *result, struct error *err)
{
	const struct detached hold = { "updaters", "hold", rollout, step };

	return run_detached(s, &hold, order, watch, result, err);
}

int hoststep_free_updaters(struct session *s, const char *rollout, const char *step,
	const struct order *order, const struct hoststep_watch *watch,
	struct session_step_result *result, struct error *err)
{
	const struct detached release = { "updaters", "free", rollout, step };

	return run_detached(s, &release, order, watch, result, err);
}

int hoststep_collect(struct session *s, const char *rollout, const char *step,
	const struct order *order, const struct hoststep_watch *watch,
	struct session_step_result *result, struct error *err)
{
	const struct detached any = { NULL, NULL, rollout, step };

	return run_detached(s, &any, order, watch, result, err);
}

/* ---- repack ---- */

/* What arrives goes straight into a file: a package may be larger than memory should hold. */
static void write_piece(void *context, const char *bytes, size_t size)
{
	FILE *to = context;

	(void)!fwrite(bytes, 1, size, to); /* ferror() tells in the end */
}

int hoststep_repack(
	struct session *s, const struct repack *package, const char *path, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(stream_close) FILE *to = fopen(path, "we");
	struct session_call call = {
		.program = "repack",
		.platform = package->platform,
		.args = (const char *const[]){ package->name, package->architecture,
			package->version, NULL },
		.on_output = write_piece,
		.output_context = to,
		.output_limit = WORDS_OF_HOST,
		.timeout_ms = package->timeout_ms,
	};

	if (!to)
		return error_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	if (session_run(s, &call, &r, err) < 0)
		return -1;
	if (r.exit_status != 0) {
		*r.output = '\0'; /* the beginning of a package: no words */
		return failed(s, "repack", &r, err);
	}
	if (fflush(to) != 0 || ferror(to))
		return error_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	return 0;
}

/* ---- reboot ---- */

/* Put a word behind those that are there, as far as there is room. */
static void add_words(char *text, size_t size, const char *separator, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? separator : "", more);
}

/* One line of the answer. */
static void read_need(struct reboot_need *need, const char *word, const char *rest)
{

	if (strcmp(word, "boot") == 0)
		snprintf(need->boot_id, sizeof need->boot_id, "%s", rest);
	else if (strcmp(word, "due") == 0)
		need->is_due = strcmp(rest, "yes") == 0;
	else if (strcmp(word, "reason") == 0)
		add_words(need->reasons, sizeof need->reasons, " ", rest);
	else if (strcmp(word, "job") == 0)
		add_words(need->jobs, sizeof need->jobs, ", ", rest);
}

static int parse_need(char *answer, struct reboot_need *out, struct error *err)
{
	struct reboot_need need = { 0 };
	bool is_whole = false;

	for (char *line = strtok_r(answer, "\n", &answer); line;
		line = strtok_r(NULL, "\n", &answer)) {
		char *rest = strchr(line, ' ');

		if (!rest)
			continue;
		*rest++ = '\0';
		is_whole = strcmp(line, "end") == 0;
		read_need(&need, line, rest);
	}
	if (!is_whole || !*need.boot_id)
		return error_set(
			err, ERR_CORRUPT, "the host's answer about a reboot did not arrive whole");
	*out = need;
	return 0;
}

int hoststep_reboot_need(struct session *s, const struct order *order, bool was_changed,
	struct reboot_need *out, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct session_call call = {
		.program = "reboot",
		.args = (const char *const[]){ "ask", was_changed ? "yes" : "no", NULL },
		.timeout_ms = ANSWER_MS,
	};

	if (run_with_order(s, &call, order, &r, err) < 0)
		return -1;
	return parse_need(r.output, out, err);
}

static void keep_words(void *context, const char *bytes, size_t size)
{
	str_add_bytes(context, bytes, size);
}

int hoststep_reboot(struct session *s, const struct order *order, const char *boot_id,
	struct str *words, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct session_call call = {
		.program = "reboot",
		.args = (const char *const[]){ "go", boot_id, NULL },
		.on_output = keep_words,
		.output_context = words,
		.timeout_ms = ANSWER_MS,
	};

	if (run_with_order(s, &call, order, &r, err) == 0)
		return 0;
	/* The connection ends with the host. */
	return str_starts(str_text(words), "going down") ? 0 : -1;
}

int hoststep_verify(struct session *s, const struct order *order, struct findings **findings,
	struct inventory **inventory, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *state = NULL;
	size_t rest = 0;
	struct session_call call = {
		.program = "verify",
		.timeout_ms = ANSWER_MS + 2 * patience_ms(order),
	};

	if (run_with_order(s, &call, order, &r, err) < 0 ||
		findings_read(r.output, r.output_size, &rest, &found, err) < 0 ||
		inventory_read(r.output + rest, r.output_size - rest, &state, err) < 0)
		return -1;
	*findings = STEAL(&found);
	*inventory = STEAL(&state);
	return 0;
}
