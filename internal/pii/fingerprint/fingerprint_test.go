package fingerprint

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/pii"
)

var testKey = []byte("0123456789abcdef0123456789abcdef")

type value struct {
	class pii.Class
	text  string
}

// build makes a set of values and fails the test on any error.
func build(t testing.TB, values ...value) (*Set, map[pii.Class]Stats) {
	t.Helper()
	return setOf(t, NewStore, slices.Values(values))
}

// setOf makes the set of values that a store took, and fails the test on any error.
func setOf(t testing.TB, open func(dir string, key []byte) (*Store, error), values iter.Seq[value]) (*Set,
	map[pii.Class]Stats) {
	t.Helper()
	s, err := open(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := s.Collector()
	for v := range values {
		c.Add(v.class, []byte(v.text))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	return set, s.Stats()
}

func show(text string, ms []Match) string {
	var parts []string
	for _, m := range ms {
		parts = append(parts, string(m.Class)+":"+text[m.Start:m.End])
	}
	return strings.Join(parts, " | ")
}

func TestSurvivors(t *testing.T) {
	for _, c := range []struct {
		value value
		texts string // forms in which it must be found, one a line
		clean string // texts in which it must not be found
	}{
		{value{pii.Email, "John.Smith+news@gmail.com"},
			"john.smith+news@gmail.com\nJOHN.SMITH+NEWS@GMAIL.COM\n<a " +
				"href=\"mailto:John.Smith+news@Gmail.com\">\nx=john.smith+news@gmail.com&y",
			"john.smith@gmail.com\njohn.smith+news@gmail.org\njohn smith news gmail"},
		{value{pii.Email, "a.b@c.de"}, "to a.b@c.de!", "a b c de\na-b-c-de"},
		{value{pii.Email, `"Ana Lima" <ana.lima@uol.com.br>; joe@acme.io`}, "ANA.LIMA@uol.com.br\nmail joe@acme.io",
			"Ana Lima"},
		{value{pii.FullName, "Maria da Silva"},
			"maria da silva\nSILVA, Maria\nSilva, Maria da\nMaria Silva\nMARIA_SILVA\n{\"name\":\"Maria da Silva\"}",
			"maria\nda silva\nmaria. he said: silva\n{\"Anna Maria\",\"Silva Jones\"}"},
		{value{pii.FullName, "Hanna Quistorp"}, // the second and third with letters of Cyrillic and Greek
			"Hanna\tQuistorp\nH\u0430nna Quist\u043erp\n\u041dANNA QUIST\u039fRP\nHanna|Quistorp\nsee Hanna | Quistorp, and\n7;Hanna;Quistorp;Ulm\nHanna;Quistorp",
			"see Hanna||Quistorp, and\nsee Hanna |; Quistorp, and\nsee Hanna><Quistorp, and\nHаnne Quistorp"},
		{value{pii.FullName, "Hanna Quistorp"},
			"ʜᴀɴɴᴀ QᴜɪSᴛᴏRᴘ\n\U0001F177\U0001F170\U0001F17D\U0001F17D\U0001F170 Quistorp", "ʜᴀɴɴᴀ ᴏᴛᴛᴏ"},
		{value{pii.CreditCard, "4556737586899855"},
			"4\uFE0F\u20E35\uFE0F\u20E35\uFE0F\u20E36\uFE0F\u20E37375 8689 9855", "4\uFE0F\u20E3"},
		{value{pii.IP, "93.184.216.34"},
			"093.184.216.034\n0x5DB8D822\n64:ff9b::5db8:d822\n64:FF9B::93.184.216.34\n2001:0:4136:e378:8000:63bf:a247:27dd",
			"093.184.216.035\n0x5DB8D823\n5DB8D822\n1093.184.216.034\n093.184.216.0340\n64:ff9b::5db8:d823"},
		{value{pii.FullName, "Мария Петрова"}, "МАРИЯ ПЕТРОВА\nПетрова, Мария\nMария Пeтpовa", "Мария Иванова"},
		{value{pii.Email, "hanna.quistorp@posteo.de"}, "h\u0430nna.quistorp@p\u043esteo.de", "h\u0430nn\u0438.quistorp@posteo.de"},
		{value{pii.FullName, "Dr. José  GARCÍA-López PhD"},
			"jose garcia lopez\nJose\u0301 Garci\u0301a Lo\u0301pez\nGarcía-López\u00a0PhD, Dr. José García López PhD",
			"dr jose"},
		{value{pii.FullName, "Jürgen Großmann"},
			"JÜRGEN GROSSMANN\nＪürgen Großmann\nju\u00adrgen großmann\nju\u3164rgen groß\uffa0mann\nGrossmann, Jurgen",
			"Jürgen\nGroß Mann"},
		{value{pii.FullName, "王小明"}, "客户王小明说\n王小明", "王小红\n小明"},
		{value{pii.Phone, "+1 (415) 555-2671"},
			"4155552671\n+14155552671\n1-415-555-2671\n(415) 555 2671\n001 415 555 " +
				"2671\ntel:415.555.2671;\n[4155552671]\n415\u2011555\u20112671",
			"5552671\n41555526711\n94155552671\n415-555-2672\n4155552671a"},
		{value{pii.Phone, "4155552671"}, "+1 415 555 2671\n(415) 555-2671\n1 415 555 2671", "415555267"},
		{value{pii.Phone, "+49 (0)30 901820"}, "030 901820\n030/901820\n+4930901820\n0049 30 90 18 20\n4930901820",
			"30 90182"},
		{value{pii.Phone, "06 12 34 56 79"}, "+33 6 12 34 56 79\n+33612345679\n0612345679\n612345679", "06 12 34 56"},
		{value{pii.Phone, "415-555-2671 ext 12"}, "4155552671", "ext 12"},
		{value{pii.CreditCard, "4556737586899855"}, "4556 7375 8689 9855\n4556-7375-8689-9855\n4556737586899855,",
			"45567375868998551\n0455673758689985"},
		{value{pii.NationalID, "219-09-9998"}, "219099998\n219 09 9998\nssn 219-09-9998.", "21909999\n2190999981"},
		{value{pii.NationalID, "ab 12 34 56 c"}, "AB123456C\nAB 12 34 56 C\nab-12-34-56-c", "AB123456\n12 34 56"},
		{value{pii.IBAN, "DE75512108001245126199"}, "DE75 5121 0800 1245 1261 99\nde75512108001245126199",
			"DE75 5121 0800 1245 1261"},
		{value{pii.IBAN, "MT84 MALT 0110 0001 2345 MTLC AST0 01S"},
			"MT84MALT011000012345MTLCAST001S\nMT84-MALT-0110-0001-2345-MTLC-AST0-01S", "MALT 0110"},
		{value{pii.IP, "93.184.216.34"}, "93.184.216.34\n[93.184.216.34]:80\n::ffff:93.184.216.34\nfrom 93.184.216.34.",
			"93.184.216.3\n93.184.216.345\n1.93.184.216.34\n93 184 216 34"},
		{value{pii.IP, "93.184.216.34/32"}, "93.184.216.34", "93.184.216.35"},
		{value{pii.IP, "2a00:1450:4001:81b::200e"}, "2a00:1450:4001:081b:0:0:0:200E\n[2A00:1450:4001:81B::200e]:443",
			"2a00:1450:4001:81b::200f"},
		{value{pii.Street, "221b Baker Street"}, "221B BAKER STREET\nat 221b, Baker-Street",
			"Baker Street\n221b Baker"},
		{value{pii.Token, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
			"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6\n{f81d4fae7dec11d0a76500a0c91e6bf6}", "f81d4fae-7dec-11d0-a765"},
		{value{pii.Token, "s3cr3tP4ssw0rd"}, "pw: s3cr3tP4ssw0rd!", "s3cr3tP4ssw0rd1"},
	} {
		set, stats := build(t, c.value)
		if stats[c.value.class] != (Stats{Added: 1}) {
			t.Errorf("%s %q: %+v", c.value.class, c.value.text, stats)
		}
		m := set.Matcher()
		for _, text := range strings.Split(c.texts, "\n") {
			if got := m.Scan(nil, []byte(text)); len(got) == 0 || got[0].Class != c.value.class {
				t.Errorf("%s %q is not found in %q", c.value.class, c.value.text, text)
			}
		}
		for _, text := range strings.Split(c.clean, "\n") {
			if got := m.Scan(nil, []byte(text)); len(got) != 0 {
				t.Errorf("%s %q is found in %q: %s", c.value.class, c.value.text, text, show(text, got))
			}
		}
		if m.Err() != nil {
			t.Error(m.Err())
		}
	}
}

// What proves nothing is counted as Short, and is not found.
func TestShort(t *testing.T) {
	for _, v := range []value{
		{pii.Email, "unknown"}, {pii.Email, "no e-mail given"}, {pii.Email, "@"}, {pii.Email, ""},
		{pii.FullName, "Maria"}, {pii.FullName, "deleted user"},
		{pii.FullName, "N/A"}, {pii.FullName, "A B"}, {pii.Phone, "555-26"}, {pii.Phone, "0000000000"},
		{pii.Phone, "1234567890"}, {pii.Phone, "none"},
		{pii.CreditCard, "**** 1234"}, {pii.NationalID, "12"}, {pii.IP, "10.0.0.1"}, {pii.IP, "::1"},
		{pii.IP, "93.184.216.0/24"}, {pii.IP, "x"},
		{pii.Street, "Broadway"}, {pii.Street, "Main Street"}, {pii.Token, "abc"}, {pii.Token, "authenticated"},
		{pii.Token, "00000000-0000-0000-0000-000000000000"},
		{pii.IBAN, ""},
	} {
		set, stats := build(t, v)
		if stats[v.class] != (Stats{Short: 1}) || set.Len() != 0 {
			t.Errorf("%s %q: %+v, %d fingerprints", v.class, v.text, stats, set.Len())
		}
		if got := set.Matcher().Scan(nil, []byte(v.text)); len(got) != 0 {
			t.Errorf("%s %q is found", v.class, v.text)
		}
	}
	if _, stats := build(t, value{pii.City, "Paris"}, value{pii.FreeText, "x@y.de"}); len(stats) != 0 {
		t.Errorf("classes that are not direct are counted: %v", stats)
	}
}

func TestFictional(t *testing.T) {
	set, stats := build(t, value{pii.Email, "jo@example.com"})
	if stats[pii.Email] != (Stats{Fictional: 1}) || set.Len() != 0 {
		t.Errorf("%+v, %d fingerprints", stats, set.Len())
	}
}

func TestLongestOfOverlappingMatches(t *testing.T) {
	set, _ := build(t, value{pii.FullName, "Ana Lima"}, value{pii.Street, "12 Ana Lima Road"},
		value{pii.Email, "ana.lima@uol.com.br"})
	text := "Ana Lima, 12 Ana Lima Road, ana.lima@uol.com.br"
	want := "full_name:Ana Lima | street:12 Ana Lima Road | email:ana.lima@uol.com.br"
	if got := show(text, set.Matcher().Scan(nil, []byte(text))); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	// What is in dst stays.
	before := []Match{{Class: pii.IP, Start: 90, End: 99}}
	if got := set.Matcher().Scan(before, []byte(text)); len(got) != 4 || got[0] != before[0] {
		t.Errorf("%+v", got)
	}
}

// Another key finds nothing, and gives other hashes.
func TestKey(t *testing.T) {
	set, _ := build(t, value{pii.Email, "ana.lima@uol.com.br"})
	set.keys = deriveKeys([]byte("fedcba9876543210"))
	if got := set.Matcher().Scan(nil, []byte("ana.lima@uol.com.br")); len(got) != 0 {
		t.Error("found under another key")
	}
	if _, err := NewStore(t.TempDir(), []byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

// Neither the private directory nor its files hold a value or can be read by others.
func TestFilesHoldHashesOnly(t *testing.T) {
	dir := t.TempDir()
	s, err := NewStore(dir, testKey)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Collector()
	for i := range 100000 {
		c.Add(pii.Email, fmt.Appendf(nil, "canary%d@uol.com.br", i))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() != 400000 { // an address and its three digests
		t.Errorf("%d fingerprints", set.Len())
	}
	for sp, want := range map[*spill]int64{s.grams: 400000, s.heads: 200000} { // heads: a first word and a pair each
		total := int64(0)
		for p := range sp.parts {
			part := &sp.parts[p]
			if part.f == nil {
				continue
			}
			total += part.n
			info, err := part.f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %s", sp.name, info.Mode())
			}
			b := make([]byte, info.Size())
			if _, err := part.f.ReadAt(b, 0); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), "canary") {
				t.Error("a file holds a value")
			}
		}
		if total != want {
			t.Errorf("%s: %d records", sp.name, total)
		}
	}
	info, err := os.Stat(s.dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A store that can't write says so when it is built, not by finding less.
func TestSpillFailureIsReported(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	c := s.Collector()
	c.Add(pii.Email, []byte("ana.lima@uol.com.br"))
	if err := c.Close(); err == nil {
		t.Error("Close reports nothing")
	}
	if _, err := s.Build(); err == nil {
		t.Error("Build reports nothing")
	}
}

// A set that can't be read takes the filter's word, and says so.
func TestReadFailureIsAHit(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Collector()
	for i := range (inMemory + 500) << gramBits {
		c.Add(pii.Token, fmt.Appendf(nil, "tok%dx%d", i, i*7))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	text := []byte("is tok77x539 here")
	if got := m.Scan(nil, text); len(got) != 1 || m.Err() != nil {
		t.Fatalf("%v, %v", got, m.Err())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := m.Scan(nil, text); len(got) != 1 || m.Err() == nil {
		t.Errorf("%v, %v", got, m.Err())
	}
}
