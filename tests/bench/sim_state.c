/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "sim_host: %s: %s\n", what, strerror(errno));
	exit(126);
}

static uint64_t hash(uint64_t seed, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		seed = (seed ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
	return seed;
}

static uint64_t hash_text(uint64_t seed, const char *text)
{
	return hash(seed, text, strlen(text) + 1);
}

static long setting(const char *variable, long preset)
{
	const char *text = getenv(variable);

	return text && *text ? strtol(text, NULL, 10) : preset;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* FOLDER/HOST/KIND-NAME */
static void path_of(const struct sim *s, const char *kind, const char *name, char out[PATH_MAX])
{
	if (snprintf(out, PATH_MAX, "%s/%s-%s", s->directory, kind, name) >= PATH_MAX)
		fail(name);
}

/* ---- what it keeps ---- */

bool sim_has(const struct sim *s, const char *kind, const char *name)
{
	char path[PATH_MAX];

	path_of(s, kind, name, path);
	return access(path, F_OK) == 0;
}

/* Appears whole, or not at all. */
void sim_keep(const struct sim *s, const char *kind, const char *name, const char *text)
{
	char path[PATH_MAX], fresh[PATH_MAX + 16];
	FILE *out = NULL;

	path_of(s, kind, name, path);
	snprintf(fresh, sizeof fresh, "%s.%d", path, (int)getpid());
	out = fopen(fresh, "we");
	if (!out || fputs(text, out) < 0 || fclose(out) != 0 || rename(fresh, path) < 0)
		fail(path);
}

/* The text of that name, into out; "" when there is none. */
static void recall(const struct sim *s, const char *kind, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];
	FILE *in = NULL;

	path_of(s, kind, name, path);
	in = fopen(path, "re");
	out[in ? fread(out, 1, size - 1, in) : 0] = '\0';
	if (in)
		fclose(in);
}

static void set_version(struct sim *s, size_t index, const char *version)
{
	free(s->versions[index]);
	s->versions[index] = strdup(version);
}

/* The number of "pkg-007"; 0 when the host has none of that name. */
static size_t index_of(const struct sim *s, const char *name)
{
	size_t index = strncmp(name, "pkg-", 4) == 0 ? strtoul(name + 4, NULL, 10) : 0;

	return index <= s->package_count ? index : 0;
}

void sim_read(struct sim *s, const char *folder, const char *name)
{
	char kept[64 * 1024], word[SIM_WORD], version[SIM_WORD];
	long wanted = setting("SIM_PACKAGES", 400);
	size_t lacking = hash_text(1, name) % 10;

	s->folder = folder;
	s->name = name;
	s->package_count = wanted > 0 && wanted < SIM_MOST ? (size_t)wanted : SIM_MOST;
	snprintf(s->directory, sizeof s->directory, "%s/%s", folder, name);
	if (mkdir(s->directory, 0755) < 0 && errno != EEXIST)
		fail(s->directory);
	for (size_t i = 1; i <= s->package_count; i++) {
		if (i <= SIM_COMMON || i % 10 != lacking)
			set_version(s, i, "1.0-1");
	}
	recall(s, "packages", "changed", kept, sizeof kept);
	for (char *line = strtok(kept, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%255s %255s", word, version) == 2 && index_of(s, word))
			set_version(s, index_of(s, word), version);
	}
	recall(s, "boot", "number", word, sizeof word);
	snprintf(s->boot_id, sizeof s->boot_id, "%.60s-boot-%ld", name, strtol(word, NULL, 10));
}

void sim_done(struct sim *s)
{
	for (size_t i = 0; i <= SIM_MOST; i++)
		free(s->versions[i]);
}

void sim_reboot(struct sim *s)
{
	char text[SIM_WORD];

	recall(s, "boot", "number", text, sizeof text);
	snprintf(text, sizeof text, "%ld\n", strtol(text, NULL, 10) + 1);
	sim_keep(s, "boot", "number", text);
}

void sim_log(const struct sim *s, const char *what, const char *which, long slept)
{
	char path[PATH_MAX], line[1024];
	int size = snprintf(line, sizeof line, "%lld %s %s %s %ld\n", (long long)now_ms(), s->name,
		what, *which ? which : "-", slept);
	int fd = -1;

	snprintf(path, sizeof path, "%.4000s/log", s->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, (size_t)size) != size)
		fail(path);
	close(fd);
}

void sim_work(
	const struct sim *s, const char *what, const char *which, const char *variable, long preset)
{
	long jitter = setting("SIM_JITTER", 20), ms = setting(variable, preset);
	long range = ms * jitter / 100;

	if (range > 0)
		ms += (long)(hash_text(hash_text(2, s->name), what) % (uint64_t)(2 * range + 1)) -
		      range;
	sim_log(s, what, which, ms);
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* ---- the order ---- */

/* The next line of the order; false behind the last. */
static bool next_line(const struct call *call, size_t *at, char *line, size_t size)
{
	const char *from = call->input + *at;
	const char *newline =
		*at < call->input_size ? memchr(from, '\n', call->input_size - *at) : NULL;

	if (!newline)
		return false;
	snprintf(line, size, "%.*s", (int)(newline - from), from);
	*at += (size_t)(newline - from) + 1;
	return true;
}

bool order_value(const struct call *call, const char *word, char *out)
{
	char line[SIM_WORD];
	size_t size = strlen(word);

	for (size_t at = 0; next_line(call, &at, line, sizeof line);) {
		if (strncmp(line, word, size) != 0 || line[size] != ' ')
			continue;
		snprintf(out, SIM_WORD, "%s", line + size + 1);
		return true;
	}
	return false;
}

/* A package that the order changes: its number and its new version; 0 for another line. */
static size_t read_change(const struct sim *s, const char *line, char version[SIM_WORD])
{
	char kind[SIM_WORD], name[SIM_WORD];

	if (sscanf(line, "%255s %255s %*s %*s %255s", kind, name, version) != 3 ||
		(strcmp(kind, "upgrade") != 0 && strcmp(kind, "new") != 0 &&
			strcmp(kind, "downgrade") != 0))
		return 0;
	return index_of(s, name);
}

size_t sim_differing(const struct sim *s, const struct call *call)
{
	char line[SIM_WORD], version[SIM_WORD];
	size_t count = 0;

	for (size_t at = 0; next_line(call, &at, line, sizeof line);) {
		size_t index = read_change(s, line, version);

		count += index && (!s->versions[index] || strcmp(s->versions[index], version) != 0);
	}
	return count;
}

static void install(struct sim *s, const struct call *call)
{
	char line[SIM_WORD], version[SIM_WORD], text[64 * 1024] = "";
	size_t used = 0;

	for (size_t at = 0; next_line(call, &at, line, sizeof line);) {
		size_t index = read_change(s, line, version);

		if (index)
			set_version(s, index, version);
	}
	for (size_t i = 1; i <= s->package_count; i++) {
		if (s->versions[i] && strcmp(s->versions[i], "1.0-1") != 0 &&
			used < sizeof text - SIM_WORD)
			used += (size_t)snprintf(text + used, sizeof text - used, "pkg-%03zu %s\n",
				i, s->versions[i]);
	}
	sim_keep(s, "packages", "changed", text);
}

/* ---- steps that run on alone ---- */

static int open_lock(const struct sim *s, const char *name)
{
	char path[PATH_MAX];
	int fd = -1;

	path_of(s, "lock", name, path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		fail(path);
	return fd;
}

static void lock(int fd, int how)
{
	while (flock(fd, how) < 0) {
		if (errno != EINTR)
			fail("lock");
	}
}

bool sim_is_busy(const struct sim *s)
{
	int fd = open_lock(s, "packages");
	bool is_busy = flock(fd, LOCK_SH | LOCK_NB) < 0;

	close(fd);
	return is_busy;
}

bool sim_is_newer(const struct sim *s)
{
	for (size_t i = 1; i <= s->package_count; i++) {
		if (s->versions[i] && strcmp(s->versions[i], "1.0-1") != 0)
			return true;
	}
	return false;
}

bool sim_fails(const struct sim *s, const char *name)
{
	return sim_has(s, "fail", name);
}

/* "apply" of "rollout-1.apply-1". */
static void word_of(const char *step, char word[SIM_WORD])
{
	const char *at = strchr(step, '.');
	char *end = NULL;

	snprintf(word, SIM_WORD, "%s", at ? at + 1 : step);
	end = strrchr(word, '-');
	if (end)
		*end = '\0';
}

/* Somebody wants to see the host at this step. */
static void wait_at_gate(const struct sim *s, const char *word)
{
	while (sim_has(s, "gate", word))
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

/* As apt does it: waits for the lock, and has nothing to do where somebody was faster. */
static const char *apply(struct sim *s, const struct call *order, const char *step)
{
	int fd = open_lock(s, "packages");
	struct sim now = { 0 };
	const char *words = "everything is installed already\n";
	char word[SIM_WORD];

	lock(fd, LOCK_EX);
	sim_read(&now, s->folder, s->name);
	if (sim_differing(&now, order)) {
		sim_work(&now, "change", step, "SIM_APPLY_MS", 2000);
		word_of(step, word);
		wait_at_gate(&now, word);
		install(&now, order);
		words = "all packages were set up\n";
	}
	sim_done(&now);
	close(fd);
	return words;
}

/* Which program of host/ it is, by its comment "# apply.sh - ..." */
static bool is_program(const struct call *call, const char *name)
{
	char comment[SIM_WORD];
	size_t size = call->program_size < 2000 ? call->program_size : 2000;

	snprintf(comment, sizeof comment, "\n# %s.sh ", name);
	return memmem(call->program, size, comment, strlen(comment));
}

static const char *which_of(const struct call *call)
{
	static const char *const programs[] = { "apply", "restart", "updaters" };

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (is_program(call, programs[i]))
			return programs[i];
	}
	return "";
}

/* Hold off other updaters, or free them. */
static void keep_updaters(const struct sim *s, const char *verb)
{
	char path[PATH_MAX];

	path_of(s, "held", "updaters", path);
	if (strcmp(verb, "hold") == 0)
		sim_keep(s, "held", "updaters", "");
	else
		unlink(path);
}

int sim_do_step(struct sim *s, const struct call *call, const char *which, const char *step,
	const char **words)
{
	char word[SIM_WORD];

	*words = "";
	if (strcmp(which, "apply") == 0)
		*words = apply(s, call, step);
	else if (strcmp(which, "restart") == 0)
		sim_work(s, "restart", step, "SIM_RESTART_MS", 300);
	else if (strcmp(which, "updaters") == 0 && call->count)
		keep_updaters(s, call->words[0]);
	word_of(step, word);
	if (!sim_fails(s, word))
		return 0;
	*words = "E: it fails here\n";
	return 100;
}

/* The step itself, in a process that nobody waits for; it holds the step's lock until it has ended. */
static void work_alone(struct sim *s, const struct call *call, const char *step, int64_t started)
{
	const char *words = "";
	char text[SIM_WORD];
	int status = sim_do_step(s, call, which_of(call), step, &words);

	sim_keep(s, "output", step, words);
	snprintf(text, sizeof text, "%d %lld %lld\n", status, (long long)started,
		(long long)(now_ms() / 1000));
	sim_keep(s, "status", step, text);
}

static void launch(struct sim *s, const struct call *call, const char *step, const char *what)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = -1;

	sim_keep(s, "started", step, what);
	sim_log(s, "step", step, 0);
	fflush(stdout);
	pid = fork();
	if (pid < 0 || null < 0)
		fail(step);
	if (pid > 0) {
		close(null);
		return;
	}
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	work_alone(s, call, step, now_ms() / 1000);
	_exit(0);
}

/* Wait for whoever holds the step, then tell what came of it. */
static void follow(const struct sim *s, const char *step)
{
	char output[4096], status[SIM_WORD];
	int fd = open_lock(s, step);

	lock(fd, LOCK_SH);
	close(fd);
	recall(s, "output", step, output, sizeof output);
	recall(s, "status", step, status, sizeof status);
	fputs(output, stdout);
	fprintf(stderr, *status ? "patchline: done %s" : "patchline: interrupted 1\n", status);
}

static int collect(struct sim *s, const char *step)
{
	if (sim_has(s, "started", step))
		follow(s, step);
	else
		fprintf(stderr, "patchline: absent\n");
	return 0;
}

/* ---- steps that the real host/run.sh runs ---- */

/* What it is to run in place of a step's program: this program, as that step. */
static void print_stand_in(FILE *out, const struct sim *s, const struct call *call)
{
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		fail("/proc/self/exe");
	fprintf(out, "exec '%s' --step '%s' '%s' '%s' %s.%s \"$@\"\n", self, s->folder, s->name,
		which_of(call), call->words[0], call->words[1]);
}

/* Its input as it was sent, but for the program. Leaves that at standard input, and its size in `size`. */
static void send_stand_in(const struct sim *s, const struct call *call, char size[SIM_WORD])
{
	struct call inner = *call;
	FILE *out = tmpfile();

	if (!out)
		fail("tmpfile");
	inner.program = call->input;
	inner.program_size = strtoul(call->words[2], NULL, 10);
	if (inner.program_size > call->input_size)
		fail("input");
	print_stand_in(out, s, &inner);
	snprintf(size, SIM_WORD, "%ld", ftell(out));
	fwrite(call->input + inner.program_size, 1, call->input_size - inner.program_size, out);
	if (fflush(out) != 0 || fseek(out, 0, SEEK_SET) != 0 || dup2(fileno(out), 0) < 0)
		fail("input");
}

static int run_for_real(const struct sim *s, const struct call *call)
{
	char root[PATH_MAX], size[SIM_WORD];
	const char *argv[SIM_WORDS + 5] = { "sh", "-c", strndup(call->program, call->program_size),
		"patchline-run" };

	memcpy(argv + 4, call->words, call->count * sizeof *argv);
	if (strcmp(call->words[2], "collect") != 0) {
		send_stand_in(s, call, size);
		argv[6] = size;
	}
	path_of(s, "root", "of-run", root);
	setenv("PATCHLINE_ROOT", root, 1);
	execvp(*argv, (char *const *)(uintptr_t)argv);
	fail("sh");
	return 1;
}

int sim_run_step(struct sim *s, const struct call *call)
{
	struct call inner = *call;
	char step[SIM_WORD], what[SIM_WORD], known[SIM_WORD];
	int fd = -1;

	if (call->count < 3)
		return 1;
	if (getenv("SIM_RUN"))
		return run_for_real(s, call);
	snprintf(step, sizeof step, "%.100s.%.100s", call->words[0], call->words[1]);
	if (strcmp(call->words[2], "collect") == 0)
		return collect(s, step);
	inner.program = call->input;
	inner.program_size = strtoul(call->words[2], NULL, 10);
	if (inner.program_size > call->input_size)
		return 1;
	inner.input = call->input + inner.program_size;
	inner.input_size = call->input_size - inner.program_size;
	inner.count = 0;
	for (size_t i = 3; i < call->count; i++)
		inner.words[inner.count++] = call->words[i];
	snprintf(what, sizeof what, "%016llx",
		(unsigned long long)hash(3, call->input, call->input_size));
	fd = open_lock(s, step);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && !sim_has(s, "started", step)) {
		fprintf(stderr, "patchline: new\n");
		launch(s, &inner, step, what);
	} else {
		fprintf(stderr, "patchline: there\n");
	}
	close(fd);
	follow(s, step);
	recall(s, "started", step, known, sizeof known);
	if (strcmp(known, what) != 0)
		fprintf(stderr, "patchline: taken\n");
	return 0;
}
