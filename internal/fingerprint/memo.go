package fingerprint

import (
	"hash/maphash"
	"sync/atomic"

	"refresher/internal/pii"
)

// memo remembers what became of values. Values repeat: a customer's address
// stands in each of his orders, and need not be taken apart there again. It is
// direct-mapped and shared by all collectors, as they share the store; an entry
// is a 64-bit hash under the store's seed, the outcome in its lowest two bits.
type memo [1 << memoBits]atomic.Uint64

const memoBits = 20 // 8 MiB

// What became of a value.
const (
	fictional = 1 + iota
	added
	tooShort
	outcomes
)

// fate is what became of a value, now or when it came before.
func (c *Collector) fate(class pii.Class, code uint8, value []byte) uint64 {
	h := maphash.Bytes(c.store.seed, value) + uint64(code)*0x9E3779B97F4A7C15
	use := &c.uses[code]
	if use.seldom && h>>2%seldom != 0 {
		return c.outcome(class, code, value)
	}
	slot := &c.store.memo[h>>(64-memoBits)]
	was := slot.Load()
	hit := was != 0 && was&^3 == h&^3
	if !hit {
		was = h&^3 | c.outcome(class, code, value)
		slot.Store(was)
	}
	use.count(hit)
	return was & 3
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
