package transform

import (
	"math"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
)

func embeddingNoiseDef() Definition {
	return Definition{
		Name: "embedding_noise", Class: pii.None, Families: []Family{FamilyEmbedding}, ByArgs: true,
		Remains: func(Args) string { return "shows about where it was: what it was made of can be guessed" },
		Doc: "A vector of pgvector near the value: each number moves by percent of the vector's largest number at " +
			"most, and never beyond that. " +
			"One value always moves alike. It hides who wrote a text no better than the percentage says; null and " +
			"embedding_zero hide it.",
		Params: []Param{{Name: "percent", Kind: rules.Number, Decimal: true, Min: 1, Max: 100, Default: "25",
			Doc: "the furthest each number moves, in percent of the vector's largest number"}},
		Example: Example{Rule: "{transform: embedding_noise, percent: 25}", Value: "[0.12,-0.5,0.31]"},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &embeddingNoise{domainPrefix(d.Name), float64(d.Args.micros("percent")) / 1e8}}, nil
		},
	}
}

type embeddingNoise struct {
	prefix []byte
	share  float64 // of the largest number
}

func (m *embeddingNoise) Replace(r *Row, dst, text []byte) ([]byte, error) {
	e := &r.vector
	if err := e.parse(text); err != nil {
		return dst, err
	}
	largest := 0.0
	for _, x := range e.numbers {
		largest = max(largest, math.Abs(x))
	}
	r.draws.Seed(*r.PRF.Sum(m.prefix, text))
	for i, x := range e.numbers {
		away := 2*float64(r.draws.Uint64()>>11)/(1<<53) - 1 // from -1 to 1
		e.numbers[i] = min(largest, max(-largest, x+away*m.share*largest))
	}
	return e.append(dst), nil
}
