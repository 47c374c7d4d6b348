-- Times are UTC seconds, 0 for "not yet". Words of enums are text, checked by the program, so that a new
-- word needs no migration. Digests are 64 lower-case hexadecimal digits.

-- The audit record. event_head tells its newest event a second time, and hands out the numbers.
CREATE TABLE event (
	seq BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	subject_id TEXT NOT NULL,
	payload TEXT NOT NULL,
	hash TEXT NOT NULL
);
CREATE INDEX event_by_subject ON event (subject, subject_id, seq);
CREATE TABLE event_head (
	id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	seq BIGINT NOT NULL,
	hash TEXT NOT NULL
);
INSERT INTO event_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Package indexes in use, and the last sync of each source.
CREATE TABLE source_index (
	source TEXT NOT NULL,
	suite TEXT NOT NULL,
	component TEXT NOT NULL,
	architecture TEXT NOT NULL,
	packages_sha256 TEXT NOT NULL,
	packages_size BIGINT NOT NULL,
	inrelease_sha256 TEXT NOT NULL,
	release_at BIGINT NOT NULL,
	valid_until BIGINT NOT NULL,
	origin TEXT NOT NULL,
	label TEXT NOT NULL,
	release_suite TEXT NOT NULL,
	codename TEXT NOT NULL,
	synced_at BIGINT NOT NULL,
	PRIMARY KEY (source, suite, component, architecture)
);
CREATE TABLE source_sync (
	source TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	good_at BIGINT NOT NULL,
	error_kind TEXT,
	error TEXT
);

-- What is installed on hosts, each distinct state once; and the hosts.
CREATE TABLE host_state (
	digest TEXT NOT NULL PRIMARY KEY,
	platform TEXT NOT NULL,
	content TEXT NOT NULL
);
CREATE TABLE host (
	name TEXT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	host_group TEXT NOT NULL,
	platform TEXT NOT NULL,
	address TEXT NOT NULL,
	state TEXT REFERENCES host_state (digest),
	facts TEXT NOT NULL,
	release TEXT,
	scanned_at BIGINT NOT NULL,
	error_kind TEXT,
	error TEXT,
	error_at BIGINT NOT NULL,
	gone_at BIGINT NOT NULL
);
CREATE INDEX host_by_environment ON host (environment, host_group, name);

-- Sealed sets and candidates. The number tells which is newer within one second.
CREATE TABLE patch_set (
	digest TEXT NOT NULL PRIMARY KEY,
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	release TEXT NOT NULL,
	package_count BIGINT NOT NULL,
	total_size BIGINT NOT NULL,
	summary TEXT NOT NULL,
	number BIGINT NOT NULL UNIQUE
);
CREATE TABLE candidate (
	id TEXT NOT NULL PRIMARY KEY,
	release TEXT NOT NULL,
	set_digest TEXT NOT NULL REFERENCES patch_set (digest),
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	closed_at BIGINT NOT NULL,
	closed_reason TEXT,
	number BIGINT NOT NULL UNIQUE,
	UNIQUE (release, set_digest)
);

-- Rollouts: at most one that is not final in an environment.
CREATE TABLE rollout (
	id BIGINT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	candidate TEXT NOT NULL REFERENCES candidate (id),
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	started_by TEXT NOT NULL,
	inputs TEXT NOT NULL
);
CREATE UNIQUE INDEX rollout_unfinished ON rollout (environment)
	WHERE state IN ('running', 'paused', 'stopped');
CREATE TABLE rollout_host (
	rollout BIGINT NOT NULL REFERENCES rollout (id),
	host TEXT NOT NULL,
	host_group TEXT NOT NULL,
	wave BIGINT NOT NULL,
	position BIGINT NOT NULL,
	verdict TEXT NOT NULL,
	reason TEXT NOT NULL,
	state_before TEXT REFERENCES host_state (digest),
	state_after TEXT REFERENCES host_state (digest),
	plan TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	PRIMARY KEY (rollout, host)
);

-- The journal. The number is the order in which the steps of a rollout were started.
CREATE TABLE rollout_step (
	rollout BIGINT NOT NULL,
	host TEXT NOT NULL,
	attempt BIGINT NOT NULL,
	step TEXT NOT NULL,
	state TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	error_kind TEXT,
	error TEXT,
	log TEXT NOT NULL,
	number BIGINT NOT NULL,
	PRIMARY KEY (rollout, host, attempt, step),
	UNIQUE (rollout, number),
	FOREIGN KEY (rollout, host) REFERENCES rollout_host (rollout, host)
);

-- What each environment runs, and ran.
CREATE TABLE environment (
	name TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	release TEXT,
	told_at BIGINT NOT NULL,
	told_by TEXT,
	set_digest TEXT REFERENCES patch_set (digest),
	status TEXT NOT NULL,
	rollout BIGINT REFERENCES rollout (id),
	entered_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE TABLE environment_change (
	environment TEXT NOT NULL REFERENCES environment (name),
	version BIGINT NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	release TEXT,
	set_digest TEXT,
	status TEXT NOT NULL,
	rollout BIGINT,
	PRIMARY KEY (environment, version)
);
CREATE TABLE environment_lock (
	environment TEXT NOT NULL PRIMARY KEY,
	owner TEXT NOT NULL,
	taken_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);

-- Evidence.
CREATE TABLE test_result (
	id BIGINT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	candidate TEXT REFERENCES candidate (id),
	release TEXT NOT NULL,
	set_digest TEXT REFERENCES patch_set (digest),
	suite TEXT NOT NULL,
	host TEXT NOT NULL,
	outcome TEXT NOT NULL,
	passed BIGINT NOT NULL,
	failed BIGINT NOT NULL,
	skipped BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	format TEXT NOT NULL,
	output TEXT NOT NULL,
	details TEXT NOT NULL,
	fingerprint TEXT NOT NULL
);
CREATE INDEX test_by_candidate ON test_result (environment, candidate, id);
CREATE TABLE approval (
	id BIGINT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	candidate TEXT NOT NULL REFERENCES candidate (id),
	kind TEXT NOT NULL,
	approver TEXT NOT NULL,
	at BIGINT NOT NULL,
	comment TEXT NOT NULL
);
CREATE INDEX approval_by_candidate ON approval (environment, candidate, id);

-- Since when a newer version has been on offer: the age of what is pending.
CREATE TABLE sighting (
	platform TEXT NOT NULL,
	name TEXT NOT NULL,
	architecture TEXT NOT NULL,
	version TEXT NOT NULL,
	first_at BIGINT NOT NULL,
	PRIMARY KEY (platform, name, architecture, version)
);
