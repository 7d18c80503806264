-- What acts: triggers, rules, functions, policies, views that need each other, and what describes: comments, statistics.
CREATE SCHEMA app; CREATE SCHEMA reports;
CREATE TABLE app.orders (id serial PRIMARY KEY, state text NOT NULL DEFAULT 'new', total numeric, tenant int, touched int NOT NULL DEFAULT 0);
CREATE TABLE app.audit (at bigserial PRIMARY KEY, what text);
INSERT INTO app.orders (state, total, tenant) SELECT 'state ' || i % 4, i, i % 3 FROM generate_series(1, 300) i;
INSERT INTO app.audit (what) VALUES ('before');
CREATE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.audit (what) VALUES (TG_NAME); RETURN NEW; END $$;
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END $$;
CREATE TRIGGER log_row AFTER INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.log();
CREATE TRIGGER log_all AFTER INSERT ON app.orders REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.log();
CREATE TRIGGER always BEFORE INSERT OR UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER off BEFORE DELETE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER replica BEFORE INSERT ON app.orders FOR EACH ROW WHEN (NEW.total > 1) EXECUTE FUNCTION app.touch();
CREATE TRIGGER truncated BEFORE TRUNCATE ON app.orders EXECUTE FUNCTION app.log();
CREATE CONSTRAINT TRIGGER late AFTER UPDATE OF total ON app.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.log();
ALTER TABLE app.orders ENABLE ALWAYS TRIGGER always, DISABLE TRIGGER off, ENABLE REPLICA TRIGGER replica;
CREATE RULE shadowed AS ON INSERT TO app.orders WHERE NEW.total < 0 DO INSTEAD NOTHING;
CREATE RULE also AS ON INSERT TO app.orders DO ALSO INSERT INTO app.audit (what) VALUES ('rule');
CREATE RULE off AS ON DELETE TO app.audit DO INSTEAD NOTHING;
ALTER TABLE app.audit DISABLE RULE off;
CREATE VIEW app.open AS SELECT id, total, tenant FROM app.orders WHERE state = 'state 1' WITH LOCAL CHECK OPTION;
CREATE VIEW app.barrier WITH (security_barrier) AS SELECT * FROM app.open;
CREATE TRIGGER instead INSTEAD OF INSERT ON app.barrier FOR EACH ROW EXECUTE FUNCTION app.log();
ALTER VIEW app.open ALTER total SET DEFAULT 0;
CREATE RECURSIVE VIEW app.counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
-- A function of a table's row type, a view of it, and a table with the view's row type.
CREATE FUNCTION app.label(app.orders) RETURNS text STABLE LANGUAGE sql BEGIN ATOMIC SELECT ($1).id || ($1).state; END;
CREATE VIEW app.labels AS SELECT o.id, app.label(o) AS label FROM app.orders o;
CREATE FUNCTION reports.labels() RETURNS SETOF app.labels LANGUAGE sql AS 'SELECT * FROM app.labels';
CREATE PROCEDURE app.tidy(INOUT n int, VARIADIC names text[] DEFAULT '{}') LANGUAGE plpgsql SET work_mem = '8MB' AS 'BEGIN n := 1; END';
CREATE FUNCTION app.double(int) RETURNS int IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS 'SELECT $1 * 2';
CREATE AGGREGATE app.sum_double(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE OPERATOR app.## (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int, COMMUTATOR = OPERATOR(app.##));
CREATE TYPE app.pair AS (a int, b int);
CREATE FUNCTION app.pair_text(app.pair) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT ($1).a || '/' || ($1).b$$;
CREATE CAST (app.pair AS text) WITH FUNCTION app.pair_text(app.pair) AS ASSIGNMENT;
CREATE TEXT SEARCH CONFIGURATION app.simple_german (COPY = german);
CREATE TEXT SEARCH DICTIONARY app.bare (TEMPLATE = simple, STOPWORDS = english);
CREATE CONVERSION app.to_utf8 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE INDEX orders_double ON app.orders (app.double(tenant)) WHERE total > 10;
CREATE INDEX orders_text ON app.orders USING gin (to_tsvector('simple', state));
-- Materialised views that read each other, in an order that names don't tell; one is not filled.
CREATE MATERIALIZED VIEW reports.z_base AS SELECT tenant, sum(total) AS total FROM app.orders GROUP BY tenant;
CREATE VIEW reports.m_between AS SELECT * FROM reports.z_base WHERE total > 0;
CREATE MATERIALIZED VIEW reports.a_top AS SELECT max(total) AS top FROM reports.m_between;
CREATE UNIQUE INDEX z_base_tenant ON reports.z_base (tenant);
CREATE MATERIALIZED VIEW reports.empty AS SELECT 1 AS one WITH NO DATA;
-- One whose function reads another, which no dependency says.
CREATE FUNCTION reports.top() RETURNS numeric LANGUAGE sql AS 'SELECT top FROM reports.a_top';
CREATE MATERIALIZED VIEW app.aa_hidden AS SELECT reports.top() AS top;
-- One that was filled before what it reads was emptied.
CREATE MATERIALIZED VIEW reports.b_source AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW reports.c_stale AS SELECT * FROM reports.b_source;
REFRESH MATERIALIZED VIEW reports.b_source WITH NO DATA;
-- Row-level security.
ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY; ALTER TABLE app.orders FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.orders USING (tenant = current_setting('app.tenant', true)::int) WITH CHECK (tenant > 0);
CREATE POLICY readers ON app.orders AS RESTRICTIVE FOR SELECT TO objects_reader USING (total < 1000);
-- Statistics, comments, storage.
CREATE STATISTICS app.orders_stats (ndistinct, dependencies, mcv) ON state, tenant FROM app.orders;
CREATE STATISTICS app.orders_expr ON (total * 2), state FROM app.orders;
ALTER STATISTICS app.orders_stats SET STATISTICS 500;
ALTER TABLE app.orders ALTER state SET STATISTICS 1000, ALTER state SET STORAGE EXTERNAL, ALTER tenant SET (n_distinct = 3);
ALTER TABLE app.orders SET (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE app.orders CLUSTER ON orders_pkey; ALTER TABLE app.audit REPLICA IDENTITY FULL;
COMMENT ON SCHEMA app IS 'schema'; COMMENT ON TABLE app.orders IS 'table'; COMMENT ON COLUMN app.orders.state IS 'column';
COMMENT ON FUNCTION app.double(int) IS 'function'; COMMENT ON TRIGGER off ON app.orders IS 'trigger'; COMMENT ON POLICY own ON app.orders IS 'policy';
COMMENT ON CONSTRAINT orders_pkey ON app.orders IS 'constraint'; COMMENT ON INDEX app.orders_double IS 'index'; COMMENT ON RULE also ON app.orders IS 'rule';
COMMENT ON STATISTICS app.orders_stats IS 'statistics'; COMMENT ON TYPE app.pair IS 'type'; COMMENT ON MATERIALIZED VIEW reports.a_top IS 'matview';
COMMENT ON VIEW app.open IS 'view'; COMMENT ON SEQUENCE app.orders_id_seq IS 'sequence'; COMMENT ON OPERATOR app.## (int, int) IS 'operator';
COMMENT ON CAST (app.pair AS text) IS 'cast'; COMMENT ON TEXT SEARCH CONFIGURATION app.simple_german IS 'configuration';
GRANT SELECT ON app.orders TO objects_reader; GRANT USAGE ON SCHEMA app TO objects_reader; GRANT UPDATE (state) ON app.orders TO objects_reader;
REVOKE EXECUTE ON FUNCTION app.double(int) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO objects_reader;
CREATE TABLE reports.owned_by_another (id int); INSERT INTO reports.owned_by_another VALUES (1); ALTER TABLE reports.owned_by_another OWNER TO objects_reader;
