package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/prf"
)

// folder writes rules files and returns how to name them.
func folder(t *testing.T, files map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("version: 1\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

func name(s string) catalog.Name {
	n, err := catalog.ParseName(s)
	if err != nil {
		panic(err)
	}
	return n
}

// A later rule wins: that of the file over what it includes, and that of a file over
// those included before it. Each column says where it was decided.
func TestInclude(t *testing.T) {
	at := folder(t, map[string]string{
		"app.yaml": `include: [base.yaml, more/over.yaml]
tables:
  public.users: {columns: {email: keep, "*": "null"}}
  public.jobs: {columns: {id: keep}}
`,
		"base.yaml": `tables:
  public.users: {subject: id, columns: {id: keep, email: email, name: full_name, "*": keep}}
  public.jobs: {rows: none}
  public.logs: {rows: none}
`,
		"more/over.yaml": `include: [../base.yaml]
tables:
  public.users: {columns: {name: last_name}}
  public.logs: {rows: {when: true}, columns: {x: keep}}
`,
	})
	rs, err := Load([]string{at("app.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	users := rs.Tables[name("public.users")]
	for column, want := range map[string]string{
		"id": "keep base.yaml:3", "email": "keep app.yaml:4", "name": "last_name over.yaml:4", "*": "null app.yaml:4",
	} {
		c := users.Column(column)
		if column == "*" {
			c = users.Wildcard()
		}
		if got := c.Rule.Transform + " " + filepath.Base(c.Pos.File) + ":" + string(rune('0'+c.Pos.Line)); got != want {
			t.Errorf("%s: %s, want %s", column, got, want)
		}
	}
	if users.Subject == nil || len(users.Columns) != 4 {
		t.Errorf("%+v", users)
	}
	if jobs := rs.Tables[name("public.jobs")]; jobs.Rows != AllRows || len(jobs.Columns) != 1 {
		t.Errorf("columns over rows: none: %+v", jobs)
	}
	if logs := rs.Tables[name("public.logs")]; logs.Rows != RowsWhen {
		t.Errorf("rows over rows: %+v", logs)
	}
}

// Two files may include the same third; what they say themselves must not collide.
func TestSharedInclude(t *testing.T) {
	at := folder(t, map[string]string{
		"a.yaml":    "include: [base.yaml]\ntables: {a.a: {rows: none}}\n",
		"b.yaml":    "include: [base.yaml]\ntables: {a.b: {rows: none}}\n",
		"c.yaml":    "tables: {a.base: {rows: all}}\n",
		"base.yaml": "tables: {a.base: {rows: none}, 'a.x_*': {rows: none}}\ndefaults: {other: text}\nlarge_objects: keep\nprf: hmac-sha-256\n",
	})
	rs, err := Load([]string{at("a.yaml"), at("b.yaml")})
	if err != nil || len(rs.Tables) != 3 || len(rs.Patterns) != 1 || !rs.LargeObjects.Keep || rs.PRF.Name != prf.HMAC {
		t.Fatalf("%d tables, %v", len(rs.Tables), err)
	}
	_, err = Load([]string{at("a.yaml"), at("c.yaml")})
	if err == nil || !strings.Contains(err.Error(), "table a.base is given twice, first at "+at("base.yaml")+":2:10") {
		t.Error(err)
	}
}

func TestBadIncludes(t *testing.T) {
	at := folder(t, map[string]string{
		"self.yaml":  "include: [self.yaml]\n",
		"one.yaml":   "include: [two.yaml]\n",
		"two.yaml":   "include: [one.yaml]\n",
		"gone.yaml":  "include: [nowhere.yaml]\n",
		"typo.yaml":  "include: ['builtin:experimentatoin']\n",
		"shape.yaml": "include: base.yaml\n",
		"item.yaml":  "include: [{a: b}]\n",
		"inner.yaml": "include: [broken.yaml]\ntables: {a.b: {rows: some}}\n",
		"broken.yaml": `tables:
  a.b: {rows: nothing}
`,
	})
	for file, want := range map[string][]string{
		"self.yaml":  {"self.yaml:2:11: the rules include themselves: ", ", which includes "},
		"one.yaml":   {"two.yaml:2:11: the rules include themselves: " + at("one.yaml") + ", which includes " + at("two.yaml") + ", which includes " + at("one.yaml")},
		"gone.yaml":  {"gone.yaml:2:11: the included file " + at("nowhere.yaml") + " can't be read: no such file"},
		"typo.yaml":  {`typo.yaml:2:11: there is no builtin ruleset "experimentatoin" (did you mean "experimentation"?)`},
		"shape.yaml": {"shape.yaml:2:10: include is a list of rules files"},
		"item.yaml":  {"item.yaml:2:11: an included file must be a string"},
		"inner.yaml": {"broken.yaml:3:15: rows is all, none or", "inner.yaml:3:22: rows is all, none or"},
	} {
		_, err := Load([]string{at(file)})
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: no %q in %v", file, w, err)
			}
		}
	}
}

func TestBuiltin(t *testing.T) {
	at := folder(t,
		map[string]string{"app.yaml": "include: ['builtin:experimentation']\ntables: {public.users: {rows: none}}\n"})
	rs, err := Load([]string{at("app.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Load([]string{"builtin:experimentation"})
	if err != nil || len(whole.Tables) != len(rs.Tables) || len(rs.Tables) < 2 {
		t.Fatalf("%d and %d tables, %v", len(whole.Tables), len(rs.Tables), err)
	}
	if rs.Tables[name("public.users")].Rows != NoRows ||
		whole.Tables[name("public.users")].Pos.File != "builtin:experimentation" {
		t.Error("the builtin was not overruled, or doesn't say its name")
	}
}

// A file that includes another gives its variables other values.
func TestVariables(t *testing.T) {
	at := folder(t, map[string]string{
		"pack.yaml": "vars: {bucket: inert, keep_days: 3}\ntables:\n  a.t: {columns: {u: {transform: regex_replace, pattern: x, with: {var: bucket}}, n: {transform: date_shift, max_days: {var: keep_days}}}}\n",
		"site.yaml": "include: [pack.yaml]\nvars: {bucket: ours}\n",
		"typo.yaml": "include: [pack.yaml]\nvars: {bukket: ours}\n",
		"none.yaml": "tables: {a.t: {columns: {u: {transform: constant, value: {var: bucket}}}}}\n",
		"bad.yaml":  "vars: {a: [1]}\n",
	})
	for file, want := range map[string]string{"pack.yaml": "inert 3", "site.yaml": "ours 3"} {
		rs, err := Load([]string{at(file)})
		if err != nil {
			t.Fatal(err)
		}
		columns := rs.Tables[name("a.t")].Columns
		got := columns[0].Rule.Param("with").Value.Text + " " + columns[1].Rule.Param("max_days").Value.Text
		if got != want {
			t.Errorf("%s: %q, not %q", file, got, want)
		}
	}
	for file, want := range map[string]string{
		"typo.yaml": `typo.yaml:3:8: no rule names the variable bukket (did you mean "bucket"?)`,
		"none.yaml": `none.yaml:2:`, "bad.yaml": "bad.yaml:2:8: the variable a is a string",
	} {
		if _, err := Load([]string{at(file)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: no %q in %v", file, want, err)
		}
	}
}
