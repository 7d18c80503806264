package fingerprint

import (
	"slices"
	"strings"
	"testing"

	"refresher/internal/pii"
)

// What survives is known by the column that it was first read from, if that was said.
func TestOrigins(t *testing.T) {
	s, err := NewStore(t.TempDir(), []byte(strings.Repeat("k", 16)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct{ column, address string }{
		{"public.users.email", "helene.larsen@posteo.se"}, {"public.orders.mail", "helene.larsen@posteo.se"},
		{"public.orders.mail", "pedro.maier@web.de"}, {"", "ann.other@posteo.se"},
	} {
		one := s.Collector()
		if c.column != "" {
			one.From(one.Column(c.column))
		}
		one.Add(pii.Email, []byte(c.address))
		if err := one.Close(); err != nil {
			t.Fatal(err)
		}
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string][]string{
		"helene.larsen@posteo.se": {"public.users.email"}, // where it was read first
		"pedro.maier@web.de":      {"public.orders.mail"}, "ann.other@posteo.se": nil,
	} {
		found := set.Matcher().Scan(nil, []byte("to "+address+"."))
		if len(found) != 1 {
			t.Fatalf("%s: %v", address, found)
		}
		got, err := s.Origins([]uint64{found[0].Print})
		if err != nil || !slices.Equal(got[found[0].Print], want) {
			t.Errorf("%s: %v, want %v (%v)", address, got, want, err)
		}
	}
}
