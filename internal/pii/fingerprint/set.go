package fingerprint

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/FastFilter/xorfilter"
	"golang.org/x/sync/errgroup"

	"refresher/internal/pii"
)

// Set is a read-only set of fingerprints, safe for concurrent use.
type Set struct {
	keys    keys
	words   wordHash
	classes [maxCode]pii.Class // by their codes
	kept    *keptFilters       // of a set read from a file; nil: parts
	parts   [1 << gramBits]part
	heads   heads
	density [maxCompact + 1]float64 // share of all numbers of a length that is in the set
	numbers uint64                  // bit n: n digits alone can be a compact form in the set, or one of a phone
	mixed   uint64                  // bit n: the set holds a compact form of n characters with letters
	holds   map[pii.Class]Stats
	size    int64
}

// maxCode is how many classes a tag has room for, beside rough.
const maxCode = rough

// Build makes the searchable set, after all collectors were closed. It sorts the
// partitions in their files; nothing can be added afterwards.
func (s *Store) Build() (*Set, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	set := &Set{keys: s.keys, words: s.words, mixed: s.mixed, holds: map[pii.Class]Stats{}}
	copy(set.classes[:], classes[:])
	bound := newBudget(s.memory)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	var size atomic.Int64
	for p := range set.parts {
		g.Go(func() error {
			n, err := set.parts[p].build(s.grams, p, s.made, bound)
			size.Add(n)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	set.size = size.Load()
	if err := set.heads.build(s.heads); err != nil {
		return nil, err
	}
	for i, st := range s.stats {
		if st != (Stats{}) {
			set.holds[classes[i]] = st
		}
	}
	for n := range set.density {
		// Numbers in use are not spread evenly; twice the density is a cautious figure.
		set.density[n] = 2 * s.numbers.count(n) / math.Pow10(n)
		if set.density[n] > 0 {
			set.numbers |= 1 << n
			for k := n; k <= maxPhone+2; k++ { // a phone's with zeros and a country code before
				set.numbers |= 1 << k
			}
		}
	}
	s.memo = nil
	return set, nil
}

// Len is the number of different fingerprints.
func (s *Set) Len() int64 { return s.size }

// Holds reports whether values of a class were added.
func (s *Set) Holds(class pii.Class) bool { return s.holds[class].Added > 0 }

// HoldsDigests reports whether digests of any source value are looked for.
func (s *Set) HoldsDigests() bool {
	return s.Holds(pii.Email) || s.Holds(pii.Phone) || s.Holds(pii.Token)
}

// Has reports whether the set holds a fingerprint, [Match.Print] of another set
// under the same key.
func (s *Set) Has(print uint64) (bool, error) {
	code, err := s.find(print, new([pageRecords]uint64))
	return code != 0, err
}

// possible reports whether the set can hold a compact form of that length.
func (s *Set) possible(length int, has byte) bool {
	if has&hasLetter == 0 {
		return s.numbers>>length&1 != 0
	}
	return has&hasDigit != 0 && s.mixed>>length&1 != 0
}

// find looks a fingerprint up: the code of its class, 0 if it is not in the set.
func (s *Set) find(h uint64, page *[pageRecords]uint64) (uint8, error) {
	if s.kept != nil {
		return s.kept.find(h)
	}
	p := &s.parts[h>>(64-gramBits)]
	if p.n == 0 || p.filter != nil && !p.filter.Contains(h<<gramBits) {
		return 0, nil
	}
	return p.find(h<<gramBits, page)
}

// part is one partition: sorted records, in memory if they are few, and a filter
// over their hashes.
type part struct {
	filter *xorfilter.BinaryFuse[uint8] // nil if there was no room for it
	recs   []uint64
	f      *os.File
	n      int64
	index  []uint64 // first record of each page
}

const (
	pageRecords = 512  // 4 KiB
	inMemory    = 4096 // records of a partition
	tagMask     = 1<<gramBits - 1
)

func (p *part) build(from *spill, at int, fakes *made, bound *budget) (int64, error) {
	recs, err := from.read(at)
	if recs = fakes.settle(recs, at); err != nil || len(recs) == 0 {
		return 0, err
	}
	slices.Sort(recs)
	recs = slices.Compact(recs)
	p.n = int64(len(recs))
	if len(recs) <= inMemory {
		p.recs = slices.Clip(recs)
	} else {
		if err := from.rewrite(at, recs); err != nil {
			return 0, err
		}
		p.f = from.parts[at].f
		for i := 0; i < len(recs); i += pageRecords {
			p.index = append(p.index, recs[i])
		}
	}
	keys := make([]uint64, 0, len(recs))
	for _, r := range recs {
		if k := r &^ tagMask; len(keys) == 0 || keys[len(keys)-1] != k {
			keys = append(keys, k)
		}
	}
	n := int64(len(keys))
	if p.f != nil && !bound.take(n*5/4) {
		return n, nil
	}
	if p.filter, err = xorfilter.NewBinaryFuse[uint8](keys); err != nil {
		return 0, fmt.Errorf("building the fingerprint filter: %w", err)
	}
	return n, nil
}

// budget is memory that several goroutines take from.
type budget struct{ left atomic.Int64 }

// newBudget has so many bytes; 0: no end of them.
func newBudget(bytes int64) *budget {
	b := new(budget)
	if b.left.Store(bytes); bytes == 0 {
		b.left.Store(math.MaxInt64)
	}
	return b
}

func (b *budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

// find returns the tag of the first record with the key, 0 if there is none.
func (p *part) find(key uint64, page *[pageRecords]uint64) (uint8, error) {
	recs := p.recs
	if p.f != nil {
		// The page before the first one that starts behind the key.
		k := int64(sort.Search(len(p.index), func(i int) bool { return p.index[i] >= key }))
		k = max(0, k-1)
		for ; k < int64(len(p.index)); k++ {
			recs = page[:min(pageRecords, p.n-k*pageRecords)]
			if _, err := p.f.ReadAt(asBytes(recs), k*pageRecords*8); err != nil {
				return 0, fmt.Errorf("confirming a fingerprint: %w", err)
			}
			if recs[len(recs)-1] >= key {
				break
			}
		}
	}
	i, _ := slices.BinarySearch(recs, key)
	if i < len(recs) && recs[i]&^tagMask == key {
		return uint8(recs[i] & tagMask), nil
	}
	return 0, nil
}
