package parquet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/parquet-go/parquet-go"
	"go.uber.org/goleak"

	"refresher/internal/dataset/layout"
	exporter "refresher/internal/dataset/parquet"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// files is a Put that keeps everything in memory.
type files struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (f *files) put(_ context.Context, path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, dup := f.m[path]; dup {
		return fmt.Errorf("%s is put twice", path)
	}
	f.m[path] = b.Bytes()
	return nil
}

func load(t *testing.T, url string) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func config(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func export(t *testing.T, url string, opts exporter.Options) ([]layout.Table, map[string][]byte) {
	t.Helper()
	f := &files{m: map[string][]byte{}}
	tables, err := exporter.Export(t.Context(), config(t, url), load(t, url), opts, f.put)
	if err != nil {
		t.Fatal(err)
	}
	return tables, f.m
}

// everything makes a table of every type, with rows.
func everything(t *testing.T) string {
	t.Helper()
	sql, err := os.ReadFile("../../../testdata/types/everything.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}

// everyType exports that table into a file, for other programs to read. url is the database it is from.
func everyType(t *testing.T) (url string, table layout.Table, path string) {
	t.Helper()
	url = pgserver.DB(t)
	pgserver.Exec(t, url, everything(t))
	tables, files := export(t, url, exporter.Options{})
	path = filepath.Join(t.TempDir(), "part-00000.parquet")
	if err := os.WriteFile(path, files[tables[0].Parts[0].Path], 0o600); err != nil {
		t.Fatal(err)
	}
	return url, tables[0], path
}

func TestEveryTypeReadsBackAsTheServerPrintsIt(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, everything(t))
	tables, files := export(t, url, exporter.Options{})
	compare(t, url, tables[0], files, "id")

	want := map[string]string{
		"b": "BOOLEAN", "i2": "INT(16)", "i8": "INT(64)", "d9": "DECIMAL(9,2)", "d38": "DECIMAL(38,10)",
		"d0":   "DECIMAL(20,0)",
		"dbig": "STRING", "dneg": "STRING", "dany": "STRING", "u": "UUID", "jb": "JSON", "dt": "DATE",
		"ts": "TIMESTAMP(MICROS)",
		"tz": "TIMESTAMP(MICROS, UTC)", "iv": "STRING", "by": "BYTE_ARRAY", "m": "STRING", "cd": "DECIMAL(12,2)",
		"ai": "LIST of INT(32)", "an": "LIST of DECIMAL(10,3)", "am": "LIST of STRING", "td": "LIST of STRING",
		"g": "INT(64)",
	}
	for _, c := range tables[0].Columns {
		if w, ok := want[c.Name]; ok && c.Parquet != w {
			t.Errorf("column %s is %s, want %s", c.Name, c.Parquet, w)
		}
		if c.AsText != "" {
			t.Errorf("column %s fell back to text: %s", c.Name, c.AsText)
		}
	}
}

// Values that no Parquet type can say make the whole column text, never NULL.
func TestWhatParquetCannotSayBecomesText(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
CREATE TABLE odd (id int PRIMARY KEY, dt date, ts timestamp, tz timestamptz, far timestamptz, tm time, n
	numeric(10,2), two int[], lower int[],
  adt date[], an numeric(4,1)[], fine date, finearray date[]);
INSERT INTO odd VALUES
 (1, '2026-01-01', '2026-01-01', '2026-01-01', '2026-01-01', '10:00', 1.5, '{1}', '{1}', '{2026-01-01}', '{1.5}',
	'2026-01-01', '{2026-01-01,NULL}'),
 (2, 'infinity', '-infinity', 'infinity', '294276-12-31 23:59:59.999999Z', '24:00', 'NaN', '{{1,2},{3,4}}',
	'[0:1]={1,2}', '{-infinity}', '{NULL,NaN}', NULL, NULL)`)
	tables, files := export(t, url, exporter.Options{})
	compare(t, url, tables[0], files, "id")
	for _, c := range tables[0].Columns {
		if fell := c.AsText != ""; fell != (c.Name != "id" && !strings.HasPrefix(c.Name, "fine")) || fell &&
			c.Parquet != "STRING" {
			t.Errorf("column %s is %s, as text because %q", c.Name, c.Parquet, c.AsText)
		}
	}
}

func TestEqualRowsMakeEqualBytes(t *testing.T) {
	rows := everything(t) + `
CREATE TABLE keyless (a text, b int);
CREATE TABLE texty (k text PRIMARY KEY);
INSERT INTO keyless VALUES ('x', 1), ('x', NULL), (NULL, 2), ('x', 1), ('X', 3);
INSERT INTO texty VALUES ('a'), ('B'), ('_'), ('ä'), ('Z')`
	one, two := pgserver.DB(t), pgserver.DB(t)
	pgserver.Exec(t, one, rows)
	// Other type OIDs, another physical order, dead rows, other session defaults.
	pgserver.Exec(t, two, `CREATE TYPE earlier AS ENUM ('x');`+rows+`;
UPDATE everything SET t = t WHERE id < 10; UPDATE keyless SET b = b WHERE a IS NOT NULL; UPDATE texty SET k = k WHERE
	k < 'b';`)
	pgserver.Exec(t, two, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = German', current_database());
EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database());
EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -5', current_database());
EXECUTE format('ALTER DATABASE %I SET IntervalStyle = iso_8601', current_database()); END $$`)
	t1, f1 := export(t, one, exporter.Options{PartRows: 2})
	t2, f2 := export(t, two, exporter.Options{PartRows: 2, Workers: 3})
	if fmt.Sprint(t1) != fmt.Sprint(t2) {
		t.Errorf("the exports differ: %v, %v", t1, t2)
	}
	if len(f1) != len(f2) || len(f1) != 3+3+3 {
		t.Errorf("%d and %d files, want 9", len(f1), len(f2))
	}
	for path, b := range f1 {
		if !bytes.Equal(b, f2[path]) {
			t.Errorf("%s differs", path)
		}
	}
	var order []string
	for _, r := range readBack(t, t1[2], f1) {
		order = append(order, *r[0])
	}
	if want := []string{"B", "Z", "_", "a", "ä"}; !slices.Equal(order, want) {
		t.Errorf("keys in order %q, want %q", order, want)
	}
}

func TestPartsAndRowGroups(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE n (id int PRIMARY KEY, pad text);
INSERT INTO n SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 1000) i`)
	tables, files := export(t, url, exporter.Options{PartRows: 300, RowGroupBytes: 20_000})
	if n := len(tables[0].Parts); n != 4 || tables[0].Parts[3].Rows != 100 {
		t.Fatalf("parts: %v", tables[0].Parts)
	}
	b := files[tables[0].Parts[0].Path]
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.RowGroups()) < 4 {
		t.Errorf("%d row groups, want several", len(f.RowGroups()))
	}
	compare(t, url, tables[0], files, "id")

	// A table that ends with a part has no empty one after it.
	tables, _ = export(t, url, exporter.Options{PartRows: 500})
	if len(tables[0].Parts) != 2 {
		t.Errorf("parts: %v", tables[0].Parts)
	}
}

func TestPartitionsInheritanceAndOddTables(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."a.b/c" (id int PRIMARY KEY);
CREATE TABLE empty (id int PRIMARY KEY, v text[]);
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE parted (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parted_2 (day date NOT NULL, id int NOT NULL);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE parted_3 PARTITION OF parted DEFAULT PARTITION BY HASH (id);
CREATE TABLE parted_3_0 PARTITION OF parted_3 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO parted VALUES (3, '2026-01-05'), (1, '2026-02-05'), (2, '2027-01-01'), (1, '2026-01-01');
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (extra text) INHERITS (parent);
INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 'x');
CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE abroad (id int) SERVER far;
CREATE TABLE mixed (id int) PARTITION BY LIST (id);
CREATE TABLE mixed_here PARTITION OF mixed FOR VALUES IN (1);
CREATE FOREIGN TABLE mixed_far PARTITION OF mixed FOR VALUES IN (2) SERVER far;
INSERT INTO mixed VALUES (1)`)
	tables, files := export(t, url, exporter.Options{Workers: 2})
	rows := map[string]int64{}
	for _, table := range tables {
		rows[table.Name.String()] = table.Rows
		for _, p := range table.Parts {
			if f, ok := layout.Parse(p.Path); !ok || f.Table != table.Name {
				t.Errorf("path %q is not of %s", p.Path, table.Name)
			}
		}
	}
	want := map[string]int64{`"Odd Schema"."a.b/c"`: 0, "public.empty": 0, "public.parted": 4, "public.parent": 1,
		"public.child": 1, "public.mixed": 1}
	if fmt.Sprint(rows) != fmt.Sprint(want) || len(files) != len(want) {
		t.Errorf("rows %v in %d files, want %v", rows, len(files), want)
	}
	for _, table := range tables {
		if table.Name.Name == "parted" {
			compare(t, url, table, files, "id, day")
		}
	}
}

