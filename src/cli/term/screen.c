/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/screen.h"

#include "base/cells.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/term/lines.h"
#include "cli/term/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS_UNTOLD 80
#define ROWS_UNTOLD    24

#define ENTER      "\033[?1049h\033[?25l" /* alternate screen, no cursor */
#define LEAVE      "\033[0m\033[?25h\033[?1049l"
#define WIPE       "\033[2J"
#define TO_TOP     "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

struct screen {
	struct termios before; /* looked at only when has_keys */
	sigset_t mask_before;
	int signals; /* file descriptor */
	bool has_keys, has_colours;
	bool is_deaf;     /* no key will come any more */
	struct str shown; /* what was drawn last; empty: nothing of it is there any more */
};

/* What happens to each signal while the screen is ours. */
static const struct {
	int number;
	enum screen_news news;
} held[] = {
	{ SIGINT, SCREEN_ENDED },
	{ SIGTERM, SCREEN_ENDED },
	{ SIGHUP, SCREEN_ENDED },
	{ SIGQUIT, SCREEN_ENDED },
	{ SIGTSTP, SCREEN_CHANGED },
	{ SIGCONT, SCREEN_CHANGED },
	{ SIGWINCH, SCREEN_CHANGED },
};

bool screen_is_possible(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && kind && *kind && !str_equal(kind, "dumb");
}

static void put_on_terminal(const char *text, size_t size)
{
	terminal_put(STDOUT_FILENO, text, size);
}

/* What is there is not what was drawn. */
static void wipe(struct screen *s)
{
	put_on_terminal(WIPE, strlen(WIPE));
	str_done(&s->shown);
}

/* keys: TCSAFLUSH drops those that were typed for somebody else, TCSADRAIN keeps them. */
static void enter_screen(struct screen *s, int keys)
{
	struct termios ours = s->before;

	ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	ours.c_cc[VMIN] = 1;
	ours.c_cc[VTIME] = 0;
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, keys, &ours);
	put_on_terminal(ENTER, strlen(ENTER));
	wipe(s);
}

static void leave_screen(const struct screen *s)
{
	put_on_terminal(LEAVE, strlen(LEAVE));
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
}

static int hold_signals(struct screen *s, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		sigaddset(&set, held[i].number);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		return error_set(err, ERR_SYSTEM, "taking the terminal: %s", strerror(errno));
	pthread_sigmask(SIG_BLOCK, &set, &s->mask_before);
	return 0;
}

int screen_open(struct screen **out, struct error *err)
{
	struct screen *s = mem_new(1, sizeof *s);
	const char *colourless = getenv("NO_COLOR");

	if (hold_signals(s, err) < 0) {
		free(s);
		return -1;
	}
	s->has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &s->before) == 0;
	s->has_colours = !colourless || !*colourless;
	enter_screen(s, TCSAFLUSH);
	*out = s;
	return 0;
}

void screen_size(const struct screen *s, size_t *columns, size_t *rows)
{
	struct winsize size = { 0 };
	bool is_told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

	(void)s;
	*columns = is_told && size.ws_col ? size.ws_col : COLUMNS_UNTOLD;
	*rows = is_told && size.ws_row ? size.ws_row : ROWS_UNTOLD;
}

/* The line is cleared first: behind one that fills the screen's width the cursor stands on its last cell. */
static void add_line(const struct screen *s, struct str *frame, const struct line *line)
{
	static const char *const colours[TONE_COUNT] = {
		[TONE_PLAIN] = "",
		[TONE_HEAD] = "\033[1m",
		[TONE_GOOD] = "\033[32m",
		[TONE_BAD] = "\033[31m",
		[TONE_FAINT] = "\033[2m",
	};
	const char *colour = s->has_colours ? colours[line->tone] : "";

	str_addf(frame, CLEAR_LINE "%s", colour);
	cells_show(frame, line->text, strlen(line->text));
	str_add(frame, *colour ? "\033[0m" : "");
}

void screen_draw(struct screen *s, const struct lines *lines)
{
	CLEANUP(str_done) struct str frame = { 0 };

	str_add(&frame, TO_TOP);
	for (size_t i = 0; i < lines->count; i++) {
		str_add(&frame, i ? "\r\n" : "");
		add_line(s, &frame, &lines->items[i]);
	}
	if (lines->count == 0)
		str_add(&frame, CLEAR_REST);
	if (str_equal(s->shown.text, frame.text))
		return;
	put_on_terminal(frame.text, frame.size);
	str_done(&s->shown);
	s->shown = STEAL(&frame);
}

/* Stopped as anybody would be by Ctrl-Z, with the terminal as it was. */
static void stop(struct screen *s)
{
	leave_screen(s);
	raise(SIGSTOP);
	enter_screen(s, TCSAFLUSH);
}

static void obey(struct screen *s, int signal)
{
	if (signal == SIGTSTP)
		stop(s);
	else if (signal == SIGCONT)
		enter_screen(s, TCSADRAIN);
	else if (signal == SIGWINCH)
		wipe(s);
}

static enum screen_news read_signal(struct screen *s, int *signal)
{
	struct signalfd_siginfo got;

	if (read(s->signals, &got, sizeof got) != (ssize_t)sizeof got)
		return SCREEN_QUIET;
	obey(s, (int)got.ssi_signo);
	for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
		if ((uint32_t)held[i].number != got.ssi_signo)
			continue;
		*signal = held[i].number;
		return held[i].news;
	}
	return SCREEN_QUIET;
}

static enum screen_news read_key(struct screen *s, char *key)
{
	ssize_t got = read(STDIN_FILENO, key, 1);

	if (got == 1)
		return SCREEN_KEY;
	s->is_deaf = got == 0 || errno != EINTR;
	return SCREEN_QUIET;
}

enum screen_news screen_wait(struct screen *s, int timeout_ms, char *key, int *signal)
{
	struct pollfd sources[] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->has_keys && !s->is_deaf ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(sources, 2, timeout_ms) <= 0)
		return SCREEN_QUIET;
	if (sources[0].revents)
		return read_signal(s, signal);
	return read_key(s, key);
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	leave_screen(s);
	close(s->signals);
	pthread_sigmask(SIG_SETMASK, &s->mask_before, NULL);
	str_done(&s->shown);
	free(s);
}
