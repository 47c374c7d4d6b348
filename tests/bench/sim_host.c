/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_host - stands in for a host behind ssh.command: answers what Patchline asks, and sleeps where a host works.
 *
 *	sim_host FOLDER HOST TEXT
 *	sim_host --step FOLDER HOST PROGRAM STEP ARGUMENT...
 *
 * TEXT is what the shell of the host would be given. The programs that come with it are known by their names and
 * not run; one that is not known succeeds and says nothing. FOLDER/HOST/ keeps what the host is: the packages that
 * differ from their first version, the staged sets, the journals of detached steps, the boot. FOLDER/log has a
 * line for each thing done: time in ms, host, what, which, ms slept. A step, "apply" and so on, works on for as long as
 * there is FOLDER/HOST/gate-STEP, and ends badly where there is fail-STEP; fail-newer: it is not well with newer packages.
 *
 * With SIM_RUN in the environment it is the host/run.sh that was sent that runs steps, with FOLDER/HOST/root-of-run in place of
 * /var/lib/patchline; in place of the program of a step it gets this program (--step).
 *
 * Environment: SIM_APPLY_MS, SIM_RESTART_MS, SIM_ANSWER_MS how long each takes, SIM_JITTER by how many per cent it
 * differs from host to host, SIM_PACKAGES how many a host has.
 */
#include "sim_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- what a host answers ---- */

/* Facts, state, and the last line, as host/inventory.sh has them. */
static void print_inventory(const struct sim *s)
{
	printf("Format: patchline-inventory 1\nPlatform: " SIM_PLATFORM "\nHostname: %s\n"
	       "Kernel-Running: 6.1.0-40-amd64\nBoot-Id: %s\nReboot-Required: no\n"
	       "Disks:\n / / 20000000000 10000000000\nTime: %lld\n",
		s->name, s->boot_id, (long long)time(NULL));
	if (sim_is_busy(s))
		printf("Lock-Owner: 77 apt-get -y --no-remove install\n");
	printf("\nPlatform: " SIM_PLATFORM "\nArchitectures: amd64\n\n");
	for (size_t i = 1; i <= s->package_count; i++) {
		if (!s->versions[i])
			continue;
		printf("Package: pkg-%03zu\nStatus: install ok installed\nArchitecture: amd64\n"
		       "Version: %s\n",
			i, s->versions[i]);
		if (i > SIM_COMMON)
			printf("Depends: pkg-%03zu (>= 1.0)\n", i % SIM_COMMON + 1);
		printf("\n");
	}
	printf("End: yes\n");
}

static int answer_inventory(struct sim *s, const struct call *call)
{
	(void)call;
	sim_work(s, "inventory", "", "SIM_ANSWER_MS", 100);
	print_inventory(s);
	return 0;
}

/* The sum of the sizes in a list "SHA256 SIZE PATH". */
static size_t sum_list(const char *list, size_t size)
{
	size_t sum = 0;

	for (const char *at = list, *end = list + size; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		sum += strtoul(at + strcspn(at, " "), NULL, 10);
		at = newline ? newline + 1 : end;
	}
	return sum;
}

/* "want" and "put" MODE SET PLATFORM SIZE; nothing is wanted of a set that came before. */
static int answer_stage(struct sim *s, const struct call *call)
{
	size_t size = call->count > 3 ? strtoul(call->words[3], NULL, 10) : 0;

	if (call->count < 4 || size > call->input_size)
		return 2;
	sim_work(s, "stage", call->words[0], "SIM_ANSWER_MS", 100);
	if (strcmp(call->words[0], "want") == 0) {
		if (!sim_has(s, "staged", call->words[1]))
			fwrite(call->input, 1, size, stdout);
		return 0;
	}
	if (sum_list(call->input, size) != call->input_size - size) {
		fprintf(stderr, "the files did not arrive whole\n");
		return 1;
	}
	sim_keep(s, "staged", call->words[1], "");
	return 0;
}

static void print_finding(const char *check, const char *what)
{
	printf("Finding: %s\nSeverity: error\nWhat:\n %s\n\n", check, what);
}

static int answer_precheck(struct sim *s, const struct call *call)
{
	char set[SIM_WORD];

	sim_work(s, "precheck", "", "SIM_ANSWER_MS", 100);
	if (!order_value(call, "set", set) || !sim_has(s, "staged", set))
		print_finding("staged", "the set is not there");
	printf("Findings-End: yes\n\n");
	return 0;
}

static int answer_verify(struct sim *s, const struct call *call)
{
	sim_work(s, "verify", "", "SIM_ANSWER_MS", 100);
	if (sim_differing(s, call))
		print_finding("versions", "packages are not as the order says");
	if (sim_fails(s, "verify") || (sim_fails(s, "newer") && sim_is_newer(s)))
		print_finding("health", "it is not well");
	printf("Findings-End: yes\n\n");
	print_inventory(s);
	return 0;
}

