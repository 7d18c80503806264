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

// What an authority gives out is taken, also where it is rare.
func TestRareNumbers(t *testing.T) {
	for _, c := range []struct{ kind, number string }{
		{"lv_pk", "30123615960"},      // the check is 10, written 0
		{"no_fnr", "03028554043"},     // born in 1885
		{"ro_cnp", "4020516391734"},   // born in 1802
		{"au_tfn", "092474143"},       // begins with 0
		{"cl_rut", "423463295"},       // written without a dash
		{"fr_nir", "174049693683196"}, // born in Tunisia
		{"ar_cuit", "25055361684"},
	} {
		ok := false
		for _, n := range Nationals() {
			for _, f := range compactForms(n) {
				ok = ok || n.Kind == c.kind && len(f) == len(c.number) && n.Check([]byte(c.number))
			}
		}
		if !ok {
			t.Errorf("%s %s is refused", c.kind, c.number)
		}
	}
}
