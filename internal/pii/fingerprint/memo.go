package fingerprint

import (
	"hash/maphash"
	"sync/atomic"
)

// memo remembers what became of values, and which fakes came. Values repeat: a customer's address
// stands in each of his orders, and need not be taken apart there again. It is
// shared by all collectors, as they share the store; an entry is a 64-bit hash
// under the store's seed, the outcome in its lowest two bits. A value has one of
// the few places of its set, which are one cache line.
type memo [1 << (memoBits - 3)][memoWays]atomic.Uint64

const (
	memoBits = 20 // entries: 8 MiB
	memoWays = 8
)

// find returns the outcome of a value by its hash, 0 if it is not known.
func (m *memo) find(h uint64) uint64 {
	set := &m[h>>(64-memoBits+3)]
	for i := h >> 8; i < h>>8+memoWays; i++ {
		switch was := set[i%memoWays].Load(); {
		case was&^3 == h&^3:
			return was & 3
		case was == 0:
			return 0
		}
	}
	return 0
}

// keep notes an outcome where find looks for it: in the first free place, else
// in the place of another value.
func (m *memo) keep(h, outcome uint64) {
	if h == 0 {
		return
	}
	set := &m[h>>(64-memoBits+3)]
	at := h >> 8
	for i := at; i < h>>8+memoWays; i++ {
		if set[i%memoWays].Load() == 0 {
			at = i
			break
		}
	}
	set[at%memoWays].Store(h&^3 | outcome)
}

// What became of a value.
const (
	fictional = 1 + iota
	added
	tooShort
	outcomes
)

// ofFake is put to the code of a class for the fakes of it.
const ofFake = 0x80

// recall is the outcome of a value from when it came before, 0 if it did not, and its hash
// in the memo, 0 if it is not to be kept there.
func (c *Collector) recall(u *use, code uint8, value []byte) (h, was uint64) {
	h = maphash.Bytes(c.store.seed, value) + uint64(code)*0x9E3779B97F4A7C15
	if u.seldom && h>>2%seldom != 0 {
		return 0, 0
	}
	was = c.store.memo.find(h)
	u.count(was != 0)
	return h, was
}

// use says whether the memo pays for a class: looking into it costs a cache miss.
// Where it doesn't, one of so many values (by its hash, so that they do repeat
// if values do) still goes through it, to notice when that changes.
type use struct {
	tried, hits uint32
	seldom      bool
}

const (
	useWindow    = 4096
	seldom       = 64
	seldomWindow = useWindow / 16
)

func (u *use) count(hit bool) {
	u.tried++
	if hit {
		u.hits++
	}
	window := uint32(useWindow)
	if u.seldom {
		window = seldomWindow
	}
	if u.tried >= window {
		*u = use{seldom: u.hits < window/8}
	}
}
