package verify

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fingerprint"
)

// Text that is full of our own fakes has no finding, strong or weak, with any words
// between them, also if the source has people of all kinds.
func TestFakesAreNoFindings(t *testing.T) {
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := store.Collector()
	first := strings.Fields("Hanna Lars Anna James Mary Robert Linda Wei Olga Ivan Chen Maria Jose Fatima Ahmed Kim " +
		"Grace Rose Mark Stone")
	last := strings.Fields("Smith Johnson Lee Garcia Müller Novak Ivanova Wang Silva Kowalski Rossi Khan Nguyen " +
		"Stone Rose Grace James Hill Young")
	for i := range 20000 {
		a, b := first[i%len(first)], last[i/len(first)%len(last)]
		c.Add(pii.FullName, []byte(a+" "+b))
		c.Add(pii.Email, fmt.Appendf(nil, "%s.%s%d@gmail.com", a, b, i))
		c.Add(pii.Phone, fmt.Appendf(nil, "+1 %d %d-%04d", 201+i%700, 200+i%800, i%10000))
		c.Add(pii.Street, fmt.Appendf(nil, "%d %s Street", 1+i%300, b))
		c.Add(pii.NationalID, fmt.Appendf(nil, "%03d-%02d-%04d", 1+i%600, 1+i%99, 1+i%9999))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	generators := []func(dst []byte, d *fake.Digest) []byte{
		func(b []byte, d *fake.Digest) []byte {
			return fake.AppendEmail(b, d, fake.EmailForm{Names: true, Hash: fake.MinHash})
		},
		func(b []byte, d *fake.Digest) []byte {
			return fake.AppendEmail(b, d, fake.EmailForm{Hash: fake.MaxHash})
		},
		fake.AppendFullName, fake.AppendCompany, fake.AppendStreet, fake.AppendCity, fake.AppendPostcode,
		func(b []byte, d *fake.Digest) []byte { return fake.AppendPhone(b, d, fake.PhoneForm(d[0]%6)) },
		func(b []byte, d *fake.Digest) []byte { return fake.AppendSSN(b, d, d[0]&1 == 0) },
		fake.AppendCard,
		func(b []byte, d *fake.Digest) []byte { return fake.AppendIBAN(b, d, 15+int(d[0]%20)) },
		func(b []byte, d *fake.Digest) []byte {
			return append(b, netip.AddrFrom4(fake.IPv4(d, d[0]&1 == 0)).String()...)
		},
		func(b []byte, d *fake.Digest) []byte {
			return append(b, netip.AddrFrom16(fake.IPv6(d)).String()...)
		},
		func(b []byte, d *fake.Digest) []byte { return fake.AppendUserAgent(b, d, d[0]&1 == 0) },
		func(b []byte, d *fake.Digest) []byte {
			return fake.AppendToken(b, d, fake.MinHash+int(d[0])%(fake.MaxHash-fake.MinHash+1))
		},
		fake.AppendUUID,
	}
	around := []string{" ", ", ", "\n", "; ", `", "`, " / ", " - ", ") (", "\t", " | ", ": ", "="}
	s := New(Options{Set: set}).scanner()
	l := &tally{}
	var text []byte
	for i := range 170000 {
		text = text[:0]
		for k := range 6 {
			d := fake.Digest(sha256.Sum256(fmt.Append(nil, i, k)))
			text = generators[int(d[9])%len(generators)](text, &d)
			text = append(text, around[int(d[8])%len(around)]...)
		}
		s.cell(l, place{row: int64(i + 1)}, text)
		for k := range l.found {
			if l.found[k].n > 0 && k != digitSurvivor {
				t.Fatalf("%v in %q", l.found[k].kept, text)
			}
		}
	}
	if n := l.found[digitSurvivor].n; byChance(n, l.expected) < 1e-3 {
		t.Errorf("%d numbers survive, %.2f are expected by chance: %v", n, l.expected, l.found[digitSurvivor].kept)
	}
	if l.stats.Fictional == 0 {
		t.Error("nothing was recognised as a fake: the test tests nothing")
	}
}
