-- How a step ended has a word each: done, refused, failed, at-work, lost.
UPDATE rollout_step SET state = 'done' WHERE state = 'succeeded';
UPDATE rollout_step SET state = 'refused' WHERE state = 'failed' AND error_kind = 'refused' AND step NOT IN ('verify', 'revert');
UPDATE rollout_step SET state = 'lost' WHERE state = 'failed' AND error_kind = 'uncertain';

-- Hosts that may be at work are asked for before anything is done to them.
CREATE INDEX rollout_step_open ON rollout_step (host) WHERE state IN ('started', 'at-work');
