package parquet_test

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"refresher/internal/dataset/layout"
	exporter "refresher/internal/dataset/parquet"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// readBack returns the text of every cell of a table's files, nil for NULL.
func readBack(t *testing.T, table layout.Table, files map[string][]byte) [][]*string {
	t.Helper()
	var out [][]*string
	for _, p := range table.Parts {
		b, ok := files[p.Path]
		if !ok {
			t.Fatalf("%s is missing", p.Path)
		}
		f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		if f.NumRows() != p.Rows {
			t.Errorf("%s: %d rows in the file, %d reported", p.Path, f.NumRows(), p.Rows)
		}
		fields := f.Schema().Fields()
		for i, c := range table.Columns {
			if fields[i].Name() != c.Name {
				t.Errorf("%s: column %d is %q, want %q", p.Path, i, fields[i].Name(), c.Name)
			}
		}
		for _, g := range f.RowGroups() {
			rows := g.Rows()
			buf := make([]parquet.Row, 7)
			for {
				n, err := rows.ReadRows(buf)
				for _, row := range buf[:n] {
					out = append(out, texts(t, fields, row))
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			rows.Close()
		}
	}
	if int64(len(out)) != table.Rows {
		t.Errorf("%s: %d rows in the files, %d reported", table.Name, len(out), table.Rows)
	}
	return out
}

func texts(t *testing.T, fields []parquet.Field, row parquet.Row) []*string {
	out := make([]*string, len(fields))
	row.Range(func(i int, values []parquet.Value) bool {
		f := fields[i]
		if f.Leaf() {
			if !values[0].IsNull() {
				s := text(t, f, values[0])
				out[i] = &s
			}
			return true
		}
		base := 0
		if f.Optional() {
			base = 1
		}
		if values[0].DefinitionLevel() < base {
			return true
		}
		elem := f.Fields()[0].Fields()[0]
		var parts []string
		for _, v := range values {
			switch v.DefinitionLevel() {
			case base + 1:
				parts = append(parts, "NULL")
			case base + 2:
				s := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text(t, elem, v))
				parts = append(parts, `"`+s+`"`)
			}
		}
		s := "{" + strings.Join(parts, ",") + "}"
		out[i] = &s
		return true
	})
	return out
}

// text is a value as PostgreSQL would take it, by the file's own logical types.
func text(t *testing.T, node parquet.Node, v parquet.Value) string {
	lt := node.Type().LogicalType()
	if lt == nil {
		switch v.Kind() {
		case parquet.ByteArray:
			return fmt.Sprintf(`\x%x`, v.ByteArray())
		case parquet.Boolean:
			return strconv.FormatBool(v.Boolean())
		case parquet.Float:
			return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32)
		case parquet.Double:
			return strconv.FormatFloat(v.Double(), 'g', -1, 64)
		}
		t.Fatalf("unexpected kind %s", v.Kind())
	}
	switch l := lt.Value.(type) {
	case *format.StringType, *format.JsonType:
		return string(v.ByteArray())
	case *format.UUIDType:
		return fmt.Sprintf("%x", v.ByteArray())
	case *format.IntType:
		if v.Kind() == parquet.Int32 && !l.IsSigned {
			return strconv.FormatUint(uint64(uint32(v.Int32())), 10)
		}
		return integer(v).String()
	case *format.DecimalType:
		n := integer(v)
		return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(l.Scale)),
			nil)).FloatString(int(l.Scale))
	case *format.DateType:
		return moment(time.Unix(int64(v.Int32())*86400, 0).UTC(), "-01-02")
	case *format.TimeType:
		return time.UnixMicro(v.Int64()).UTC().Format("15:04:05.000000")
	case *format.TimestampType:
		zone := ""
		if l.IsAdjustedToUTC {
			zone = "Z"
		}
		return moment(time.UnixMicro(v.Int64()).UTC(), "-01-02 15:04:05.000000"+zone)
	}
	t.Fatalf("unexpected logical type %s", lt)
	return ""
}

