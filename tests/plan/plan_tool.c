/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_tool.c - plan from the command line, for the cases, the oracle and the bench; no part of the product.
 *
 * A state is a file in the form of model/hoststate.h, or a dpkg status file. Prints one line a fact:
 *
 *	up NAME:ARCH FROM TO            kept NAME:ARCH INSTALLED CANDIDATE CAUSE: REASON
 *	new NAME:ARCH TO                problem TEXT
 *	verdict WORD direct|solver
 */
#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "model/version.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "plan/universe.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define STATE_SIZE_MAX ((size_t)256 * 1024 * 1024)
#define NAMES_MAX      256
#define FEEDS_MAX      16

struct request {
	const char *form; /* NULL: indexes are read */
	struct feed feeds[FEEDS_MAX];
	size_t feed_count;
	int priority;              /* of the next; 0: the usual one */
	const char *architectures; /* "amd64 i386" */
	struct plan_options options;
	const char *only[NAMES_MAX], *except[NAMES_MAX];
	size_t only_count, except_count;
	const char *write; /* directory for the states that the plans lead to; NULL: not wanted */
	bool is_bench, is_check, is_stanzas;
};

static const char usage[] =
	"usage: plan_tool [OPTION...] STATE...\n"
	"  -a, --arch=ARCHES       architectures of a host whose state is a dpkg status file: 'amd64 i386'\n"
	"  -i, --index=FILE        a Packages index; more than one may be given, before the states\n"
	"  -s, --security=FILE     an index whose packages are security updates\n"
	"  -P, --priority=NUMBER   of the index behind it\n"
	"  -f, --form=FILE         map the indexes from that file, made when it is missing; each is named by its SHA-256\n"
	"  -S, --security-only     -o, --only=NAME     -x, --except=NAME\n"
	"  -p, --pinned            plan, then plan again with nothing but what was planned\n"
	"  -t, --stanzas           print the stanzas of what is planned, instead of the plan\n"
	"  -w, --write=DIR         write each state as it is after its plan, unless nothing of it can be done\n"
	"  -b, --bench             print figures instead of plans\n"
	"or:    plan_tool --compare  lines of two versions on standard input: put lt, eq or gt between\n";

static int read_state(
	const struct request *r, const char *path, struct hoststate **out, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(str_done) struct str state = { 0 };

	if (file_read(path, STATE_SIZE_MAX, &text, NULL, err) < 0)
		return -1;
	if (!str_starts(text, "Platform:"))
		str_addf(&state, "Platform: test\nArchitectures: %s\n\n", r->architectures);
	str_add(&state, text);
	if (hoststate_read(str_text(&state), state.size, out, err) < 0)
		return error_wrap(err, "%s", path);
	return 0;
}

static int add_states(const struct request *r, struct universe *u, char **paths, struct error *err)
{
	for (; *paths; paths++) {
		CLEANUP(hoststate_free) struct hoststate *state = NULL;

		if (read_state(r, *paths, &state, err) < 0 || universe_add_state(u, state, err) < 0)
			return -1;
	}
	universe_finish(u);
	return 0;
}

static void print_plan(const struct plan *p)
{
	for (size_t i = 0; i < plan_problem_count(p); i++)
		printf("problem %s\n", plan_problem_at(p, i));
	for (size_t i = 0; i < plan_change_count(p); i++) {
		const struct plan_change *c = plan_change_at(p, i);

		if (c->is_new)
			printf("new %s:%s %s\n", c->name, c->architecture, c->to);
		else
			printf("up %s:%s %s %s\n", c->name, c->architecture, c->from, c->to);
	}
	for (size_t i = 0; i < plan_kept_count(p); i++) {
		const struct plan_kept *k = plan_kept_at(p, i);

		printf("kept %s:%s %s %s %s: %s\n", k->name, k->architecture, k->installed,
			k->candidate, plan_cause_name(k->cause), k->reason);
	}
	printf("verdict %s %s\n", plan_verdict_name(plan_verdict(p)),
		plan_is_solved(p) ? "solver" : "direct");
}

