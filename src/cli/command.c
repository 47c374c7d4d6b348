/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/options.h"
#include "cli/term/output.h"
#include "cli/term/terminal.h"
#include "clone/topology_read.h"
#include "fleet/ansible.h"
#include "model/config.h"
#include "present/answer.h"
#include "store/configuration.h"
#include "store/store.h"

#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX      64
#define SYSTEM_CONFIG     "/etc/patchline/patchline.yaml"
#define HELP_NAME_WIDTH   12
#define HELP_OPTION_WIDTH 24

struct invocation {
	const struct command *command;
	struct options options;
	struct config *config;
	struct store *store;
	struct topology *topology;
	char *actor;
};

static void invocation_done(struct invocation *inv)
{
	options_done(&inv->options);
	topology_free(inv->topology);
	store_close(inv->store);
	config_free(inv->config);
	free(inv->actor);
}
static inline void invocation_done_p(struct invocation *inv)
{
	invocation_done(inv);
}

const char *arg_at(const struct invocation *inv, size_t index)
{
	return index < inv->options.arg_count ? inv->options.args[index] : NULL;
}

bool option_is_set(const struct invocation *inv, const char *name)
{
	return options_get(&inv->options, name) != NULL;
}

const char *option_value(const struct invocation *inv, const char *name)
{
	return options_get(&inv->options, name);
}

const char *option_value_at(const struct invocation *inv, const char *name, size_t index)
{
	for (size_t i = 0; i < inv->options.given_count; i++) {
		if (strcmp(inv->options.given[i].name, name) == 0 && index-- == 0)
			return inv->options.given[i].value;
	}
	return NULL;
}

const char **option_values(const struct invocation *inv, const char *name)
{
	size_t count = 0;

	while (option_value_at(inv, name, count))
		count++;

	const char **values = count ? mem_new(count + 1, sizeof *values) : NULL;

	for (size_t i = 0; i < count; i++)
		values[i] = option_value_at(inv, name, i);
	return values;
}

bool wants_json(const struct invocation *inv)
{
	return option_is_set(inv, "json");
}

bool wants_csv(const struct invocation *inv)
{
	return option_is_set(inv, "csv");
}

bool is_for_people(const struct invocation *inv)
{
	return !wants_json(inv) && !wants_csv(inv);
}

bool is_dry_run(const struct invocation *inv)
{
	return option_is_set(inv, "dry-run");
}

const char *actor(const struct invocation *inv)
{
	return inv->actor;
}

/* Whoever is behind sudo is meant, not root. */
static char *find_actor(void)
{
	const char *sudo_user = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *user = getpwuid(getuid());

	if (sudo_user && *sudo_user)
		return mem_strdup(sudo_user);
	return user ? mem_strdup(user->pw_name) : mem_printf("uid-%u", (unsigned)getuid());
}

/* --config, $PATCHLINE_CONFIG, ./patchline.yaml or the system's. */
static const char *config_path(const struct invocation *inv)
{
	const char *given = option_value(inv, "config"), *environment = getenv("PATCHLINE_CONFIG");

	if (given)
		return given;
	if (environment && *environment)
		return environment;
	return file_exists("patchline.yaml") ? "patchline.yaml" : SYSTEM_CONFIG;
}

static int read_config(struct invocation *inv, struct config **out, struct error *err)
{
	CLEANUP(config_free) struct config *c = NULL;
	const char *path = config_path(inv);

	if (!file_exists(path) && strcmp(path, SYSTEM_CONFIG) == 0)
		return error_set(err, ERR_NOT_FOUND,
			"no configuration: neither --config, $PATCHLINE_CONFIG, ./patchline.yaml nor %s; "
			"'patchline init' writes a starter",
			SYSTEM_CONFIG);
	if (config_read(path, getenv("HOME"), &c, err) < 0)
		return -1;
	if (ansible_add_hosts(c, err) < 0)
		return -1;
	*out = STEAL(&c);
	return 0;
}

int need_config(struct invocation *inv, const struct config **out, struct error *err)
{
	if (!inv->config && read_config(inv, &inv->config, err) < 0)
		return -1;
	*out = inv->config;
	return 0;
}

/* What is changed from now on is changed with this configuration. */
static int open_store(struct invocation *inv, struct error *err)
{
	CLEANUP(free) char *text = config_text(inv->config);

	if (dir_make(inv->config->state, 0700, err) < 0 ||
		dir_check_own(inv->config->state, err) < 0)
		return -1;
	if (store_open(inv->config->state, &inv->store, err) < 0)
		return -1;
	store_configured(inv->store, text);
	return 0;
}

int need_store(struct invocation *inv, struct store **out, struct error *err)
{
	const struct config *c = NULL;

	if (need_config(inv, &c, err) < 0)
		return -1;
	if (!inv->store && open_store(inv, err) < 0)
		return error_wrap(err, "opening the store in '%s'", c->state);
	*out = inv->store;
	return 0;
}

void drop_topology(struct invocation *inv)
{
	topology_free(STEAL(&inv->topology));
}

int need_topology(struct invocation *inv, const struct topology **out, struct error *err)
{
	struct store *store = NULL;

	if (!inv->topology && (need_store(inv, &store, err) < 0 ||
				      topology_read(inv->config, store, &inv->topology, err) < 0))
		return -1;
	*out = inv->topology;
	return 0;
}

/* ---- usage ---- */

