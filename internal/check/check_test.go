package check_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/check"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

func load(t *testing.T, sql string) *catalog.Catalog {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, sql)
	cat, err := catalog.Load(context.Background(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// run checks rules, and says what came out in lines.
func run(t *testing.T, text string, now, before *catalog.Catalog, strict bool) (*check.Result, []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rs, broken := rules.Load([]string{file})
	r, err := check.Run(check.Input{Rules: rs, Files: []string{file}, Broken: broken, Now: now, Before: before, Strict: strict})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range r.Issues {
		if i.File != "" && i.File != file {
			t.Errorf("an unknown file: %+v", i)
		}
		lines = append(lines, fmt.Sprintf("%s %s %d:%d %s.%s %s", i.Level, i.ID, i.Line, i.Col, i.Table, i.Column, i.Paste))
	}
	return r, lines
}

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, email text, phone text, age int, note text, is_staff bool, ssn text UNIQUE);
	CREATE TABLE orders (id int PRIMARY KEY, user_id bigint REFERENCES users, user_email text);
	CREATE TABLE sessions (id int, token text)`

func TestRun(t *testing.T) {
	r, got := run(t, `version: 1
tables:
  public.users:
    columns:
      id: keep
      email: keep
      phone: phone
      note: keep   # reviewed: support writes no names here
      is_staff: email
      ssn: ssn_of_nobody
      mail: email
  public.gone: {rows: none}
  public.orders:
    columns: {id: keep, user_id: email, user_email: keep}
`, load(t, schema), nil, false)
	want := []string{
		"error missing-column 3:3 public.users.age age: age_bucket   # review: its name reads like an age (confidence 0.65)",
		"warning suspicious-keep 6:7 public.users.email ",
		"error type 9:17 . ",
		"error conflict 10:12 . ",
		"error gone-column 11:7 public.users.mail ",
		"error gone-table 12:3 public.gone. ",
		"error missing-table 14:1 public.sessions. public.sessions: {rows: none}",
		"error missing-column 14:1 public.sessions.id id: keep",
		"error missing-column 14:1 public.sessions.token token: token",
		"error conflict 14:25 . ",
		"error type 14:34 . ",
		"warning suspicious-keep 14:41 public.orders.user_email ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.Passed {
		t.Error("it passed")
	}
}

func TestCleanRulesPass(t *testing.T) {
	now := load(t, schema)
	const text = `version: 1
tables:
  public.users: {columns: {id: keep, email: email, phone: phone, age: age_bucket, note: text, is_staff: keep, ssn: token}}
  public.orders: {columns: {id: keep, user_id: keep, user_email: email}}
  public.sessions: {rows: none}
`
	r, got := run(t, text, now, nil, true)
	if !r.Passed || len(got) > 0 || r.Tables != 3 || r.Masked != 6 || r.Kept != 4 {
		t.Errorf("%v %+v", got, r)
	}
	before := load(t, strings.Replace(strings.Replace(schema, "phone text", "phone varchar(20)", 1), "id bigint PRIMARY KEY", "id int PRIMARY KEY", 1))
	r, got = run(t, text, now, before, false)
	want := []string{"warning changed-type 3:32 public.users.id ", "warning changed-type 3:60 public.users.phone "}
	if !slices.EqualFunc(got, want, func(a, b string) bool {
		return strings.Fields(a)[1] == strings.Fields(b)[1] && strings.Fields(a)[3] == strings.Fields(b)[3]
	}) || !r.Passed {
		t.Errorf("%v", got)
	}
	if r, _ = run(t, text, now, before, true); r.Passed {
		t.Error("strict takes warnings for nothing")
	}
}

func TestBrokenRules(t *testing.T) {
	_, got := run(t, "version: 2\ntables:\n  public.users: {column: {}}\n", load(t, "CREATE TABLE users (id int)"), nil, false)
	if len(got) < 3 || !strings.HasPrefix(got[0], "error invalid-rule 1:") || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "error missing-column") }) {
		t.Errorf("%v", got)
	}
}

// What patterns keep is an error until it is reviewed; what they decided is listed.
func TestPatterns(t *testing.T) {
	cat := load(t, schema)
	const text = `version: 1
tables:
  "public.s*ions": {rows: none}
  "public.*": {columns: {id: keep, "*": "null"}}
  "*.no_such": email
  public.orders: {columns: {user_id: keep}}
`
	r, got := run(t, text, cat, nil, false)
	want := []string{
		"error review 4:26 public.orders.id id: keep", "error review 4:26 public.users.id id: keep",
		`note pattern 5:3 . `,
	}
	if d := cmp.Diff(want, got); d != "" || r.Passed {
		t.Error(d)
	}
	if p := r.Patterns; len(p) != 3 || !slices.Equal(p[0].Tables, []string{"public.sessions"}) || p[2].Columns != nil {
		t.Errorf("%+v", p)
	}
	file := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rs, _ := rules.Load([]string{file})
	if _, err := scrub.Expand(rs, cat).Accept(); err != nil {
		t.Fatal(err)
	}
	rs, broken := rules.Load([]string{file})
	r, err := check.Run(check.Input{Rules: rs, Files: []string{file}, Broken: broken, Now: cat, Listed: true})
	if err != nil || !r.Passed {
		t.Fatalf("%+v, %v", r.Issues, err)
	}
	i := slices.IndexFunc(r.Decisions, func(d check.Decision) bool { return d.Table == "public.users" && d.Column == "email" })
	if i < 0 || r.Decisions[i].Rule != "null" || r.Decisions[i].Pattern != "public.*" || r.Decisions[i].Origin != file+":4" {
		t.Errorf("%+v", r.Decisions)
	}
}

// Which versions of a product the rules were written for is said where the product is, and stops nothing.
func TestVersionsOfProducts(t *testing.T) {
	r, got := run(t, `version: 1
made_for:
  - {product: MLflow, table: public.alembic_version, column: version_num, versions: [5b0e9adcef9c]}
  - {product: Metabase, table: public.databasechangelog, column: id, versions: ["v50.*"]}
tables: {public.alembic_version: {columns: {version_num: keep}}}
`, load(t, `CREATE TABLE alembic_version (version_num varchar(32))`), nil, true)
	want := []string{"note version 3:5 public.alembic_version.version_num "}
	if diff := cmp.Diff(want, got); diff != "" || !r.Passed || !strings.Contains(r.Issues[0].Message, "5b0e9adcef9c") {
		t.Errorf("%s%+v", diff, r)
	}
}