static int answer_reboot(struct sim *s, const struct call *call)
{
	char policy[SIM_WORD] = "";

	sim_work(s, "reboot", call->count ? call->words[0] : "", "SIM_ANSWER_MS", 100);
	if (call->count > 1 && strcmp(call->words[0], "go") == 0) {
		if (strcmp(call->words[1], s->boot_id) == 0)
			sim_reboot(s);
		printf("going down\n");
		return 0;
	}
	order_value(call, "reboot", policy);
	printf("boot %s\ndue %s\nend yes\n", s->boot_id,
		strcmp(policy, "always") == 0 && call->count > 1 &&
				strcmp(call->words[1], "yes") == 0
			? "yes"
			: "no");
	return 0;
}

static const struct {
	const char *name;
	int (*answer)(struct sim *s, const struct call *call);
} programs[] = {
	{ "inventory", answer_inventory },
	{ "stage", answer_stage },
	{ "precheck", answer_precheck },
	{ "verify", answer_verify },
	{ "reboot", answer_reboot },
	{ "run", sim_run_step },
};

/* ---- what it is asked ---- */

static char *read_all(FILE *in, size_t *size)
{
	size_t capacity = 64 * 1024;
	char *text = malloc(capacity);

	*size = 0;
	for (size_t got; text && (got = fread(text + *size, 1, capacity - *size, in)) > 0;) {
		*size += got;
		if (*size == capacity)
			text = realloc(text, capacity *= 2);
	}
	return text;
}

/* The next word of a shell's text, its quotes taken away in place; NULL at the end. */
static char *next_word(char **rest)
{
	char *at = *rest + strspn(*rest, " "), *word = at, *to = at;
	int is_quoted = 0;

	if (!*at)
		return NULL;
	for (; *at && (is_quoted || *at != ' '); at++) {
		if (*at == '\'')
			is_quoted = !is_quoted;
		else if (!is_quoted && *at == '\\' && at[1])
			*to++ = *++at;
		else
			*to++ = *at;
	}
	*rest = *at ? at + 1 : at;
	*to = '\0';
	return word;
}

/* What the shell would print first, where our part of each stream begins. */
static void print_marks(const char *text)
{
	static const char before[] = "printf \"%s%s\\n\" ";
	char first[SIM_WORD], second[SIM_WORD];

	for (const char *at = text; (at = strstr(at, before)); at += strlen(before)) {
		if (sscanf(at + strlen(before), "%63s %63[0-9a-f]", first, second) == 2)
			fprintf(strncmp(at + strlen(before) + strlen(first) + 1 + strlen(second),
					" >&2", 4) == 0
					? stderr
					: stdout,
				"%s%s\n", first, second);
	}
}

/* [sudo -n] sh -c '... head -c SIZE ...' patchline-NAME ARGUMENT... 0 when it is none of ours. */
static int read_call(char *text, struct call *call)
{
	static const char before[] = "' patchline-", head[] = "head -c ";
	char *size = strstr(text, head), *name = strstr(text, before);

	if (!size || !name)
		return 0;
	call->program_size = strtoul(size + strlen(head), NULL, 10);
	name += strlen(before);
	call->name = next_word(&name);
	while (call->count < SIM_WORDS && (call->words[call->count] = next_word(&name)))
		call->count++;
	return 1;
}

/* --step FOLDER HOST PROGRAM STEP ARGUMENT... */
static int be_step(int argc, char **argv)
{
	struct call call = { 0 };
	struct sim sim = { 0 };
	const char *words = "";
	char *text = read_all(stdin, &call.input_size);
	int status = 0;

	call.input = text;
	for (int i = 6; i < argc && call.count < SIM_WORDS; i++)
		call.words[call.count++] = argv[i];
	sim_read(&sim, argv[2], argv[3]);
	sim_log(&sim, "step", argv[5], 0);
	status = sim_do_step(&sim, &call, argv[4], argv[5], &words);
	fputs(words, stdout);
	sim_done(&sim);
	free(text);
	return fflush(stdout) == 0 ? status : 1;
}

int main(int argc, char **argv)
{
	struct call call = { 0 };
	struct sim sim = { 0 };
	char *text = NULL;
	size_t size = 0;
	int status = 0;

	if (argc > 5 && strcmp(argv[1], "--step") == 0)
		return be_step(argc, argv);
	if (argc != 4) {
		fprintf(stderr, "usage: sim_host FOLDER HOST TEXT\n");
		return 2;
	}
	if (!read_call(argv[3], &call))
		return 0;
	print_marks(argv[3]);
	fflush(stdout);
	text = read_all(stdin, &size);
	if (!text || size < call.program_size) {
		fprintf(stderr, "patchline: program cut off\n");
		return 125;
	}
	call.program = text;
	call.input = text + call.program_size;
	call.input_size = size - call.program_size;
	sim_read(&sim, argv[1], argv[2]);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (strcmp(programs[i].name, call.name) == 0)
			status = programs[i].answer(&sim, &call);
	}
	sim_done(&sim);
	free(text);
	return fflush(stdout) == 0 ? status : 1;
}