static void print_options(const struct option *options)
{
	for (; options && options->name; options++) {
		CLEANUP(free)
		char *form = mem_printf("--%s%s%s", options->name, options->argument ? " " : "",
			options->argument ? options->argument : "");

		printf("  %-*s %s%s\n", HELP_OPTION_WIDTH, form, options->help,
			options->may_repeat ? " (may be given again)" : "");
	}
}

static void print_command_help(const struct command *c)
{
	printf("usage: patchline %s%s%s [OPTIONS]\n\n%s.\n", c->name, *c->args ? " " : "", c->args,
		c->help);
	if (c->about)
		printf("%s\n", c->about);
	puts("");
	print_options(c->options);
	print_options(common_options);
}

static void print_help(const struct command *commands)
{
	puts("usage: patchline COMMAND [ARGUMENTS] [OPTIONS]\n\n"
	     "Patches servers so that nothing reaches production that was not tested there\n"
	     "before with the code that runs on it.\n");
	for (const struct command *c = commands; c->name; c++) {
		if (!c->is_internal)
			printf("  %-*s %s\n", HELP_NAME_WIDTH, c->name, c->help);
	}
	puts("\n'patchline COMMAND --help' tells what a command takes; patchline(1) tells the whole story.");
}

static const struct command *find_command(const struct command *commands, const char *name)
{
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

static int unknown_command(const struct command *commands, const char *name, struct error *err)
{
	const char *known[COMMANDS_MAX + 1] = { NULL };

	for (size_t count = 0; commands->name && count < COMMANDS_MAX; commands++) {
		if (!commands->is_internal)
			known[count++] = commands->name;
	}

	const char *near = str_nearest(name, known);

	return error_set(err, ERR_USAGE, "there is no command '%.60s'%s%s%s", name,
		near ? "; did you mean '" : " ('patchline help' lists them)", near ? near : "",
		near ? "'?" : "");
}

/* ---- running ---- */

/* Programs that asked for JSON get errors as JSON too; people get one line on standard error. */
static int report(const struct invocation *inv, const char *name, const struct error *err)
{
	if (inv && wants_json(inv)) {
		CLEANUP(jvalue_free) struct jvalue *told = view_object(&error_view, err);

		output_json_line(told, stderr);
	} else {
		fprintf(stderr, "patchline%s%s: %s\n", name ? " " : "", name ? name : "",
			err->text);
	}
	return error_exit_status(err->kind);
}

/* Whoever reads may have seen enough ('patchline log | head -1'): then it ends as any program does, without a word. */
static int report_unwritten(const char *name)
{
	static const struct error unwritten = { ERR_SYSTEM, "writing the output failed" };

	if (!terminal_has_reader(STDOUT_FILENO)) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return report(NULL, name, &unwritten);
}

/* What was printed is worth its exit status only where it got. */
static int end_output(const char *name)
{
	return fflush(stdout) != 0 || ferror(stdout) ? report_unwritten(name) : 0;
}

static int run_subcommand(const struct command *c, char **words)
{
	CLEANUP(invocation_done) struct invocation inv = { .command = c };
	struct error err = { 0 };

	inv.actor = find_actor();
	if (options_read(&inv.options, c, words, &err) < 0)
		return report(&inv, c->name, &err);
	if (option_is_set(&inv, "help")) {
		print_command_help(c);
		return end_output(c->name);
	}
	if (c->run(&inv, &err) < 0)
		return report(&inv, c->name, &err);
	return end_output(c->name);
}

/* How many words before the command are common options: "patchline --config FILE --json status". */
static size_t count_leading(char *const *words)
{
	size_t count = 0;

	while (words[count] && str_starts(words[count], "--") &&
		!str_equal(words[count], "--help") && !str_equal(words[count], "--version"))
		count += str_equal(words[count], "--config") && words[count + 1] ? 2 : 1;
	return count;
}

/* The command that the first words name, "clone remove" before "clone"; `used`: how many words. */
static const struct command *find_words(
	const struct command *commands, char *const *words, size_t *used)
{
	CLEANUP(free)
	char *both = words[0] && words[1] ? mem_printf("%s %s", words[0], words[1]) : NULL;
	const struct command *c = both ? find_command(commands, both) : NULL;

	*used = c ? 2 : 1;
	return c || !words[0] ? c : find_command(commands, words[0]);
}

/* The same words with the command's name in front of them, as if they had stood behind it. */
static void move_command_first(const struct command *commands, char **words)
{
	size_t leading = count_leading(words), used = 0;
	char *names[2] = { words[leading], words[leading] ? words[leading + 1] : NULL };

	if (!names[0])
		return;
	find_words(commands, names[1] ? words + leading : names, &used);
	memmove(words + used, words, leading * sizeof *words);
	memcpy(words, names, used * sizeof *words);
}

int command_main(const struct command *commands, int argc, char **argv)
{
	struct error err = { 0 };
	size_t used = 0;

	move_command_first(commands, argv + 1);
	if (argc < 2) {
		print_help(commands);
		return error_exit_status(ERR_USAGE);
	}
	if (str_equal(argv[1], "version") || str_equal(argv[1], "--version")) {
		puts("patchline " PATCHLINE_VERSION);
		return end_output("version");
	}
	if (str_equal(argv[1], "help") || str_equal(argv[1], "--help")) {
		const struct command *c = find_words(commands, argv + 2, &used);

		if (c)
			print_command_help(c);
		else
			print_help(commands);
		return end_output("help");
	}

	const struct command *c = find_words(commands, argv + 1, &used);

	if (c)
		return run_subcommand(c, argv + 1 + used);
	if (unknown_command(commands, argv[1], &err) < 0)
		return report(NULL, NULL, &err);
	return 0;
}
