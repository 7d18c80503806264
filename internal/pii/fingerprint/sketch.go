package fingerprint

import (
	"math"
	"math/bits"
)

// sketch estimates how many different numbers of each length were added
// (HyperLogLog, Flajolet et al. 2007), within some 3 %.
type sketch [maxCompact + 1]*[1 << sketchBits]uint8

const sketchBits = 10

func (s *sketch) add(length int, h uint64) {
	r := s[length]
	if r == nil {
		r = new([1 << sketchBits]uint8)
		s[length] = r
	}
	i := h >> (64 - sketchBits)
	if rank := uint8(bits.LeadingZeros64(h<<sketchBits|1)) + 1; rank > r[i] {
		r[i] = rank
	}
}

func (s *sketch) merge(t *sketch) {
	for length, r := range t {
		if r == nil {
			continue
		}
		if s[length] == nil {
			s[length] = new([1 << sketchBits]uint8)
		}
		for i, rank := range r {
			s[length][i] = max(s[length][i], rank)
		}
	}
}

// count estimates the different numbers of a length.
func (s *sketch) count(length int) float64 {
	r := s[length]
	if r == nil {
		return 0
	}
	m := float64(len(r))
	sum, zeros := 0.0, 0
	for _, rank := range r {
		sum += math.Ldexp(1, -int(rank))
		if rank == 0 {
			zeros++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		return m * math.Log(m/float64(zeros)) // linear counting
	}
	return e
}
