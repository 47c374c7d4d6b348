-- In which way a host failed: budgets count each type for itself. What was there before is told by its reason.
ALTER TABLE rollout_host ADD COLUMN failure TEXT NOT NULL DEFAULT 'none';

-- What somebody wants of a rollout that a program drives, and who.
ALTER TABLE rollout ADD COLUMN wish TEXT NOT NULL DEFAULT 'none';
ALTER TABLE rollout ADD COLUMN wished_by TEXT NOT NULL DEFAULT '';
