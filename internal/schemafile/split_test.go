package schemafile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	const sql = `-- a; comment
\restrict abc
\connect "app"
SET x = 'a;b'; SELECT E'\';' AS "odd;name";
/* one /* two; */ still; */
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; $body$;
CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql
BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; SELECT 4; END;
CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v);
COPY public.t (a, b) FROM stdin;
1	it's; "odd
\.
COPY t FROM STDIN WITH (FORMAT csv);
\.

INSERT INTO t VALUES ('it''s', $1$)`
	got, include := split(sql)
	if include != "" {
		t.Errorf("include %q", include)
	}
	var texts []string
	var at []int
	for _, s := range got {
		texts = append(texts, strings.ReplaceAll(s.text, "\n", " "))
		at = append(at, s.line)
	}
	want := []string{
		`SET x = 'a;b'`,
		`SELECT E'\';' AS "odd;name"`,
		`CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; $body$`,
		`CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; SELECT 4; END`,
		`CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v)`,
		`INSERT INTO t VALUES ('it''s', $1$)`,
	}
	if d := cmp.Diff(want, texts); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{4, 4, 6, 7, 9, 16}, at); d != "" {
		t.Error("lines: ", d)
	}
}

func TestSplitNamesIncludes(t *testing.T) {
	if _, include := split("SELECT 1;\n\\i other.sql\n"); include != `\i other.sql` {
		t.Errorf("include %q", include)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("SELECT $a$ ; $a$; /* x */ 'y")
	f.Add("COPY t FROM stdin;\n1\n")
	f.Fuzz(func(t *testing.T, sql string) {
		got, _ := split(sql)
		for _, s := range got {
			if s.text == "" || s.line < 1 || s.line > strings.Count(sql, "\n")+1 {
				t.Errorf("%q gives %q at line %d", sql, s.text, s.line)
			}
		}
	})
}
