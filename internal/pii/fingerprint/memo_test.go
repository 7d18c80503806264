package fingerprint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/ident"
)

// Values that repeat count each time, with what became of them, also where
// several collectors share the memo.
func TestRepetitionsAreCounted(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			c := s.Collector()
			for i := range 30000 {
				c.Add(pii.Email, fmt.Appendf(nil, "person%d@gmail.com", i%100))
				c.Add(pii.Email, []byte("jo@example.com"))
				c.Add(pii.FullName, []byte("N/A"))
				c.Add(pii.Token, fmt.Appendf(nil, "person%d@gmail.com", i%100)) // the same text of another class
			}
			return c.Close()
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	got := s.Stats()
	if got[pii.Email] != (Stats{Added: 120000, Fictional: 120000}) || got[pii.FullName] != (Stats{Short: 120000}) ||
		got[pii.Token] != (Stats{Added: 120000}) {
		t.Errorf("%+v", got)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	for i := range 100 {
		if hits := m.Scan(nil, fmt.Appendf(nil, "to person%d@gmail.com.", i)); len(hits) != 1 {
			t.Errorf("person %d: %v", i, hits)
		}
	}
}

// A class whose values don't repeat stops to use the memo, and begins again when they do.
func TestMemoIsUsedWhereItPays(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	use := &c.uses[codeOf(pii.Email)]
	for i := range 2 * useWindow {
		c.Add(pii.Email, fmt.Appendf(nil, "person%d@gmail.com", i))
	}
	if !use.seldom {
		t.Error("the memo is used although nothing repeats")
	}
	for i := range 20 * seldom * seldomWindow {
		c.Add(pii.Email, fmt.Appendf(nil, "guest%d@gmail.com", i%20000))
	}
	if use.seldom {
		t.Error("the memo is not used although all repeats")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if want := int64(2*useWindow + 20*seldom*seldomWindow); s.Stats()[pii.Email].Added != want {
		t.Errorf("%+v, want %d", s.Stats(), want)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(2*useWindow+20000) * 4; set.Len() != want { // with three digests each
		t.Errorf("%d fingerprints, want %d", set.Len(), want)
	}
}

// Values that come again after a long time are all remembered once the memo is used for them.
func TestMemoFillsInOneRound(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	const persons = 40000
	use := &c.uses[codeOf(pii.IP)]
	round := func() (missed uint32) {
		c.drain()
		before := use.tried - use.hits
		for i := range persons {
			c.Add(pii.IP, fmt.Appendf(nil, "93.%d.%d.%d", i%7, i%251, i%253))
		}
		c.drain()
		return use.tried - use.hits - before
	}
	for range 3 { // the first are new, in the second some are seen again, in the third all are noted
		round()
	}
	if missed := round(); use.seldom || missed != 0 {
		t.Errorf("%d of %d values were not remembered", missed, persons)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats()[pii.IP]; got != (Stats{Added: 4 * persons}) {
		t.Errorf("%+v", got)
	}
}

// What waits to be looked up is of the column that it was read from, however long it is.
func TestValuesWaitWithTheirColumn(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	texts := map[string]string{"short": "Ada Byron", "long": "Grace " + strings.Repeat("brewster ", 500) + "Hopper"}
	for name, text := range texts {
		c.From(c.Column("public." + name))
		c.Add(pii.FullName, []byte(text))
		for i := range 3 * atOnce {
			c.Add(pii.FullName, fmt.Appendf(nil, "%s Clerk%d", name, i))
		}
	}
	c.From(0)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		hits := set.Matcher().Scan(nil, []byte(text))
		if len(hits) == 0 {
			t.Fatalf("the %s name is not found", name)
		}
		origins, err := s.Origins([]uint64{hits[0].Print})
		if want := "public." + name; err != nil || len(origins[hits[0].Print]) != 1 || origins[hits[0].Print][0] != want {
			t.Errorf("%v, %v, want %s", origins, err, want)
		}
	}
}

// Public addresses are added without asking whether a fake could have made them.
func TestPublicAddressesAreNoFakes(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 37))
	for range 200000 {
		var b [16]byte
		binary.LittleEndian.PutUint64(b[:], r.Uint64())
		binary.LittleEndian.PutUint64(b[8:], r.Uint64())
		b[0] = b[0]&0x1f | 0x20 // 2000::/3
		for _, a := range []netip.Addr{netip.AddrFrom4([4]byte(b[8:12])), netip.AddrFrom16(b)} {
			if text := []byte(a.String()); ident.Public(a) && fake.Recognise(pii.IP, text) {
				t.Fatalf("%s is public and a fake", a)
			}
		}
		var d fake.Digest
		copy(d[:], b[:])
		for _, a := range []netip.Addr{netip.AddrFrom4(fake.IPv4(&d, false)), netip.AddrFrom4(fake.IPv4(&d, true)),
			netip.AddrFrom16(fake.IPv6(&d))} {
			if ident.Public(a) {
				t.Fatalf("the fake %s is public", a)
			}
		}
	}
}

// The groups of an address are no numbers, but what stands beside it is one, and
// a number that looks like an address is found as it was written.
func TestNumbersBesideAddresses(t *testing.T) {
	set, _ := build(t, value{pii.Phone, "415 555 2671"}, value{pii.NationalID, "123-45-6789"},
		value{pii.IP, "93.184.216.34"}, value{pii.Phone, "040 12.34.56.79"})
	for text, want := range map[string]string{
		"10.1.2.3 415 555 2671":         "phone:415 555 2671",
		"4155552671/10.1.2.3":           "phone:4155552671",
		"10.1.2.3/4155552671":           "phone:4155552671",
		"12.3.45.67/89":                 "",
		"123.45.67.89":                  "",
		"93.184.216.34/32, 415.5552671": "ip:93.184.216.34 | phone:415.5552671",
		"93.184.216.34.5":               "",
		"9.93.184.216.34":               "",
		"93.184.216.34日":                "ip:93.184.216.34",
		"93.184.216.34é":                "",
		"tel 040 12.34.56.79!":          "phone:040 12.34.56.79",
	} {
		m := set.Matcher()
		if got := show(text, m.Scan(nil, []byte(text))); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	m := set.Matcher()
	m.Scan(nil, []byte("212.155.51.23/24"))
	if m.Expected() != 0 {
		t.Errorf("%g numbers are expected in an address", m.Expected())
	}
}

// Words are cut eight bytes at a time as they are byte by byte, at any place of a text.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "a", "ABCDEFGH", "abcdefgh1", "12345678 abcdefghij-KLMNOPQRSTUVWXYZ", "x\x00y@[`{/:", "Straße ＡＢＣ12345678é日本", "a\u0301bcdefgh\u00adi\xff"} {
		f.Add([]byte(s))
	}
	f.Add(bytes.Repeat([]byte("a1"), maxWord))
	f.Fuzz(func(t *testing.T, text []byte) {
		var fast, slow folder
		for i := 0; ; {
			var w, v word
			more := fast.next(text, i, &w)
			if again := slow.slowly(text, i, &v); more != again {
				t.Fatalf("%q at %d: %v, %v", text, i, more, again)
			}
			if !more {
				return
			}
			if w != v || !bytes.Equal(fast.buf[:w.size], slow.buf[:v.size]) {
				t.Fatalf("%q at %d: %+v %q, want %+v %q", text, i, w, fast.buf[:w.size], v, slow.buf[:v.size])
			}
			i = w.end
		}
	})
}

// slowly is next, byte by byte.
func (f *folder) slowly(text []byte, i int, w *word) bool {
	for ; i < len(text); i++ {
		if byteFold[text[i]] > wide {
			*w = word{start: i}
			f.wideWord(text, i, 0, w)
			return true
		}
		if byteFold[text[i]] == wide {
			size, kind := classify(text[i:])
			if kind == partOfWord || kind == wholeWord {
				*w = word{start: i}
				f.wideWord(text, i, 0, w)
				return true
			}
			i += max(size, 1) - 1
		}
	}
	return false
}

// Of a long word the first bytes count.
func TestLongWords(t *testing.T) {
	long := bytes.Repeat([]byte("ab3"), 200)
	var f folder
	var w word
	if !f.next(long, 0, &w) || w.end != len(long) || w.size != maxWord || w.has != hasLetter|hasDigit {
		t.Errorf("%+v", w)
	}
	if !utf8.Valid(f.buf[:w.size]) || !bytes.Equal(f.buf[:w.size], long[:maxWord]) {
		t.Error("the word's first bytes are not kept")
	}
}
