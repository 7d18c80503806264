-- +goose Up
-- Runs of pipelines: who asked for them, the job that they are, and figures of their reports for lists.
-- +goose StatementBegin
CREATE FUNCTION public.total(report jsonb, path jsonpath) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	$$ SELECT coalesce(sum(v::bigint), 0)::bigint FROM pg_catalog.jsonb_path_query(report, path) v $$;
-- +goose StatementEnd
ALTER TABLE runs
	ADD COLUMN pipeline text NOT NULL DEFAULT '',
	ADD COLUMN started_by text NOT NULL DEFAULT '',
	ADD COLUMN job bigint,
	ADD COLUMN rows bigint NOT NULL GENERATED ALWAYS AS (public.total(report, '$.tables[*].rows')) STORED,
	ADD COLUMN bytes bigint NOT NULL GENERATED ALWAYS AS (public.total(report, '$.tables[*].bytes')) STORED,
	ADD COLUMN findings bigint NOT NULL GENERATED ALWAYS AS (
		public.total(report, '$.verification[*].results[*].survivors') + public.total(report, '$.verification[*].results[*].detected')) STORED,
	ADD COLUMN promoted boolean NOT NULL GENERATED ALWAYS AS (coalesce((report ->> 'promoted')::boolean, false)) STORED;
DROP INDEX IF EXISTS runs_started;
CREATE INDEX runs_of_database ON runs (database, started DESC, id DESC);
CREATE INDEX runs_of_job ON runs (job) WHERE job IS NOT NULL;
ALTER TABLE slots ADD COLUMN job bigint;
