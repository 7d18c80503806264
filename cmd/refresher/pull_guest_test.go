package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// A dataset that the trusted key signed tries what a superuser may do, and the one who
// pulls is a superuser: it gets nowhere, neither while it is loaded nor by what it leaves.
func TestPullOfAHostileDataset(t *testing.T) {
	t.Parallel()
	d := &desk{site: newRemainsSite(t), temp: t.TempDir()}
	d.edit("refresher.yaml", "formats: [pgdump, parquet]", "formats: [pgdump]")
	d.must(exitClean, "run")
	d.vars["AWS_ENDPOINT_URL_S3"] = d.s3.Endpoint
	d.unmarshal("data/latest.json", &d.latest)
	d.unmarshal("data/"+d.latest.Manifest, &d.manifest)

	const users = `CREATE TABLE users (id int, address_of_the_user_in_full text); INSERT INTO users VALUES (1, 'a@example.com');`
	// Whoever calls it, it runs a program if it may.
	const steady = `CREATE FUNCTION run(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
		$$ BEGIN PERFORM public.volatile($1); RETURN $1; END $$;`
	const program = `CREATE FUNCTION volatile(text) RETURNS void LANGUAGE plpgsql AS
		$$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''id >%s'''; END $$;` + steady
	const whenMighty = `CREATE FUNCTION volatile(text) RETURNS void LANGUAGE plpgsql SECURITY %s SET search_path = '' AS
		$$ BEGIN IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
		EXECUTE 'COPY (SELECT 1) TO PROGRAM ''id >%s'''; END IF; END $$;` + steady
	pad := func(text string, n int) string { return text + strings.Repeat(" ", n-len(text)) }
	for _, tt := range []struct {
		name, sql string
		forge     func(dump []byte) []byte // what pg_dump would never write
		code      int
		want      string
		then      string // what the developer does with it, as a superuser
	}{
		{"check", program + users + `ALTER TABLE users ADD CHECK (run('') = '')`, nil, exitEnvironment, "42501", ""},
		{"index", program + users + `CREATE INDEX ON users (run(address_of_the_user_in_full))`, nil, exitEnvironment, "42501", ""},
		{"index later", whenMighty + users + `CREATE INDEX ON users (run(address_of_the_user_in_full))`, nil, exitClean,
			"holds run", "ANALYZE users; REINDEX TABLE users; VACUUM users"},
		{"security definer", whenMighty + users, nil, exitClean, "holds run", "SELECT run('')"},
		{"event trigger", users + `CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1/0; END';
			CREATE EVENT TRIGGER every ON ddl_command_start EXECUTE FUNCTION e()`, nil, exitClean, "left out: EVENT TRIGGER - every",
			"CREATE TABLE one_more ()"},
		{"internal function", users + `CREATE FUNCTION read(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'`, nil,
			exitEnvironment, "42501", ""},
		{"extension", users + `CREATE EXTENSION adminpack`, nil, exitRefused, "--allow-extension", ""},
		{"statement", users + `COMMENT ON TABLE users IS 'a comment that is long enough'`, func(dump []byte) []byte {
			old := "COMMENT ON TABLE public.users IS 'a comment that is long enough';"
			return bytes.Replace(dump, []byte(old), []byte(pad("ALTER SYSTEM SET work_mem = '1MB';", len(old))), 1)
		}, exitRefused, "statements that pg_dump writes for no database", ""},
		{"rows from a program", users, func(dump []byte) []byte {
			old := "COPY public.users (id, address_of_the_user_in_full) FROM stdin;"
			return bytes.Replace(dump, []byte(old), []byte(pad("COPY public.users FROM PROGRAM 'id'", len(old)-1)+";"), 1)
		}, exitRefused, "statements that pg_dump writes for no database", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one, at := *d, *d.site
			one.site, at.t = &at, t
			d, slug := &one, strings.ReplaceAll(tt.name, " ", "_")
			d.name = "hostile_" + d.db + "_" + slug
			t.Cleanup(func() {
				d.clear()
				pgserver.Exec(t, d.admin(), `DROP ROLE IF EXISTS "`+d.name+`_dataset"`)
			})
			dir := filepath.Join(os.TempDir(), d.name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, 0o777); err != nil { // where the server can write
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			ran := filepath.Join(dir, "ran")
			sql := tt.sql
			switch strings.Count(sql, "%s") {
			case 1:
				sql = fmt.Sprintf(sql, ran)
			case 2:
				sql = fmt.Sprintf(sql, map[bool]string{true: "DEFINER", false: "INVOKER"}[tt.name == "security definer"], ran)
			}
			evil := "evil_" + d.db + "_" + slug
			pgserver.Exec(t, d.admin(), "CREATE DATABASE "+evil)
			defer pgserver.Exec(t, d.admin(), "DROP DATABASE "+evil+" WITH (FORCE)")
			pgserver.Exec(t, d.staging.URL(evil), sql)
			os.Remove(ran) // by an index that the forger built
			out, err := exec.Command(d.staging.Tool("pg_dump"), "-Fc", d.staging.URL(evil)).Output()
			if err != nil {
				t.Fatal(err)
			}
			d.publish(slug, func(p *parcel) {
				p.dump, p.reseal = out, true
				if tt.forge != nil {
					if p.dump = tt.forge(out); bytes.Equal(p.dump, out) {
						t.Fatal("the dump could not be forged")
					}
				}
				p.manifest.Tables = []s3sink.Table{{Name: "public.users", Rows: 1}}
			})
			before := d.databases()
			d.pulls(tt.code, tt.want, d.prefix(slug), "--to", d.staging.URL(d.name))
			if tt.code != exitClean && (d.databases() != before || d.role() != "") {
				t.Errorf("refused, and there is %s, role %q", d.databases(), d.role())
			}
			if tt.code == exitClean {
				if role := d.role(); role != d.name+"_dataset f f" {
					t.Errorf("the dataset's role is %q", role)
				}
				if n := d.one(d.staging.URL(d.name), `SELECT count(*)::text FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
					WHERE r.rolsuper AND pronamespace = 'public'::regnamespace`); n != "0" {
					t.Errorf("%s functions of the dataset belong to a superuser", n)
				}
				for _, st := range strings.Split(tt.then, ";") {
					pgserver.Exec(t, d.staging.URL(d.name), st)
				}
			}
			if tt.name == "index later" { // once more, over itself
				d.pulls(exitClean, "_previous now", d.prefix(slug), "--to", d.staging.URL(d.name))
			}
			if _, err := os.Stat(ran); err == nil {
				t.Error("the dataset's program ran")
			}
		})
	}
}

// role is the dataset's role and whether it may log in and is a superuser; empty if there is none.
func (d *desk) role() string {
	d.t.Helper()
	return d.one(d.admin(), `SELECT coalesce(max(concat_ws(' ', rolname, rolcanlogin, rolsuper)), '') FROM pg_roles
		WHERE rolname = '`+d.name+`_dataset'`)
}
