package scrub_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// Noise moves each number by no more than the share of the largest one that the rule says,
// never beyond that, and one vector always alike.
func TestEmbeddingNoiseIsBounded(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x vector", "s sparsevec"}})
	p := compile(t, cat, head+"  a.t: {columns: {x: {transform: embedding_noise, percent: 10}, s: embedding_noise}}\n")
	row := []string{"[0.5,-1,0,0.25,1]", "{2:4,9:-8}/100"}
	out := scrubbed(t, p, "a.t", row, row)
	if out[0][0] != out[1][0] || out[0][0] == row[0] {
		t.Errorf("one vector became %s and %s", out[0][0], out[1][0])
	}
	was, is := strings.Split(strings.Trim(row[0], "[]"), ","), strings.Split(strings.Trim(out[0][0], "[]"), ",")
	for i := range was {
		a, _ := strconv.ParseFloat(was[i], 64)
		b, err := strconv.ParseFloat(is[i], 64)
		if err != nil || math.Abs(a-b) > 0.1+1e-6 || math.Abs(b) > 1 {
			t.Errorf("%s became %s", was[i], is[i])
		}
	}
	if !strings.HasPrefix(out[0][1], "{2:") || !strings.HasSuffix(out[0][1], "}/100") {
		t.Errorf("a sparse vector became %s", out[0][1])
	}
	for _, bad := range []string{"0.5", "[0.5", "[a]", "{1:2}", "[NaN]"} {
		if _, err := tryScrub(t, p, "a.t", []string{bad, "{}/3"}); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Embeddings lose all they say.
func TestEmbeddingZero(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x vector not null", "s sparsevec"}})
	p := compile(t, cat, head+"  a.t: {columns: {x: embedding_zero, s: embedding_zero}}\n")
	out := scrubbed(t, p, "a.t", []string{"[0.5,-1,1e-05]", "{2:4,9:-8}/100"})
	if out[0][0] != "[0,0,0]" || out[0][1] != "{}/100" {
		t.Errorf("got %q", out)
	}
}
