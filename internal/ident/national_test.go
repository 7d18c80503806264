package ident

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// compactForms are the forms of a kind without separators and doubles.
func compactForms(n National) []string {
	seen := map[string]bool{}
	var out []string
	for _, f := range strings.Split(n.Forms, "|") {
		f = strings.Map(func(r rune) rune {
			if r == '9' || r == 'A' || r == 'X' {
				return r
			}
			return -1
		}, f)
		for _, f := range []string{f, strings.ReplaceAll(f, "X", "9")} {
			if !seen[f] {
				seen[f] = true
				out = append(out, f)
			}
		}
	}
	return out
}

func random(r *rand.Rand, form string) []byte {
	b := []byte(form)
	for i, c := range b {
		switch {
		case c == 'A', c == 'X' && r.IntN(36) >= 10:
			b[i] = byte('A' + r.IntN(26))
		default:
			b[i] = byte('0' + r.IntN(10))
		}
	}
	return b
}

// The stated chance that random characters are a valid number is right.
func TestChances(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range Nationals() {
		tries := 40_000
		if n.Chance < 0.005 {
			tries = 300_000
		}
		best := 0.0
		for _, f := range compactForms(n) {
			hits := 0
			for range tries {
				if n.Check(random(r, f)) {
					hits++
				}
			}
			best = max(best, float64(hits)/float64(tries))
		}
		if best > 2*n.Chance+1e-5 || best < n.Chance/2-1e-5 {
			t.Errorf("%s: %.6f of random numbers pass, not %.6f", n.Kind, best, n.Chance)
		}
	}
}
