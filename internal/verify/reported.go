package verify

import "hash/maphash"

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
