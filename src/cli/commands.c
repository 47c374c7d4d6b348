/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include <stddef.h>

#define ANY_NUMBER 1000

/* Of every command whose answer is a list. */
#define CSV_OPTION                                                                                 \
	{                                                                                          \
		"csv", NULL, "print CSV, as RFC 4180 has it, with the names that --json has"       \
	}

static const struct option list_options[] = {
	CSV_OPTION,
	{ 0 },
};

static const struct option sync_options[] = {
	{ "accept-change", "SOURCE",
		"take it although its Origin, Label, Codename or NotAutomatic is not what it was" },
	CSV_OPTION,
	{ 0 },
};

static const struct option init_options[] = {
	{ "dry-run", NULL, "print the file instead of writing it" },
	{ 0 },
};

static const struct option check_options[] = {
	{ "for", "CANDIDATE",
		"could the hosts of ENV take it now? Runs all prechecks of a rollout" },
	CSV_OPTION,
	{ 0 },
};

static const struct option evidence_options[] = {
	{ "output", "ID", "print what that test printed, and nothing else" },
	{ 0 },
};

static const struct option log_options[] = {
	{ "since", "WHEN", "only what happened since: 2h, 7d, 2026-11-23, 2026-11-23T08:15:00Z" },
	{ "subject", "NAME",
		"only about that environment, host, set, candidate, rollout or source" },
	{ "limit", "N", "at most so many, the newest (default 50; 0: all)" },
	CSV_OPTION,
	{ 0 },
};

static const struct option freeze_options[] = {
	{ "security-only", NULL, "freeze only what a security feed offers, and what that needs" },
	{ "only", "PACKAGE", "freeze only this package, and what it needs", true },
	{ "all-hosts", NULL, "refuse when a host was never read, instead of leaving it out" },
	{ "except", "PACKAGE", "leave this package out", true },
	{ "fix", "NAME",
		"freeze only this, and what it needs: a package, the source of packages, a CVE, DSA, "
		"DLA or GHSA id",
		true },
	{ "for", "ENV",
		"freeze for the hosts of this environment alone; the candidate is of the snapshot lane" },
	{ "dry-run", NULL, "plan only: fetch nothing, seal nothing" },
	{ 0 },
};

#define ANEW_OPTION                                                                                             \
	{                                                                                                       \
		"anew", NULL,                                                                                   \
			"begin a new rollout by what the configuration says now, in place of an unfinished one" \
	}

static const struct option deployed_options[] = {
	{ "to", "ENV", "the environment that the release was deployed to" },
	{ "in", "ENV", "the same, as approve has it" },
	{ "without-way-back", "REASON",
		"go on with hosts that have no way back; the reason is recorded with your name" },
	ANEW_OPTION,
	{ "dry-run", NULL, "show what would follow; record and change nothing" },
	{ 0 },
};

static const struct option hold_options[] = {
	{ "reason", "TEXT", "why; it is recorded with your name" },
	{ 0 },
};

static const struct option promote_options[] = {
	{ "to", "ENV", "the environment to enter" },
	{ "without-way-back", "REASON",
		"go on with hosts that have no way back; the reason is recorded with your name" },
	ANEW_OPTION,
	{ "patch-original", NULL,
		"with a clone: bring exactly its set to its original, then prove both equal" },
	{ "swap", NULL, "with a clone: put it into the place of its original" },
	{ "group", "GROUP",
		"with --swap: only the hosts of that group; the others stay as they are", true },
	{ "yes", NULL, "with --swap: do not ask; what would be lost is listed all the same" },
	{ "dry-run", NULL, "ask the gate and show what each host would get; change nothing" },
	{ 0 },
};

static const struct option approve_options[] = {
	{ "in", "ENV", "the environment in which it was seen" },
	{ "comment", "TEXT", "what was seen, for whoever reads the evidence" },
	{ "dry-run", NULL, "ask whether it may be given; record nothing" },
	{ 0 },
};

