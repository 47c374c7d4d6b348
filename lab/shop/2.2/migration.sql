-- Release 2.2: an order may carry a note for the courier.
SET ROLE shop;
SET client_min_messages = warning;

ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT '';

INSERT INTO migrations (release) VALUES (:'release') ON CONFLICT DO NOTHING;
