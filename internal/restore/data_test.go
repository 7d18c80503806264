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
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
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
	var mu sync.Mutex
	rows, sizes := map[string]int64{}, map[catalog.Name]int64{}
	s.ok(db.do(t.Context(), func(conn *pgx.Conn) error {
		cat, err := catalog.Load(t.Context(), conn)
		for i, one := range cat.Tables {
			sizes[one.Name] = int64(i)
		}
		return err
	}))
	s.ok(db.Data(t.Context(), dump, Rows{Jobs: 3, Sizes: sizes}, func(table string, n, _ int64) {
		mu.Lock()
		defer mu.Unlock()
		rows[table] += n
	}))
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

// Each table is in one session's list, in the dump's order, and the sessions have about as many
// rows each. What is no table's rows is there once, and tables that aren't asked for are not.
func TestPartsOfADump(t *testing.T) {
	name := func(n string) catalog.Name { return catalog.Name{Schema: "public", Name: n} }
	const list = "; Archive\n3001; 0 1 TABLE DATA public big owner\n3002; 0 2 TABLE DATA public odd name owner\n" +
		"3003; 0 3 TABLE DATA public third owner\n3004; 0 4 TABLE DATA public small owner\n" +
		"3005; 0 0 SEQUENCE SET public big_id_seq owner\n"
	sizes := map[catalog.Name]int64{name("big"): 100, name("odd name"): 60, name("third"): 50, name("small"): 5}
	for _, tt := range []struct {
		jobs int
		only map[catalog.Name]bool
		want string
	}{
		{2, nil, "; 3001 3004 3005 | 3002 3003"},
		{0, nil, "; 3001 3002 3003 3004 3005"},
		{9, nil, "; 3001 3005 | 3002 | 3003 | 3004"},
		{3, map[catalog.Name]bool{name("odd name"): true}, "; 3002 3005"},
		{3, map[catalog.Name]bool{}, "; 3005"},
	} {
		var got []string
		for _, part := range (Rows{Jobs: tt.jobs, Only: tt.only, Sizes: sizes}).parts([]byte(list)) {
			var ids []string
			for line := range strings.Lines(string(part)) {
				id, _, _ := strings.Cut(line, " ")
				ids = append(ids, strings.TrimSuffix(id, ";"))
			}
			got = append(got, strings.Join(ids, " "))
		}
		if len(got) > 0 {
			got[0] = ";" + got[0]
		}
		if strings.Join(got, " | ") != tt.want {
			t.Errorf("%d sessions, only %v: %q, want %q", tt.jobs, tt.only, got, tt.want)
		}
	}
}
