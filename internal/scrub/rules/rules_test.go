package rules

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

const good = `version: 1
tables:
  public.users:
    columns:
      id: keep
      email: email                                    # scalar
      mobile: {transform: phone, domain: mobile, when: "country == 'US'"}
      gone: null
      gone_too: "null"
      attributes:
        json: {contact_email: email, plan: keep, "tags[*]": {transform: constant, value: [1, x, null, {a: true}]}}
        other: keep
      aliases: {array: {transform: email}}
      home: {composite: {street: street}}
      extra: {hstore: {mail: email}}
      2: keep
      true: keep
      null: keep
      "\"*\"": keep
      "*": keep
  public.sessions: {rows: none}
  "\"Odd Schema\".\"Order \"\"Book\"\"\"": {rows: all, columns: {"*": keep}}
allow:
  - {table: public.pages, column: body, class: email, values: [support@acme.com, 12], why: our own address}
`

func TestParse(t *testing.T) {
	rs, err := Parse("r.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	users := rs.Tables[catalog.Name{Schema: "public", Name: "users"}]
	if users == nil || len(users.Columns) != 14 || users.Pos != (Pos{"r.yaml", 3, 3}) {
		t.Fatalf("users: %+v", users)
	}
	for _, name := range []string{"2", "true", "null", "*"} {
		if users.Column(name) == nil {
			t.Errorf("column %q is missing", name)
		}
	}
	if w := users.Wildcard(); w == nil || w.Rule.Transform != "keep" {
		t.Error("no wildcard")
	}
	for _, name := range []string{"gone", "gone_too"} {
		if r := users.Column(name).Rule; r.Kind != Scalar || r.Transform != "null" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	at := func(line, col int) Pos { return Pos{"r.yaml", line, col} }
	want := &Rule{Kind: Scalar, Transform: "phone", When: Condition{Text: "country == 'US'", Pos: at(7, 57), inline: true}, Pos: at(7, 15),
		Params: []Param{{"domain", Value{Text: "mobile", Pos: at(7, 42)}, at(7, 34)}}}
	if d := cmp.Diff(want, users.Column("mobile").Rule, cmp.AllowUnexported(Condition{})); d != "" {
		t.Error(d)
	}
	attributes := users.Column("attributes").Rule
	if attributes.Kind != JSON || len(attributes.Parts) != 3 || attributes.Param("other") == nil || attributes.Param("x") != nil {
		t.Errorf("attributes: %+v", attributes)
	}
	v := attributes.Parts[2].Rule.Params[0].Value
	if v.Kind != List || len(v.Items) != 4 || v.Items[0].Kind != Number || v.Items[2].Kind != Null || v.Items[3].Parts[0].Value.Text != "true" {
		t.Errorf("value: %+v", v)
	}
	if r := users.Column("aliases").Rule; r.Kind != Array || r.Elem.Transform != "email" {
		t.Errorf("aliases: %+v", r)
	}
	if r := users.Column("home").Rule; r.Kind != Composite || r.Parts[0].Name != "street" {
		t.Errorf("home: %+v", r)
	}
	if r := users.Column("extra").Rule; r.Kind != Hstore || r.Parts[0].Rule.Transform != "email" {
		t.Errorf("extra: %+v", r)
	}
	if s := rs.Tables[catalog.Name{Schema: "public", Name: "sessions"}]; s == nil || s.Rows != NoRows {
		t.Errorf("sessions: %+v", s)
	}
	if rs.Tables[catalog.Name{Schema: "Odd Schema", Name: `Order "Book"`}] == nil {
		t.Error("quoted name is missing")
	}
	a := Allow{Table: catalog.Name{Schema: "public", Name: "pages"}, Column: "body", Class: pii.Email,
		Values: []string{"support@acme.com", "12"}, Why: "our own address", Pos: at(24, 5)}
	if d := cmp.Diff([]Allow{a}, rs.Allow); d != "" {
		t.Error(d)
	}
}

// Every problem of a file comes at once, at its place, with what to do.
func TestProblems(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string // "line:col: part of the message"
	}{
		{"empty", "", []string{"1:1: the file is empty"}},
		{"only a comment", "# nothing\n", []string{"1:1: the file is empty"}},
		{"a scalar", "hello", []string{"1:1: a rules file is a mapping"}},
		{"no version", "tables: {}", []string{"1:1: version is missing"}},
		{"wrong version", "version: 2\ntables: {}", []string{"1:1: this refresher knows version 1"}},
		{"unknown keys", "version: 1\ntabels: {}\nzzz: 1\n", []string{`2:1: "tabels" is no key of a rules file (did you mean "tables"?)`, `3:1: "zzz" is no key of a rules file; it takes`}},
		{"duplicate keys", "version: 1\ntables: {}\ntables: {}\n", []string{"3:1: \"tables\" is given twice in a rules file, first in line 2"}},
		{"not YAML", "version: 1\ntables: [", []string{"2:9: "}},
		{"tab", "version: 1\n\ttables: {}\n", []string{"2:"}},
		{"two documents", "version: 1\n---\nversion: 1\n", []string{"3:1: a rules file holds one document"}},
		{"table names", "version: 1\ntables:\n  users: {rows: none}\n  a.b.c: {rows: none}\n  x y.z: {rows: none}\n", []string{"3:3: \"users\" is not a table name: write it as schema.table", "4:3: ", "5:3: "}},
		{"table shapes", "version: 1\ntables:\n  a.b: keep\n  a.c:\n  a.d: {colums: {}}\n  a.e: {rows: some}\n  a.f: {rows: none, columns: {x: keep}}\n", []string{
			"3:8: table a.b is a mapping: write {columns:", "4:", `5:9: "colums" is no key of a table (did you mean "columns"?)`, "6:15: rows is all, none or {when: EXPRESSION}", "7:21: table a.f has rows: none"}},
		{"column shapes", `version: 1
tables:
  a.b:
    columns:
      c1:
      c2: 12
      c3: {array: [email]}
      c4: {trasform: email}
      c5: {transform: email, json: {a: keep}}
      c6: {json: keep}
      c7: {array: }
      c8: {array: {max: 1}}
      c9: ""
      c10: true
      c11: {transform: {a: b}}
      c12: {transform: email, transform: phone}
      c13: {when: 12, transform: email}
      c1: keep
`, []string{
			`5:7: column "c1" of a.b has no rule: write keep, null`,
			`6:11: the rule of column "c2" of a.b is a transform's name, not a number`,
			`7:19: the rule of the elements of column "c3" of a.b is one transform, not a list`,
			`8:11: the rule of column "c4" of a.b names no transform (did you mean "transform"?)`,
			`9:30: the rule of column "c5" of a.b has both transform and json`,
			`10:18: json of column "c6" of a.b is a mapping`,
			`11:12: the elements of column "c7" of a.b has no rule`,
			`12:19: the rule of the elements of column "c8" of a.b names no transform`,
			`13:11: column "c9" of a.b has no rule`,
			`14:12: the rule of column "c10" of a.b is a transform's name, not a boolean`,
			`15:24: transform is a transform's name`,
			`16:31: "transform" is given twice`,
			`17:19: when must be a string, not a number`,
			`18:7: "c1" is given twice`,
		}},
		{"anchors", "version: 1\ntables:\n  a.b: &x {rows: none}\n  a.c: *x\n  a.d: !!map {rows: none}\n  a.e:\n    <<: {rows: none}\n", []string{
			"3:8: anchors are not supported", "4:8: aliases are not supported", "5:8: tags are not supported", "7:5: merge keys are not supported"}},
		{"quoted twice", "version: 1\ntables:\n  a.b: {columns: {x: keep, \"\\\"x\\\"\": keep}}\n  '\"a\".b': {rows: none}\n", []string{
			`3:28: column "x" is given twice in a.b`, "4:3: table a.b is given twice, first at r.yaml:3:3"}},
		{"allow", "version: 1\nallow:\n  - {table: pages, column: b, class: emial, values: [], why: ''}\n  - {tabel: a.b}\n  - 7\n", []string{
			"3:13: \"pages\" is not a table name", `3:38: "emial" is no class (did you mean "email"?)`, "3:53: values is a list", "3:62: why is empty",
			"4:5: an exception needs column", "4:5: an exception needs class", "4:5: an exception needs why",
			"4:5: an exception needs table, or objects and a pattern", "4:5: an exception needs values, or up_to", `4:6: "tabel" is no key of an exception (did you mean "table"?)`, "5:5: an exception is a mapping"}},
		{"lists of rules", `version: 1
tables:
  a.b:
    columns:
      c1: []
      c2: [keep, email]
      c3: [{transform: keep, when: a}, {transform: email, when: b}]
      c4: [{transform: keep, when: a}, [email], email]
      c5: [{transform: keep, when: a}, {emial: x, when: b}, email]
`, []string{
			`5:11: column "c1" of a.b has no rule`,
			`6:12: this rule of column "c2" of a.b has no condition, so those after it are never used`,
			`7:40: the last rule of column "c3" of a.b has a condition: add one without (when:)`,
			`8:40: the rule of column "c4" of a.b is one transform, not a list`,
			`9:40: the rule of column "c5" of a.b names no transform`,
		}},
		{"rows", "version: 1\ntables:\n  a.b: {rows: {wen: x}}\n  a.c: {rows: {}}\n  a.d: {rows: {when: ''}}\n  a.e: {rows: [all]}\n", []string{
			`3:16: "wen" is no key of rows (did you mean "when"?)`, "4:15: rows is all, none or", "5:22: when is empty", "6:15: rows is a mapping: write all, none or {when: EXPRESSION}"}},
		{"references", "version: 1\nreferences:\n  - {table: pages, columns: x, to: a.b, too: c}\n  - {columns: [], to: 3}\n  - {table: a.b, columns: [x, y], to: a.c, to_columns: [z], when: 3}\n  - 7\n", []string{
			`3:13: "pages" is not a table name`, "3:29: columns is a list of column names", `3:41: "too" is no key of a reference`,
			"4:5: a reference needs table", "4:15: columns is a list", "4:23: to must be a string, not a number",
			"5:5: a reference has as many to_columns as columns: here are 1 and 2", "5:67: when must be a string, not a number", "6:5: a reference is a mapping"}},
		{"references shape", "version: 1\nreferences: {table: x}\n", []string{"2:13: references is a list"}},
		{"allow shape", "version: 1\nallow: {table: x}\n", []string{"2:8: allow is a list"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse("r.yaml", []byte(tc.text))
			var in *fault.Input
			if !errors.As(err, &in) {
				t.Fatalf("error %v", err)
			}
			for i, p := range in.Problems {
				s := strings.TrimPrefix(p.String(), "r.yaml:")
				if i >= len(tc.want) || !strings.HasPrefix(s, tc.want[i]) {
					t.Errorf("problem %d: %s", i, s)
				}
			}
			if len(in.Problems) != len(tc.want) {
				t.Errorf("%d problems, want %d", len(in.Problems), len(tc.want))
			}
		})
	}
}

func TestLoadJoinsFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	a := write("a.yaml", "version: 1\ntables: {a.b: {rows: none}}\n")
	b := write("b.yaml", "version: 1\ntables: {a.c: {rows: none}}\n")
	again := write("again.yaml", "version: 1\ntables: {a.b: {rows: all}}\n")
	rs, err := Load([]string{a, b})
	if err != nil || len(rs.Tables) != 2 {
		t.Fatalf("%d tables, %v", len(rs.Tables), err)
	}
	_, err = Load([]string{a, again, filepath.Join(dir, "none.yaml")})
	var in *fault.Input
	if !errors.As(err, &in) || len(in.Problems) != 2 {
		t.Fatal(err)
	}
	for i, want := range []string{"table a.b is given twice, first at " + a + ":2:10", "can't be read: no such file"} {
		if !strings.Contains(in.Problems[i].String(), want) {
			t.Errorf("%s lacks %q", in.Problems[i], want)
		}
	}
	if _, err = Load(nil); err == nil {
		t.Error("no files are no error")
	}
}

