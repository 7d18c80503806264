package restore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/programs"
	"refresher/internal/testkit/pgserver"
)

// oddData has names and values that look like what stands around them in a script.
const oddData = `
	CREATE TABLE "a
;
b" ("x;
'y" text, "COPY z" int);
	INSERT INTO "a
;
b" VALUES (E'\\.', 1), (E'\n\\.\n', 2), (E'--\t;\\', NULL), (repeat('long', 300000), 4), ('''"$$', 5);
	CREATE TABLE "it's; ""FROM stdin;" (id serial, v bytea, g int GENERATED ALWAYS AS (7) STORED);
	INSERT INTO "it's; ""FROM stdin;" (v) SELECT sha256(i::text::bytea) FROM generate_series(1, 1000) i;
	SELECT setval('"it''s; ""FROM stdin;_id_seq"', 4711, false);
	CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
	CREATE TABLE empty (id int);
	CREATE TABLE guarded (id int PRIMARY KEY); INSERT INTO guarded VALUES (1), (2); ALTER TABLE guarded ENABLE ROW LEVEL
		SECURITY, FORCE ROW LEVEL SECURITY;
	CREATE POLICY none ON guarded USING (false);
	CREATE TABLE pieces (id int, at date) PARTITION BY RANGE (at); CREATE TABLE piece PARTITION OF pieces DEFAULT;
		INSERT INTO pieces VALUES (1, '2026-11-21');
	CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM pieces;
	CREATE EXTENSION citext;`

func TestAWholeDump(t *testing.T) {
	newest := "../../.cache/postgres/client-18/bin" // which sets what older servers don't know
	t.Run("installed", func(t *testing.T) { wholeDump(t, newStage(t, ""), "pg_dump") })
	t.Run("newest", func(t *testing.T) {
		dir, err := filepath.Abs(newest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dir); err != nil {
			t.Skip("there are no newer programs; make versions gets them")
		}
		s := newStage(t, "")
		t.Setenv(programs.Env, dir)
		wholeDump(t, s, filepath.Join(dir, "pg_dump"))
	})
}

func wholeDump(t *testing.T, s *stage, pgDump string) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, oddData)
	dump := filepath.Join(t.TempDir(), "whole.dump")
	s.tool(pgDump, "--format=custom", "--file="+dump, url)

	target, err := ConnectTarget(t.Context(), s.liveConfig(s.role))
	s.ok(err)
	contents, err := ReadContents(t.Context(), dump)
	s.ok(err)
	if contents.Major != s.admin.Major() || contents.Encoding != "UTF8" || !slices.Equal(contents.Extensions,
		[]string{"citext"}) {
		t.Errorf("the dump tells of itself %+v", contents)
	}
	s.ok(target.Fits(t.Context(), contents))
	db, err := target.Create(t.Context(), target.PullName(run), contents.Like())
	s.ok(err)
	t.Cleanup(func() { s.ok(db.Drop(context.Background())) })
	_, err = db.PreData(t.Context(), dump)
	s.ok(err)
	rows := map[string]int64{}
	s.ok(db.Data(t.Context(), dump, func(table string, n, _ int64) { rows[table] += n }))
	s.ok(db.PostData(t.Context(), dump, 2))
	s.ok(db.resumeRowSecurity(t.Context()))
	if rows[`public.nothing`] != 2 || rows["public.guarded"] != 2 || rows["public.piece"] != 1 ||
		rows["public.empty"] != 0 {
		t.Errorf("rows that were counted: %v", rows)
	}
	want, got := s.tool("pg_dump", "--no-owner", url), s.tool("pg_dump", "--no-owner", s.admin.URL(db.name))
	if want != got {
		t.Errorf("the databases differ:\n%.2000s\n%.2000s", want, got)
	}
}

// tool runs a program, and leaves out of what it writes the random tokens.
func (s *stage) tool(name string, args ...string) string {
	s.t.Helper()
	if !filepath.IsAbs(name) {
		name = s.admin.Tool(name)
	}
	out, err := exec.Command(name, args...).Output()
	s.ok(err)
	lines := strings.Split(string(out), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "restrict ") }), "\n")
}

func TestFits(t *testing.T) {
	s := newStage(t, "")
	target, err := ConnectTarget(t.Context(), s.liveConfig(s.role))
	s.ok(err)
	err = target.Fits(t.Context(), &Contents{Extensions: []string{"plpgsql", "no_such_extension", "nor_this_one"}})
	if err == nil || !strings.Contains(err.Error(), "the extensions no_such_extension, nor_this_one") {
		t.Errorf("missing extensions: %v", err)
	}
	var refusal *fault.Refusal
	err = target.Fits(t.Context(), &Contents{Major: 99})
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), fmt.Sprintf("the target server is PostgreSQL %d, "+
		"older than the 99", s.admin.Major())) {
		t.Errorf("a newer dump: %v", err)
	}
}
