package fingerprint

import (
	"sync"
	"sync/atomic"
)

// made remembers the fingerprints of the fakes that a run made, for all collectors: a
// Bloom filter of three bits within one word, 8 MiB from the first on. With two million
// fakes it takes one other value in a thousand for a fake; only values that a fake could
// have made are looked up.
type made struct {
	once  sync.Once
	words []atomic.Uint64
}

const madeBits = 20 // words

func (m *made) place(h uint64) (word *atomic.Uint64, bits uint64) {
	return &m.words[h>>(64-madeBits)], 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63)
}

func (m *made) add(h uint64) {
	m.once.Do(func() { m.words = make([]atomic.Uint64, 1<<madeBits) })
	if word, bits := m.place(h); word.Load()&bits != bits {
		word.Or(bits)
	}
}

// has is asked when all was added.
func (m *made) has(h uint64) bool {
	if m.words == nil {
		return false
	}
	word, bits := m.place(h)
	return word.Load()&bits == bits
}

// settle takes the fakes of this run out of a partition's records, and the mark off
// the others that could have been.
func (m *made) settle(recs []uint64, partition int) []uint64 {
	kept := recs[:0]
	for _, r := range recs {
		if r&invented != 0 {
			if m.has(uint64(partition)<<(64-gramBits) | r>>gramBits) {
				continue
			}
			r &^= invented
		}
		kept = append(kept, r)
	}
	return kept
}
