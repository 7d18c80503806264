package fingerprint

import (
	"fmt"
	"slices"
)

// An origin is a record of its own: of a fingerprint all but the lowest bits, which
// hold the number of the column that its value was read from. With 2·10⁷ fingerprints
// and a thousand of them asked for, one in ten thousand answers is by chance.
const originMask = 1<<16 - 1

// From says which column of the source the values added next are read from:
// "public.users.email".
func (c *Collector) From(column Column) { c.origin = column }

// Column is the number of a column of the source in a store; 0 is none.
type Column uint16

// Column numbers a column by its name. What is beyond 65,535 columns has none.
func (c *Collector) Column(name string) Column { return c.store.column(name) }

func (s *Store) column(name string) Column {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.numbered[name]; ok {
		return n
	}
	if len(s.named) == originMask {
		return 0
	}
	if s.numbered == nil {
		s.numbered = map[string]Column{}
	}
	s.named = append(s.named, name)
	n := Column(len(s.named))
	s.numbered[name] = n
	return n
}

// Origins are the columns of the source whose values have these fingerprints
// ([Match.Print]), by fingerprint, in the order in which the columns were first read. A
// value that stands in several columns may be known of the first of them only.
func (s *Store) Origins(prints []uint64) (map[uint64][]string, error) {
	of := map[uint64][]uint64{} // fingerprints by what a record keeps of them
	for _, p := range prints {
		of[p&^originMask] = append(of[p&^originMask], p)
	}
	numbers := map[uint64][]Column{}
	part := &s.origins.parts[0]
	buf := make([]uint64, 1<<13)
	for at := int64(0); at < part.n && len(of) > 0; {
		recs := buf[:min(int64(len(buf)), part.n-at)]
		if _, err := part.f.ReadAt(asBytes(recs), at*8); err != nil {
			return nil, fmt.Errorf("reading where fingerprints come from: %w", err)
		}
		at += int64(len(recs))
		for _, r := range recs {
			for _, p := range of[r&^originMask] {
				if n := Column(r & originMask); !slices.Contains(numbers[p], n) {
					numbers[p] = append(numbers[p], n)
				}
			}
		}
	}
	out := map[uint64][]string{}
	for p, list := range numbers {
		slices.Sort(list)
		for _, n := range list {
			out[p] = append(out[p], s.named[n-1])
		}
	}
	return out, nil
}