func TestHash(t *testing.T) {
	base := "version: 1\ntables:\n  a.b: {columns: {x: {transform: email, domain: d, hash: 16}, y: keep}}\n  a.c: {rows: none}\n"
	hash := func(text string) string {
		t.Helper()
		rs, err := Parse("r.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return rs.Hash()
	}
	same := "# moved about\nversion: 1\ntables:\n  a.c:\n    rows: none\n  a.b:\n    columns:\n      \"y\": 'keep'\n      x: {hash: 16, domain: \"d\", transform: email}\n"
	if hash(base) != hash(same) {
		t.Error("layout changes the hash")
	}
	for _, other := range []string{
		strings.Replace(base, "hash: 16", "hash: 17", 1), strings.Replace(base, "hash: 16", "hash: '16'", 1),
		strings.Replace(base, "y: keep", "'*': keep", 1), strings.Replace(base, "rows: none", "rows: all", 1),
		strings.Replace(base, "y: keep", "y: {array: keep}", 1), strings.Replace(base, "domain: d", "when: d", 1),
		base + "allow: [{table: a.b, column: y, class: email, values: [q], why: w}]\n",
	} {
		if hash(base) == hash(other) {
			t.Errorf("one hash for two rulesets; the other is\n%s", other)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, s := range []string{"", "a: [", "? a\n: b\n", "version: 1\ntables: {a.b: {columns: {x: {json: {a: {array: email}}}}}}", "- - - -", "&a [*a]", "!!binary x: y", "%YAML 1.2\n---\na: b", "a: |\n  x\n", "{a: 1, a: 2}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rs, err := Parse("r.yaml", text)
		if err == nil {
			if rs.Hash() == "" {
				t.Error("no hash")
			}
			return
		}
		var in *fault.Input
		if !errors.As(err, &in) || len(in.Problems) == 0 {
			t.Fatalf("error %v is no list of problems", err)
		}
		for _, p := range in.Problems {
			if p.File != "r.yaml" || p.Line < 1 || p.Col < 1 || p.Text == "" {
				t.Errorf("problem without a place or text: %#v", p)
			}
		}
	})
}

// The keyed function is one that there is. Rules with the one of before have the hash of before.
func TestKeyedFunction(t *testing.T) {
	hash := map[string]string{}
	for _, text := range []string{"", "prf: aes-256-cmac\n", "prf: hmac-sha-256\n"} {
		rs, err := Parse("r.yaml", []byte("version: 1\n"+text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		hash[text] = rs.Hash()
	}
	if hash[""] != hash["prf: aes-256-cmac\n"] || hash[""] == hash["prf: hmac-sha-256\n"] {
		t.Errorf("hashes: %v", hash)
	}
	_, err := Parse("r.yaml", []byte("version: 1\nprf: hmac-sha256\n"))
	if err == nil || !strings.HasPrefix(err.Error(), `r.yaml:2:6: prf is aes-256-cmac or hmac-sha-256, not "hmac-sha256" (did you mean`) {
		t.Error(err)
	}
}

// What happens to large objects is said once, and nothing but drop or keep.
func TestLargeObjects(t *testing.T) {
	hash := map[string]string{}
	for text, keep := range map[string]bool{"": false, "large_objects: drop\n": false, "large_objects: keep\n": true} {
		rs, err := Parse("r.yaml", []byte("version: 1\n"+text))
		if err != nil || rs.LargeObjects.Keep != keep {
			t.Errorf("%q: %+v, %v", text, rs.LargeObjects, err)
		}
		hash[text] = rs.Hash()
	}
	if hash[""] != hash["large_objects: drop\n"] || hash[""] == hash["large_objects: keep\n"] {
		t.Errorf("hashes: %v", hash)
	}
	for text, want := range map[string]string{
		"large_objects: kep":              `r.yaml:2:16: large_objects is drop or keep, not "kep" (did you mean "keep"?)`,
		"large_objects: true":             "r.yaml:2:16: ",
		"large_objects: {keep: true}":     "r.yaml:2:16: ",
		"large_objects: [keep]":           "r.yaml:2:16: ",
		"large_objects:":                  "r.yaml:2:",
		"large_object: keep":              `r.yaml:2:1: "large_object" is no key of a rules file (did you mean "large_objects"?)`,
		"large_objects: keep\ntables: {}": "",
	} {
		_, err := Parse("r.yaml", []byte("version: 1\n"+text+"\n"))
		if want == "" && err == nil || want != "" && err != nil && strings.HasPrefix(err.Error(), want) {
			continue
		}
		t.Errorf("%q: %v", text, err)
	}
	dir := t.TempDir()
	var files []string
	for name, text := range map[string]string{"a.yaml": "keep", "b.yaml": "drop"} {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte("version: 1\nlarge_objects: "+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(files)
	if rs, err := Load(files); err == nil || !rs.LargeObjects.Keep || !strings.Contains(err.Error(), "b.yaml:2:1: large_objects is given twice, first at "+files[0]+":2:1: remove one") {
		t.Errorf("two files: %v", err)
	}
}
