package shop

import (
	"io"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// Nothing that is made may lie in a space that fakes are drawn from, for many
// more rows than a test can load.
func TestNumbersAreNotFakes(t *testing.T) {
	g, err := newGenerator(Options{Users: 10, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(200_000) {
		r, p := g.rng(forPayment, i), g.person(forUser, i)
		for class, v := range map[pii.Class][]byte{
			pii.CreditCard: g.appendCard(nil, i),
			pii.IBAN:       appendIBAN(nil, &r),
			pii.IP:         appendIP(nil, &r),
			pii.Phone:      p.appendPhone(nil, phoneStyle(i%int64(phoneStyles))),
			pii.NationalID: p.appendSSN(nil),
			pii.Email:      p.appendEmail(nil),
		} {
			if fake.Recognise(class, v) {
				t.Fatalf("%s %q could be a fake", class, v)
			}
		}
	}
}

func TestBigTablesAllocateNothing(t *testing.T) {
	g, err := newGenerator(Options{Users: 5000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	for _, table := range g.tables() {
		if table.rows < 5000 {
			continue
		}
		i := int64(0)
		if n := testing.AllocsPerRun(1000, func() { i++; table.row(buf, i) }); n > 0 {
			t.Errorf("%s allocates %v times a row", table.name, n)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	const users = 20_000
	g, err := newGenerator(Options{Users: users, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var bytes int64
	for b.Loop() {
		bytes = 0
		for _, t := range g.tables() {
			n, err := io.Copy(io.Discard, t.reader())
			if err != nil {
				b.Fatal(err)
			}
			bytes += n
		}
	}
	b.SetBytes(bytes)
	b.ReportMetric(float64(users)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
	b.ReportMetric(float64(bytes)/users, "bytes/user")
}
