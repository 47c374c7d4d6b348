/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/progress.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/term/terminal.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH  30
#define DRAW_MS    100  /* on a terminal */
#define TELL_MS    5000 /* in a pipe */
#define CLEAR_LINE "\r\033[K"

struct progress {
	pthread_mutex_t mutex;
	const char *what;
	bool is_terminal, is_drawn;
	int64_t shown_at;
	char last[200]; /* the bar, to be drawn again under a line */
};

struct progress *progress_new(const char *what)
{
	struct progress *p = mem_new(1, sizeof *p);

	pthread_mutex_init(&p->mutex, NULL);
	p->what = what;
	p->is_terminal = isatty(STDERR_FILENO);
	p->shown_at = clock_monotonic_ms();
	return p;
}

/* What is drawn is wiped away, to write something else in its place. */
static void clear_line(struct progress *p)
{
	if (p->is_drawn)
		terminal_put(STDERR_FILENO, CLEAR_LINE, strlen(CLEAR_LINE));
}

static unsigned percent(uint64_t done, uint64_t total)
{
	return done >= total ? 100 : (unsigned)(done * 100 / total);
}

const char *progress_bar(uint64_t done, uint64_t total, size_t width, char out[PROGRESS_BAR_SIZE])
{
	char bar[BAR_WIDTH + 1];

	width = width < BAR_WIDTH ? width : BAR_WIDTH;
	memset(bar, '-', width);
	memset(bar, '#', done >= total ? width : (size_t)(done * width / total));
	bar[width] = '\0';
	snprintf(out, PROGRESS_BAR_SIZE, "[%s] %3u%%", bar, percent(done, total));
	return out;
}

static void compose(struct progress *p, uint64_t done, uint64_t total, const char *text)
{
	char bar[PROGRESS_BAR_SIZE];

	if (total && p->is_terminal)
		snprintf(p->last, sizeof p->last, "%s %s %.80s", p->what,
			progress_bar(done, total, BAR_WIDTH, bar), text);
	else if (total)
		snprintf(p->last, sizeof p->last, "%s %u%% %.80s", p->what, percent(done, total),
			text);
	else
		snprintf(p->last, sizeof p->last, "%s %.80s", p->what, text);
}

void progress_update(struct progress *p, uint64_t done, uint64_t total, const char *text)
{
	pthread_mutex_lock(&p->mutex);

	int64_t now = clock_monotonic_ms();

	if (now - p->shown_at >= (p->is_terminal ? DRAW_MS : TELL_MS)) {
		compose(p, done, total, text);
		clear_line(p);
		fprintf(stderr, p->is_terminal ? "%s" : "%s\n", p->last);
		p->is_drawn = p->is_terminal;
		p->shown_at = now;
	}
	pthread_mutex_unlock(&p->mutex);
}

void progress_line(struct progress *p, const char *fmt, ...)
{
	CLEANUP(free) char *line = NULL;
	va_list args;

	va_start(args, fmt);
	int length = vasprintf(&line, fmt, args);
	va_end(args);
	if (length < 0)
		abort();
	pthread_mutex_lock(&p->mutex);
	clear_line(p);
	fprintf(stderr, "%s\n%s", line, p->is_drawn ? p->last : "");
	pthread_mutex_unlock(&p->mutex);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	clear_line(p);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}
