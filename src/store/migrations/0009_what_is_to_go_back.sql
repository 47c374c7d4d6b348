-- Snapshots that are kept, and what undid a rollout, are found without going through all that was ever rolled out.
CREATE INDEX rollout_host_snapshot ON rollout_host (rollout)
	WHERE way_back LIKE '{"is_forgotten":false,"kind":"snapshot",%';
CREATE INDEX rollout_undoing ON rollout (undoes) WHERE direction = 'back';
