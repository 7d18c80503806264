package synthetic

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
)

// releaser lets counts of one table out.
type releaser struct {
	Method
	each float64 // epsilon of each histogram
}

// count is what is released of a count. groups is the least number of people that it is about, of which it is known. A
// row changes a histogram by sensitivity at most, over all of its counts.
func (r releaser) count(rows, groups int64, sensitivity float64) int64 {
	if r.Epsilon == 0 {
		if min(rows, groups) < r.K {
			return 0
		}
		return rows / r.K * r.K
	}
	return max(0, rows+laplace(sensitivity/r.each))
}

// counts releases the counts of a histogram in place. Under epsilon what could be noise alone is dropped: the
// largest of as many draws is rarely above it.
func (r releaser) counts(rows, groups []int64, sensitivity float64) {
	least := int64(1)
	if r.Epsilon > 0 && len(rows) > few {
		least = int64(math.Ceil(math.Log(10*float64(len(rows))) * sensitivity / r.each))
	}
	for i := range rows {
		if rows[i] = r.count(rows[i], groups[i], sensitivity); rows[i] < least {
			rows[i] = 0
		}
	}
}

// few is up to how many counts of a histogram are released however small they are: of labels, not of intervals.
const few = 64

// laplace draws from the discrete Laplace distribution of a scale, the difference of two geometric draws. It is whole
// numbers, so that no bits of a fraction tell what was added (Ghosh, Roughgarden, Sundararajan: Universally
// utility-maximizing privacy mechanisms, 2012). The randomness is the system's: noise that could be made again from a
// seed would be none.
func laplace(scale float64) int64 {
	up, down := geometric(scale), geometric(scale)
	return up - down
}

func geometric(scale float64) int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	u := (float64(binary.BigEndian.Uint64(b[:])>>11) + 0.5) / (1 << 53)
	return int64(math.Floor(-math.Log(u) * scale))
}

// LeastK is the smallest k.
const LeastK = 20

// MostEpsilon is the largest epsilon: with more, counts of a single row come out as they are.
const MostEpsilon = 10

// Check reports what is wrong with a method.
func (m Method) Check() error {
	switch {
	case m.K != 0 && m.Epsilon != 0:
		return fmt.Errorf("k and epsilon are two ways to release counts; write one of them")
	case m.Epsilon == 0 && m.K < LeastK:
		return fmt.Errorf("k must be at least %d", LeastK)
	case m.Epsilon < 0 || math.IsInf(m.Epsilon, 0) || math.IsNaN(m.Epsilon):
		return fmt.Errorf("epsilon must be above 0")
	case m.Epsilon > MostEpsilon:
		return fmt.Errorf("epsilon must be at most %d: with more there is hardly any noise", MostEpsilon)
	}
	return nil
}

// String is the method in words.
func (m Method) String() string {
	if m.Epsilon > 0 {
		return fmt.Sprintf("epsilon %g", m.Epsilon)
	}
	return fmt.Sprintf("k = %d", m.K)
}
