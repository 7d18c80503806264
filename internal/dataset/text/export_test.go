package text_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"refresher/internal/dataset/layout"
	"refresher/internal/dataset/text"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/duckdb"
	"refresher/internal/testkit/pgserver"
)

// folder is a Put that writes files below a folder.
type folder struct {
	mu   sync.Mutex
	path string
}

func (f *folder) put(_ context.Context, path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path = filepath.Join(f.path, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

func export(t *testing.T, url string, format layout.Format, opts text.Options) ([]layout.Table, string) {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	f := &folder{path: t.TempDir()}
	tables, err := text.Export(t.Context(), cfg, cat, format, opts, f.put)
	if err != nil {
		t.Fatal(err)
	}
	return tables, f.path
}

func everything(t *testing.T) string {
	t.Helper()
	sql, err := os.ReadFile("../../../testdata/types/everything.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}

// load brings the files of a table back with psql, as docs/datasets.md says, into a table called again.
func load(t *testing.T, url, dir string, table layout.Table, format layout.Format) {
	t.Helper()
	script := "CREATE TABLE again AS SELECT * FROM " + table.Name.SQL() + " WHERE false;\n"
	for _, p := range table.Parts {
		if path := filepath.Join(dir, p.Path); format == layout.CSV {
			script += "\\copy again from program 'gzip -dc " + path + "' csv header\n"
		} else {
			script += "CREATE TEMP TABLE lines (line text);\n\\copy lines from program 'gzip -dc " + path +
				"' csv quote e'\\x01' delimiter e'\\x02'\n" +
				"INSERT INTO again SELECT (json_populate_record(null::again, line::json)).* FROM lines; DROP TABLE lines;\n"
		}
	}
	cmd := exec.CommandContext(t.Context(), "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url)
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}

// compare expects the rows of a table in the table again. what turns a column into what must be equal.
func compare(t *testing.T, url string, table layout.Table, what func(ref, typ string) string) {
	t.Helper()
	conn := pgserver.Conn(t, url)
	for _, c := range table.Columns {
		ref := what(catalog.Quote(c.Name), c.Type)
		var want, got []*string
		err := conn.QueryRow(t.Context(), "SELECT (SELECT array_agg("+ref+" ORDER BY id) FROM "+table.Name.SQL()+
			"), (SELECT array_agg("+ref+" ORDER BY id) FROM again)").Scan(&want, &got)
		if err != nil {
			t.Fatalf("column %s: %v", c.Name, err)
		}
		if len(want) != len(got) {
			t.Fatalf("%d rows came back, of %d", len(got), len(want))
		}
		for i := range want {
			if (want[i] == nil) != (got[i] == nil) || want[i] != nil && *want[i] != *got[i] {
				t.Errorf("column %s (%s), row %d: %s came back as %s", c.Name, c.Type, i, show(want[i]), show(got[i]))
			}
		}
	}
}

func show(s *string) string {
	if s == nil {
		return "NULL"
	}
	return fmt.Sprintf("%.100q", *s)
}

func asText(ref, _ string) string { return ref + "::text" }

// asJSON is asText but for what JSON can't tell apart: white space, and json's null from NULL.
func asJSON(ref, typ string) string {
	if typ == "json" || typ == "jsonb" {
		return "nullif(" + ref + "::jsonb::text, 'null')"
	}
	return ref + "::text"
}

// Every type comes back as it was, by the server's own COPY and json_populate_record.
func TestEveryTypeComesBack(t *testing.T) {
	for format, what := range map[layout.Format]func(string, string) string{layout.CSV: asText, layout.JSONL: asJSON} {
		t.Run(string(format), func(t *testing.T) {
			url := pgserver.DB(t)
			pgserver.Exec(t, url, everything(t)+`
				ALTER TABLE everything ADD odd int[], ADD nested pair[], ADD matrix int[];
				UPDATE everything SET odd = '[3:4]={5,6}', nested = '{"(1,\"a,\"\"b\")"}', matrix = '{{1,2},{3,4}}',
					dt = 'infinity', ts = '-infinity', tz = '0044-03-15 12:00 BC', f8 = '-Infinity', j = E'{"a":\n [1,\n2]}'
				WHERE id = 11`)
			tables, dir := export(t, url, format, text.Options{PartRows: 2})
			if len(tables) != 1 || tables[0].Rows != 5 || len(tables[0].Parts) != 3 {
				t.Fatalf("%+v", tables)
			}
			load(t, url, dir, tables[0], format)
			compare(t, url, tables[0], what)
			for _, c := range tables[0].Columns {
				want := strings.Contains(" f4 f8 dbig dany dt ts tz odd ", " "+c.Name+" ")
				if want != (c.AsText != "") && c.Name != "f4" && c.Name != "dbig" {
					t.Errorf("column %s: %q", c.Name, c.AsText)
				}
			}
		})
	}
}

// hostile are pieces that texts are made of.
var hostile = []string{`"`, `""`, `,`, "\n", "\r\n", `\`, `\.`, `\N`, `\n`, "\t", " ", "NULL", "null", "{", "}", "'", "ü", "日本", "😀",
	"\u2028", "\x01", "\x02", "\x7f", "x", "0", "=1+1", "\uFEFF"}

func hostileText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(hostile[r.IntN(len(hostile))])
	}
	// Servers before 18 end a CSV at a line \. even within quotes: theirs is no output of ours to mend.
	return strings.ReplaceAll(b.String(), "\n\\.", "\n.")
}

// property makes a table of random rows, with what texts, arrays, bytes and documents can hold.
func property(t *testing.T, url string, seed uint64, rows int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 15))
	conn := pgserver.Conn(t, url)
	pgserver.Exec(t, url, `CREATE TABLE "odd, ""table""" (id int PRIMARY KEY, "a ""b"", c" text, ts text[], b bytea, j jsonb,
		iv interval, tz timestamptz, d date, n numeric, f float8, c char(4))`)
	maybe := func(v any) any {
		if r.IntN(6) == 0 {
			return nil
		}
		return v
	}
	b := &pgx.Batch{}
	for i := range rows {
		list := make([]*string, r.IntN(4))
		for k := range list {
			if s := hostileText(r); r.IntN(5) > 0 {
				list[k] = &s
			}
		}
		bytes := make([]byte, r.IntN(9))
		for k := range bytes {
			bytes[k] = byte(r.Uint32())
		}
		b.Queue(`INSERT INTO "odd, ""table""" VALUES ($1, $2, $3, $4, jsonb_build_object($5::text, $2::text, 'n', $6::float8),
			make_interval(months => $7::int, days => $8::int, secs => $6::float8),
			CASE $8::int % 5 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' ELSE timestamptz '2000-01-01' + make_interval(days => $7::int * 9, secs => 0.000001 * $8::int) END,
			date '0001-01-01' + $7::int, $8::int::numeric / 7, $6::float8, substr($5::text, 1, 4))`,
			i, maybe(hostileText(r)), maybe(list), maybe(bytes), hostileText(r), r.NormFloat64()*1e6, r.IntN(200000)-100000,
			r.IntN(2000000)-1000000)
	}
	if err := conn.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
}

// Random rows of hostile values come back as they were.
func TestHostileRowsComeBack(t *testing.T) {
	url := pgserver.DB(t)
	property(t, url, 1, 400)
	for format, what := range map[layout.Format]func(string, string) string{layout.CSV: asText, layout.JSONL: asJSON} {
		t.Run(string(format), func(t *testing.T) {
			tables, dir := export(t, url, format, text.Options{PartRows: 150, Workers: 2})
			if len(tables[0].Parts) != 3 {
				t.Fatalf("%+v", tables[0].Parts)
			}
			load(t, url, dir, tables[0], format)
			compare(t, url, tables[0], what)
			pgserver.Exec(t, url, "DROP TABLE again")
		})
	}
}

// DuckDB opens the files without any option, and finds the rows and values that the server has.
func TestDuckDBReadsText(t *testing.T) {
	url := pgserver.DB(t)
	property(t, url, 2, 200)
	_, csv := export(t, url, layout.CSV, text.Options{PartRows: 70})
	tables, lines := export(t, url, layout.JSONL, text.Options{PartRows: 70})
	parts := func(dir, end string) string {
		return "'" + filepath.Join(dir, filepath.Dir(tables[0].Parts[0].Path), "*"+end) + "'"
	}
	// Texts by their hash: JavaScript, in which DuckDB answers, drops a byte order mark.
	const cells = `SELECT id::INT, md5("a ""b"", c"), b, iv, f::DOUBLE FROM `
	answers := duckdb.Ask(t, "SELECT count(*)::INT FROM "+parts(csv, ".csv.gz"), "SELECT count(*)::INT FROM "+parts(lines, ".jsonl.gz"),
		cells+"read_csv("+parts(csv, ".csv.gz")+", header = true, all_varchar = true, allow_quoted_nulls = false) ORDER BY 1",
		cells+parts(lines, ".jsonl.gz")+" ORDER BY 1",
		"SELECT count(*)::INT FROM "+parts(lines, ".jsonl.gz")+" WHERE len(ts) IS NOT NULL")
	for i := range 2 {
		if got := answers[i][0][0]; got != 200.0 {
			t.Errorf("DuckDB finds %v rows", got)
		}
	}
	conn := pgserver.Conn(t, url)
	rows, err := conn.Query(t.Context(), `SELECT md5("a ""b"", c"), b::text, iv::text, f FROM "odd, ""table""" ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	var note, bytes, iv *string
	var f float64
	i := 0
	_, err = pgx.ForEachRow(rows, []any{&note, &bytes, &iv, &f}, func() error {
		for n, of := range []string{"CSV", "JSON lines"} {
			got := answers[2+n][i]
			for k, want := range []*string{note, bytes, iv} {
				if s, _ := got[k+1].(string); (got[k+1] == nil) != (want == nil) || want != nil && *want != s {
					t.Errorf("%s, row %d: %s is %v to DuckDB", of, i, show(want), got[k+1])
				}
			}
			if got[4] != f {
				t.Errorf("%s, row %d: %v is %v to DuckDB", of, i, f, got[4])
			}
		}
		i++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var lists int
	if err := conn.QueryRow(t.Context(), `SELECT count(ts) FROM "odd, ""table"""`).Scan(&lists); err != nil {
		t.Fatal(err)
	}
	if answers[4][0][0] != float64(lists) {
		t.Errorf("DuckDB finds %v lists, want %d", answers[4][0][0], lists)
	}
}

// What has no rows has a file all the same, what has no columns none, and partitions are read through their root.
func TestOddTables(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE none (a int, "b c" text); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES;
		CREATE TABLE one (a text); INSERT INTO one VALUES (NULL), (''), ('x'), ('\.');
		CREATE TABLE parted (k int) PARTITION BY LIST (k); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
		INSERT INTO parted VALUES (1)`)
	want := map[layout.Format]map[string]string{
		layout.CSV:   {"none": "a,b c\n", "one": "a\n\"\"\n\"\\.\"\nx\n\n", "parted": "k\n1\n"},
		layout.JSONL: {"none": "", "one": "{\"a\":\"\"}\n{\"a\":\"\\\\.\"}\n{\"a\":\"x\"}\n{\"a\":null}\n", "parted": "{\"k\":1}\n"},
	}
	for format, files := range want {
		tables, dir := export(t, url, format, text.Options{})
		if len(tables) != 3 {
			t.Errorf("%s: %+v", format, tables)
		}
		for _, table := range tables {
			packed, err := os.Open(filepath.Join(dir, table.Parts[0].Path))
			if err != nil {
				t.Fatal(err)
			}
			defer packed.Close()
			z, err := gzip.NewReader(packed)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(z); err != nil || string(got) != files[table.Name.Name] {
				t.Errorf("%s of %s: %q, %v", format, table.Name, got, err)
			}
		}
	}
}

// A store that fails, and text that is no UTF-8, end the export with an error and leave nothing running.
func TestFailures(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	full := errors.New("the disk is full")
	for name, c := range map[string]struct {
		put  layout.Put
		sql  string
		want string
	}{
		"store": {func(_ context.Context, _ string, write func(io.Writer) error) error {
			if err := write(io.Discard); err != nil {
				return err
			}
			return full
		}, "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000)", "the disk is full"},
		"at once": {func(context.Context, string, func(io.Writer) error) error { return full },
			"CREATE TABLE t (a text); INSERT INTO t SELECT repeat(md5(i::text), 9) FROM generate_series(1, 9000) i", "the disk is full"},
	} {
		url := pgserver.DB(t)
		pgserver.Exec(t, url, c.sql)
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []layout.Format{layout.CSV, layout.JSONL} {
			_, err = text.Export(t.Context(), cfg, cat, format, text.Options{PartRows: 400}, c.put)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "public.t") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
