package synthetic_test

import (
	"context"
	"io"
	"runtime"
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

// away takes rows and forgets them.
type away struct{ bytes int64 }

func (a *away) CopyIn(_ context.Context, _ catalog.Name, _ []string, _ copyfmt.Format, r io.Reader) (int64, error) {
	n, err := io.Copy(io.Discard, r)
	a.bytes += n
	return 0, err
}

// BenchmarkRows makes people and a million of their events, without a server that loads them. heap-MB is what is in
// use at the end.
func BenchmarkRows(b *testing.B) {
	w := newWorld(b, privateSchema, `INSERT INTO people SELECT i, 'x', 'free', 'note', '1980-01-01', i, true FROM generate_series(1, 1000) i;
INSERT INTO events SELECT i, 'click', 'd' FROM generate_series(1, 1000) i;`,
		"ALTER TABLE people ADD PRIMARY KEY (id); ALTER TABLE events ADD FOREIGN KEY (person) REFERENCES people")
	cat := catalogOf(b, w.conn)
	p := columns{"email": pii.Email, "place": pii.City}.policy(synthetic.Method{K: 20}, "people")
	stats, err := synthetic.Measure(b.Context(), w.conn, cat, p)
	if err != nil {
		b.Fatal(err)
	}
	people, events := int64(100_000), int64(1_000_000)
	g, err := synthetic.New(cat, nil, stats, synthetic.Options{Method: stats.Method, Tables: map[catalog.Name]synthetic.TableOptions{
		name("people"): {Rows: &people}, name("events"): {Rows: &events}}})
	if err != nil {
		b.Fatal(err)
	}
	var to away
	for b.Loop() {
		if _, err := g.Copy(b.Context(), &to); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(b.N)*float64(people+events)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(m.HeapInuse)/1e6, "heap-MB")
}
