package archive_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/dataset/archive"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
	"refresher/internal/testkit/pgserver"
)

// Any role restores an archive, by itself: nothing in it belongs to another, whichever
// pg_dump wrote it.
func TestAnyRoleRestores(t *testing.T) {
	url := pgserver.DB(t)
	c := pgserver.Shared(t)
	pgserver.Exec(t, url, `CREATE ROLE of_staging; CREATE ROLE of_developer LOGIN;
		CREATE EXTENSION hstore; CREATE SCHEMA app AUTHORIZATION of_staging;
		CREATE TABLE app.users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, more hstore);
		ALTER TABLE app.users OWNER TO of_staging; INSERT INTO app.users (name) SELECT 'n' || i FROM generate_series(1, 5000) i;
		CREATE VIEW app.names AS SELECT name FROM app.users; ALTER VIEW app.names OWNER TO of_staging;
		CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON TABLE app.users IS 'all of them'`)
	t.Cleanup(func() { pgserver.Exec(t, c.URL(pgserver.User), "DROP ROLE of_developer") })
	tried := 0
	for major := 14; major <= 18; major++ {
		dump, found, err := programs.Find(client.Dump, major)
		if err != nil || found != major {
			continue
		}
		tried++
		written, err := exec.Command(dump, "--format=custom", "--no-privileges", "-d", url).Output()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := archive.WithoutOwners(&out, bytes.NewReader(written)); err != nil {
			t.Fatalf("of pg_dump %d: %v", major, err)
		}
		file := filepath.Join(t.TempDir(), "dump")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		restore := strings.Replace(dump, "pg_dump", "pg_restore", 1)
		list, err := exec.Command(restore, "--list", file).CombinedOutput()
		if err != nil || !bytes.Contains(list, []byte("TABLE app users")) || bytes.Contains(list, []byte("of_staging")) {
			t.Errorf("pg_dump %d: %v\n%s", major, err, list)
		}
		if found > 15 { // it sets what an older server does not know
			continue
		}
		pgserver.Exec(t, c.URL(pgserver.User), "CREATE DATABASE developers OWNER of_developer")
		as := strings.Replace(c.URL("developers"), pgserver.User+"@", "of_developer@", 1)
		said, err := exec.Command(restore, "--exit-on-error", "-d", as, file).CombinedOutput()
		if err != nil || len(said) > 0 {
			t.Errorf("pg_restore as an ordinary role: %v\n%s", err, said)
		}
		var n int
		err = pgserver.Conn(t, as).QueryRow(t.Context(), "SELECT count(*) FROM app.users").Scan(&n)
		if err != nil || n != 5000 {
			t.Errorf("%d rows, %v", n, err)
		}
		pgserver.Exec(t, c.URL(pgserver.User), "DROP DATABASE developers WITH (FORCE)")
	}
	if tried == 0 {
		t.Fatal("no pg_dump was found")
	}
}

// What is cut or no archive is an error, never half an archive in silence.
func TestWhatIsNoArchive(t *testing.T) {
	for _, text := range []string{"", "PGDMP", "SELECT 1; -- a script of SQL", "PGDMP\x01\x0e\x00\x04\x08\x01\x00",
		"PGDMP\x01\x63\x00\x04\x08\x01\x00\x00\x00"} {
		if err := archive.WithoutOwners(&bytes.Buffer{}, strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken for an archive", text)
		}
	}
}
