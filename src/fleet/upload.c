/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/upload.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/order.h"
#include "fleet/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files that are on their way, one behind the other, as input of the host's program. */
struct sending {
	struct session *session;
	const struct order *order;
	const struct upload *what;
	const struct upload_file **files; /* owned list of borrowed files */
	size_t count, at;
	FILE *open;    /* owned; the one being sent */
	uint64_t left; /* of its bytes */
	uint64_t sent, total;
};

static void sending_done(struct sending *s)
{
	free(s->files);
	stream_close(s->open);
}
CLEANUP_DONE(struct sending, sending_done)

static int open_next(struct sending *s, struct error *err)
{
	const struct upload_file *f = s->files[s->at];

	s->open = fopen(f->local, "re");
	if (!s->open)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s",
			f->local, strerror(errno));
	s->left = f->size;
	return 0;
}

static int close_sent(struct sending *s, struct error *err)
{
	bool is_longer = fgetc(s->open) != EOF;

	stream_close(STEAL(&s->open));
	if (is_longer)
		return error_set(err, ERR_CORRUPT, "%s: longer than %" PRIu64 " bytes",
			s->files[s->at]->local, s->files[s->at]->size);
	s->at++;
	return 0;
}

static ssize_t fill_from_files(void *context, char *buffer, size_t size, struct error *err)
{
	struct sending *s = context;
	size_t got = 0;

	while (got == 0 && s->at < s->count) {
		if (!s->open && open_next(s, err) < 0)
			return -1;
		got = fread(buffer, 1, s->left < size ? (size_t)s->left : size, s->open);
		if (got == 0 && s->left > 0)
			return error_set(err, ERR_CORRUPT, "%s: shorter than %" PRIu64 " bytes",
				s->files[s->at]->local, s->files[s->at]->size);
		s->left -= got;
		if (s->left == 0 && close_sent(s, err) < 0)
			return -1;
	}
	s->sent += got;
	if (got > 0 && s->what->on_progress)
		s->what->on_progress(s->what->context, s->sent, s->total);
	return (ssize_t)got;
}

static void add_line(struct str *list, const struct upload_file *f)
{
	str_addf(list, "%s %" PRIu64 " %s\n", f->sha256, f->size, f->path);
}

/* One call of host/stage.sh: mode, list, and for "put" the bytes behind it. */
static int upload_call(struct sending *s, const char *mode, const struct str *list,
	struct session_result *result, struct error *err)
{
	char size[32];
	const char *url = s->what->url ? s->what->url : "";
	const char *args[] = { mode, s->order->set, s->order->platform, size, url, NULL };

	snprintf(size, sizeof size, "%zu", list->size);

	struct session_call call = {
		.program = "stage",
		.platform = s->order->platform,
		.args = args,
		.input = str_text(list),
		.input_size = list->size,
		.fill = strcmp(mode, "put") == 0 ? fill_from_files : NULL,
		.fill_context = s,
		.timeout_ms = s->what->timeout_ms,
	};
	CLEANUP(session_result_done) struct session_result r = { 0 };

	if (session_run(s->session, &call, &r, err) < 0)
		return -1;
	if (r.exit_status != 0)
		return session_failed(s->session, call.program, &r, err);
	*result = STEAL(&r);
	return 0;
}

static void list_all(const struct upload *what, struct str *list)
{
	for (size_t i = 0; i < what->count; i++)
		add_line(list, &what->files[i]);
}

/* The files whose lines stand in the host's answer. */
static void choose_wanted(struct sending *s, const char *answer, struct str *list)
{
	for (size_t i = 0; i < s->what->count; i++) {
		const struct upload_file *f = &s->what->files[i];
		CLEANUP(str_done) struct str line = { 0 };

		add_line(&line, f);
		if (!strstr(answer, str_text(&line)))
			continue;
		str_add(list, str_text(&line));
		s->files[s->count++] = f;
		s->total += f->size;
	}
}

int upload_files(struct session *session, const struct order *order, const struct upload *what,
	struct error *err)
{
	CLEANUP(sending_done)
	struct sending s = { .session = session, .order = order, .what = what };
	CLEANUP(str_done) struct str all = { 0 }, wanted = { 0 };
	CLEANUP(session_result_done) struct session_result answer = { 0 }, done = { 0 };
	bool is_pulled = what->url && *what->url;

	s.files = mem_new(what->count + 1, sizeof *s.files);
	list_all(what, &all);
	if (upload_call(&s, "want", &all, &answer, err) < 0)
		return -1;
	choose_wanted(&s, answer.output, &wanted);
	if (s.count == 0)
		return 0;
	return upload_call(&s, is_pulled ? "fetch" : "put", &wanted, &done, err);
}

int upload_remove(struct session *session, const struct order *order, const struct upload *what,
	struct error *err)
{
	struct sending none = { .session = session, .order = order, .what = what };
	CLEANUP(str_done) struct str all = { 0 };
	CLEANUP(session_result_done) struct session_result done = { 0 };

	list_all(what, &all);
	return upload_call(&none, "drop", &all, &done, err);
}
