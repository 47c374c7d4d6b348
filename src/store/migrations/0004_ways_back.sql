-- Until when a step may take; then its outcome counts as unknown.
ALTER TABLE rollout_step ADD COLUMN deadline_at BIGINT NOT NULL DEFAULT 0;

-- How a host can be taken back, decided before it was changed; and the last line it said while a step ran.
ALTER TABLE rollout_host ADD COLUMN way_back TEXT NOT NULL DEFAULT '';
ALTER TABLE rollout_host ADD COLUMN said TEXT NOT NULL DEFAULT '';

-- Forward, or back; and which rollout the way back undoes.
ALTER TABLE rollout ADD COLUMN direction TEXT NOT NULL DEFAULT 'forward';
ALTER TABLE rollout ADD COLUMN undoes BIGINT NOT NULL DEFAULT 0;

-- An environment that went back is held until a person lifts that.
ALTER TABLE environment ADD COLUMN held_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE environment ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ALTER TABLE environment ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0;

-- What is owed to a host: written before it is taken, gone when it was given back.
CREATE TABLE host_debt (
	host TEXT NOT NULL,
	debt TEXT NOT NULL,
	environment TEXT NOT NULL,
	rollout BIGINT NOT NULL,
	since BIGINT NOT NULL,
	PRIMARY KEY (host, debt)
);
CREATE INDEX host_debt_by_environment ON host_debt (environment, host);
