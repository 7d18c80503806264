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

// add adds fingerprints, many at once: the processor then waits for their places in the
// table, which is larger than its caches, at the same time.
func (m *made) add(hashes []uint64) {
	m.once.Do(func() { m.words = make([]atomic.Uint64, 1<<madeBits) })
	var missing [madeAtOnce]bool
	for i, h := range hashes {
		word, bits := m.place(h)
		missing[i] = word.Load()&bits != bits
	}
	for i, h := range hashes {
		if missing[i] {
			word, bits := m.place(h)
			word.Or(bits)
		}
	}
}

// madeAtOnce is how many fingerprints of fakes a collector keeps before it adds them.
const madeAtOnce = 64

// madeBuffer is what a collector has not added yet.
type madeBuffer struct {
	hashes [madeAtOnce]uint64
	n      int
}

func (b *madeBuffer) add(to *made, h uint64) {
	if b.hashes[b.n] = h; b.n < madeAtOnce-1 {
		b.n++
		return
	}
	to.add(b.hashes[:])
	b.n = 0
}

func (b *madeBuffer) flush(to *made) {
	if b.n > 0 {
		to.add(b.hashes[:b.n])
	}
	b.n = 0
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
