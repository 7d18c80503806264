package fake

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v6/data"

	"refresher/internal/pii"
)

var digests = sync.OnceValue(func() []Digest {
	list := make([]Digest, 100_000)
	for i := range list {
		list[i] = sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(i)))
	}
	return list
})

func digest(i int) *Digest { return &digests()[i] }

type generator struct {
	name     string
	class    pii.Class
	max      int // promised longest output; 0 not promised
	distinct int // outputs to expect at least among 20,000
	gen      func(dst []byte, d *Digest) []byte
}

func generators() []generator {
	long, short := EmailForm{Names: true, Hash: MinHash}, EmailForm{Hash: MinHash}
	wide := EmailForm{Names: true, Hash: MaxHash}
	email := func(f EmailForm) func([]byte, *Digest) []byte {
		return func(b []byte, d *Digest) []byte { return AppendEmail(b, d, f) }
	}
	phone := func(f PhoneForm) func([]byte, *Digest) []byte {
		return func(b []byte, d *Digest) []byte { return AppendPhone(b, d, f) }
	}
	ipv4 := func(narrow bool) func([]byte, *Digest) []byte {
		return func(b []byte, d *Digest) []byte { return netip.AddrFrom4(IPv4(d, narrow)).AppendTo(b) }
	}
	return append(append(localGenerators(), moreGenerators()...), []generator{
		{"email", pii.Email, long.MaxLen(), 20000, email(long)},
		{"email short", pii.Email, short.MaxLen(), 20000, email(short)},
		{"email wide", pii.Email, wide.MaxLen(), 20000, email(wide)},
		{"first name", pii.FirstName, MaxFirstName, 300, AppendFirstName},
		{"last name", pii.LastName, MaxLastName, 2000, AppendLastName},
		{"full name", pii.FullName, MaxFullName, 19500, AppendFullName},
		{"company", pii.Company, MaxCompany, 19000, AppendCompany},
		{"street", pii.Street, MaxStreet, 19900, AppendStreet},
		{"city", pii.City, MaxCity, 1000, AppendCity},
		{"postcode", pii.Postcode, MaxPostcode, 5000, AppendPostcode},
		{"phone wide", pii.Phone, PhoneWide.MaxLen(), 20000, phone(PhoneWide)},
		{"phone narrow", pii.Phone, PhoneNarrow.MaxLen(), 10000, phone(PhoneNarrow)},
		{"phone national", pii.Phone, PhoneNational.MaxLen(), 10000, phone(PhoneNational)},
		{"phone uk", pii.Phone, PhoneUK.MaxLen(), 990, phone(PhoneUK)},
		{"phone other", pii.Phone, PhoneOther.MaxLen(), 20000, phone(PhoneOther)},
		{"phone local", pii.Phone, PhoneLocal.MaxLen(), 100, phone(PhoneLocal)},
		{"ipv4", pii.IP, 15, 19900, ipv4(false)},
		{"ipv4 narrow", pii.IP, 15, 18000, ipv4(true)},
		{"ipv6", pii.IP, MaxIP, 20000, func(b []byte, d *Digest) []byte { return netip.AddrFrom16(IPv6(d)).AppendTo(b) }},
		{"user agent", pii.UserAgent, MaxUserAgent, 50, func(b []byte, d *Digest) []byte { return AppendUserAgent(b, d, false) }},
		{"user agent short", pii.UserAgent, MaxShortUserAgent, 10, func(b []byte, d *Digest) []byte { return AppendUserAgent(b, d, true) }},
		{"ssn", pii.NationalID, MaxSSN, 19500, func(b []byte, d *Digest) []byte { return AppendSSN(b, d, true) }},
		{"ssn digits", pii.NationalID, MaxSSNDigits, 19500, func(b []byte, d *Digest) []byte { return AppendSSN(b, d, false) }},
		{"card", pii.CreditCard, MaxCard, 19990, AppendCard},
		{"iban 22", pii.IBAN, 22, 20000, func(b []byte, d *Digest) []byte { return AppendIBAN(b, d, 22) }},
		{"iban 15", pii.IBAN, 15, 19990, func(b []byte, d *Digest) []byte { return AppendIBAN(b, d, 15) }},
		{"iban 34", pii.IBAN, 34, 20000, func(b []byte, d *Digest) []byte { return AppendIBAN(b, d, 34) }},
		{"token", pii.Token, TokenLen(MinHash), 20000, func(b []byte, d *Digest) []byte { return AppendToken(b, d, MinHash) }},
		{"token long", pii.Token, TokenLen(MaxHash), 20000, func(b []byte, d *Digest) []byte { return AppendToken(b, d, MaxHash) }},
		{"uuid", pii.Token, MaxUUID, 20000, AppendUUID},
		{"bytes", pii.Token, 66, 20000, func(b []byte, d *Digest) []byte {
			raw := Bytes(d)
			return hex.AppendEncode(append(b, `\x`...), raw[:])
		}},
	}...)
}

