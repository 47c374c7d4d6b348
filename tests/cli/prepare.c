/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare - fill the store of a state directory for the tests of the command line.
 *
 *	prepare STATE [clone]
 *
 * Two sets, two candidates of release 2.2, development on the first, qa mixed after a rollout that failed on
 * one host, one test and one approval. With "clone" also qa/clone-1, running and clean, and a candidate of the
 * snapshot lane. Only the store's own verbs are used; prints the ids it made.
 */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/setfile.h"
#include "model/patchset.h"
#include "model/patchset_draft.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/evidence.h"
#include "store/host.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/set.h"
#include "store/step.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define PLATFORM "debian-12-amd64"

static const char state_text[] = "Platform: " PLATFORM "\n"
				 "Architectures: amd64\n"
				 "\n"
				 "Package: nginx\n"
				 "Status: hold ok installed\n"
				 "Architecture: amd64\n"
				 "Version: 1.22.1-9\n"
				 "\n"
				 "Package: openssl\n"
				 "Status: install ok installed\n"
				 "Architecture: amd64\n"
				 "Version: 3.0.20-1\n";

static const char facts[] =
	"{\"hostname\":\"dev-web1\",\"kernel_running\":\"6.1.0-40-amd64\",\"kernel_newest\":\"6.1.0-41-amd64\","
	"\"boot_id\":\"b1\",\"reboot_required\":true,\"reboot_reasons\":\"linux-image-amd64\","
	"\"deleted_libraries\":[{\"unit\":\"ssh.service\",\"pid\":71,\"path\":\"/usr/lib/libcrypto.so.3\"}],"
	"\"updaters\":[{\"name\":\"apt-daily.timer\",\"enabled\":true,\"active\":false}],"
	"\"disks\":[{\"path\":\"/var\",\"mount\":\"/\",\"size\":1000000000,\"free\":500000000}],"
	"\"audit\":\"\",\"lock_owner\":\"\",\"release_status\":-1}";

/* What is made along the way. */
struct stage {
	const char *state;
	struct store *store;
	char first[DIGEST_HEX_SIZE], second[DIGEST_HEX_SIZE], host_state[DIGEST_HEX_SIZE];
	char *candidate,
		*later;  /* owned: ids of the candidates with the first and the second set */
	char *off_cycle; /* owned: of the snapshot lane; NULL without a clone */
	int64_t rollout;
	bool wants_clone;
};

static struct package package(const char *name, const char *version, const char *advisories)
{
	static const char digest[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	return (struct package){
		.platform = PLATFORM,
		.name = name,
		.version = version,
		.architecture = "amd64",
		.sha256 = digest,
		.size = 1048576,
		.source = "debian",
		.filename = "pool/main/a/a.deb",
		.advisories = advisories,
		.is_security = *advisories,
	};
}

static int seal(struct stage *s, struct patchset_draft *draft, int64_t packages,
	char digest[DIGEST_HEX_SIZE], struct error *err)
{
	CLEANUP(free) char *text = NULL;
	struct set_row row = { .release = "2.2",
		.package_count = packages,
		.total_size = 1048576 * packages,
		.summary = "{}" };
	size_t size = 0;

	patchset_draft_add_source(draft, &(struct set_source){ "debian", "bookworm",
						 "00112233445566778899aabbccddeeff"
						 "00112233445566778899aabbccddeeff" });
	if (patchset_seal(draft, &text, &size, digest, err) < 0 ||
		setfile_write(s->state, digest, text, size, err) < 0)
		return -1;
	row.digest = digest;
	return store_set_add(s->store, &row, "alice", err);
}

static int add_sets(struct stage *s, struct error *err)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *a = patchset_draft_new("2.2", 1000);
	CLEANUP(patchset_draft_free) struct patchset_draft *b = patchset_draft_new("2.2", 2000);
	struct package openssl =
		package("openssl", "3.0.22-1", "CVE-2026-35189 CVE-2026-42767 CVE-2026-5");
	struct package newer = package("openssl", "3.0.23-1", "CVE-2026-6");
	struct package nginx = package("nginx", "1.22.1-10", "");

	patchset_draft_add_package(a, &openssl);
	patchset_draft_add_package(a, &nginx);
	patchset_draft_add_left_out(
		a, &(struct left_out){ PLATFORM, "perl", "5.36-9", "amd64", "held on dev-db1" });
	patchset_draft_narrow(b, "only=openssl");
	patchset_draft_add_package(b, &newer);
	if (seal(s, a, 2, s->first, err) < 0 || seal(s, b, 1, s->second, err) < 0)
		return -1;

