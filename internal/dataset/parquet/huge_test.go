package parquet_test

import (
	"context"
	"io"
	"runtime"
	"testing"

	exporter "refresher/internal/dataset/parquet"
	"refresher/internal/testkit/pgserver"
)

// Huge values arrive whole, wherever they stand: first, last, side by side, in
// columns with and without NULL, in a list, beside small ones.
func TestHugeValues(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE h (id int PRIMARY KEY, a text, b bytea NOT NULL DEFAULT '', c json, l text[]);
		INSERT INTO h (id, a) VALUES (1, repeat('first ', 1000000));
		INSERT INTO h (id, a, b, c) VALUES (2, repeat('a', 5000000), decode(repeat(md5('b'), 300000), 'hex'),
			to_json(repeat('c', 6000000)));
		INSERT INTO h (id, a, b) SELECT i, 'small ' || i, decode(md5(i::text), 'hex') FROM generate_series(3, 90) i;
		INSERT INTO h (id, b) VALUES (91, decode(repeat(md5('last'), 400000), 'hex'));
		INSERT INTO h (id, l) VALUES (92, ARRAY['x', repeat('l', 5000000), NULL]);
		INSERT INTO h (id, a) VALUES (93, ''), (94, NULL), (95, repeat('last ', 1000000))`)
	tables, files := export(t, url, exporter.Options{})
	if tables[0].Rows != 95 {
		t.Errorf("%d rows", tables[0].Rows)
	}
	compare(t, url, tables[0], files, "id")
}

// A huge value is held twice: as it arrives, and as its page.
func TestMemoryOfAHugeValue(t *testing.T) {
	const mb = 64
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE h (id int PRIMARY KEY, v text); INSERT INTO h VALUES (1, NULL), (2,
		repeat('tyres ', 64 * 1048576 / 6))`)
	var peak uint64
	_, err := exporter.Export(t.Context(), config(t, url), load(t, url), exporter.Options{Workers: 1},
		func(_ context.Context, _ string, write func(io.Writer) error) error {
			return write(writerFunc(func(p []byte) (int, error) { // called while the page is there
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
				return len(p), nil
			}))
		})
	if err != nil || peak > 3*mb<<20 || peak < mb<<20 {
		t.Errorf("%d MB, %v", peak>>20, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