func TestRecogniseAcceptsEveryOutput(t *testing.T) {
	for _, g := range generators() {
		t.Run(g.name, func(t *testing.T) {
			var buf []byte
			distinct := map[string]bool{}
			n := 100_000
			if code, _, _ := strings.Cut(g.name, " "); LocaleOf(code) != nil {
				n = 20_000
			}
			if testing.Short() { // under the race detector, for which numbers don't count
				n = 1_000
			}
			for i := range n {
				buf = g.gen(buf[:0], digest(i))
				if !Recognise(g.class, buf) {
					t.Fatalf("%q is not recognised", buf)
				}
				if utf8.RuneCount(buf) > g.max {
					t.Fatalf("%q is longer than %d", buf, g.max)
				}
				if i < 20_000 {
					distinct[string(buf)] = true
				}
			}
			if !testing.Short() && len(distinct) < g.distinct {
				t.Errorf("%d distinct outputs of 20,000, want %d", len(distinct), g.distinct)
			}
			again := g.gen(nil, digest(7))
			if string(again) != string(g.gen([]byte("x"), digest(7))[1:]) {
				t.Error("not a pure function of the digest")
			}
			if !Recognise(g.class, []byte("  "+string(again)+"\n")) {
				t.Error("surrounding space matters")
			}
		})
	}
}

func TestGeneratorsAllocateNothing(t *testing.T) {
	buf, d := make([]byte, 0, 256), digest(1)
	for _, g := range generators() {
		if n := testing.AllocsPerRun(100, func() { buf = g.gen(buf[:0], d) }); n != 0 {
			t.Errorf("%s: %v allocations", g.name, n)
		}
		if g.name == "ipv6" {
			continue // netip.ParseAddr wants a string
		}
		if n := testing.AllocsPerRun(100, func() { Recognise(g.class, buf) }); n != 0 {
			t.Errorf("recognising %s: %v allocations", g.name, n)
		}
		buf = g.gen(buf[:0], d)
	}
}

func TestRecogniseRejectsWhatCouldBeReal(t *testing.T) {
	for class, values := range map[pii.Class][]string{
		pii.Email: {
			"jane.doe@gmail.com", "a@example.com.evil.io", "a@notexample.com", "jane@example.co.uk", "example.com",
			"@example.com", "jane@", "jane@.com", "real@gmail.com,x@example.com", "real@gmail.com x@example.com",
			"a@testing", "jane@example.de", "jane@mytest", "", " ",
		},
		pii.Phone: {
			"+12128675309", "2128675309", "+442079460958x", "+4915112345678", "5552345678", "15552345678", "+525512345678",
			"05551234567", "+9981234567", "999", "911", "+15551", "+12125550200", "+12125551234", "7700900123", "abc",
			"+15550345678", "+1 555 145 6789", "+290123456789012", "+838123456789012", "+28012345678901", "5550200",
		},
		pii.FullName:  {"Anna Schmidt", "Anna", "Glirbowwick", "Zebedee Glirbowwick", "Anna Maria Glirbowwick", "Anna Thornton"},
		pii.FirstName: {"Zebedee", "Xi", "anna maria"},
		pii.LastName:  {"Smith", "Thornton", "Moor", "Thorn", "wick", "Müller"},
		pii.Company:   {"Acme Ltd", "Smith Ltd", "Glirbowwick Ltd Robotics", "Smith Robotics Ltd", "Glirbowwick Robotics Ltd Ltd"},
		pii.Street:    {"10 Downing Street", "221b Baker Street", "Glirbowwick Lane", "482 Thornton", "48211 Glirbowwick Lane", "x Glirbowwick Lane"},
		pii.City:      {"London", "Canterbury", "Glirbowwick", "Bury"},
		pii.Postcode:  {"10001", "SW1A 1AA", "90210", "2130", "213011", "2130x", "10001-1234"},
		pii.IP: {
			"8.8.8.8", "10.0.0.1", "127.0.0.1", "198.20.0.1", "239.1.2.3", "2001:db9::1", "::1", "fe80::1", "240.0.0", "192.0.3.1",
			"240.0.0.1/", "240.0.0.1/x", "::ffff:8.8.8.8",
		},
		pii.UserAgent:  {"curl/8.0", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "Firefox/101.0", "Chrome/150.0"},
		pii.NationalID: {"123-45-6789", "078-05-1120", "900-70-1234", "66612345", "6661234567", "66612345678901234", "665123456789012345", "666-1234-56", "666a12-345", "AB123456C"},
		pii.CreditCard: {
			"4539578763621486", "5425233430109903", "374245455400126", "4242424242424241", "424242424242424", "4242420000000000000",
			"6011000990139425", "98123456789012345", "981234567890123456", "49927398716",
		},
		pii.IBAN: {
			"DE89370400440532013000", "GB82WEST12345698765432", "XK051212012345678906", "XX00370400440532013000", "QA58DOHB00001234567890ABCDEFG",
		},
		pii.Token: {
			"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "tok_1MzXcw2eZvKYlo2C3F4G5H6I", "tok_", "tok_abc", "550e8400-e29b-41d4-a716-446655440000",
			"01890a5d-ac96-774b-bcce-b302099a8057", "320c3d4d-cc00-875b-8ec9-32d5f69181c0", "fa4e3d4d-cc00-475b-8ec9-32d5f69181c0",
			"fa4e3d4d-cc00-875b-cec9-32d5f69181c0", `\xdeadbeef`, `\x` + strings.Repeat("ab", 32),
		},
		pii.Date:     {"1990-01-01"},
		pii.None:     {"x"},
		pii.FreeText: {"hello", "[redacted] and more"},
	} {
		for _, v := range values {
			if Recognise(class, []byte(v)) {
				t.Errorf("%s %q is taken for a fake", class, v)
			}
		}
	}
}

