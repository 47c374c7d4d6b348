-- In which way a host failed: budgets count each type for itself. What was there before is told by its reason.
ALTER TABLE rollout_host ADD COLUMN failure TEXT NOT NULL DEFAULT 'none';
