package parquet_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/parquet-go/parquet-go"

	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/duckdb"
	"refresher/internal/testkit/pgserver"
)

// duckText is a column as text that PostgreSQL reads.
func duckText(c layout.Column) string {
	q := `"` + strings.ReplaceAll(c.Name, `"`, `""`) + `"`
	switch {
	case strings.HasPrefix(c.Parquet, "LIST"):
		return "len(" + q + ")::VARCHAR"
	case c.Parquet == "BYTE_ARRAY":
		return `'\x' || hex(` + q + `)`
	case c.Parquet == "TIMESTAMP(MICROS, UTC)":
		return "make_timestamp(epoch_us(" + q + "))::VARCHAR || 'Z'"
	}
	return q + "::VARCHAR"
}

// DuckDB finds in a file of every type the types, counts and values that the server has, and
// what makes a file quick to read: zstd, statistics and a page index.
func TestDuckDBReadsEveryType(t *testing.T) {
	url, table, path := everyType(t)
	columns := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = duckText(c)
	}
	from := " FROM read_parquet('" + path + "')"
	answers := duckdb.Ask(t, "DESCRIBE SELECT *"+from, "SELECT "+strings.Join(columns, ", ")+from+" ORDER BY id",
		"SELECT path_in_schema, compression, stats_null_count IS NOT NULL, coalesce(stats_min_value, stats_min) IS NOT NULL"+
			" FROM parquet_metadata('"+path+"')")
	duckTypes(t, answers[0])
	if int64(len(answers[1])) != table.Rows {
		t.Fatalf("%d rows, want %d", len(answers[1]), table.Rows)
	}
	for i, c := range table.Columns {
		sameAsServer(t, url, c, table.Name, answers[1], i)
	}
	for _, m := range answers[2] {
		if m[1] != "ZSTD" || m[2] != true {
			t.Errorf("column %v is packed with %v, and counts its NULLs: %v", m[0], m[1], m[2])
		}
		if m[0] == "id" && m[3] != true {
			t.Error("column id has no minimum")
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.ColumnIndexes()) == 0 || len(f.OffsetIndexes()) != len(f.ColumnIndexes()) {
		t.Errorf("%d column indexes and %d offset indexes", len(f.ColumnIndexes()), len(f.OffsetIndexes()))
	}
}

// duckTypes compares the types that DuckDB sees.
func duckTypes(t *testing.T, described [][]any) {
	t.Helper()
	got := map[string]string{}
	for _, row := range described {
		got[fmt.Sprint(row[0])] = fmt.Sprint(row[1])
	}
	for name, want := range map[string]string{
		"b": "BOOLEAN", "i2": "SMALLINT", "i4": "INTEGER", "i8": "BIGINT", "o": "UINTEGER", "f4": "FLOAT",
		"f8": "DOUBLE", "d9": "DECIMAL(9,2)", "d18": "DECIMAL(18,6)", "d38": "DECIMAL(38,10)", "dbig": "VARCHAR",
		"t": "VARCHAR", "u": "UUID", "jb": "JSON", "dt": "DATE", "ts": "TIMESTAMP", "tz": "TIMESTAMP WITH TIME ZONE",
		"tm": "TIME", "by": "BLOB", "iv": "VARCHAR", "m": "VARCHAR", "cd": "DECIMAL(12,2)", "ai": "INTEGER[]",
		"at": "VARCHAR[]", "an": "DECIMAL(10,3)[]", "au": "UUID[]", "ats": "TIMESTAMP WITH TIME ZONE[]",
		"g": "BIGINT",
	} {
		if got[name] != want {
			t.Errorf("column %s is %s to DuckDB, want %s", name, got[name], want)
		}
	}
}

// sameAsServer compares a column with the server's, which brings DuckDB's text into its own
// form; of arrays their lengths.
func sameAsServer(t *testing.T, url string, c layout.Column, table catalog.Name, rows [][]any, i int) {
	t.Helper()
	ours := make([]*string, len(rows))
	for r, row := range rows {
		if row[i] != nil {
			s := strings.Replace(fmt.Sprint(row[i]), "(BC)", "BC", 1)
			ours[r] = &s
		}
	}
	q, typ := catalog.Quote(c.Name), c.Type
	switch {
	case strings.HasPrefix(c.Parquet, "LIST"):
		q, typ = "cardinality("+q+")", "integer"
	case typ == "character": // which would mean character(1) here
		typ = "bpchar"
	}
	conn := pgserver.Conn(t, url)
	if _, err := conn.Exec(t.Context(), "SET TimeZone = 'UTC'; SET lc_monetary = 'C'",
		pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	var want []*string
	err := conn.QueryRow(t.Context(), "SELECT array_agg(v::"+typ+"::text ORDER BY n), (SELECT array_agg("+q+
		"::text ORDER BY id) FROM "+table.SQL()+") FROM unnest($1::text[]) WITH ORDINALITY u(v, n)", ours).
		Scan(&ours, &want)
	if err != nil {
		t.Errorf("column %s (%s): %v", c.Name, c.Type, err)
		return
	}
	for r := range want {
		if (ours[r] == nil) != (want[r] == nil) || want[r] != nil && *ours[r] != *want[r] {
			t.Errorf("column %s (%s), row %d: %s, want %s", c.Name, c.Type, r, show(ours[r]), show(want[r]))
		}
	}
}
