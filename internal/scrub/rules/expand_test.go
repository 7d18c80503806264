package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// database makes a catalog of tables, each as "schema.table: column type, …".
func database(tables ...string) *catalog.Catalog {
	cat := &catalog.Catalog{Database: "db"}
	for _, def := range tables {
		table, columns, _ := strings.Cut(def, ": ")
		t := &catalog.Table{Name: name(table), Root: name(table), Kind: catalog.Ordinary}
		for _, c := range strings.Split(columns, ", ") {
			column, typ, _ := strings.Cut(c, " ")
			t.Columns = append(t.Columns, &catalog.Column{Name: column, Type: &catalog.Type{SQL: typ,
				Kind: catalog.BaseType}})
		}
		cat.Tables = append(cat.Tables, t)
	}
	return cat
}

func parsed(t testing.TB, text string) *Ruleset {
	t.Helper()
	rs, err := Parse("r.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func classOf(c *catalog.Column) pii.Class {
	if strings.Contains(c.Name, "mail") {
		return pii.Email
	}
	return pii.None
}

// decisions are what an expansion says, a line for each table or column.
func decisions(x *Expansion) (lines []string) {
	for _, n := range tableNames(x.Rules.Tables) {
		t := x.Rules.Tables[n]
		if t.Rows == NoRows {
			lines = append(lines, n.String()+": none")
		}
		for _, c := range t.Columns {
			line := fmt.Sprintf("%s.%s: %s", n, c.Name, c.Rule.Transform)
			if c.Pattern != "" {
				line += " by " + c.Pattern
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// The most specific rule wins: the column's part of a pattern weighs more than the
// table's, a rule that names both always counts, and defaults come last.
func TestPatterns(t *testing.T) {
	cat := database("public.users: id bigint, email text, updated_by text, note text, seen timestamp",
		"public.posts: id bigint, updated_by text, body text", "public.qrtz_jobs: id bigint",
		"public.qrtz_locks: id bigint", "t1.users: id bigint, email text", "t2.users: id bigint, email text, note text",
		`public."a*b": id bigint`)
	x := parsed(t, `tables:
  "public.qrtz_*": {rows: none}
  public.qrtz_locks: {columns: {id: keep}}
  public.users: {columns: {id: keep, note: lorem, "*": "null"}}
  "*.updated_by": username
  "public.posts.*_by": full_name
  "t*.users": {columns: {email: email, "*": {transform: constant, value: x}}}
  "*.id": token
  'public."a*b"': {columns: {id: phone}}
defaults: {classes: {email: email}, types: {text: text}, other: lorem}
`).Expand(cat, classOf)
	if len(x.Problems) > 0 {
		t.Fatal(x.Problems)
	}
	want := []string{
		`public."a*b".id: phone`,
		"public.posts.id: token by *.id", "public.posts.updated_by: username by *.updated_by",
		"public.posts.body: text by defaults.types.text",
		"public.qrtz_jobs: none", "public.qrtz_locks.id: keep",
		"public.users.id: keep", "public.users.note: lorem", "public.users.*: null",
		"public.users.updated_by: username by *.updated_by",
		"t1.users.id: token by *.id", "t1.users.email: email by t*.users",
		"t2.users.id: token by *.id", "t2.users.email: email by t*.users", "t2.users.note: constant by t*.users",
	}
	if d := cmp.Diff(want, decisions(x)); d != "" {
		t.Error(d)
	}
	var matches []string
	for _, m := range x.Matches {
		matches = append(matches, m.String())
	}
	for _, want := range []string{
		`"public.qrtz_*" decides on tables 1: public.qrtz_jobs`,
		`"*.updated_by" decides on columns 2: public.users.updated_by, public.posts.updated_by`,
		`"public.posts.*_by" matches nothing`,
		`"t*.users" decides on tables 2: t1.users, t2.users`,
		`"defaults.types.text" decides on columns 1: public.posts.body`,
		`"defaults.other" matches nothing`,
	} {
		if !slices.Contains(matches, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(matches, "\n"))
		}
	}
}

// Defaults by class and type; a type has several names.
func TestDefaults(t *testing.T) {
	x := parsed(t,
		`defaults: {classes: {email: email}, types: {int8: keep, text: text, "varchar": lorem}, other: "null"}
`).Expand(database("a.b: id bigint, e_mail text, note text, code character_varying, doc jsonb"), classOf)
	cols := x.Rules.Tables[name("a.b")].Columns
	var got []string
	for _, c := range cols {
		got = append(got, c.Name+" "+c.Rule.Transform)
	}
	if d := cmp.Diff([]string{"id keep", "e_mail email", "note text", "code null", "doc null"}, got); d != "" {
		t.Error(d)
	}
}

func TestPatternsThatCollide(t *testing.T) {
	cat := database("a.bcd: x text, y text")
	for _, tc := range []struct{ rules, want string }{
		{"tables: {'a.b*': {columns: {x: email}}, 'a.*d': {columns: {x: phone}}}",
			`r.yaml:2:60: column "x" of a.bcd fits "a.*d" and "a.b*" (r.yaml:2:29) alike: write a rule for it`},
		{"tables: {'a.b*': {rows: none}, 'a.*d': {rows: all}}",
			`r.yaml:2:32: table a.bcd fits "a.*d" and "a.b*" (r.yaml:2:10) alike`},
		{"tables: {'a.b*': {columns: {z: email, x: keep}}}", `r.yaml:2:29: no table that "a.b*" fits has a column "z"`},
	} {
		x := parsed(t, tc.rules+"\n").Expand(cat, classOf)
		if len(x.Problems) != 1 || !strings.HasPrefix(x.Problems[0].String(), tc.want) {
			t.Errorf("%s\n%v", tc.rules, x.Problems)
		}
	}
	same := parsed(t, "tables: {'a.b*': {columns: {x: email}}, 'a.*d': {columns: {x: email}}}\n").Expand(cat, classOf)
	if len(same.Problems) > 0 {
		t.Error("patterns that say the same collide:", same.Problems)
	}
}

func TestBadPatterns(t *testing.T) {
	_, err := Parse("r.yaml", []byte(`version: 1
tables:
  "*": {rows: none}
  "a.b*.c": {rows: none}
  "a.b*.c.d": email
  "a.b *": email
  "a.c*": 7
defaults: {classes: {emial: email}, kinds: {}, types: {text: }}
`))
	if err == nil {
		t.Fatal("no problem")
	}
	for _, want := range []string{
		`r.yaml:3:3: "*" is no pattern: write SCHEMA.TABLE for tables`,
		`r.yaml:4:3: "a.b*.c" is a pattern for columns, and takes one rule`,
		`r.yaml:5:3: "a.b*.c.d" is no pattern`, `r.yaml:6:3: "a.b *" is no pattern`,
		`r.yaml:7:11: the rule of columns a.c* is a transform's name, not a number`,
		`r.yaml:8:22: "emial" is no class (did you mean "email"?)`, `"kinds" is no key of defaults`,
		`columns of text has no rule`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// What is optional is no mistake where it isn't there, and what names it goes with it.
func TestOptional(t *testing.T) {
	rs := parsed(t, `tables:
  a.b: {columns: {x: keep, gone: {transform: email, optional: true}, there: {transform: phone, optional: true}}}
  a.old: {optional: true, columns: {id: keep}}
  a.missing: {columns: {id: keep}}
references: [{table: a.old, columns: [id], to: a.b}]
allow: [{table: a.old, column: id, class: email, values: [x], why: y}]
`)
	x := rs.Expand(database("a.b: x text, there text"), classOf)
	want := []string{"a.b.x: keep", "a.b.there: phone", "a.missing.id: keep"}
	if d := cmp.Diff(want, decisions(x)); d != "" {
		t.Error(d)
	}
	if len(x.Rules.References)+len(x.Rules.Allow) > 0 || len(rs.References) != 1 || len(rs.Tables) != 3 {
		t.Error("what names an optional table stays, or the ruleset itself was changed")
	}
}

// A pattern that masks takes what comes later; one that keeps needs a review.
func TestReview(t *testing.T) {
	at := folder(t, map[string]string{
		"app.yaml": "tables: {'a.*': {columns: {id: keep, '*': text}}, 'a.*.state_*': {array: keep}, a.c: {columns: {id: keep}}}\n",
	})
	load := func(tables ...string) *Expansion {
		t.Helper()
		rs, err := Load([]string{at("app.yaml")})
		if err != nil {
			t.Fatal(err)
		}
		return rs.Expand(database(tables...), classOf)
	}
	unreviewed := func(x *Expansion) (list []string) {
		for _, k := range x.Unreviewed() {
			list = append(list, k.Table.String()+"."+k.Column+" by "+k.Pattern)
		}
		return list
	}
	x := load("a.b: id bigint, note text", "a.c: id bigint")
	if d := cmp.Diff([]string{"a.b.id by a.*"}, unreviewed(x)); d != "" {
		t.Error(d)
	}
	files, err := x.Accept()
	if err != nil || len(files) != 1 || files[0] != at("app.reviewed.yaml") {
		t.Fatal(files, err)
	}
	if later := unreviewed(load("a.b: id bigint, note text, name text")); later != nil {
		t.Errorf("a new column that is masked: %v", later)
	}
	later := load("a.b: id text, state_1 text[]", "a.d: id bigint")
	if d := cmp.Diff([]string{"a.b.id by a.*", "a.b.state_1 by a.*.state_*", "a.d.id by a.*"},
		unreviewed(later)); d != "" {
		t.Errorf("another type, a new column, a new table: %s", d)
	}
}

func TestBadReview(t *testing.T) {
	at := folder(t, map[string]string{"app.yaml": "tables: {}\n",
		"app.reviewed.yaml": "reviewed: {users: {id: bigint}, a.b: {id: 7}}\nx: y\n"})
	_, err := Load([]string{at("app.yaml")})
	for _, want := range []string{`"users" is not a table name`, "the type of id must be a string",
		`"x" is no key of a review`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
