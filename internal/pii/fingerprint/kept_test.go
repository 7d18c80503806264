package fingerprint

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/pii"
)

const testKeyName = "0011223344556677"

// keptSet makes the set of a kept store.
func keptSet(t testing.TB, values ...value) *Set {
	t.Helper()
	set, _ := setOf(t, NewKeptStore, slices.Values(values))
	return set
}

func written(t testing.TB, set *Set) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := set.Write(&b, Header{Run: "20261121T030000Z-7f3a", Key: testKeyName, Refresher: "test"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(t testing.TB, file []byte, memory int64) *Set {
	t.Helper()
	set, h, err := Open(bytes.NewReader(file), int64(len(file)), testKey, testKeyName, memory)
	if err != nil {
		t.Fatal(err)
	}
	if h.Run != "20261121T030000Z-7f3a" || h.Fingerprints != set.Len() {
		t.Errorf("%+v", h)
	}
	return set
}

func manyValues(n int) (values []value) {
	r := real{rand.New(rand.NewPCG(3, 4))}
	for range n {
		values = append(values, r.value())
	}
	return values
}

// A set read from its file finds what the set in memory finds, at the same places,
// whether its filters are in memory or in the file; and it holds no value.
func TestAWrittenSetFindsTheSame(t *testing.T) {
	values := append(manyValues(10000), value{pii.FullName, "Hanna Bergström"}, value{pii.IP, "83.249.14.207"})
	set := keptSet(t, values...)
	file := written(t, set)
	if !bytes.Equal(file, written(t, keptSet(t, values...))) {
		t.Error("the same values make another file")
	}
	r := real{rand.New(rand.NewPCG(5, 6))}
	var text strings.Builder
	for i := range 2000 {
		text.WriteString(values[r.IntN(len(values))].text + r.pick(" ", ", ", "; ", "\n") + r.letters(1, 9) + " " +
			r.digits(8) + " ")
		if i == 1000 {
			text.WriteString("BERGSTROM, Hanna from 83.249.14.207. ")
		}
	}
	want := set.Matcher().Scan(nil, []byte(text.String()))
	if len(want) < 1900 {
		t.Fatalf("%d found", len(want))
	}
	for name, memory := range map[string]int64{"memory": 0, "half": int64(len(file)) / 6, "file": 1} {
		kept := opened(t, file, memory)
		if name == "file" && kept.kept.any[0].Fingerprints != nil {
			t.Error("a filter is in memory")
		}
		m := kept.Matcher()
		got := m.Scan(nil, []byte(text.String()))
		if err := m.Err(); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d found, want %d", name, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: %+v, want %+v", name, got[i], want[i])
			}
		}
		for class := range set.holds {
			if kept.Holds(class) != set.Holds(class) {
				t.Errorf("%s: holds %s: %v", name, class, kept.Holds(class))
			}
		}
		if in, err := set.Has(got[0].Print); !in || err != nil {
			t.Errorf("the exact set does not confirm a hit: %v", err)
		}
	}
	lower := bytes.ToLower(file)
	for _, v := range values[len(values)-200:] {
		if bytes.Contains(lower, []byte(strings.ToLower(v.text))) {
			t.Fatalf("the file holds %q", v.text)
		}
	}
}

// Filters that don't fit into memory are passed over, and change nothing.
func TestABoundedSetFindsTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("needs partitions that are too large for memory")
	}
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Bound(1)
	c := s.Collector()
	values := manyValues(600_000)
	for _, v := range values {
		c.Add(v.class, []byte(v.text))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	if set.parts[0].filter != nil || set.parts[0].f == nil {
		t.Fatal("a partition has its filter in memory")
	}
	m, missed := set.Matcher(), 0
	for _, v := range values[:5000] {
		if !s.known(v.class, []byte(v.text)) && len(m.Scan(nil, []byte("to "+v.text+" at"))) == 0 {
			missed++
		}
	}
	if missed > 5000/50 {
		t.Errorf("%d of 5000 missed", missed)
	}
}

