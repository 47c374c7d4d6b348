-- Who works on an environment, a clone or a rehearsal; a lock's owner was one sentence.
DROP TABLE environment_lock;

CREATE TABLE lease (
	name TEXT NOT NULL PRIMARY KEY,
	token TEXT NOT NULL,
	fence BIGINT NOT NULL,
	beat BIGINT NOT NULL,
	actor TEXT NOT NULL,
	what TEXT NOT NULL,
	machine TEXT NOT NULL,
	boot TEXT NOT NULL,
	space TEXT NOT NULL,
	process BIGINT NOT NULL,
	process_started BIGINT NOT NULL,
	taken_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
