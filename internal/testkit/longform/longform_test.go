package longform

import (
	"slices"
	"testing"
)

func TestSome(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	for _, c := range []struct {
		env  string
		n    int
		want []int
	}{
		{"", 4, []int{0, 3, 6, 9}},
		{"", 2, []int{0, 9}},
		{"", 1, []int{0}},
		{"", 10, all},
		{"", 12, all},
		{"1", 2, all},
	} {
		t.Setenv(Env, c.env)
		if got := Some(t, c.n, all); !slices.Equal(got, c.want) {
			t.Errorf("%s=%q, %d of 10: %v, want %v", Env, c.env, c.n, got, c.want)
		}
	}
}
