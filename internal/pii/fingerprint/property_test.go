package fingerprint

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// real makes values as production has them.
type real struct{ *rand.Rand }

func (r real) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r real) letters(low, high int) string {
	b := make([]byte, low+r.IntN(high-low+1))
	for i := range b {
		b[i] = "etaoinshrdlcumwfgypbvk"[r.IntN(22)]
	}
	return string(b)
}

func (r real) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func (r real) value() value {
	first := strings.ToUpper(r.letters(1, 1)) + r.letters(3, 6)
	last := strings.ToUpper(r.letters(1, 1)) + r.letters(4, 9)
	switch r.IntN(8) {
	case 0:
		return value{pii.Email, strings.ToLower(first) + r.pick(".", "_", "", "+") + last + r.pick("@gmail.com",
			"@web.de", "@mail.co.uk")}
	case 1:
		return value{pii.FullName, first + " " + r.pick("", "", "von ", "Éva ", "J. ") + last}
	case 2:
		return value{pii.Street, r.digits(2) + r.pick("", "b") + " " + last + r.pick(" Street", " Rd.", "straße",
			" Ave, Apt 4")}
	case 3:
		return value{pii.Phone, r.pick("+1 (", "(", "1-") + fmt.Sprint(2+r.IntN(8)) + r.digits(2) + r.pick(") ", ")-") +
			fmt.Sprint(2+r.IntN(8)) + r.digits(2) + "-" + r.digits(4)}
	case 4:
		return value{pii.NationalID, fmt.Sprint(1+r.IntN(8)) + r.digits(2) + "-" + r.digits(2) + "-" + r.digits(4)}
	case 5:
		return value{pii.CreditCard, "4" + r.digits(15)}
	case 6:
		return value{pii.IP, fmt.Sprintf("%d.%d.%d.%d", 11+r.IntN(80), r.IntN(256), r.IntN(256), 1+r.IntN(250))}
	}
	return value{pii.Token, r.letters(4, 8) + r.digits(3) + r.letters(5, 9)}
}

