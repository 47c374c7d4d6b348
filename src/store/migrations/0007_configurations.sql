-- Every configuration that something was changed with, once, under the SHA-256 of its text.
CREATE TABLE configuration (
	sha256 TEXT NOT NULL PRIMARY KEY,
	content TEXT NOT NULL,
	first_seen_at BIGINT NOT NULL
);

-- With which an event came about; '' before this was kept, and where none was read.
ALTER TABLE event ADD COLUMN configuration TEXT NOT NULL DEFAULT '';
