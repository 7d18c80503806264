-- +goose Up
-- Databases of versions that knew no migrations have these tables already, and the oldest no signatures.
CREATE TABLE IF NOT EXISTS runs (
	id text PRIMARY KEY, database text NOT NULL, host text NOT NULL, started timestamptz NOT NULL, finished timestamptz,
	outcome text NOT NULL, stage text NOT NULL DEFAULT '', error text NOT NULL DEFAULT '', report jsonb);
ALTER TABLE runs ADD COLUMN IF NOT EXISTS signature text NOT NULL DEFAULT '';
CREATE TABLE IF NOT EXISTS locks (
	database text PRIMARY KEY, run text NOT NULL, host text NOT NULL, pid int NOT NULL, since timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS databases (
	oid oid PRIMARY KEY, name text NOT NULL, run text NOT NULL, since timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS slots (
	database text NOT NULL, slot text NOT NULL, host text NOT NULL, claimed timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (database, slot));
