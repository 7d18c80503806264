package shop

// rng is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", OOPSLA 2014). Each row has its own, so rows don't depend on the
// order in which they are made.
type rng struct{ state uint64 }

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is a number in [0, n). The bias is below n/2^32.
func (r *rng) n(n int) int { return int((r.next() >> 32) * uint64(n) >> 32) }

// one in n is true.
func (r *rng) one(n int) bool { return r.n(n) == 0 }

// stream names what a row's random numbers are for.
type stream uint64

const (
	forUser stream = iota + 1
	forUserRow
	forEmployee
	forEmergency
	forOutsider
	forCard
	forExperiment
	forVariant
	forAssignment
	forEvent
	forMetric
	forPayment
	forTicket
	forSession
	forKey
	forOrder
)

func (g *generator) rng(s stream, id int64) rng {
	return rng{mix(g.seed^uint64(s)*0xd6e8feb86659fd93) ^ uint64(id)*0xff51afd7ed558ccd}
}

func pick[T any](r *rng, from []T) *T { return &from[r.n(len(from))] }
