package fingerprint

import (
	"cmp"
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

// first is what stands where a hash is looked for first.
func (m *memo) first(h uint64) uint64 { return m[h>>(64-memoBits+3)][h>>8%memoWays].Load() }

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

// hash is that of a value in the memo. remembers is false if the memo doesn't pay, so that it
// is not asked.
func (c *Collector) hash(u *use, code uint8, value []byte) (h uint64, remembers bool) {
	h = maphash.Bytes(c.store.seed, value) + uint64(code)*0x9E3779B97F4A7C15
	return h, !u.seldom || h>>2%seldom == 0
}

// queue holds values until so many came that the memo, which is larger than the processor's
// caches, is asked for all of them at once: the processor then waits for their places at the same time.
type queue struct {
	list [atOnce]queued
	n    int
	text [atOnce * 64]byte
	used int
}

// queued is a value that waits.
type queued struct {
	hash   uint64
	end    int    // of its text in the queue's; it begins where the one before ends
	first  uint64 // what stands in the memo where the value is looked for first
	code   uint8
	origin Column
}

// atOnce is how many values are looked up together.
const atOnce = 32

// wait puts a value into the queue.
func (c *Collector) wait(h uint64, code uint8, value []byte) {
	q := &c.queue
	if len(value) > len(q.text)-q.used || q.n == len(q.list) {
		c.drain()
	}
	if len(value) > len(q.text) {
		c.settle(queued{hash: h, code: code}, value)
		return
	}
	q.used += copy(q.text[q.used:], value)
	q.list[q.n] = queued{hash: h, code: code, origin: c.origin, end: q.used}
	q.n++
}

// drain looks up what is in the queue.
func (c *Collector) drain() {
	q := &c.queue
	list := q.list[:q.n]
	for i := range list {
		list[i].first = c.store.memo.first(list[i].hash)
	}
	origin, start := c.origin, 0
	for _, v := range list {
		c.origin = v.origin
		c.settle(v, q.text[start:v.end])
		start = v.end
	}
	c.origin, q.n, q.used = origin, 0, 0
}

// settle looks a value up, and takes it apart if it is not known.
func (c *Collector) settle(v queued, value []byte) {
	was := v.first & 3
	if v.first&^3 != v.hash&^3 {
		was = c.store.memo.find(v.hash)
	}
	code := v.code &^ ofFake
	if code != v.code {
		if c.fakes[code].count(was != 0); was == 0 {
			c.noteMade(classes[code], code, value)
			c.store.memo.keep(v.hash, added)
		}
		return
	}
	if c.uses[code].count(was != 0); was == 0 {
		was = c.outcome(classes[code], code, value)
		c.store.memo.keep(v.hash, was)
	}
	c.ends[code][was]++
}

// use says whether the memo pays for a class: looking into it costs a cache miss.
// Where it doesn't, one of so many values (by its hash, so that they do repeat
// if values do) still goes through it, to notice when that changes. If those repeat, all will
// when they come around: that may be long after their first time, for which the memo is filled.
type use struct {
	tried, hits uint32
	window      uint32 // values after which is judged; 0: useWindow
	seldom      bool
}

const (
	useWindow    = 4096
	seldom       = 64
	seldomWindow = useWindow / 16
	fillWindow   = 64 * useWindow
)

func (u *use) count(hit bool) {
	u.tried++
	if hit {
		u.hits++
	}
	window := cmp.Or(u.window, useWindow)
	if u.tried < window {
		return
	}
	pays := u.hits >= window/8
	switch {
	case !pays:
		*u = use{seldom: true, window: seldomWindow}
	case u.seldom:
		*u = use{window: fillWindow}
	default:
		*u = use{}
	}
}
