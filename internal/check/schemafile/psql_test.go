package schemafile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithoutPsql(t *testing.T) {
	got, include := withoutPsql(`\restrict abc
\connect "app"
SET x = 1;
COPY public.t (a, b) FROM stdin;
1	it's; "odd
\N	\\.
\.
copy t from STDIN with (format csv);
\.
SELECT '\.';`)
	want := "\n\nSET x = 1;\n\n\n\n\n\n\nSELECT '\\.';"
	if d := cmp.Diff(want, got); d != "" || include != "" {
		t.Error(include, d)
	}
	if _, include := withoutPsql("SELECT 1;\n\\i other.sql\n\\ir third.sql\n"); include != `\i other.sql` {
		t.Errorf("include %q", include)
	}
}

func FuzzWithoutPsql(f *testing.F) {
	f.Add("COPY t FROM stdin;\n1\n\\.\nSELECT 1")
	f.Fuzz(func(t *testing.T, script string) {
		sql, _ := withoutPsql(script)
		if strings.Count(sql, "\n") != strings.Count(script, "\n") {
			t.Errorf("%q has other lines than %q", sql, script)
		}
	})
}
