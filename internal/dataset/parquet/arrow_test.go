package parquet_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// arrowRead reads a file with Apache Arrow's library for Go, which scripts/arrowread keeps out of the program's.
func arrowRead(t *testing.T, path string) (f struct {
	Rows    int64
	Columns []struct {
		Name, Type string
		Nullable   bool
		Values     []string
	}
	Chunks []struct {
		Path, Codec string
		NullCount   bool `json:"null_count"`
		MinMax      bool `json:"min_max"`
		PageIndex   bool `json:"page_index"`
	}
}) {
	t.Helper()
	if !longform.Asked() {
		t.Skip("building Apache Arrow's library takes minutes: make long")
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", path)
	cmd.Dir = "../../../scripts/arrowread"
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("arrowread: %v", err)
	}
	if err := json.Unmarshal(out, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// Arrow finds in a file of every type the types, counts and NULLs that the server has; every column is packed with
// zstd and has a count of NULLs and a page index, and every one but those of byte arrays its bounds.
func TestArrowReadsEveryType(t *testing.T) {
	url, table, path := everyType(t)
	f := arrowRead(t, path)
	if f.Rows != table.Rows || len(f.Columns) != len(table.Columns) {
		t.Fatalf("%d rows and %d columns, want %d and %d", f.Rows, len(f.Columns), table.Rows, len(table.Columns))
	}
	conn := pgserver.Conn(t, url)
	types := map[string]string{}
	for i, c := range f.Columns {
		types[c.Name] = c.Type
		var nulls int
		sql := "SELECT count(*) FILTER (WHERE " + catalog.Quote(c.Name) + " IS NULL) FROM everything"
		err := conn.QueryRow(t.Context(), sql).Scan(&nulls)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(fmt.Sprintf("%q", c.Values), `"(null)"`); n != nulls || c.Name != table.Columns[i].Name {
			t.Errorf("column %s (%s): %d NULLs, want %d", c.Name, c.Type, n, nulls)
		}
	}
	for name, want := range map[string]string{
		"b": "bool", "i2": "int16", "i4": "int32", "i8": "int64", "o": "uint32", "f4": "float32", "f8": "float64",
		"d9": "decimal(9, 2)", "d38": "decimal(38, 10)", "t": "utf8", "dt": "date32", "by": "binary",
	} {
		if types[name] != want {
			t.Errorf("column %s is %s to Arrow, want %s", name, types[name], want)
		}
	}
	for _, c := range f.Chunks {
		if !strings.EqualFold(c.Codec, "zstd") || !c.NullCount || !c.PageIndex {
			t.Errorf("%+v", c)
		}
		if c.Path == "id" && !c.MinMax {
			t.Errorf("%s has no bounds", c.Path)
		}
	}
}
