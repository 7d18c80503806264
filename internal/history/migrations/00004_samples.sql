-- +goose Up
-- Which rows the roots of a bucket's sample took, as keyed hashes: what joined and left it can be told by next time.
CREATE TABLE samples (
	database text NOT NULL, bucket text NOT NULL, root int NOT NULL, run text NOT NULL, name text NOT NULL,
	key_fingerprint text NOT NULL, members bytea NOT NULL, PRIMARY KEY (database, bucket, root));
