-- What a Release file wants its packages to be worth: 500, 100 (NotAutomatic, ButAutomaticUpgrades), 1 (NotAutomatic); 0 until it is synced again.
ALTER TABLE source_index ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;
