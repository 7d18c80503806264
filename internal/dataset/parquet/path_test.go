package parquet

import (
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

func TestPath(t *testing.T) {
	for _, c := range []struct {
		schema, table string
		part          int
		want          string
	}{
		{"public", "users", 0, "tables/public.users/part-00000.parquet"},
		{"public", "users", 123456, "tables/public.users/part-123456.parquet"},
		{"a.b", "c", 1, "tables/a%2Eb.c/part-00001.parquet"},
		{"a", "b.c", 1, "tables/a.b%2Ec/part-00001.parquet"},
		{"Odd Schema", `Order "Book"/../%2E`, 2,
			"tables/Odd%20Schema.Order%20%22Book%22%2F%2E%2E%2F%252E/part-00002.parquet"},
		{"ü", "日", 0, "tables/%C3%BC.%E6%97%A5/part-00000.parquet"},
	} {
		n := catalog.Name{Schema: c.schema, Name: c.table}
		if got := Path(n, c.part); got != c.want {
			t.Errorf("Path(%v, %d) = %q, want %q", n, c.part, got, c.want)
		}
		if got, part, ok := ParsePath(c.want); !ok || got != n || part != c.part {
			t.Errorf("ParsePath(%q) = %v, %d, %v", c.want, got, part, ok)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, s := range []string{
		"", "tables/", "tables/public.users", "tables/public.users/part-0.parquet", "tables/public.users/part-00000.csv",
		"tables/public/part-00000.parquet", "tables/a.b.c/part-00000.parquet", "tables/a.%2/part-00000.parquet",
		"tables/a.%zz/part-00000.parquet", "tables/a.%62/part-00000.parquet", "tables/a.b/x/part-00000.parquet",
		"tables/a.b/part--0001.parquet", "x/tables/a.b/part-00000.parquet",
	} {
		if n, _, ok := ParsePath(s); ok {
			t.Errorf("ParsePath(%q) = %v, want it refused", s, n)
		}
	}
}

func FuzzPath(f *testing.F) {
	f.Add("public", "users", 0)
	f.Add("a.b/", "%..", 99999)
	f.Fuzz(func(t *testing.T, schema, table string, part int) {
		if part < 0 || part > 1<<31-1 {
			t.Skip()
		}
		n := catalog.Name{Schema: schema, Name: table}
		p := Path(n, part)
		if strings.Count(p, "/") != 2 || strings.Contains(p, "..") {
			t.Errorf("unsafe path %q", p)
		}
		if got, gotPart, ok := ParsePath(p); !ok || got != n || gotPart != part {
			t.Errorf("%q came back as %v, %d, %v", p, got, gotPart, ok)
		}
	})
}