static int print_stanzas(const struct universe *u, const struct plan *p, struct error *err)
{
	for (size_t i = 0; i < plan_change_count(p); i++) {
		CLEANUP(free) char *text = NULL;
		size_t size = 0;

		if (universe_stanza(u, plan_change_at(p, i)->version, &text, &size, err) < 0)
			return -1;
		printf("%s\n", text);
	}
	return 0;
}

static const struct plan_change *change_of(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < plan_change_count(p); i++) {
		if (strcmp(plan_change_at(p, i)->name, name) == 0)
			return plan_change_at(p, i);
	}
	return NULL;
}

/* A paragraph with what planning needs and nothing else. */
static void add_paragraph(struct str *out, const struct deb822 *d)
{
	static const char *const fields[] = { "Package", "Version", "Architecture", "Multi-Arch",
		"Source", "Essential", "Protected", "Pre-Depends", "Depends", "Conflicts", "Breaks",
		"Provides", NULL };

	str_add(out, "Status: install ok installed\n");
	for (const char *const *field = fields; *field; field++) {
		if (deb822_get(d, *field))
			str_addf(out, "%s: %s\n", *field, deb822_get(d, *field));
	}
	str_add(out, "\n");
}

/* The state's packages that stay as they are. */
static int add_unchanged(struct str *out, const char *path, const struct plan *p, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	size_t size = 0;
	int found;

	if (file_read(path, STATE_SIZE_MAX, &text, &size, err) < 0)
		return -1;
	d = deb822_new_text(text, size);
	while ((found = deb822_next(d, err)) > 0) {
		const char *name = deb822_get(d, "Package");

		if (name && !change_of(p, name))
			add_paragraph(out, d);
	}
	return found;
}

static int add_changed(
	struct str *out, const struct universe *u, const struct plan *p, struct error *err)
{
	for (size_t i = 0; i < plan_change_count(p); i++) {
		CLEANUP(free) char *text = NULL;
		CLEANUP(deb822_free) struct deb822 *d = NULL;
		size_t size = 0;

		if (universe_stanza(u, plan_change_at(p, i)->version, &text, &size, err) < 0)
			return -1;
		d = deb822_new_text(text, size);
		if (deb822_next(d, err) < 0)
			return -1;
		add_paragraph(out, d);
	}
	return 0;
}

static int write_state(const struct request *r, const struct universe *u, const char *path,
	const struct plan *p, struct error *err)
{
	CLEANUP(str_done) struct str out = { 0 };
	const char *slash = strrchr(path, '/');
	CLEANUP(free) char *to = path_join(r->write, slash ? slash + 1 : path);

	if (plan_verdict(p) == PLAN_BROKEN ||
		(plan_verdict(p) == PLAN_PARTLY && !plan_change_count(p)))
		return 0;
	if (add_unchanged(&out, path, p, err) < 0 || add_changed(&out, u, p, err) < 0)
		return -1;
	return file_write(to, out.text, out.size, 0644, err);
}

/* Plan again from the planned versions alone: nothing may be lost. */
static int check_union(const struct universe *u, const struct hoststate *state,
	const struct plan *plan, struct error *err)
{
	CLEANUP(plan_free) struct plan *again = NULL;
	CLEANUP(free) uint32_t *ids = NULL;
	struct plan_options pinned = { 0 };

	plan_union(&plan, 1, &ids, &pinned.pinned_count);
	pinned.pinned = ids;
	if (plan_check(u, state, &pinned, plan, &again, err) < 0)
		return -1;
	if (plan_change_count(again) != plan_change_count(plan))
		return error_set(err, ERR_CONFLICT, "pinned: %zu changes instead of %zu",
			plan_change_count(again), plan_change_count(plan));
	return 0;
}

