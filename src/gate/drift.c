/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/drift.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/patchset.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char as_claimed[] = "";

static void contradict(struct drift *t, size_t host, char *words)
{
	t->of[host].contradiction = words;
	t->contradicted++;
	if (!*t->first)
		t->first = words;
}

/* ---- the set ---- */

static void judge_state(struct drift *t, size_t i, const struct set_standing *against)
{
	const struct seen_host *host = &t->hosts.items[i];
	const char *plain = strrchr(host->name, '/');
	const char *unplanned = NULL;

	t->of[i].compliance = COMPLIANCE_FOREIGN;
	if (!host->state)
		return;
	t->of[i].compliance = against->of[host->state_number].compliance;
	if (t->of[i].compliance != COMPLIANCE_AT_SET) {
		contradict(t, i,
			mem_printf("%s: %s", host->name, against->of[host->state_number].words));
		return;
	}
	unplanned = patchset_unplanned(against->set, plain ? plain + 1 : host->name);
	if (unplanned)
		contradict(t, i,
			mem_printf("%s: the set was not planned for it: %s; freeze anew",
				host->name, unplanned));
}

static int judge_set(struct drift *t, struct standing *standing, struct error *err)
{
	struct set_standing against = { 0 };

	if (!t->row.set)
		return 0;
	if (standing_ask(standing, t->row.set, &t->hosts, &against, err) < 0)
		return -1;
	for (size_t i = 0; i < t->hosts.count; i++)
		judge_state(t, i, &against);
	return 0;
}

/* ---- the release, and whether a host was seen at all ---- */

/* A host that was seen before the release was told says nothing about it. */
static bool contradicts_release(const struct seen_host *host, const struct environment_row *claims)
{
	return host->release && claims->release && host->scanned_at >= claims->told_at &&
	       !str_equal(host->release, claims->release);
}

static void judge_host(struct drift *t, size_t i)
{
	const struct seen_host *host = &t->hosts.items[i];

	if (*t->of[i].contradiction)
		return;
	if (host->error)
		contradict(t, i, mem_printf("%s could not be read: %s", host->name, host->error));
	else if (!host->state)
		contradict(t, i, mem_printf("%s was never scanned", host->name));
	else if (contradicts_release(host, &t->row))
		contradict(t, i,
			mem_printf("%s runs release %s, not %s", host->name, host->release,
				t->row.release));
}

static void take_fingerprint(struct drift *t)
{
	CLEANUP(str_done) struct str lines = { 0 };

	for (size_t i = 0; i < t->hosts.count; i++) {
		const struct seen_host *host = &t->hosts.items[i];

		str_add(&lines, host->name);
		str_add(&lines, "\t");
		str_add(&lines, host->state ? host->state : "");
		str_add(&lines, "\t");
		str_add(&lines, host->release ? host->release : "");
		str_add(&lines, "\n");
	}
	digest_bytes(str_text(&lines), lines.size, t->fingerprint);
}

/* The hosts against t->row. */
static int drift_judge(struct drift *t, struct standing *standing, struct error *err)
{
	t->of = mem_new(t->hosts.count, sizeof *t->of);
	for (size_t i = 0; i < t->hosts.count; i++)
		t->of[i].contradiction = as_claimed;
	if (judge_set(t, standing, err) < 0)
		return error_wrap(err, "the set of '%s'", t->row.name);
	for (size_t i = 0; i < t->hosts.count; i++)
		judge_host(t, i);
	take_fingerprint(t);
	return 0;
}

int drift_of(const struct environment *environment, struct store *store, struct standing *standing,
	struct drift *out, struct error *err)
{
	CLEANUP(drift_done) struct drift t = { .first = "" };

	t.hosts = last_seen_hosts(standing_seen(standing), environment);
	if (store_environment_find(store, environment->name, &t.row, err) < 0 ||
		drift_judge(&t, standing, err) < 0)
		return -1;
	*out = STEAL(&t);
	return 0;
}

/* Read the hosts, and what is claimed of them. */
static int read_claims(struct drift *t, const struct config *config, struct store *store,
	const struct environment *environment, struct error *err)
{
	if (store_environment_find(store, environment->name, &t->row, err) < 0 ||
		standing_open(config, environment, store, &t->own, err) < 0)
		return -1;
	t->hosts = last_seen_hosts(standing_seen(t->own), NULL);
	return 0;
}

int drift_find(const struct config *config, struct store *store,
	const struct environment *environment, struct drift *out, struct error *err)
{
	CLEANUP(drift_done) struct drift t = { .first = "" };

	if (read_claims(&t, config, store, environment, err) < 0 || drift_judge(&t, t.own, err) < 0)
		return -1;
	*out = STEAL(&t);
	return 0;
}

int drift_suppose(const struct config *config, struct store *store,
	const struct environment *environment, const char *set, struct drift *out,
	struct error *err)
{
	CLEANUP(drift_done) struct drift t = { .first = "" };

	if (read_claims(&t, config, store, environment, err) < 0)
		return -1;
	free((char *)(uintptr_t)t.row.set);
	t.row.set = mem_strdup(set);
	if (drift_judge(&t, t.own, err) < 0)
		return -1;
	*out = STEAL(&t);
	return 0;
}

const char *drift_candidate(const struct drift *t)
{
	return t->contradicted ? NULL : t->row.candidate;
}

void drift_done(struct drift *t)
{
	for (size_t i = 0; t->of && i < t->hosts.count; i++) {
		if (*t->of[i].contradiction)
			free((char *)(uintptr_t)t->of[i].contradiction);
	}
	free(t->of);
	standing_free(t->own);
	environment_row_done(&t->row);
	*t = (struct drift){ .first = "" };
}
