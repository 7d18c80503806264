package fake

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"os"
	"testing"

	"github.com/FastFilter/xorfilter"

	"refresher/internal/pii/fold"
)

// facts says whether a word is in the public lists of testdata/facts.md.
func facts(t *testing.T) func(word string) bool {
	t.Helper()
	data, err := os.ReadFile("testdata/facts.filter")
	if err != nil {
		t.Fatal(err)
	}
	var filter xorfilter.BinaryFuse[uint16]
	const head = 8 + 4*4
	filter.Fingerprints = make([]uint16, (len(data)-head)/2)
	r := bytes.NewReader(data)
	for _, part := range []any{&filter.Seed, &filter.SegmentLength, &filter.SegmentLengthMask, &filter.SegmentCount,
		&filter.SegmentCountLength, filter.Fingerprints} {
		if err := binary.Read(r, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return func(word string) bool {
		h := fnv.New64a()
		h.Write(fold.AppendLetters(nil, []byte(word)))
		return filter.Contains(h.Sum64())
	}
}

// Every surname, town, region and street that can be made is in no public list.
func TestFictionIsNoFact(t *testing.T) {
	isFact := facts(t)
	for _, real := range []string{"Smith", "Brackenridge", "Willowbrook", "Thornleigh", "Müller", "Springfield", "Saint-Denis", "Kraków"} {
		if !isFact(real) {
			t.Errorf("the filter does not know %s", real)
		}
	}
	n := 0
	check := func(word string) {
		if n++; isFact(word) {
			t.Errorf("%s is a fact", word)
		}
	}
	for _, l := range locales() {
		for _, stem := range l.stems {
			if l.name != "ja" { // a character is a word
				check(stem.text)
				check(stem.slug)
			}
			for _, e := range l.endings {
				check(stem.text + e.text)
				check(stem.slug + e.slug)
			}
			for _, a := range append(l.cities, l.streets...) {
				check(a.before + stem.text + a.after)
			}
		}
	}
	for _, stem := range stems {
		for _, endings := range [][]string{cityEndings[:], regionEndings[:]} {
			for _, e := range endings {
				check(stem + e)
			}
		}
	}
	if n < 10_000 {
		t.Errorf("%d words were looked up only", n)
	}
}