	CLEANUP(candidate_row_done) struct candidate_row one = { 0 };
	CLEANUP(candidate_row_done) struct candidate_row two = { 0 };

	if (store_candidate_add(s->store,
		    &(struct candidate_draft){ "2.2", s->first, LANE_CODE_LINE }, "alice", &one,
		    err) < 0 ||
		store_candidate_add(s->store,
			&(struct candidate_draft){ "2.2", s->second, LANE_CODE_LINE }, "alice",
			&two, err) < 0)
		return -1;
	s->candidate = mem_strdup(one.id);
	s->later = mem_strdup(two.id);
	return 0;
}

static int add_hosts(struct stage *s, struct error *err)
{
	struct error cause = { ERR_UNREACHABLE, "192.0.2.12:22: no route to host" };
	struct host_row seen = { "dev-web1", "development", "web", PLATFORM, "dev-web1" };
	struct host_row lost = { "qa-db1", "qa", "db", "", "192.0.2.12" };

	digest_bytes(state_text, strlen(state_text), s->host_state);
	seen.state = s->host_state;
	seen.facts = facts;
	seen.release = "2.2";
	if (store_state_put(s->store, s->host_state, PLATFORM, state_text, err) < 0 ||
		store_host_scanned(s->store, &seen, "alice", err) < 0)
		return -1;
	return store_host_failed(s->store, &lost, &cause, "alice", err);
}

static int settle(struct stage *s, const char *name, enum environment_status status,
	const char *set, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(s->store, name, &row, err) < 0)
		return -1;
	return store_environment_settled(s->store, &row, status, set, "alice", err);
}

static int deploy(struct stage *s, const char *name, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(s->store, name, &row, err) < 0)
		return -1;
	return store_environment_deployed(s->store, &row, "2.2", "ci", err);
}

static int move_host(
	struct stage *s, enum host_verdict from, enum host_verdict to, struct error *err)
{
	struct rollout_host_move move = { s->rollout, "qa-web1", from, to };

	move.reason = to == HOST_FAILED ? "apply: no space left on device" : NULL;
	return store_rollout_host_move(s->store, &move, "alice", err);
}

/* A rollout in qa whose apply step fails on qa-web1. */
static int roll(struct stage *s, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	struct rollout_host_row hosts[] = {
		{ 0, "qa-web1", "web", 1, 0, HOST_WAITING, FAILURE_NONE, "",
			.plan = "[{\"name\":\"openssl\",\"architecture\":\"amd64\","
				"\"from\":\"3.0.20-1\",\"to\":\"3.0.22-1\"}]" },
		{ 0, "qa-db1", "db", 2, 0, HOST_WAITING, FAILURE_NONE, "", .plan = "[]" },
	};
	struct rollout_draft draft = { "qa", s->candidate, "{}", { hosts, 2 } };
	struct error cause = { ERR_SYSTEM, "no space left on device" };

	if (store_rollout_add(s->store, &draft, "alice", &s->rollout, err) < 0 ||
		store_environment_find(s->store, "qa", &row, err) < 0 ||
		store_environment_rolling(s->store, &row, s->rollout, "alice", err) < 0 ||
		move_host(s, HOST_WAITING, HOST_RUNNING, err) < 0)
		return -1;

	struct step_key stage = { s->rollout, "qa-web1", 1, STEP_STAGE };
	struct step_key apply = { s->rollout, "qa-web1", 1, STEP_APPLY };
	struct rollout_move stop = { s->rollout, ROLLOUT_RUNNING, ROLLOUT_STOPPED,
		"1 of 1 hosts of wave 1 failed" };

	CLEANUP(lease_free) struct lease *lease = NULL;

	if (lease_take(s->store, "qa", "patchline promote", "alice", &lease, err) < 0 ||
		store_step_start(lease, &stage, 60, err) < 0 ||
		store_step_end(lease, &stage,
			&(struct step_end){ STEP_STATE_DONE, NULL, "2 files\n" }, err) < 0 ||
		store_step_start(lease, &apply, 60, err) < 0 ||
		store_step_end(lease, &apply,
			&(struct step_end){ STEP_STATE_FAILED, &cause, "dpkg: error: no space\n" },
			err) < 0)
		return -1;
	if (move_host(s, HOST_RUNNING, HOST_FAILED, err) < 0 ||
		store_rollout_move(s->store, &stop, "alice", err) < 0)
		return -1;
	return settle(s, "qa", ENVIRONMENT_MIXED, NULL, err);
}

