package transform

import (
	"bytes"
	"math"
	"strconv"

	"refresher/internal/postgres/catalog"
	"refresher/internal/verify/canary"
)

// isEmbedding reports a type of pgvector whose values are lists of numbers.
func isEmbedding(t *catalog.Type) bool {
	return t.Kind == catalog.BaseType && !t.Builtin() &&
		(t.Name == "vector" || t.Name == "halfvec" || t.Name == "sparsevec")
}

// embedding is a value of pgvector's types, as text: [1,2,3], or {1:0.5,7:2}/100 of those
// numbers that are not 0.
type embedding struct {
	indices [][]byte // of a sparse one
	numbers []float64
	size    []byte // of a sparse one: the number of dimensions
}

var errNoEmbedding = Unfit("the value is no vector, halfvec or sparsevec")

// parse reads a value into e, whose room it uses again.
func (e *embedding) parse(text []byte) error {
	e.indices, e.numbers, e.size = e.indices[:0], e.numbers[:0], nil
	list, sparse := text, bytes.HasPrefix(text, []byte("{"))
	if sparse {
		var ok bool
		if list, e.size, ok = bytes.Cut(text, []byte("/")); !ok || len(bytes.Trim(e.size, "0123456789")) > 0 ||
			len(e.size) == 0 {
			return errNoEmbedding
		}
	}
	if len(list) < 2 || !sparse && (list[0] != '[' || list[len(list)-1] != ']') || sparse && list[len(list)-1] != '}' {
		return errNoEmbedding
	}
	for list = list[1 : len(list)-1]; len(list) > 0; {
		var one []byte
		one, list, _ = bytes.Cut(list, []byte(","))
		if sparse {
			index, number, ok := bytes.Cut(one, []byte(":"))
			if !ok || len(index) == 0 || len(bytes.Trim(index, "0123456789")) > 0 {
				return errNoEmbedding
			}
			e.indices, one = append(e.indices, index), number
		}
		x, err := strconv.ParseFloat(string(one), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return errNoEmbedding
		}
		e.numbers = append(e.numbers, x)
	}
	return nil
}

func (e *embedding) append(dst []byte) []byte {
	dst = append(dst, "[{"[min(len(e.size), 1)])
	for i, x := range e.numbers {
		if i > 0 {
			dst = append(dst, ',')
		}
		if e.size != nil {
			dst = append(append(dst, e.indices[i]...), ':')
		}
		dst = strconv.AppendFloat(dst, x, 'g', -1, 32)
	}
	if e.size == nil {
		return append(dst, ']')
	}
	return append(append(dst, "}/"...), e.size...)
}

// canaryEmbedding is a vector of as many numbers as the type has dimensions.
func canaryEmbedding(src *canary.Source, p Place) canary.Value {
	e := &embedding{}
	for range max(3, p.Mod) {
		e.numbers = append(e.numbers, float64(src.Between(1, 999))/1000)
	}
	if p.Type != nil && p.Type.Underlying().Name == "sparsevec" {
		e.size = []byte(strconv.Itoa(len(e.numbers)))
		for i := range e.numbers {
			e.indices = append(e.indices, []byte(strconv.Itoa(i+1)))
		}
	}
	text := string(e.append(nil))
	return canary.Value{Text: text, Mode: canary.Changed, Parts: []string{canary.Fold(text)}}
}
