/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act - be the program that drives a rollout, one word at a time, for the tests of those who watch.
 *
 *	act STATE begin ENV CANDIDATE HOST:GROUP:WAVE...	prints the rollout's number
 *	act STATE host N HOST FROM TO [REASON]
 *	act STATE start N HOST STEP SECONDS
 *	act STATE end N HOST STEP [ERROR [STATE]]		failed, or in that state
 *	act STATE say N HOST LINE
 *	act STATE move N FROM TO REASON
 *
 * Only the store's own verbs are used.
 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOSTS_MAX 2000

static int no_such_word(const char *word, struct error *err)
{
	return error_set(err, ERR_USAGE, "no such word: '%s'", word);
}

/* "web1:web:2"; the text is cut into its parts. */
static int read_host(char *text, struct rollout_host_row *out, struct error *err)
{
	char *save = NULL;
	const char *host = strtok_r(text, ":", &save), *group = strtok_r(NULL, ":", &save);
	const char *wave = strtok_r(NULL, ":", &save);

	if (!host || !group || !wave)
		return error_set(err, ERR_USAGE, "a host is HOST:GROUP:WAVE");
	*out = (struct rollout_host_row){
		.host = host, .group = group, .wave = atoll(wave), .reason = ""
	};
	return 0;
}

static int begin(struct store *store, char **words, struct error *err)
{
	CLEANUP(free) struct rollout_host_row *rows = mem_new(HOSTS_MAX, sizeof *rows);
	struct rollout_draft draft = { words[0], words[1], "{}", { rows, 0 } };
	int64_t id = 0;

	for (char **word = words + 2; *word && draft.hosts.count < HOSTS_MAX; word++) {
		struct rollout_host_row *row = &rows[draft.hosts.count];

		if (read_host(*word, row, err) < 0)
			return -1;
		row->position = (int64_t)draft.hosts.count++;
	}
	if (store_rollout_add(store, &draft, "alice", &id, err) < 0)
		return -1;
	printf("%lld\n", (long long)id);
	return 0;
}

static int host(struct store *store, char **words, struct error *err)
{
	struct rollout_host_move move = {
		.rollout = atoll(words[0]), .host = words[1], .reason = words[4]
	};

	int from = names_find(&host_verdict_names, words[2]);
	int to = names_find(&host_verdict_names, words[3]);

	if (from < 0 || to < 0)
		return no_such_word(words[3], err);
	move.from = (enum host_verdict)from;
	move.to = (enum host_verdict)to;
	move.failure = move.to == HOST_FAILED ? FAILURE_APPLY : FAILURE_NONE;
	return store_rollout_host_move(store, &move, "alice", err);
}

/* The test that it acts for has the lease (lease() in helper.bash): steps are written down as by its holder. */
static struct lease lease_of_the_test(struct store *store)
{
	static char name[] = "development", actor[] = "alice";

	return (struct lease){ .store = store, .name = name, .actor = actor };
}

static int start(struct store *store, char **words, struct error *err)
{
	const struct lease lease = lease_of_the_test(store);
	int step = names_find(&step_names, words[2]);
	struct step_key key = { atoll(words[0]), words[1], 1, (enum step)step };

	if (step < 0)
		return no_such_word(words[2], err);
	return store_step_start(&lease, &key, atoll(words[3]), err);
}

static int end(struct store *store, char **words, struct error *err)
{
	const struct lease lease = lease_of_the_test(store);
	int step = names_find(&step_names, words[2]);
	struct step_key key = { atoll(words[0]), words[1], 1, (enum step)step };
	struct error cause = { .kind = ERR_SYSTEM };
	struct step_end end = { words[3] ? STEP_STATE_FAILED : STEP_STATE_DONE,
		words[3] ? &cause : NULL, "" };

	if (step < 0)
		return no_such_word(words[2], err);
	if (words[3])
		snprintf(cause.text, sizeof cause.text, "%s", words[3]);
	if (words[3] && words[4]) {
		int state = names_find(&step_state_names, words[4]);

		if (state < 0)
			return no_such_word(words[4], err);
		end.state = (enum step_state)state;
	}
	return store_step_end(&lease, &key, &end, err);
}

static int say(struct store *store, char **words, struct error *err)
{
	return store_rollout_host_said(store, atoll(words[0]), words[1], words[2], err);
}

static int move_rollout(struct store *store, char **words, struct error *err)
{
	int from = names_find(&rollout_state_names, words[1]);
	int to = names_find(&rollout_state_names, words[2]);
	const struct rollout_move move = { atoll(words[0]), (enum rollout_state)from,
		(enum rollout_state)to, words[3] };

	if (from < 0 || to < 0)
		return no_such_word(words[2], err);
	return store_rollout_move(store, &move, "alice", err);
}

static const struct {
	const char *word;
	int least; /* words behind it */
	int (*act)(struct store *store, char **words, struct error *err);
} acts[] = {
	{ "begin", 3, begin },
	{ "host", 4, host },
	{ "start", 4, start },
	{ "end", 3, end },
	{ "say", 3, say },
	{ "move", 4, move_rollout },
};

static int act(int argc, char **argv, struct error *err)
{
	CLEANUP(store_close) struct store *store = NULL;

	for (size_t i = 0; argc > 2 && i < sizeof acts / sizeof *acts; i++) {
		if (!str_equal(acts[i].word, argv[2]) || argc - 3 < acts[i].least)
			continue;
		if (store_open(argv[1], &store, err) < 0)
			return -1;
		return acts[i].act(store, argv + 3, err);
	}
	return error_set(err, ERR_USAGE, "wants words as the file's beginning tells");
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	if (act(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "act: %s\n", err.text);
	return 1;
}
