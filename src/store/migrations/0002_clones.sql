-- The way a candidate takes to production: what was there before goes with its release.
ALTER TABLE candidate ADD COLUMN lane TEXT NOT NULL DEFAULT 'code-line';

-- Clones of environments, and the journal of what was done to each.
CREATE TABLE clone (
	name TEXT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	number BIGINT NOT NULL,
	state TEXT NOT NULL,
	version BIGINT NOT NULL,
	reason TEXT NOT NULL,
	provider TEXT NOT NULL,
	release TEXT,
	set_digest TEXT REFERENCES patch_set (digest),
	candidate TEXT REFERENCES candidate (id),
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	fingerprint TEXT NOT NULL,
	original TEXT NOT NULL,
	coverage TEXT NOT NULL,
	taken TEXT NOT NULL,
	machines TEXT NOT NULL,
	UNIQUE (environment, number)
);
CREATE TABLE clone_action (
	clone TEXT NOT NULL REFERENCES clone (name),
	seq BIGINT NOT NULL,
	action TEXT NOT NULL,
	target TEXT NOT NULL,
	state TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	error_kind TEXT,
	error TEXT,
	output TEXT NOT NULL,
	details TEXT NOT NULL,
	PRIMARY KEY (clone, seq)
);
CREATE INDEX clone_action_running ON clone_action (clone, seq) WHERE state = 'running';

-- What was tried on a clone, and how that stands.
CREATE TABLE rehearsal (
	id BIGINT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	clone TEXT REFERENCES clone (name),
	asked TEXT NOT NULL,
	set_digest TEXT REFERENCES patch_set (digest),
	candidate TEXT REFERENCES candidate (id),
	state TEXT NOT NULL,
	version BIGINT NOT NULL,
	reason TEXT NOT NULL,
	origin TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	started_by TEXT NOT NULL
);
CREATE INDEX rehearsal_by_environment ON rehearsal (environment, id);
CREATE INDEX rehearsal_by_clone ON rehearsal (clone, id);