static int plan_states(
	const struct request *r, const struct universe *u, char **paths, struct error *err)
{
	CLEANUP(planner_free) struct planner *planner = NULL;

	if (planner_new(u, &r->options, &planner, err) < 0)
		return -1;
	for (; *paths; paths++) {
		CLEANUP(hoststate_free) struct hoststate *state = NULL;
		CLEANUP(plan_free) struct plan *plan = NULL;

		if (read_state(r, *paths, &state, err) < 0 ||
			planner_plan(planner, state, &plan, err) < 0)
			return -1;
		if (r->is_check && check_union(u, state, plan, err) < 0)
			return error_wrap(err, "%s", *paths);
		if (r->is_stanzas && print_stanzas(u, plan, err) < 0)
			return -1;
		if (r->write && write_state(r, u, *paths, plan, err) < 0)
			return -1;
		if (!r->is_stanzas && !r->write)
			print_plan(plan);
	}
	return 0;
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct figures {
	size_t states, solved, changes, kept, broken;
	double parse_ms, direct_ms, solver_ms;
};

static void count_plan(struct figures *f, const struct plan *plan, double ms)
{
	f->states++;
	f->changes += plan_change_count(plan);
	f->kept += plan_kept_count(plan);
	f->solved += plan_is_solved(plan);
	f->broken += plan_verdict(plan) == PLAN_BROKEN;
	*(plan_is_solved(plan) ? &f->solver_ms : &f->direct_ms) += ms;
}

static void print_figures(const struct figures *f, const struct universe *u, double load_ms)
{
	struct rusage used;
	size_t direct = f->states - f->solved;

	getrusage(RUSAGE_SELF, &used);
	printf("versions %zu\nload_ms %.0f\nstates %zu\nbroken %zu\nchanges %zu\nkept %zu\n",
		universe_count(u), load_ms, f->states, f->broken, f->changes, f->kept);
	printf("parse_ms_per_state %.3f\n", f->parse_ms / (double)f->states);
	printf("direct %zu\ndirect_ms_per_state %.4f\n", direct,
		direct ? f->direct_ms / (double)direct : 0);
	printf("solver %zu\nsolver_ms_per_state %.3f\n", f->solved,
		f->solved ? f->solver_ms / (double)f->solved : 0);
	printf("plan_states_per_s %.0f\n", (double)f->states * 1e3 / (f->direct_ms + f->solver_ms));
	printf("peak_mib %.0f\n", (double)used.ru_maxrss / 1024);
}

static int bench(const struct request *r, const struct universe *u, char **paths, double load_ms,
	struct error *err)
{
	CLEANUP(planner_free) struct planner *planner = NULL;
	struct figures f = { 0 };

	if (planner_new(u, &r->options, &planner, err) < 0)
		return -1;
	for (; *paths; paths++) {
		CLEANUP(hoststate_free) struct hoststate *state = NULL;
		CLEANUP(plan_free) struct plan *plan = NULL;
		double start = cpu_ms();

		if (read_state(r, *paths, &state, err) < 0)
			return -1;

		double parsed = cpu_ms();

		if (planner_plan(planner, state, &plan, err) < 0)
			return -1;
		count_plan(&f, plan, cpu_ms() - parsed);
		f.parse_ms += parsed - start;
	}
	print_figures(&f, u, load_ms);
	return 0;
}

static int load(const struct request *r, struct universe **out, struct error *err)
{
	const struct universe_request wanted = { "amd64", r->feeds, r->feed_count, r->form };
	CLEANUP(universe_free) struct universe *u = NULL;
	struct error trouble;

	if (r->form) {
		if (universe_load(&wanted, out, &trouble, err) < 0)
			return -1;
		if (trouble.kind != ERR_NONE)
			fprintf(stderr, "plan_tool: %s\n", trouble.text);
		return 0;
	}
	u = universe_new("amd64");
	for (size_t i = 0; i < r->feed_count; i++) {
		if (universe_read(u, &r->feeds[i], err) < 0)
			return -1;
	}
	*out = STEAL(&u);
	return 0;
}

static int run(struct request *r, char **paths, struct error *err)
{
	CLEANUP(universe_free) struct universe *u = NULL;
	double start = cpu_ms();

	if (load(r, &u, err) < 0)
		return -1;
	if (!r->form)
		universe_finish(u);

	double loaded = cpu_ms() - start;

	if (add_states(r, u, paths, err) < 0)
		return -1;
	return r->is_bench ? bench(r, u, paths, loaded, err) : plan_states(r, u, paths, err);
}

static int add_index(struct request *r, const char *path, bool is_security, struct error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (r->feed_count == FEEDS_MAX)
		return error_set(err, ERR_USAGE, "more than %d indexes", FEEDS_MAX);
	r->feeds[r->feed_count++] = (struct feed){ .name = path,
		.path = path,
		.sha256 =
			strlen(name) == DIGEST_HEX_SIZE - 1 ? name : NULL, /* as sync calls them */
		.is_security = is_security,
		.priority = r->priority };
	r->priority = 0;
	return 0;
}

static int take_option(struct request *r, int option, struct error *err)
{
	switch (option) {
	case 'a':
		r->architectures = optarg;
		return 0;
	case 'i':
	case 's':
		return add_index(r, optarg, option == 's', err);
	case 'P':
		r->priority = (int)strtol(optarg, NULL, 10);
		return 0;
	case 'f':
		r->form = optarg;
		return 0;
	case 'S':
		r->options.is_security_only = true;
		return 0;
	case 'o':
		if (r->only_count + 1 < NAMES_MAX)
			r->only[r->only_count++] = optarg;
		r->options.only = r->only;
		return 0;
	case 'x':
		if (r->except_count + 1 < NAMES_MAX)
			r->except[r->except_count++] = optarg;
		r->options.except = r->except;
		return 0;
	case 'p':
		r->is_check = true;
		return 0;
	case 't':
		r->is_stanzas = true;
		return 0;
	case 'w':
		r->write = optarg;
		return 0;
	case 'b':
		r->is_bench = true;
		return 0;
	default:
		return error_set(err, ERR_USAGE, "%s", usage);
	}
}

static int compare_versions(void)
{
	CLEANUP(free) char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		char *b = line, *a = strsep(&b, " ");

		if (!b)
			return 1;
		b[strcspn(b, "\n")] = '\0';

		int order = version_compare(&version_order_dpkg, a, b);

		printf("%s %s %s\n", a, order < 0 ? "lt" : order > 0 ? "gt" : "eq", b);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--compare") == 0)
		return compare_versions();

	static const struct option options[] = {
		{ "arch", required_argument, NULL, 'a' },
		{ "index", required_argument, NULL, 'i' },
		{ "security", required_argument, NULL, 's' },
		{ "priority", required_argument, NULL, 'P' },
		{ "form", required_argument, NULL, 'f' },
		{ "security-only", no_argument, NULL, 'S' },
		{ "only", required_argument, NULL, 'o' },
		{ "except", required_argument, NULL, 'x' },
		{ "pinned", no_argument, NULL, 'p' },
		{ "stanzas", no_argument, NULL, 't' },
		{ "write", required_argument, NULL, 'w' },
		{ "bench", no_argument, NULL, 'b' },
		{ 0 },
	};
	struct request r = { .architectures = "amd64" };
	struct error err = { 0 };
	int option, result = 0;

	while (result == 0 &&
		(option = getopt_long(argc, argv, "a:i:s:P:f:So:x:ptw:b", options, NULL)) != -1)
		result = take_option(&r, option, &err);
	if (result == 0 && optind == argc)
		result = error_set(&err, ERR_USAGE, "%s", usage);
	if (result == 0)
		result = run(&r, argv + optind, &err);
	if (result < 0)
		fprintf(stderr, "plan_tool: %s\n", err.text);
	return result < 0;
}
