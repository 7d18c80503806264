package restore

import (
	"strings"
	"testing"

	"refresher/internal/postgres/sqltext"
)

func TestOnlyWhatDumpsHoldIsRestored(t *testing.T) {
	check := func(sql string, want bool) {
		t.Helper()
		statements, err := sqltext.Split(sql)
		if err != nil {
			t.Fatal(err)
		}
		if err := onlyDumped(statements); (err == nil) != want {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{
		`SET statement_timeout = 0; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on`,
		`SELECT pg_catalog.set_config('search_path', '', false);`,
		`SELECT pg_catalog.setval('public."odd ''name''_id_seq"', 42, true);`,
		`CREATE SCHEMA app`, `CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;`, `COMMENT ON TABLE a.b IS 'DROP it'`,
		`CREATE FUNCTION a.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;`,
		`CREATE UNLOGGED TABLE a.b (c int)`, `CREATE TABLE a.b PARTITION OF a.c DEFAULT`, `ALTER TABLE ONLY a.b ATTACH PARTITION a.c DEFAULT`,
		`CREATE UNIQUE INDEX i ON a.b USING btree (c)`, `CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a.b FOR EACH ROW EXECUTE FUNCTION a.f()`,
		`CREATE DEFAULT CONVERSION a.c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`, `ALTER TYPE a.t OWNER TO x`,
		`COPY a.b (c, "d e") FROM stdin;`, `COPY "A"."b;" FROM stdin;`, `COPY a.empty  FROM stdin;`, `REFRESH MATERIALIZED VIEW a.m`,
		`ALTER EVENT TRIGGER e DISABLE`, `CREATE PUBLICATION p FOR ALL TABLES`,
	} {
		check(sql, true)
	}
	for _, sql := range []string{
		`DROP DATABASE production`, `ALTER SYSTEM SET work_mem = '1MB'`, `ALTER ROLE postgres PASSWORD 'x'`, `CREATE ROLE x SUPERUSER`,
		`ALTER DATABASE other SET search_path = evil`, `DO $$ BEGIN PERFORM 1; END $$`, `SELECT lo_import('/etc/passwd')`,
		`SELECT pg_catalog.set_config('role', 'postgres', false)`, `SELECT pg_catalog.set_config('search_path', f(), false)`,
		`SELECT pg_catalog.setval('s', f(), true)`, `COPY a.b FROM PROGRAM 'id'`, `COPY a.b FROM '/etc/passwd'`, `COPY a.b TO stdout`,
		`SET ROLE postgres`, `SET SESSION AUTHORIZATION postgres`, `RESET ROLE`, `SET standard_conforming_strings = off`,
		`SET session_preload_libraries = 'x'`, `LOAD 'x'`, `CREATE DATABASE x`, `CREATE TABLESPACE x LOCATION '/tmp'`, `COMMIT`,
		`GRANT a TO b`, `ALTER EXTENSION hstore UPDATE`, `CALL f()`, `INSERT INTO a.b VALUES (1)`, `TRUNCATE a.b`, `CREATE SCHEMA a; DROP SCHEMA b`, `VACUUM`, `WITH x AS (SELECT 1) SELECT 1`,
		`COPY a.b (c) FROM stdin WITH (FORMAT binary)`, strings.ToLower(`DROP TABLE A`),
	} {
		check(sql, false)
	}
}
