package layout

import (
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

func TestPath(t *testing.T) {
	for _, c := range []struct {
		schema, table string
		part          int
		format        Format
		want          string
	}{
		{"public", "users", 0, Parquet, "tables/public.users/part-00000.parquet"},
		{"public", "users", 123456, CSV, "tables/public.users/part-123456.csv.gz"},
		{"a.b", "c", 1, JSONL, "tables/a%2Eb.c/part-00001.jsonl.gz"},
		{"a", "b.c", 1, Parquet, "tables/a.b%2Ec/part-00001.parquet"},
		{"Odd Schema", `Order "Book"/../%2E`, 2, Parquet,
			"tables/Odd%20Schema.Order%20%22Book%22%2F%2E%2E%2F%252E/part-00002.parquet"},
		{"ü", "日", 0, Parquet, "tables/%C3%BC.%E6%97%A5/part-00000.parquet"},
	} {
		f := File{Table: catalog.Name{Schema: c.schema, Name: c.table}, Part: c.part, Format: c.format}
		if got := f.Path(); got != c.want {
			t.Errorf("%v is at %q, want %q", f, got, c.want)
		}
		if got, ok := Parse(c.want); !ok || got != f {
			t.Errorf("Parse(%q) = %v, %v", c.want, got, ok)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", "tables/", "tables/public.users", "tables/public.users/part-0.parquet", "tables/public.users/part-00000.csv",
		"tables/public.users/part-00000", "tables/public.users/part-00000.csv.gz.parquet",
		"tables/public/part-00000.parquet", "tables/a.b.c/part-00000.parquet", "tables/a.%2/part-00000.parquet",
		"tables/a.%zz/part-00000.parquet", "tables/a.%62/part-00000.parquet", "tables/a.b/x/part-00000.parquet",
		"tables/a.b/part--0001.parquet", "x/tables/a.b/part-00000.parquet",
	} {
		if f, ok := Parse(s); ok {
			t.Errorf("Parse(%q) = %v, want it refused", s, f)
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
		for _, format := range []Format{Parquet, CSV, JSONL} {
			file := File{Table: catalog.Name{Schema: schema, Name: table}, Part: part, Format: format}
			p := file.Path()
			if strings.Count(p, "/") != 2 || strings.Contains(p, "..") {
				t.Errorf("unsafe path %q", p)
			}
			if got, ok := Parse(p); !ok || got != file {
				t.Errorf("%q came back as %v, %v", p, got, ok)
			}
		}
	})
}
