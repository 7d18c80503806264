package verify_test

import (
	"context"
	"fmt"
	"runtime/metrics"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
	"refresher/internal/verify"
)

// BenchmarkDatabase looks through the sample production database, which nobody
// scrubbed, with the fingerprints of other people: bytes are those of the cells.
func BenchmarkDatabase(b *testing.B) {
	url := pgserver.DB(b)
	if err := shop.Load(context.Background(), url, shop.Options{Users: 20000, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	store, err := fingerprint.NewStore(b.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	c := store.Collector()
	for i := range 1_000_000 {
		c.Add(pii.Email, fmt.Appendf(nil, "person%dx%d@posteo.se", i, i*7))
		c.Add(pii.FullName, fmt.Appendf(nil, "Person%d Family%d", i%1000, i))
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		b.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		for name, set := range map[string]*fingerprint.Set{"detectors": nil, "both": set} {
			b.Run(fmt.Sprintf("%s/%d", name, workers), func(b *testing.B) {
				var cells int64
				for b.Loop() {
					r, err := verify.New(verify.Options{Run: run, Set: set,
						Workers: workers}).Database(context.Background(), config(b, url), nil)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(r.Bytes)
					cells = 0
					for _, c := range r.Columns {
						cells += c.Cells
					}
				}
				b.ReportMetric(float64(cells)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcells/s")
				sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
				metrics.Read(sample)
				b.ReportMetric(float64(sample[0].Value.Uint64())/(1<<20), "MiB")
			})
		}
	}
}
