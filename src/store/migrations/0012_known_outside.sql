-- Hosts and snapshot providers may serve several installations: what each leaves there carries its own id. What was begun
-- without one is still known by its number.
CREATE TABLE installation (id TEXT NOT NULL PRIMARY KEY);
ALTER TABLE rollout ADD COLUMN known_as TEXT NOT NULL DEFAULT '';
ALTER TABLE clone ADD COLUMN known_as TEXT NOT NULL DEFAULT '';
UPDATE rollout SET known_as = 'rollout-' || id;
UPDATE clone SET known_as = environment || '-clone-' || number;