func TestFailuresLeaveNothingRunning(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, md5(i::text) FROM
		generate_series(1, 50000) i;
CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO b SELECT i, md5(i::text) FROM generate_series(1, 50000) i`)
	cat := load(t, url)
	leaks := goleak.IgnoreCurrent()
	full := errors.New("bucket is full")
	for name, put := range map[string]layout.Put{
		"before": func(context.Context, string, func(io.Writer) error) error { return full },
		"within": func(_ context.Context, _ string, write func(io.Writer) error) error {
			return write(&limited{left: 100_000, err: full})
		},
		"after": func(_ context.Context, _ string, write func(io.Writer) error) error {
			return errors.Join(write(io.Discard), full)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := exporter.Export(t.Context(), config(t, url), cat, exporter.Options{Workers: 2, RowGroupBytes: 1 << 16},
				put)
			if !errors.Is(err, full) || !strings.Contains(err.Error(), "public.") {
				t.Errorf("error %v, want one that names the table and wraps the cause", err)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := exporter.Export(ctx, config(t, url), cat, exporter.Options{RowGroupBytes: 1 << 16},
			func(_ context.Context, _ string, write func(io.Writer) error) error {
				cancel()
				return write(io.Discard)
			})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
	})
	goleak.VerifyNone(t, leaks)
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

// In a SQL_ASCII database text can be any bytes, which Parquet's STRING can't be.
func TestBytesThatAreNotUTF8AreAnError(t *testing.T) {
	c := pgserver.Shared(t)
	pgserver.Exec(t, c.URL("postgres"), `CREATE DATABASE dataset_ascii ENCODING SQL_ASCII TEMPLATE template0 LOCALE 'C'`)
	t.Cleanup(func() { pgserver.Exec(t, c.URL("postgres"), `DROP DATABASE dataset_ascii WITH (FORCE)`) })
	url := c.URL("dataset_ascii")
	pgserver.Exec(t, url, `CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'fine'), (2,
		E'caf\xe9 secret')`)
	_, err := exporter.Export(t.Context(), config(t, url), load(t, url), exporter.Options{},
		(&files{m: map[string][]byte{}}).put)
	if err == nil || !strings.Contains(err.Error(), "public.a") || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v, want one that names the table and quotes nothing", err)
	}
}

func TestRandomDecimals(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `SELECT setseed(0.5);
CREATE TABLE d (id int PRIMARY KEY, a numeric(1,0), b numeric(9,9), c numeric(18,1), d numeric(19,19), e
	numeric(38,38), f numeric(38,0), g numeric(30,7));
