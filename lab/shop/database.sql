-- The shop's own role and database: made when they are not there yet.
SELECT 'CREATE ROLE shop LOGIN PASSWORD ''shop''' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop') \gexec
SELECT 'CREATE DATABASE shop OWNER shop' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'shop') \gexec