func TestRecogniseAcceptsTheReservedSpaces(t *testing.T) {
	for class, values := range map[pii.Class][]string{
		pii.Email:      {"Anyone@Example.COM", "a@mail.example.org", "a@b.test", "a@b.invalid", "x@host.example"},
		pii.Phone:      {"+280 1234 5678 9012", "837123456789012", "+999123456789012", "555-0123", "+1 (212) 555-0123", "212-555-0123", "1-555-234-5678", "001 555 234 5678", "07700 900123", "+44 7700 900 123", "020 7946 0958"},
		pii.IP:         {"192.0.2.1", "198.51.100.7/24", "2001:db8::1", "2001:db8::/32", "::ffff:198.18.0.1"},
		pii.NationalID: {"000-12-3456", "666 12 3456", "987-00-1234"},
		pii.CreditCard: {"4242 4242 4242 4242", "4111-1111-1111-1111", "378282246310005"},
		pii.FullName:   {"ANNA GLIRBOWWICK", "anna  glirbowwick"},
		pii.Street:     {"482 glirbowwick lane"},
		pii.FreeText:   {Redacted},
	} {
		for _, v := range values {
			if !Recognise(class, []byte(v)) {
				t.Errorf("%s %q is not recognised", class, v)
			}
		}
	}
}

// The sieve in front of the surnames lets every one of them through, in any case.
func TestSieveLetsSurnamesThrough(t *testing.T) {
	for _, l := range locales()[1:] {
		for _, stem := range l.stems {
			for _, ending := range l.endings {
				name := stem.text + ending.text
				for _, form := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
					if was := l.isSurname([]byte(form)); was && !isSurname([]byte(form)) || form == name && !was {
						t.Fatalf("locale %s: %q is not recognised", l.name, form)
					}
				}
			}
		}
	}
	passed := 0
	for i := range 10_000 {
		if surnames().maybe(fmt.Appendf(nil, "Real%dname", i)) {
			passed++
		}
	}
	if passed > 1500 {
		t.Errorf("%d of 10000 other words pass", passed)
	}
}

// The composed words must not be words that people, towns or streets bear.
func TestInventedWordsAreNotReal(t *testing.T) {
	real := map[string]bool{}
	for _, list := range [][]string{data.Person["last"], data.Address["city"], data.Address["street_name"], data.Person["first"]} {
		for _, w := range list {
			real[strings.ToLower(w)] = true
		}
	}
	if len(real) < 500 {
		t.Fatalf("only %d real words to compare with", len(real))
	}
	seen := map[string]bool{}
	for _, endings := range [][]string{surnameEndings[:], cityEndings[:]} {
		for _, s := range stems {
			for _, e := range endings {
				w := strings.ToLower(s + e)
				if real[w] || firstTexts()[w] {
					t.Errorf("%s is a real name", w)
				}
				if seen[w] {
					t.Errorf("%s is made twice", w)
				}
				seen[w] = true
			}
		}
	}
	if n := len(stems) * len(surnameEndings); n < 2000 {
		t.Errorf("only %d surnames", n)
	}
}

func TestWordListsHaveNoDuplicates(t *testing.T) {
	for name, list := range map[string][]string{"first": firstNames[:], "stems": stems[:], "areas": areaCodes[:], "zip": zipPrefixes[:]} {
		sorted := slices.Clone(list)
		slices.Sort(sorted)
		if n := len(slices.Compact(sorted)); n != len(list) {
			t.Errorf("%s: %d duplicates", name, len(list)-n)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	for _, g := range generators() {
		f.Add(string(g.class), g.gen(nil, digest(3)))
	}
	f.Fuzz(func(t *testing.T, class string, text []byte) {
		if Recognise(pii.Class(class), text) && len(text) == 0 {
			t.Error("nothing was recognised")
		}
	})
}

func BenchmarkEmail(b *testing.B) {
	d, buf := digest(1), make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendEmail(buf[:0], d, EmailForm{Names: true, Hash: MinHash})
	}
}