// The rate of false positives: of ten million probes with fingerprints that were
// not added, none is a hit. At the promised 10⁻⁶ a token ten would be; the bound
// that the format gives is 28 × 2⁻⁴⁰ a probe.
func TestFalsePositives(t *testing.T) {
	set := opened(t, written(t, keptSet(t, manyValues(50000)...)), 0)
	r := rand.New(rand.NewPCG(9, 9))
	n := 10_000_000
	if testing.Short() {
		n /= 10
	}
	passed := 0
	for range n {
		h := r.Uint64()
		if set.kept.any[h>>set.kept.shift%uint64(len(set.kept.any))].Contains(h) {
			passed++
		}
		if code, err := set.find(h, nil); code != 0 || err != nil {
			t.Fatalf("%x is a hit: %d, %v", h, code, err)
		}
	}
	if passed < n/512 || passed > n/128 {
		t.Errorf("%d of %d pass the first filter, want about 1 in 256", passed, n)
	}
	// Tokens as logs have them.
	words := real{r}
	m := set.Matcher()
	var text []byte
	for range n / 100 {
		text = append(text, words.letters(2, 9)+words.pick(" ", ".", "@", "-")+words.letters(2,
			9)+" id="+words.digits(4)+words.letters(3, 6)+words.digits(4)+"\n"...)
	}
	if hits := m.Scan(nil, text); len(hits) != 0 {
		t.Errorf("%d hits in random text: %+v", len(hits), hits[0])
	}
}

// refusedAs opens a file that must be refused with a sentence.
func refusedAs(t *testing.T, file []byte, key []byte, name, want string) {
	t.Helper()
	set, _, err := Open(bytes.NewReader(file), int64(len(file)), key, name, 0)
	var input *fault.Input
	if set != nil || !errors.As(err, &input) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(),
		"\n") {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestWhatIsNoSetOfThisKeyIsRefused(t *testing.T) {
	file := written(t, keptSet(t, manyValues(3000)...))
	refusedAs(t, file, []byte("another key another key another!"), "ffff000011112222",
		"was made with key \"0011223344556677\", and the key given is ffff000011112222")
	refusedAs(t, file, []byte("another key another key another!"), testKeyName, "damaged")
	refusedAs(t, nil, testKey, testKeyName, "no fingerprint set")
	refusedAs(t, []byte("PGDMP and so on, and so on"), testKey, testKeyName, "no fingerprint set")
	later := bytes.Clone(file)
	later[8] = 3
	refusedAs(t, later, testKey, testKeyName, "format 3")
	for _, n := range []int{1, 7, 15, 16, 40, 200, len(file) / 2, len(file) - 33, len(file) - 32, len(file) - 1} {
		if set, _, err := Open(bytes.NewReader(file[:n]), int64(n), testKey, testKeyName, 0); set != nil || err == nil {
			t.Errorf("a file of %d of %d bytes is read", n, len(file))
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		damaged := bytes.Clone(file)
		damaged[r.IntN(len(file))] ^= 1 << r.IntN(8)
		if set, _, err := Open(bytes.NewReader(damaged), int64(len(file)), testKey, testKeyName, 0); set != nil ||
			err == nil {
			t.Fatal("a damaged file is read")
		}
	}
	refusedAs(t, append(bytes.Clone(file), 0), testKey, testKeyName, "damaged")
	if set, _ := build(t, value{pii.Email, "hanna.bergstrom@posteo.se"}); set.Write(io.Discard, Header{}) == nil {
		t.Error("a set with hashes under a random seed is written")
	}
}

// Even with the right seal, a file's numbers can't break the reader.
func FuzzOpen(f *testing.F) {
	var files [][]byte
	for _, n := range []int{0, 1, 3, 300} {
		s := keptSet(f, manyValues(n)...)
		files = append(files, written(f, s))
	}
	for _, file := range files {
		f.Add(file)
	}
	seal := deriveKeys(testKey).seal
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, _, err := Open(bytes.NewReader(file), int64(len(file)), testKey, testKeyName, 0); err != nil &&
			len(file) > sealSize {
			m := hmac.New(sha256.New, seal)
			m.Write(file[:len(file)-sealSize])
			file = m.Sum(bytes.Clone(file[:len(file)-sealSize]))
		}
		for _, memory := range []int64{0, 1} {
			set, _, err := Open(bytes.NewReader(file), int64(len(file)), testKey, testKeyName, memory)
			if err != nil {
				continue
			}
			m := set.Matcher()
			m.Scan(nil, []byte("hanna.bergstrom@posteo.se 4155552671 Hanna Bergström 83.249.14.207"))
			for i := range uint64(64) {
				h := i<<58 | i
				_, _ = set.Has(h)
			}
		}
	})
}

// A set of a database in which few persons stand is read like any other.
func TestASetOfFewValues(t *testing.T) {
	for n := range 12 {
		var values []value
		for i := range n {
			values = append(values, value{pii.Email, fmt.Sprintf("ottokar.zwetschgauer%d@posteo.de", i)})
		}
		set := opened(t, written(t, keptSet(t, values...)), 0)
		for _, v := range values {
			if found := set.Matcher().Scan(nil, []byte("ask "+v.text)); len(found) != 1 {
				t.Errorf("of %d values, %d found for one", n, len(found))
			}
		}
	}
}