func integer(v parquet.Value) *big.Int {
	switch v.Kind() {
	case parquet.Int32:
		return big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		return big.NewInt(v.Int64())
	}
	n := new(big.Int).SetBytes(v.ByteArray())
	if v.ByteArray()[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v.ByteArray()))))
	}
	return n
}

func moment(m time.Time, layout string) string {
	year, era := m.Year(), ""
	if year <= 0 {
		year, era = 1-year, " BC"
	}
	return fmt.Sprintf("%04d", year) + m.Format(layout) + era
}

// compare checks a table's files against what the server prints, cell by cell, in
// the order of the primary key. The server brings our texts into its own form.
func compare(t *testing.T, url string, table layout.Table, files map[string][]byte, orderBy string) {
	t.Helper()
	got := readBack(t, table, files)
	conn := pgserver.Conn(t, url)
	if _, err := conn.Exec(t.Context(), "SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET lc_monetary = 'C'",
		pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	for i, c := range table.Columns {
		q := catalog.Quote(c.Name)
		var want []*string
		if err := conn.QueryRow(t.Context(), "SELECT coalesce(array_agg("+q+"::text ORDER BY "+orderBy+"), '{}') FROM "+
			""+table.Name.SQL()).Scan(&want); err != nil {
			t.Fatal(err)
		}
		ours := make([]*string, len(got))
		for r := range got {
			ours[r] = got[r][i]
		}
		typ := c.Type
		if typ == "character" { // which would mean character(1) here
			typ = "bpchar"
		}
		if err := conn.QueryRow(t.Context(), "SELECT coalesce(array_agg(v::"+typ+"::text ORDER BY n), '{}') FROM "+
			"unnest($1::text[]) WITH ORDINALITY u(v, n)", ours).Scan(&ours); err != nil {
			t.Fatalf("column %s (%s): %v", c.Name, c.Type, err)
		}
		if len(ours) != len(want) {
			t.Errorf("column %s: %d values, want %d", c.Name, len(ours), len(want))
			continue
		}
		for r := range want {
			if (ours[r] == nil) != (want[r] == nil) || want[r] != nil && *ours[r] != *want[r] {
				t.Errorf("column %s (%s → %s), row %d: %s, want %s", c.Name, c.Type, c.Parquet, r, show(ours[r]), show(want[r]))
			}
		}
	}
}

func show(s *string) string {
	if s == nil {
		return "NULL"
	}
	return strconv.Quote(*s)
}

// A file holds what the table holds, not what a cast of the schema's own makes of it.
func TestCastsOfTheSchemaAreNotRun(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE TYPE contact AS (mail text, city text);
		CREATE TYPE mood AS ENUM ('sad');
		CREATE FUNCTION brief(contact) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing'::text $$;
		CREATE CAST (contact AS text) WITH FUNCTION brief(contact);
		CREATE FUNCTION brief(mood) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing'::text $$;
		CREATE CAST (mood AS text) WITH FUNCTION brief(mood);
		CREATE TABLE t (id int, c contact, cs contact[], m mood, ms mood[]);
		INSERT INTO t VALUES (1, ROW('a@b.c', 'Ulm'), ARRAY[ROW('a@b.c', 'Ulm')::contact, NULL], 'sad', '{sad}'), (2, NULL, '{}', NULL, NULL)`)
	_, files := export(t, url, exporter.Options{})
	for _, data := range files {
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		rows := make([]parquet.Row, 3)
		n, _ := f.RowGroups()[0].Rows().ReadRows(rows)
		got := ""
		for _, row := range rows[:n] {
			for _, v := range row {
				got += v.String() + "|"
			}
			got += "\n"
		}
		if want := "1|(a@b.c,Ulm)|(a@b.c,Ulm)|<null>|sad|sad|\n2|<null>|<null>|<null>|<null>|\n"; got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