INSERT INTO d SELECT i, (random()*18 - 9)::int, ((random()*2 - 1)*0.99)::numeric(9,9), ((random()*2 - 1) *
	10::numeric^(random()*16)::int)::numeric(18,1),
  (random()*0.9 * 10::numeric^(-random()*18)::int)::numeric(19,19), (-random()*0.9 *
	10::numeric^(-random()*37)::int)::numeric(38,38),
  (random()::numeric * 10::numeric^(random()*37)::int)::numeric(38,0), ((random()::numeric*2 - 1) *
	10::numeric^(random()*22)::int)::numeric(30,7)
FROM generate_series(1, 3000) i`)
	tables, files := export(t, url, exporter.Options{})
	compare(t, url, tables[0], files, "id")
}

// What an export holds does not grow with the table.
func TestMemoryIsBounded(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE wide (id int PRIMARY KEY, v text, w text);
INSERT INTO wide SELECT i, repeat(md5(i::text), 60), repeat('x', 20) FROM generate_series(1, 60000) i`)
	var peak uint64
	var bytes int64
	var rows int64
	_, err := exporter.Export(t.Context(), config(t, url), load(t, url), exporter.Options{
		PartRows: 25_000, RowGroupBytes: 4 << 20,
		Progress: func(_ catalog.Name, n int64) {
			if rows += n; rows%4096 < n {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		},
	}, func(_ context.Context, _ string, write func(io.Writer) error) error {
		return write(counter{&bytes})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows, %d MiB as text, %d MiB as Parquet, peak heap %d MiB", rows, rows*1950>>20, bytes>>20, peak>>20)
	if rows != 60000 || peak > 40<<20 {
		t.Errorf("%d rows with a peak heap of %d MiB, want at most 40", rows, peak>>20)
	}
}

type counter struct{ n *int64 }

func (c counter) Write(p []byte) (int, error) {
	*c.n += int64(len(p))
	return len(p), nil
}
