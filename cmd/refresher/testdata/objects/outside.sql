-- What reaches beyond the database: servers, publications, subscriptions, tablespaces, large objects, jobs.
SET allow_in_place_tablespaces = on
-- next
CREATE TABLESPACE objects_space LOCATION ''
-- next
CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw; CREATE EXTENSION lo; CREATE EXTENSION dblink;
CREATE SERVER warehouse TYPE 'pg' VERSION '15' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'warehouse.invalid', dbname 'facts', port '6000');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE USER MAPPING FOR PUBLIC SERVER warehouse OPTIONS (user 'reporter', password 'the-warehouse-password');
CREATE USER MAPPING FOR objects_reader SERVER warehouse OPTIONS (user 'other', password 'the-other-password');
CREATE FOREIGN DATA WRAPPER custom OPTIONS (debug 'true');
CREATE SERVER api FOREIGN DATA WRAPPER custom OPTIONS (url 'https://api.invalid', api_key 'the-api-key', "Client Secret" 'the-client-secret');
CREATE FOREIGN TABLE facts (id int NOT NULL, what text OPTIONS (column_name 'label')) SERVER warehouse OPTIONS (schema_name 'dw', table_name 'facts');
CREATE FOREIGN TABLE lines (line text) SERVER files OPTIONS (filename '/etc/services', format 'text', delimiter E'\x01');
CREATE FOREIGN TABLE calls (id int) SERVER api OPTIONS (path '/calls');
COMMENT ON EXTENSION lo IS 'ours'; COMMENT ON SERVER warehouse IS 'the warehouse'; COMMENT ON FOREIGN TABLE facts IS 'far away';
-- Foreign tables as a partition, as a child, and under views.
CREATE TABLE measures (id int, year int, v numeric) PARTITION BY LIST (year);
CREATE TABLE measures_now PARTITION OF measures FOR VALUES IN (2025);
CREATE FOREIGN TABLE measures_then PARTITION OF measures FOR VALUES IN (2024) SERVER warehouse;
INSERT INTO measures SELECT i, 2025, i / 2.0 FROM generate_series(1, 100) i;
CREATE TABLE logs (id int, line text);
CREATE FOREIGN TABLE old_logs () INHERITS (logs) SERVER warehouse;
INSERT INTO logs SELECT i, 'line ' || i FROM generate_series(1, 100) i;
CREATE VIEW all_facts AS SELECT id, what FROM facts;
CREATE MATERIALIZED VIEW cached_facts AS SELECT id FROM all_facts WITH NO DATA;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM lines;
CREATE MATERIALIZED VIEW counted_twice AS SELECT * FROM counted;
ALTER FOREIGN TABLE lines OPTIONS (SET filename '/nonexistent');
CREATE MATERIALIZED VIEW near AS SELECT count(*) FROM measures_now;
-- Unlogged: a standby has nothing of it.
CREATE UNLOGGED TABLE scratch (id serial, v text); INSERT INTO scratch (v) SELECT 'x' FROM generate_series(1, 10);
-- Tablespaces.
CREATE TABLE spaced (id int PRIMARY KEY USING INDEX TABLESPACE objects_space, v text) TABLESPACE objects_space;
CREATE INDEX spaced_v ON spaced (v) TABLESPACE objects_space;
INSERT INTO spaced SELECT i, 'v' || i FROM generate_series(1, 50) i;
CREATE TABLE spaced_parts (id int) PARTITION BY RANGE (id) TABLESPACE objects_space;
CREATE TABLE spaced_parts_1 PARTITION OF spaced_parts FOR VALUES FROM (1) TO (100);
CREATE MATERIALIZED VIEW spaced_view TABLESPACE objects_space AS SELECT id FROM spaced;
-- Large objects.
CREATE TABLE files_of (id int, body lo, other oid);
INSERT INTO files_of SELECT i, lo_from_bytea(0, convert_to('body ' || i, 'UTF8')), lo_from_bytea(4711 + i, '\x00ff') FROM generate_series(1, 3) i;
COMMENT ON LARGE OBJECT 4712 IS 'a large object';
CREATE TRIGGER lo_clean BEFORE UPDATE OR DELETE ON files_of FOR EACH ROW EXECUTE FUNCTION lo_manage(body);
-- Replication.
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE PUBLICATION by_schema FOR TABLES IN SCHEMA public;
CREATE SUBSCRIPTION pulling CONNECTION 'host=upstream.invalid user=repl password=the-subscription-password' PUBLICATION p
    WITH (connect = false, slot_name = NONE);
COMMENT ON SUBSCRIPTION pulling IS 'a subscription';
-- Event triggers.
CREATE TABLE ddl_seen (tag text);
CREATE FUNCTION see_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ddl_seen VALUES (tg_tag); END';
CREATE EVENT TRIGGER seeing ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION see_ddl();
COMMENT ON EVENT TRIGGER seeing IS 'an event trigger';
CREATE TABLE after_trigger (id int);
CREATE FUNCTION untrusted_reach() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM dblink_connect('dbname=x'); END $$;
-- A queue of jobs that workers of production run.
CREATE SCHEMA graphile_worker; CREATE TABLE graphile_worker.jobs (id bigserial PRIMARY KEY, task text);
INSERT INTO graphile_worker.jobs (task) VALUES ('send'); CREATE TABLE oban_jobs (id int, worker text);
CREATE PUBLICATION few FOR TABLE spaced (id) WHERE (id > 5), after_trigger WITH (publish = 'insert');
COMMENT ON PUBLICATION few IS 'a publication';