static const struct option rehearse_options[] = {
	{ "fix", "NAME",
		"only this, and what it needs: a package, the source of packages, a CVE, DSA, DLA or GHSA id",
		true },
	{ "all", NULL, "everything that is pending on its hosts" },
	{ "security", NULL, "only what a security feed offers, and what that needs" },
	{ "set", "SET", "a sealed set: its digest, the beginning of one, or a candidate" },
	{ "dry-run", NULL, "show what would be tried; clone, seal and change nothing" },
	{ 0 },
};

static const struct option rollback_options[] = {
	{ "to", "SET", "undo all rollouts since the environment had that set, the newest first" },
	{ "yes", NULL, "do not ask; what would be lost is listed all the same" },
	{ "dry-run", NULL,
		"show how each host would go back, or what would be lost; change nothing" },
	{ 0 },
};

static const struct option cancel_options[] = {
	{ "now", NULL,
		"wait for no host: those in the middle of a step are left at work, and nothing else is done to them" },
	{ 0 },
};

static const struct option resume_options[] = {
	{ "dry-run", NULL, "list what was left half-way; change nothing" },
	CSV_OPTION,
	{ 0 },
};

static const struct option undrain_options[] = {
	{ "reason", "TEXT", "why it is well, for whoever reads the record" },
	{ "dry-run", NULL, "ask whether load is owed to it; change nothing" },
	{ 0 },
};

static const struct option clone_options[] = {
	{ "expires", "DURATION",
		"listed for removal after that, instead of what is configured: 12h, 3d" },
	{ "dry-run", NULL, "ask everything first, show what a copy would hold; copy nothing" },
	{ 0 },
};

static const struct option clone_remove_options[] = {
	{ "expired", NULL, "every clone whose time is over" },
	{ "orphaned", NULL,
		"what a provider holds and nothing here tells of, and the other way round" },
	{ "made-by", "ID", "with --orphaned: only what the installation of that id made" },
	{ "yes", NULL, "do not ask" },
	{ "dry-run", NULL, "show what would be removed" },
	CSV_OPTION,
	{ 0 },
};

static const struct option clones_options[] = {
	{ "expired", NULL, "only those whose time is over" },
	{ "orphaned", NULL, "ask the providers, and list what does not agree" },
	{ "all", NULL, "also those that were removed" },
	CSV_OPTION,
	{ 0 },
};

static const struct option sink_options[] = {
	{ "record", "PATH", "append a line of JSON for each connection" },
	{ "listen", "PORT=AS", "answer that port as smtp, http or tcp", true },
	{ 0 },
};

static const struct option rollouts_options[] = {
	{ "env", "ENV", "only those of that environment" },
	{ "limit", "N", "at most so many, the newest (default 20; 0: all)" },
	CSV_OPTION,
	{ 0 },
};

static const struct option watch_options[] = {
	{ "since", "SEQ", "print only events behind that number, as an earlier line told it" },
	{ "no-follow", NULL, "print the events there are, and end" },
	{ 0 },
};

static const struct option show_options[] = {
	{ "log", "HOST", "with a rollout: print what the steps printed on that host" },
	{ 0 },
};

static const struct option verify_options[] = {
	{ "repair", NULL, "fetch again what is damaged or missing, where a source still has it" },
	{ 0 },
};

static const struct option clean_options[] = {
	{ "dry-run", NULL, "say what may go; remove and record nothing" },
	{ 0 },
};

static const struct option due_options[] = {
	{ "dry-run", NULL, "say what is due; remove, record and rehearse nothing" },
	{ 0 },
};