// Any value is found in any text, in any case, between any punctuation.
func TestEveryValueIsFoundInText(t *testing.T) {
	r := real{rand.New(rand.NewPCG(7, 11))}
	values := make([]value, 10000)
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	for i := range values {
		values[i] = r.value()
		c.Add(values[i].class, []byte(values[i].text))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for class, st := range s.Stats() {
		if st.Short+st.Fictional > st.Added/50 {
			t.Errorf("%s: %+v", class, st)
		}
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	around := []string{" ", "\n", "\t", "\"", "'", "<", ">", "(", ")", "{", "}", ", ", "; ", "|", "=", "…", "“", "”",
		"\u00a0", "*", "\\", "!", "?", "#", "日", "\x00", "\xff"}
	missed := 0
	for _, v := range values {
		if st := (Stats{}); s.known(v.class, []byte(v.text)) || st.Short > 0 {
			continue
		}
		text := v.text
		switch r.IntN(3) {
		case 0:
			text = strings.ToUpper(text)
		case 1:
			text = strings.ToLower(text)
		}
		text = r.letters(0, 30) + r.pick(around...) + text + r.pick(around...) + r.letters(0, 30)
		found := false
		for _, hit := range m.Scan(nil, []byte(text)) {
			found = found || hit.Class == v.class
			if !utf8.RuneStart(text[hit.Start]) {
				t.Fatalf("%q: %+v splits a character", text, hit)
			}
		}
		if !found {
			missed++
			if missed < 10 {
				t.Errorf("%s %q is not found in %q", v.class, v.text, text)
			}
		}
	}
}

// realSet is a set of n values like production's.
func realSet(t testing.TB, n int) *Set {
	t.Helper()
	r := real{rand.New(rand.NewPCG(3, 5))}
	set, _ := setOf(t, NewStore, func(yield func(value) bool) {
		for i := 0; i < n && yield(r.value()); i++ {
		}
	})
	return set
}

// Random words and codes never hit; random numbers hit no more often than Expected says.
func TestNoFalsePositives(t *testing.T) {
	if testing.Short() {
		t.Skip("not with the race detector: one goroutine")
	}
	set := realSet(t, 100000)
	r := real{rand.New(rand.NewPCG(13, 17))}
	m := set.Matcher()
	var text []byte
	tokens, digitHits := 0, 0
	for range 5000 {
		text = text[:0]
		for range 200 {
			tokens++
			switch r.IntN(8) {
			case 0:
				text = append(text, r.digits(1+r.IntN(17))...)
			case 1:
				text = fmt.Appendf(text, "%016x", r.Uint64())
			case 2:
				text = fmt.Appendf(text, "2026-%02d-%02d %02d:%02d:%02d.%06d+00", 1+r.IntN(12), 1+r.IntN(28),
					r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e6))
			default:
				text = append(text, r.letters(1, 10)...)
			}
			text = append(text, r.pick(" ", " ", ", ", "; ", "\n")...)
		}
		for _, hit := range m.Scan(nil, text) {
			if !hit.Digits {
				t.Fatalf("%s found in random text: %q", hit.Class, text[hit.Start:hit.End])
			}
			digitHits++
		}
	}
	if e := m.Expected(); float64(digitHits) > e+5 {
		t.Errorf("%d of %d tokens hit, but only %.1f are expected by chance", digitHits, tokens, e)
	}
}

// The program's own fakes are never survivors of other people's values.
func TestFakesAreClean(t *testing.T) {
	set := realSet(t, 100000)
	m := set.Matcher()
	r := rand.New(rand.NewPCG(23, 29))
	var text []byte
	for range 20000 {
		var d fake.Digest
		for i := range d {
			d[i] = byte(r.Uint32())
		}
		text = fake.AppendFirstName(text[:0], &d)
		text = append(text, ' ')
		text = fake.AppendLastName(text, &d)
		text = append(text, ", "...)
		text = fake.AppendStreet(text, &d)
		text = append(text, " <"...)
		text = fake.AppendEmail(text, &d, fake.EmailForm{Names: true, Hash: fake.MinHash})
		text = append(text, '>')
		for _, hit := range m.Scan(nil, text) {
			t.Fatalf("%s found in fakes %q: %q", hit.Class, text, text[hit.Start:hit.End])
		}
	}
}

func FuzzScan(f *testing.F) {
	set, _ := build(f, value{pii.FullName, "Ana Lima"}, value{pii.Phone, "+1 415 555 2671"},
		value{pii.Email, "ana.lima@uol.com.br"}, value{pii.IP, "93.184.216.34"},
		value{pii.IP, "2a00:1450:4001:81b::200e"}, value{pii.IBAN, "DE75 5121 0800 1245 1261 99"})
	for _, s := range []string{"Ana Lima +1 (415) 555-2671", "93.184.216.34 2a00:1450:4001:81b::200e",
		"ＡＮＡ\u0301 \u00ad 王Ana LIMA\xff", "DE75 5121 0800 1245 1261 99", "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"} {
		for kind := range uint8(len(classes) - 1) {
			f.Add(kind, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		hits := set.Matcher().Scan(nil, text)
		free := 0
		for _, h := range hits {
			if h.Start < free || h.End <= h.Start || h.End > len(text) {
				t.Fatalf("%q: bad match %+v", text, h)
			}
			free = h.End
		}
		// What is added is found again.
		again, stats := build(t, value{class(kind), string(text)})
		if stats[class(kind)].Added > 0 && again.Len() > 0 {
			if got := again.Matcher().Scan(nil, text); len(got) == 0 {
				t.Fatalf("%s %q is added and not found", class(kind), text)
			}
		}
	})
}

func class(kind uint8) pii.Class { return classes[1+int(kind)%(len(classes)-1)] }

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	if testing.Short() {
		t.Skip("not with the race detector: one goroutine")
	}
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	r := real{rand.New(rand.NewPCG(1, 1))}
	values := make([]value, 1000)
	for i := range values {
		values[i] = r.value()
	}
	all := func() {
		for _, v := range values {
			c.Add(v.class, []byte(v.text))
		}
	}
	for range 300 { // until every partition has its buffer and file
		for i := range values {
			values[i] = r.value()
		}
		all()
	}
	bytes := make([][]byte, len(values))
	for i, v := range values {
		bytes[i] = []byte(v.text)
	}
	if n := testing.AllocsPerRun(5, func() {
		for i, v := range values {
			c.Add(v.class, bytes[i])
		}
	}); n > 0 {
		t.Errorf("%v allocations for %d values", n, len(values))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	text := []byte("Ana Lima +1 (415) 555-2671 Ｊürgen 93.184.216.34 " + values[0].text)
	dst := m.Scan(nil, text)
	if n := testing.AllocsPerRun(100, func() { dst = m.Scan(dst[:0], text) }); n != 0 {
		t.Errorf("%v allocations a scan", n)
	}
}
