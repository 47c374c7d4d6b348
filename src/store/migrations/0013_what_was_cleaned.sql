-- Since when the files of a set are no longer kept; 0: they are.
ALTER TABLE patch_set ADD COLUMN cleaned_at BIGINT NOT NULL DEFAULT 0;
