package synthetic

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"refresher/internal/pii/fake"
)

// source draws for one place of a table: a column, a key, a check.
type source struct{ key [32]byte }

// from is the source for a place, by its names.
func (o Options) source(names ...string) source {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(o.Seed))
	h.Write(n[:]) // never fails (hash.Hash)
	for _, name := range names {
		binary.BigEndian.PutUint64(n[:], uint64(len(name)))
		h.Write(n[:])
		h.Write([]byte(name))
	}
	var s source
	h.Sum(s.key[:0])
	return s
}

// digest is what is drawn for a row; another attempt draws another.
func (s *source) digest(row uint64, attempt int) fake.Digest {
	var block [48]byte
	copy(block[:], s.key[:])
	binary.BigEndian.PutUint64(block[32:], row)
	binary.BigEndian.PutUint64(block[40:], uint64(attempt))
	return sha256.Sum256(block[:])
}

// dice are numbers of a digest. They are drawn from a counter keyed by it, so there is no end of them.
type dice struct{ state uint64 }

func rolled(d *fake.Digest) dice { return dice{binary.BigEndian.Uint64(d[24:])} }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mixed(d.state)
}

// mixed is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
func mixed(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1.
func (d *dice) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.next(), n)
	return hi
}

// share reports true for part of whole.
func (d *dice) share(part, whole int64) bool {
	return part > 0 && d.below(uint64(whole)) < uint64(part)
}

// permutation is one of the numbers below n: a Feistel network over the next even number of bits, walked until
// it is below n (Black and Rogaway: Ciphers with arbitrary finite domains, 2002).
type permutation struct {
	n    uint64
	half uint // bits of each half
	keys [rounds]uint64
}

const rounds = 6

func (s *source) permutation(n, number uint64) permutation {
	p := permutation{n: n, half: uint(bits.Len64(max(n, 2)-1)+1) / 2}
	d := s.digest(number, -1)
	r := rolled(&d)
	for i := range p.keys {
		p.keys[i] = r.next()
	}
	return p
}

func (p *permutation) of(x uint64) uint64 {
	for {
		if x = p.once(x); x < p.n {
			return x
		}
	}
}

func (p *permutation) once(x uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	l, r := x>>p.half, x&mask
	for _, k := range p.keys {
		l, r = r, l^mixed(r^k)&mask
	}
	return l<<p.half | r
}

// back is the number of which x is the image.
func (p *permutation) back(x uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	for {
		l, r := x>>p.half, x&mask
		for i := rounds - 1; i >= 0; i-- {
			l, r = r^mixed(l^p.keys[i])&mask, l
		}
		if x = l<<p.half | r; x < p.n {
			return x
		}
	}
}

// scaled is x*num/den, rounded down, without overflow.
func scaled(x, num, den uint64) uint64 {
	hi, lo := bits.Mul64(x, num)
	q, _ := bits.Div64(hi, lo, den)
	return q
}

// scaledUp is x*num/den, rounded up.
func scaledUp(x, num, den uint64) uint64 {
	hi, lo := bits.Mul64(x, num)
	q, r := bits.Div64(hi, lo, den)
	if r > 0 {
		q++
	}
	return q
}
