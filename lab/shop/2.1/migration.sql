-- Tables of release 2.1: made once, then left alone.
SET ROLE shop;
SET client_min_messages = warning;

CREATE TABLE IF NOT EXISTS migrations (release text PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE IF NOT EXISTS customers (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL,
	email text NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS products (
	id integer PRIMARY KEY,
	name text NOT NULL UNIQUE,
	price_cents integer NOT NULL CHECK (price_cents > 0),
	stock integer NOT NULL CHECK (stock >= 0)
);

CREATE TABLE IF NOT EXISTS carts (
	token text NOT NULL,
	product_id integer NOT NULL REFERENCES products,
	quantity integer NOT NULL CHECK (quantity > 0),
	PRIMARY KEY (token, product_id)
);

CREATE TABLE IF NOT EXISTS orders (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token text NOT NULL,
	customer text NOT NULL,
	email text NOT NULL DEFAULT '',
	total_cents integer NOT NULL,
	ordered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS order_lines (
	order_id integer NOT NULL REFERENCES orders,
	product_id integer NOT NULL REFERENCES products,
	quantity integer NOT NULL,
	price_cents integer NOT NULL,
	PRIMARY KEY (order_id, product_id)
);

INSERT INTO products VALUES
	(1, 'Teapot', 2450, 100000),
	(2, 'Mug', 890, 100000),
	(3, 'Tea, 250 g', 1275, 100000),
	(4, 'Honey', 640, 100000)
ON CONFLICT DO NOTHING;

-- People who do not exist, and whose names and addresses are still nobody's business.
INSERT INTO customers (name, email)
	SELECT first || ' ' || last, lower(first || '.' || last) || '@mail.example'
	FROM unnest('{Ada,Ben,Cleo,Dan,Eva,Finn,Gala,Hugo,Ida,Jan,Kim,Leo}'::text[]) AS first,
		unnest('{Archer,Baker,Cook,Dyer,Eaton,Fisher,Glover,Hunter,Iron,Joiner,Knight,Lister,Mason,Nailor}'::text[]) AS last
ON CONFLICT DO NOTHING;

INSERT INTO migrations (release) VALUES (:'release') ON CONFLICT DO NOTHING;
