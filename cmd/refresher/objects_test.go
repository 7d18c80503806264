package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/programs"
	"refresher/internal/report"
	"refresher/internal/testkit/pgserver"
)

// TestObjects brings every kind of object that PostgreSQL has through a whole run,
// and compares both sides: what pg_dump says of the schemas may differ only as
// docs/objects.md says; rows, constraints and sequences must not differ at all.
func TestObjects(t *testing.T) {
	t.Parallel()
	documented := documentedDifferences(t)
	files, err := filepath.Glob("testdata/objects/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no schemas", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			s := objectsSite(t, file)
			s.must(exitClean, "run")
			compareSchemas(t, s.vars["SOURCE"], s.vars["STAGING"], documented)
			compareContents(t, s)
		})
	}
	for _, d := range documented {
		if !d.seen && !t.Failed() {
			t.Errorf("docs/objects.md says that %s %s, which no schema shows", d.kind, d.what)
		}
	}
}

// objectsSite is a site whose production has nothing but a file's schema.
func objectsSite(t *testing.T, file string) *site {
	t.Helper()
	s := newEmptySite(t)
	for _, c := range []*pgserver.Cluster{s.primary, s.staging} {
		pgserver.Exec(t, c.URL(pgserver.User),
			`DO $$ BEGIN CREATE ROLE objects_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	}
	admin := s.primary.URL(pgserver.User)
	sql, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	conn := pgserver.Conn(t, s.primary.URL(s.db))
	for _, part := range strings.Split(string(sql), "\n-- next\n") { // what can't be in one transaction
		if _, err := conn.PgConn().Exec(t.Context(), part).ReadAll(); err != nil {
			t.Fatalf("%s: %v\n%+v", file, err, err)
		}
	}
	conn.Close(t.Context())
	t.Cleanup(func() { // before newSite's own
		conn, err := pgx.Connect(context.Background(), s.primary.URL(s.db))
		if err == nil {
			_, _ = conn.Exec(context.Background(), "DROP SUBSCRIPTION IF EXISTS pulling")
			conn.Close(context.Background())
		}
		if conn, err = pgx.Connect(context.Background(), admin); err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		_, _ = conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+s.db+" WITH (FORCE)")
		_, _ = conn.Exec(context.Background(), "DROP TABLESPACE IF EXISTS objects_space")
	})
	rules, err := os.ReadFile(strings.TrimSuffix(file, ".sql") + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.write("rules.yaml", string(rules))
	if root, _, ok := strings.Cut(string(rules), "\nversion: 1"); ok {
		s.edit("refresher.yaml", "[public.users], percent: 10",
			"["+strings.TrimPrefix(root, "# sample: ")+"], percent: 50")
		s.edit("refresher.yaml", "buckets:",
			fmt.Sprintf("buckets:\n  - {name: all, url: s3://%s/all, content: full, formats: [pgdump, parquet]}", s.db))
	} else { // to staging only
		s.withoutBuckets()
	}
	return s
}

// withoutBuckets makes a run end with staging.
func (s *site) withoutBuckets() {
	s.t.Helper()
	config, err := os.ReadFile(filepath.Join(s.dir, "refresher.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	_, bucket, _ := strings.Cut(string(config), "buckets:")
	bucket, _, _ = strings.Cut(bucket, "\ns3:")
	s.edit("refresher.yaml", "buckets:"+bucket, "")
}

// difference is a row of the table in docs/objects.md.
type difference struct {
	kind string // of entry, as pg_dump calls it; "any"
	what string // "absent", or the line that is absent in staging
	line *regexp.Regexp
	seen bool
}

func documentedDifferences(t *testing.T) []*difference {
	t.Helper()
	page, err := os.ReadFile("../../docs/objects.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []*difference
	row := regexp.MustCompile("(?m)^\\| `([A-Z a-z]+)` \\| (?:absent|`(.+?)`) \\|")
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		d := &difference{kind: m[1], what: "absent"}
		if m[2] != "" {
			d.what = m[2]
			d.line = regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(m[2]), "…", ".*") + "$")
		}
		list = append(list, d)
	}
	if len(list) == 0 {
		t.Fatal("docs/objects.md documents no difference")
	}
	return list
}

// entry is one object of a plain pg_dump.
type entry struct{ kind, text string }

var entryHead = regexp.MustCompile(
	`(?m)^-- Name: ((?s:.*?)); Type: ([A-Z ]+); Schema: (.*?); Owner: (.*?)(?:; Tablespace: (.*))?$`)

// commentOn is what a comment's kind is called by: of what it is one.
var commentOn = regexp.MustCompile(`^\s*(COMMENT ON (?:[A-Z]+ )+)`)

// dumpEntries is the schema of a database, as pg_dump says it, by object.
func dumpEntries(t *testing.T, url string) map[string]entry {
	t.Helper()
	tool, _, err := programs.Find("pg_dump", 14)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(tool, "--schema-only", "--dbname="+url)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, errs.String())
	}
	// Newer programs guard the script by a word that differs each time.
	text := regexp.MustCompile(`(?m)^(\\(un)?restrict .*|--|-- PostgreSQL.*)$`).ReplaceAllString(out.String(), "")
	// What a dump sets is of no object; of where one lies its head tells.
	text = regexp.MustCompile(`(?m)^SET default_(tablespace|table_access_method) = .*$`).ReplaceAllString(text, "")
	heads := entryHead.FindAllStringSubmatchIndex(text, -1)
	entries := map[string]entry{}
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		name, kind, schema := text[h[2]:h[3]], text[h[4]:h[5]], text[h[6]:h[7]]
		key := kind + " " + schema + " " + name
		if m := commentOn.FindStringSubmatch(text[h[1]:end]); kind == "COMMENT" && m != nil {
			kind = strings.TrimSpace(m[1])
		}
		e := entries[key]
		if h[10] > 0 {
			e.text += "TABLESPACE " + text[h[10]:h[11]] + "\n"
		}
		entries[key] = entry{kind, e.text + text[h[1]:end]}
	}
	return entries
}

func compareSchemas(t *testing.T, source, staging string, documented []*difference) {
	t.Helper()
	a, b := dumpEntries(t, source), dumpEntries(t, staging)
	differ := func(kind, line, format string, args ...any) {
		t.Helper()
		for _, d := range documented {
			if (d.kind == kind || d.kind == "any") &&
				(line == "" && d.line == nil || line != "" && d.line != nil && d.line.MatchString(line)) {
				d.seen = true
				return
			}
		}
		t.Errorf("a difference that is not documented: "+format, args...)
	}
	for _, key := range slices.Sorted(maps.Keys(a)) {
		e, there := b[key]
		if !there {
			differ(a[key].kind, "", "%s is absent:\n%s", key, a[key].text)
			continue
		}
		for _, line := range missingLines(a[key].text, e.text) {
			differ(e.kind, line, "%s lacks %q", key, line)
		}
		for _, line := range missingLines(e.text, a[key].text) {
			differ(e.kind, "+ "+line, "%s has %q, which the source has not", key, line)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b)) {
		if _, there := a[key]; !there {
			t.Errorf("staging has %s, which the source has not:\n%s", key, b[key].text)
		}
	}
}

// missingLines are those of a that b lacks.
func missingLines(a, b string) (missing []string) {
	have := map[string]int{}
	for line := range strings.Lines(b) {
		have[strings.TrimSpace(line)]++
	}
	for line := range strings.Lines(a) {
		if line = strings.TrimSpace(line); have[line] > 0 {
			have[line]--
		} else if line != "" {
			missing = append(missing, line)
		}
	}
	return missing
}

// facts are what must be equal on both sides, beside rows: each query gives a name and a fact.
var facts = map[string]string{
	"constraints": `SELECT conrelid::regclass || ' ' || contypid::regtype || ' ' || conname, contype::text || ' ' || convalidated || ' ' || pg_get_constraintdef(oid)
		FROM pg_constraint WHERE connamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
	"indexes": `SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) || ' ' || (indisvalid AND indisready) || indisreplident || indisclustered
		FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
	"triggers": `SELECT tgrelid::regclass || ' ' || tgname, tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal`,
	"rules": `SELECT ev_class::regclass || ' ' || rulename, ev_enabled::text || pg_get_ruledef(pg_rewrite.oid) FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
		WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
	"row security": `SELECT oid::regclass::text, relrowsecurity || ' ' || relforcerowsecurity FROM pg_class WHERE relrowsecurity OR relforcerowsecurity`,
}

func compareContents(t *testing.T, s *site) {
	t.Helper()
	source, staging := pgserver.Conn(t, s.vars["SOURCE"]), pgserver.Conn(t, s.vars["STAGING"])
	compare := func(what, sql string) {
		t.Helper()
		sides := [2]map[string]string{pairs(t, source, sql), pairs(t, staging, sql)}
		for _, name := range slices.Sorted(maps.Keys(sides[0])) {
			if got, there := sides[1][name]; !there || got != sides[0][name] {
				t.Errorf("%s: %s is %q in the source and %q in staging", what, name, sides[0][name], got)
			}
		}
		if len(sides[0]) != len(sides[1]) {
			t.Errorf("%s: %d in the source, %d in staging", what, len(sides[0]), len(sides[1]))
		}
	}
	for what, sql := range facts {
		compare(what, sql)
	}
	sequences := pairs(t, source,
		`SELECT oid::regclass::text, '' FROM pg_class WHERE relkind = 'S' AND relpersistence <> 'u'`)
	for seq := range sequences {
		compare("sequence", fmt.Sprintf("SELECT %s, last_value || ' ' || is_called FROM %s", catalog.Literal(seq), seq))
	}
	decided := map[string]report.Table{}
	for _, table := range s.lastReport().Tables {
		decided[table.Name] = table
	}
	cat, err := catalog.Load(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range cat.Tables {
		if d, ok := decided[table.Name.String()]; !ok {
			t.Errorf("the report doesn't name table %s", table.Name)
		} else if table.HoldsRows() && d.Mode == "all" {
			compare("rows of "+table.Name.String(), checksums(table))
		}
	}
}

// checksums is a query for a sum over each column and over whole rows; the order
// of rows does not matter.
func checksums(table *catalog.Table) string {
	var parts []string
	sum := func(name, value string) {
		parts = append(parts, fmt.Sprintf(
			"SELECT %s, count(*) || ' ' || coalesce(sum(('x' || left(md5(%s), 15))::bit(60)::bigint), 0) FROM ONLY %s t",
			catalog.Literal(name),
			value,
			table.Name.SQL(),
		))
	}
	for _, c := range table.Columns {
		if slices.Contains([]string{"lo", "oid"}, c.Type.Name) && strings.HasSuffix(table.Name.Name, "files_of") {
			continue
		}
		sum(c.Name, "coalesce(t."+catalog.Quote(c.Name)+"::text, 'is null')")
	}
	sum("(row)", "t::text")
	return strings.Join(parts, " UNION ALL ")
}

func pairs(t *testing.T, conn *pgx.Conn, sql string) map[string]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	var name, fact string
	if _, err := pgx.ForEachRow(rows, []any{&name, &fact}, func() error { found[name] = fact; return nil }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return found
}

// What cannot arrive, or should not be used there, is said before a row is read.
func TestObjectsSaidBeforehand(t *testing.T) {
	t.Parallel()
	s := objectsSite(t, "testdata/objects/outside.sql")
	s.production(`CREATE ROLE objects_elsewhere; CREATE POLICY elsewhere ON spaced TO objects_elsewhere USING (true)`)
	t.Cleanup(func() {
		pgserver.Exec(t, s.primary.URL(s.db), "DROP POLICY elsewhere ON spaced; DROP ROLE objects_elsewhere")
	})
	_, stderr := s.must(exitEnvironment, "run", "--dry-run")
	if want := `it has no role "objects_elsewhere", which policies of row-level security name; run: CREATE ROLE "objects_elsewhere" NOLOGIN;`; !strings.Contains(
		stderr, want) {
		t.Errorf("want %q in:\n%s", want, stderr)
	}
	s.production("ALTER POLICY elsewhere ON spaced TO PUBLIC")
	_, stderr = s.must(exitClean, "run", "--dry-run")
	for _, want := range []string{
		"the source has 6 large objects, 8.19 kB on its disk: they are not copied",
		"unlogged tables have no rows on a standby and arrive empty: public.scratch",
		"foreign tables arrive without rows: public.calls, public.facts, public.lines, public.measures_then, public.old_logs",
		"materialised view public.counted arrives empty: it reads foreign table public.lines",
		"materialised view public.counted_twice arrives empty: it reads public.counted, which is not filled",
		"graphile_worker.jobs looks like the queue of a job runner",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("want %q in:\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr, "oban_jobs looks") {
		t.Errorf("a queue without rows needs no warning:\n%s", stderr)
	}
	s.production(
		`ALTER FOREIGN TABLE calls OPTIONS (ADD bearer_token 'the-token'); ALTER FOREIGN TABLE calls ALTER id OPTIONS (ADD link 'postgres://who:the-word@where/')`,
	)
	_, stderr = s.must(exitRefused, "run", "--dry-run")
	for _, want := range []string{"foreign table public.calls, option bearer_token", "foreign table public.calls, column id, option link"} {
		if !strings.Contains(stderr, want) || strings.Contains(stderr, "the-token") ||
			strings.Contains(stderr, "the-word") {
			t.Errorf("want %q in:\n%s", want, stderr)
		}
	}
}
