-- One of every kind of thing that catalog.Load must tell apart.
CREATE EXTENSION hstore;
CREATE SCHEMA "Odd Schema";
CREATE SCHEMA aux;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN short_text AS varchar(12);
CREATE DOMAIN code AS short_text CHECK (VALUE <> '');
CREATE TYPE address AS (street text, town short_text, moods mood[]);
CREATE TYPE span AS RANGE (subtype = float8);

CREATE TABLE users (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	email varchar(120) NOT NULL UNIQUE,
	nick char(8),
	gone int,
	feelings mood[],
	home address,
	reach span,
	reaches span_multirange,
	tag code,
	attributes hstore,
	lower_email text GENERATED ALWAYS AS (lower(email)) STORED,
	active boolean DEFAULT true
);
ALTER TABLE users DROP COLUMN gone;
COMMENT ON COLUMN users.email IS 'how to reach them';
CREATE UNIQUE INDEX users_nick_when_active ON users (nick) WHERE active;
CREATE UNIQUE INDEX users_expr ON users (lower(nick), id) INCLUDE (tag) WHERE active;
CREATE INDEX users_not_unique ON users (tag);

CREATE TABLE employees (
	id serial PRIMARY KEY,
	boss int REFERENCES employees,
	user_id bigint
);
ALTER TABLE employees ADD FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
CREATE SEQUENCE aux.free_standing INCREMENT 5;

-- two levels of partitions, with a foreign key on either side
CREATE TABLE events (id bigint, at date, user_id bigint REFERENCES users, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY HASH (id);
CREATE TABLE events_2025_0 PARTITION OF events_2025 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE TABLE event_notes (event_id bigint, event_at date, note text, FOREIGN KEY (event_id, event_at) REFERENCES events);

-- inheritance: two parents
CREATE TABLE base_a (a int);
CREATE TABLE base_b (b int);
CREATE TABLE child (c int) INHERITS (base_a, base_b);
CREATE TABLE grandchild (d int) INHERITS (child);

CREATE UNLOGGED TABLE scratch (v int);
CREATE TABLE nothing ();
CREATE TABLE "Odd Schema"."Order ""Book""" ("Line.No" int PRIMARY KEY, "ünï" text);
CREATE TABLE secret (v int);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;

CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE far (v int) SERVER elsewhere;

-- a table that an extension owns
CREATE TABLE of_extension (v int);
ALTER EXTENSION hstore ADD TABLE of_extension;

-- the alphabet's order is not the order of dependence
CREATE MATERIALIZED VIEW z_first AS SELECT count(*) AS n FROM users;
CREATE VIEW between AS SELECT n FROM z_first;
CREATE MATERIALIZED VIEW a_second AS SELECT n FROM between;
CREATE MATERIALIZED VIEW m_third AS SELECT n FROM a_second WITH NO DATA;
