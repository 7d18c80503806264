// Package longform says whether tests run in their long form. `make test` has a short form of
// what takes minutes; `make long` runs everything.
package longform

import (
	"os"
	"testing"
)

// Env is the variable that asks for the long form, by any value.
const Env = "REFRESHER_LONG"

// Asked reports whether the long form was asked for.
func Asked() bool { return os.Getenv(Env) != "" }

// Some are all cases in the long form, else n of them from first to last, evenly spread. What is
// left out is logged.
func Some[T any](t testing.TB, n int, all []T) []T {
	t.Helper()
	if Asked() || n >= len(all) {
		return all
	}
	some := []T{all[0]}
	for i := 1; i < n; i++ {
		some = append(some, all[i*(len(all)-1)/(n-1)])
	}
	t.Logf("%d of %d cases; make long runs all", n, len(all))
	return some
}
