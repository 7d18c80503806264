package transform

import "refresher/internal/pii"

func embeddingZeroDef() Definition {
	return Definition{
		Name: "embedding_zero", Class: pii.None, Families: []Family{FamilyEmbedding}, Plain: true,
		Doc:     "A vector of pgvector in which every number is 0, of as many dimensions. Its distances by cosine are NaN; null is better where the column allows it.",
		Example: Example{Rule: "embedding_zero", Value: "[0.12,-0.5,0.31]"},
		Build:   func(*Domain) (Masks, error) { return Masks{FamilyText: embeddingZero{}}, nil },
	}
}

type embeddingZero struct{}

func (embeddingZero) Replace(r *Row, dst, text []byte) ([]byte, error) {
	e := &r.vector
	if err := e.parse(text); err != nil {
		return dst, err
	}
	if e.size != nil {
		e.numbers = e.numbers[:0]
	}
	clear(e.numbers)
	return e.append(dst), nil
}
