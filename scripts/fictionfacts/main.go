// Command fictionfacts builds the filter of real surnames, towns and words by which
// the tests of internal/pii/fake hold invented names apart from facts.
//
//	scripts/fiction-facts.sh            fetches the lists and runs this
//	go run ./scripts/fictionfacts -out FILE LIST…
//
// A LIST is text, one entry a line, of which all that stands before two spaces
// counts, or JSON: an array of objects with a name. Every entry goes in as a whole
// and by its words, folded to letters and digits (internal/pii/fold). The file is a
// binary fuse filter of 16 bits an entry, keyed by the FNV-1a hash: its fields
// in order, little-endian.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/FastFilter/xorfilter"

	"refresher/internal/pii/fold"
)

func main() {
	out := flag.String("out", "internal/pii/fake/testdata/facts.filter", "where the filter is written")
	flag.Parse()
	if err := build(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "fictionfacts:", err)
		os.Exit(1)
	}
}

func build(out string, lists []string) error {
	facts := map[uint64]bool{}
	for _, list := range lists {
		entries, err := read(list)
		if err != nil {
			return err
		}
		before := len(facts)
		for _, e := range entries {
			add(facts, e)
			for _, w := range strings.FieldsFunc(e, func(r rune) bool { return strings.ContainsRune(" -/,.()", r) }) {
				add(facts, w)
			}
		}
		fmt.Printf("%s: %d entries, %d new words\n", list, len(entries), len(facts)-before)
	}
	filter, err := xorfilter.NewBinaryFuse[uint16](slices.Sorted(maps.Keys(facts)))
	if err != nil {
		return fmt.Errorf("building the filter: %w", err)
	}
	var b bytes.Buffer
	for _, part := range []any{filter.Seed, filter.SegmentLength, filter.SegmentLengthMask, filter.SegmentCount,
		filter.SegmentCountLength, filter.Fingerprints} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			return fmt.Errorf("encoding the filter: %w", err)
		}
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

func add(facts map[uint64]bool, entry string) {
	if w := fold.AppendLetters(nil, []byte(entry)); len(w) > 0 {
		h := fnv.New64a()
		h.Write(w)
		facts[h.Sum64()] = true
	}
}

func read(list string) ([]string, error) {
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(list, ".json") {
		var named []struct{ Name string }
		if err := json.Unmarshal(text, &named); err != nil {
			return nil, fmt.Errorf("reading %s: %w", list, err)
		}
		entries := make([]string, len(named))
		for i, n := range named {
			entries[i] = n.Name
		}
		return entries, nil
	}
	var entries []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		entry, _, _ := strings.Cut(line, "  ")
		entry, _, _ = strings.Cut(entry, "(")
		entries = append(entries, entry)
	}
	return entries, nil
}