static int add_evidence(struct stage *s, struct error *err)
{
	struct test_row test = {
		.environment = "development",
		.candidate = s->candidate,
		.release = "2.2",
		.set = s->first,
		.suite = "smoke",
		.host = "",
		.outcome = OUTCOME_PASSED,
		.passed = 3,
		.started_at = clock_now() - 5,
		.ended_at = clock_now(),
		.format = "tap",
		.output = "1..3\nok 1\nok 2\nok 3\n",
		.details = "[]",
		.fingerprint = s->first,
	};
	struct approval_row approval = { .environment = "development",
		.candidate = s->candidate,
		.kind = APPROVAL_APPROVE,
		.comment = "looks good, \"all\" of it" };
	int64_t id = 0;

	if (store_test_add(s->store, &test, "alice", &id, err) < 0)
		return -1;
	return store_approval_add(s->store, &approval, "bob", err);
}

/* A host of qa/clone-1, as the scan saw it. */
static int see_clone(struct stage *s, struct error *err)
{
	struct host_row seen = { "qa/clone-1/qa-web1", "qa/clone-1", "web", PLATFORM, "127.0.0.1" };

	seen.state = s->host_state;
	seen.facts = facts;
	seen.release = "2.2";
	return store_host_scanned(s->store, &seen, "alice", err);
}

static int start_clone(struct stage *s, const struct clone_row *made, struct error *err)
{
	const struct clone_change running = {
		.to = CLONE_RUNNING,
		.candidate = s->off_cycle,
		.machines = "{\"hosts\":[{\"host\":\"qa-web1\",\"address\":\"127.0.0.1\","
			    "\"port\":1}],\"inside\":[]}",
	};

	return store_clone_change(s->store, made, &running, "alice", err);
}

static int add_clone(struct stage *s, struct error *err)
{
	const struct clone_row_draft draft = { .environment = "qa",
		.provider = "btrfs",
		.release = "2.2",
		.set = s->first,
		.expires_at = 4102444800,
		.original = "{\"hosts\":[{\"name\":\"qa-web1\",\"group\":\"web\"},"
			    "{\"name\":\"qa-db1\",\"group\":\"db\"}]}" };
	const struct candidate_draft tried = { "2.1", s->second, LANE_SNAPSHOT };
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };
	CLEANUP(clone_row_done) struct clone_row begun = { 0 }, made = { 0 };

	if (store_candidate_add(s->store, &tried, "alice", &candidate, err) < 0 ||
		store_clone_add(s->store, &draft, "alice", &begun, err) < 0 ||
		store_clone_change(s->store, &begun, &(struct clone_change){ .to = CLONE_MADE },
			"alice", err) < 0 ||
		store_clone_find(s->store, begun.name, &made, err) < 0)
		return -1;
	s->off_cycle = mem_strdup(candidate.id);
	if (start_clone(s, &made, err) < 0 || see_clone(s, err) < 0 ||
		deploy(s, "qa/clone-1", err) < 0)
		return -1;
	return settle(s, "qa/clone-1", ENVIRONMENT_CLEAN, s->first, err);
}

static int prepare(struct stage *s, struct error *err)
{
	if (dir_make(s->state, 0700, err) < 0 || store_open(s->state, &s->store, err) < 0 ||
		add_sets(s, err) < 0 || add_hosts(s, err) < 0 ||
		deploy(s, "development", err) < 0 || deploy(s, "qa", err) < 0)
		return -1;
	if (settle(s, "development", ENVIRONMENT_CLEAN, s->first, err) < 0 || roll(s, err) < 0)
		return -1;
	if (add_evidence(s, err) < 0)
		return -1;
	return s->wants_clone ? add_clone(s, err) : 0;
}

int main(int argc, char **argv)
{
	struct stage s = { .state = argc > 1 ? argv[1] : ".",
		.wants_clone = argc > 2 && strcmp(argv[2], "clone") == 0 };
	struct error err = { 0 };
	int result = prepare(&s, &err);

	if (result < 0)
		fprintf(stderr, "prepare: %s\n", err.text);
	else
		printf("FIRST=%s SECOND=%s CANDIDATE=%s LATER=%s ROLLOUT=rollout-%lld OFF_CYCLE=%s\n",
			s.first, s.second, s.candidate, s.later, (long long)s.rollout,
			s.off_cycle ? s.off_cycle : "");
	free(s.candidate);
	free(s.later);
	free(s.off_cycle);
	store_close(s.store);
	return result < 0;
}
