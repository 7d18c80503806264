package fingerprint

import (
	"math/bits"
	"slices"
)

// heads knows the words and the pairs of words that fingerprinted values begin
// with. Every word of every text is looked up, so that what says of most of
// them that they begin nothing is small, to stay in the processor's cache.
type heads struct {
	words, pairs beginnings
}

// Tags of heads: a pair's is the number of words of its value.
const (
	tagSingle = 1 // a value of one word
	tagFirst  = 9 // the first word of a longer value
)

// What is known of a word; of a pair it is which lengths exist, n at bit n-1.
const (
	single = 1
	first  = 2
)

// pair is the head of two words. Word hashes are pseudorandom already.
func pair(h1, h2 uint64) uint64 { return h1*0x9E3779B97F4A7C15 + h2 }

func (t *heads) build(from *spill) error {
	words, pairs := 0, 0
	for p := range from.parts {
		recs, err := from.read(p)
		if err != nil {
			return err
		}
		slices.Sort(recs)
		if recs = slices.Compact(recs); len(recs) > 0 {
			if err := from.rewrite(p, recs); err != nil {
				return err
			}
		}
		for _, r := range recs {
			if tag := r & headMask; tag == tagSingle || tag == tagFirst {
				words++
			} else {
				pairs++
			}
		}
	}
	t.words, t.pairs = newBeginnings(words, 8), newBeginnings(pairs, 16)
	for p := range from.parts {
		recs, err := from.read(p)
		if err != nil {
			return err
		}
		for _, r := range recs {
			h := uint64(p)<<(64-headBits) | r>>headBits
			switch tag := r & headMask; tag {
			case tagSingle:
				t.words.add(h, single)
			case tagFirst:
				t.words.add(h, first)
			default:
				t.pairs.add(h, 1<<(tag-1))
			}
		}
	}
	return nil
}

const headMask = 1<<headBits - 1

// beginnings is a table of hashes and their marks: a Bloom filter of three bits
// within one 64-bit word, then a table of marks. Both may say yes for other
// hashes; that costs a further look-up.
type beginnings struct {
	bloom []uint64
	marks []uint8
	shift uint // of the filter's index
}

// newBeginnings has room for n hashes, at perHash bits or up to twice that, but
// not more than 32 MiB for the filter and 16 MiB for the marks.
func newBeginnings(n, perHash int) beginnings {
	if n == 0 {
		return beginnings{}
	}
	b := beginnings{
		bloom: make([]uint64, 1<<min(22, bits.Len(uint(n*perHash/64)))),
		marks: make([]uint8, 1<<min(24, bits.Len(uint(n))+1)),
	}
	b.shift = uint(64 - bits.TrailingZeros(uint(len(b.bloom))))
	return b
}

// size is the memory that it takes.
func (b *beginnings) size() int64 { return int64(8*len(b.bloom) + len(b.marks)) }

func (b *beginnings) place(h uint64) (i, want, j uint64) {
	return h >> b.shift, 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63), h >> 18 & uint64(len(b.marks)-1)
}

func (b *beginnings) add(h uint64, mark uint8) {
	i, want, j := b.place(h)
	b.bloom[i] |= want
	b.marks[j] |= mark
}

// of returns the marks of a hash, 0 if it begins nothing.
func (b *beginnings) of(h uint64) uint8 {
	if len(b.bloom) == 0 {
		return 0
	}
	i, want, j := b.place(h)
	if b.bloom[i]&want != want {
		return 0
	}
	return b.marks[j]
}
