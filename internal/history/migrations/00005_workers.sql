-- +goose Up
-- What the run that goes on gives to workers, one row for each staging database, and which workers there are. A worker is
-- alive while it holds the advisory lock of its number and was seen lately.
CREATE TABLE offers (database text PRIMARY KEY, epoch bigint NOT NULL, run text NOT NULL, terms jsonb);
CREATE TABLE workers (
	id text PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY, database text NOT NULL, host text NOT NULL, pid int NOT NULL,
	version text NOT NULL, streams int NOT NULL, joined timestamptz NOT NULL DEFAULT now(), seen timestamptz NOT NULL DEFAULT now(),
	run text NOT NULL DEFAULT '', chunks bigint NOT NULL DEFAULT 0, rows bigint NOT NULL DEFAULT 0,
	bytes bigint NOT NULL DEFAULT 0, at text NOT NULL DEFAULT '', problem text NOT NULL DEFAULT '');
CREATE INDEX ON workers (database, seen);
