package verify

import "hash/maphash"

// memo remembers cells that held nothing to report, so that one that comes again
// (a city, a user agent) need not be looked through again. It is direct-mapped,
// and all columns of a scanner share it. A cell is a 64-bit hash of its text and
// column under a random seed; what looking through it counted is kept beside it.
type memo struct {
	seed  maphash.Seed
	slots []clean
}

const memoSlots = 1 << 14 // 384 KiB

type clean struct {
	hash      uint64
	expected  float64
	fictional uint8
	excepted  uint8
	misses    uint8
	open      bool // a source value may begin at its end
}

// slot is where a cell of a column is remembered, and its hash; nil if the memo
// is not asked.
func (m *memo) slot(t *tally, text []byte) (*clean, uint64) {
	if t.stats.Cells <= memoFrom {
		return nil, 0
	}
	if m.slots == nil {
		m.seed, m.slots = maphash.MakeSeed(), make([]clean, memoSlots)
	}
	h := maphash.Bytes(m.seed, text) + t.salt | 1
	if t.memo.seldom && h>>1%seldom != 0 {
		return nil, 0
	}
	c := &m.slots[h>>32%memoSlots]
	t.memo.count(c.hash == h)
	return c, h
}

// replay counts a cell of that length again.
func (c *clean) replay(t *tally, length int) {
	t.expected += c.expected
	t.stats.Fictional += int64(c.fictional)
	t.stats.Excepted += int64(c.excepted)
	t.misses[min(length, maxMiss)] += int64(c.misses)
}

// counts are those of a tally that a clean cell may change, and those it may not.
type counts struct {
	expected                    float64
	fictional, excepted, misses int64
	found                       int64
}

func (t *tally) counts(length int) counts {
	c := counts{expected: t.expected, fictional: t.stats.Fictional, excepted: t.stats.Excepted,
		misses: t.misses[min(length, maxMiss)], found: t.stats.Cut}
	for i := range t.found {
		c.found += t.found[i].n
	}
	return c
}

// remember keeps a cell, if it was clean.
func (c *clean) remember(h uint64, before, after counts, open bool) {
	fictional, excepted, misses := after.fictional-before.fictional, after.excepted-before.excepted,
		after.misses-before.misses
	if after.found != before.found || fictional > 255 || excepted > 255 || misses > 255 {
		return
	}
	*c = clean{h, after.expected - before.expected, uint8(fictional), uint8(excepted), uint8(misses), open}
}

// use says whether the memo pays for a column. Where it doesn't, one of so many
// cells (by its hash, so that they do repeat if cells do) still goes through it,
// to notice when that changes.
type use struct {
	tried, hits uint32
	seldom      bool
}

const (
	memoFrom     = 256 // cells of a column before the memo is worth having
	useWindow    = 1024
	seldom       = 16
	seldomWindow = 256
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

// reported remembers what was found in the cell at hand, as hashes under a
// random seed, so that it is counted once however often and however encoded it
// stands there.
type reported struct {
	seed maphash.Seed
	seen map[uint64]uint8 // the kinds of finding
}

// maxReported is how many values of a cell are remembered.
const maxReported = 1 << 16

func (r *reported) reset() {
	if len(r.seen) > 0 {
		clear(r.seen)
	}
}

// fresh reports whether a value is new on its line. A certain survivor stands
// for a detection too.
func (r *reported) fresh(kind string, sort int, line int64, value []byte) bool {
	if r.seen == nil {
		r.seed, r.seen = maphash.MakeSeed(), map[uint64]uint8{}
	}
	bit := uint8(1)
	if kind == Survivor {
		bit = 2
	}
	h := maphash.Bytes(r.seed, value) + uint64(line)*0x9E3779B97F4A7C15
	if r.seen[h]&bit != 0 {
		return false
	}
	if sort == sureSurvivor || sort == nameSurvivor {
		bit = 3
	}
	if len(r.seen) < maxReported {
		r.seen[h] |= bit
	}
	return true
}