/* clang-format off */
const struct command commands[] = {
	{ "init", "[FILE]", "Write a commented starter configuration", 0, 1, init_options,
		"Writes patchline.yaml, or FILE, with every kind of entry in it and a comment on each. A file "
		"that is there is never overwritten.", cmd_init },
	{ "check", "[ENV]", "Try every source, host, key and test, or whether hosts can be patched now", 0, 1, check_options,
		"Reads the configuration, then tries all of it at once: the state directory and its disk space, "
		"each source's keyring, address and signature, each host over ssh with the rights that patching needs, "
		"each test's program. Whatever is wrong is listed with what to do about it. Changes nothing on hosts. With ENV and "
		"--for, instead: all prechecks of a rollout on all hosts of ENV, without a rollout. Whatever speaks against it is listed "
		"at once; exit status 1 when something of it is an error. The gate is not asked: promote --dry-run does that.",
		cmd_check },
	{ "sync", "[SOURCE...]", "Refresh the indexes of all sources, signatures checked", 0, ANY_NUMBER, sync_options,
		"A source that fails keeps its last good indexes in use and does not stop the others. A stanza that cannot be "
		"read is left out of all planning, and named; 'show SOURCE' names it later. A source that is another archive "
		"than it was, by its Origin, Label, Codename or NotAutomatic, is refused until a person says with "
		"--accept-change that this is meant; who did is recorded.", cmd_sync },
	{ "scan", "[ENV|HOST...]", "Read packages and facts of hosts over ssh", 0, ANY_NUMBER, list_options,
		"Needs nothing installed on hosts but sshd and sh. A host that cannot be read keeps what was last seen of "
		"it, with the error beside it.", cmd_scan },
	{ "freeze", "RELEASE", "Seal all new patches into a set that rides with a release", 1, 1, freeze_options,
		"Resolves what each host of every environment needs, checks that the union resolves on all of them, fetches "
		"every byte, seals the manifest and names it by its SHA-256. Nothing is ever removed from a host. When the "
		"release's newest set holds the same already, that one is taken.", cmd_freeze },
	{ "deployed", "RELEASE", "Tell that a release of the code runs in an environment", 1, 1, deployed_options,
		"For the shop's own CI. What was told is recorded in any case; the newest set that was frozen with the "
		"release follows, when the gate of the environment before lets it.", cmd_deployed },
	{ "promote", "CANDIDATE|CLONE", "Let a candidate enter an environment, or a clone its original", 1, 1, promote_options,
		"CANDIDATE is an id, the beginning of one, or a release, meaning its newest. The gate of the environment "
		"before is asked first: exit status 3 when it refuses, 4 when only time is missing. Running it again after "
		"a rollout stopped does what is left. A CLONE, like production/clone-3, is asked for its own gate, and its "
		"original must be as it was when it was cloned.", cmd_promote },
	{ "rollback", "ENV", "Undo the last rollout of an environment, or put the originals of a swap back", 1, 1,
		rollback_options,
		"Each host goes back in the way that was written down before it was changed: to a snapshot, or by an exact "
		"downgrade; hosts that were patched last go first. The environment is held afterwards: see lift. When a clone is "
		"swapped in, its originals are put back: what was written since, outside of declared data, is listed first; "
		"without a terminal to ask on, --yes is needed.", cmd_rollback },
	{ "resume", "[REHEARSAL|CLONE|ROLLOUT]", "Go on with what killed programs left half-way", 0, 1, resume_options,
		"Rehearsals, clones that are being made, removed, swapped in or brought to their original, rollouts: all of "
		"it, or the one that is named (rehearsal-7, production/clone-3, rollout-12). Nothing is done twice, and what "
		"a living program is at is left alone. A rollout that was paused or stopped goes on when it is named.",
		cmd_resume },
	{ "retry", "ROLLOUT", "Do again what failed in a rollout, and what was not started", 1, 1, NULL,
		"With the set, the hosts, the waves, the budgets and the checks that it began with. Hosts that are at the set "
		"only prove it. The gate was asked when it began, and is not asked again.", cmd_retry },
	{ "test", "ENV [TEST...]", "Run an environment's acceptance suites and keep the results", 1, ANY_NUMBER, NULL,
		"Without names, the suites of the environment's gate. Hosts are scanned first: the results count for the "
		"candidate that the environment really runs. A suite finds in its environment PATCHLINE_ENVIRONMENT, "
		"PATCHLINE_CLONE, PATCHLINE_CANDIDATE, PATCHLINE_RELEASE, PATCHLINE_SET, PATCHLINE_TEST, "
		"PATCHLINE_TEST_REPORT (where a JUnit report goes), PATCHLINE_HOSTS and PATCHLINE_HOSTS_GROUP (words "
		"name=address), PATCHLINE_HOSTS_FILE (a line \"name address group\" a host; on the controller only) and "
		"PATCHLINE_HOST.", cmd_test },
	{ "approve", "CANDIDATE|CLONE", "Approve a candidate in an environment", 1, 1, approve_options,
		"Bound to the candidate's exact set, and given by the user of the operating system who runs this. A clone, like "
		"production/clone-3, stands for what is tried in it, and needs no --in.",
		cmd_approve },
	{ "reject", "CANDIDATE|CLONE", "Say that a candidate must not go on, and why", 1, 1, approve_options,
		"Closes the gate until the same person approves.", cmd_reject },
	{ "rehearse", "ENV", "Try patches on a fenced clone of an environment", 1, 1, rehearse_options,
		"Freezes what is asked for, clones the environment, patches the clone by an ordinary rollout, runs the suites of "
		"the clone's gate from inside its fence, and then waits for approval. Each stage is a command of its own: "
		"freeze, clone, promote, test. When it fails, exit status 1, the clone stays for looking at. One whose program "
		"died goes on with 'patchline resume'.", cmd_rehearse },
	{ "due", "[ENV]", "Do what is due: go on with what died, rehearse by the timetable", 0, 1, due_options,
		"For a timer: started as often as one likes, it does each occurrence once. One that falls into a freeze, or "
		"finds the last clone still waiting, is recorded with the reason and not made up for. Clones of earlier "
		"ones that have expired and that nobody approved are removed. A rollout whose program died goes on first. With 'keep' in "
		"the configuration, and without ENV, it cleans at the end. Exit status 1 when any of it failed.",
		cmd_due },
	{ "clean", "", "Take away what nothing needs any more, as 'keep' says", 0, 0, clean_options,
		"Sets that are older than 'keep: for' and not of the newest 'keep: sets', files of the pool that no set needs, half "
		"downloads of a week ago, snapshots of rollouts that ended so long ago. A set that an environment runs, ran last or has "
		"evidence of, that is the newest of a release that runs, or that a rollout, a clone, a rehearsal or a way back needs "
		"never goes. Each deletion is an event; the record itself is never cut. What lies in the state directory and is not "
		"ours is told and stays. 'patchline due' does the same.", cmd_clean },
	{ "clone", "ENV", "Copy an environment behind a fence, while it keeps serving", 1, 1, clone_options,
		"All hosts of ENV are copied at once by its snapshot provider; the copies have the same names and addresses in "
		"a network of their own that nothing leaves. Sanitize programs run before any service of the copy starts. What "
		"is not copied is told first. The clone is an environment, ENV/clone-N, for scan, test, show and the others.",
		cmd_clone },
	{ "clone stop", "CLONE", "Stop the copies of a clone", 1, 1, NULL, NULL, cmd_clone_stop },
	{ "clone start", "CLONE", "Start a stopped clone again, inside its fence", 1, 1, NULL, NULL, cmd_clone_start },
	{ "clone remove", "[CLONE...]", "Remove clones, with everything that is theirs", 0, ANY_NUMBER,
		clone_remove_options,
		"What was learned from a clone stays: its row, its journal, its tests and approvals. Asks before; --yes "
		"answers.", cmd_clone_remove },
	{ "clones", "", "List the clones", 0, 0, clones_options, NULL, cmd_clones },
	{ "enter", "CLONE HOST [COMMAND...]", "Open a shell in a host of a clone", 2, ANY_NUMBER, NULL,
		"Runs OpenSSH with the address that the copy is reached at and the key that its original has. With a COMMAND, "
		"best behind --, runs that instead of a shell.", cmd_enter },
	{ "sink", "", "Answer a clone's mail and payments, and record them", 0, 0, sink_options,
		"Started by providers inside a clone's fence; docs/providers.md. Ends with SIGTERM.", cmd_sink,
		.is_internal = true },
	{ "status", "", "Show the board: what each environment runs, lacks and waits for", 0, 0, list_options, NULL,
		cmd_status },
	{ "why", "HOST", "Say why a host is not patched, and what to do", 1, 1, NULL,
		"Looks at the host's last scan, at what its sources have for it, at its environment and at the candidates "
		"on their way, and says first what must be done first.", cmd_why },
	{ "hosts", "[ENV]", "List hosts and what was last seen of them", 0, 1, list_options, NULL, cmd_hosts },
	{ "sets", "", "List the sealed patch sets", 0, 0, list_options, NULL, cmd_sets },
	{ "candidates", "[RELEASE]", "List the candidates: pairs of code release and patch set", 0, 1, list_options, NULL,
		cmd_candidates },
	{ "rollouts", "", "List the rollouts", 0, 0, rollouts_options, NULL, cmd_rollouts },
	{ "watch", "[ROLLOUT|ENV]", "Watch a rollout as it goes, and pause or cancel it", 0, 1, watch_options,
		"Of an environment, or without a name, the one that runs, else the newest. Reads the state directory only, so that "
		"it works beside the program that drives the rollout. On a terminal a view of its hosts, with keys: ? tells them. "
		"Elsewhere, and with --json, --since or --no-follow, the events of the audit record, a line each; with --json each "
		"line is an object. Ends when the rollout does: exit status 1 unless it is done.", cmd_watch },
	{ "hold", "ENV", "Let nothing enter an environment", 1, 1, hold_options,
		"What goes back by itself, and 'patchline rollback', hold their environment too. 'deployed' still records the "
		"release; its set does not follow.", cmd_hold },
	{ "lift", "ENV", "Let candidates enter an environment again that was held", 1, 1, hold_options,
		"A person says so, with a reason, after looking at what went wrong: it is recorded.", cmd_lift },
	{ "pause", "ROLLOUT", "Have a rollout begin no further host", 1, 1, NULL,
		"Hosts under way are brought to their end; the same promote goes on later, by the policy the rollout began "
		"with. A rollout whose program died is paused at once.", cmd_pause },
	{ "cancel", "ROLLOUT", "Give a rollout up for good", 1, 1, cancel_options,
		"Hosts that were not changed stay as they are, those being changed are brought to their end. A rollout that "
		"nobody drives is cancelled at once.", cmd_cancel },
	{ "undrain", "HOST", "Give load back to a host that a rollout left out of service", 1, 1, undrain_options,
		"By the driver of its group, as a rollout does once a host is sound. Refused, exit status 3, when no load is "
		"owed to it, or it may still be at work. 'patchline status' lists the hosts to which it is. When its group has no driver any more, only "
		"the record is put right.", cmd_undrain },
	{ "show", "NAME", "Show a set, a candidate, a rollout, an environment, a clone, a host or config-SHA256", 1, 1, show_options,
		"NAME is the digest of a set or the beginning of one, the id of a candidate, rollout-N, rehearsal-N, or the name "
		"of an environment, a clone or a host.", cmd_show },
	{ "diff", "SET SET", "Show what one set has that another has not", 2, 2, list_options,
		"A set is named by its digest, the beginning of one, or a candidate that rides with it.", cmd_diff },
	{ "evidence", "[ENV|CANDIDATE]", "Show test results and approvals", 0, 1, evidence_options, NULL,
		cmd_evidence },
	{ "log", "", "Show the audit record: who did what, when", 0, 0, log_options, NULL, cmd_log },
	{ "verify", "", "Check the audit record, the store, the sets and the pool", 0, 0, verify_options,
		"Works offline: every event's hash, every page of the database, every manifest and its repository, every "
		"file of the pool. With --repair what is damaged is fetched again.", cmd_verify },
	{ "describe", "manual|configuration|completion", "Print the manual pages and the shell completion", 1, 1,
		NULL, NULL, cmd_describe, .is_internal = true },
	{ 0 },
};
/* clang-format on */
