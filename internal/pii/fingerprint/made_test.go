package fingerprint

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// What a fake could look like is looked for all the same; only what this run made is not.
func TestOnlyThisRunsFakesAreExcused(t *testing.T) {
	var d, other fake.Digest
	copy(d[:], "0123456789abcdefghijklmnopqrstuv")
	copy(other[:], "zyxwvutsrqponmlkjihgfedcba987654")
	uuid := func(d *fake.Digest) string { return string(fake.AppendUUID(nil, d)) }
	for _, c := range []struct {
		class           pii.Class
		source, madeToo string
		madeAs          pii.Class
		made            string // where not madeToo itself
	}{
		{class: pii.FullName, source: string(fake.AppendFullName(nil, &d)), madeToo: string(fake.AppendFullName(nil, &other))},
		{class: pii.FullName, source: "Glirbowwick Anna", madeToo: "Wreffenmoor Hugo", made: "Hugo Wreffenmoor"},
		{class: pii.FullName, source: "Anna Glirbowwick", madeToo: "Hugo Wreffenmoor", madeAs: pii.Email,
			made: "hugo.wreffenmoor.abcdefghijklmnop@example.com"},
		{class: pii.Street, source: "482 Glirbowwick Lane", madeToo: "7 Wreffenmoor Road"},
		{class: pii.Username, source: "anna.glirbowwick.abcd2345", madeToo: "hugo.wreffenmoor.abcd2345"},
		{class: pii.Token, source: uuid(&d), madeToo: uuid(&other)},
		{class: pii.Token, source: "tok_abcdefghijkl2345", madeToo: "tok_qrstuvwxyz234567"},
		{class: pii.MAC, source: "f2:4e:01:02:03:04", madeToo: "f2:4e:05:06:07:08"},
	} {
		s, err := NewStore(t.TempDir(), []byte(strings.Repeat("k", 16)))
		if err != nil {
			t.Fatal(err)
		}
		one, two := s.Collector(), s.Collector()
		one.Add(c.class, []byte(c.source))
		one.Add(c.class, []byte(c.madeToo))
		as, made := c.class, c.madeToo
		if c.madeAs != "" {
			as = c.madeAs
		}
		if c.made != "" {
			made = c.made
		}
		two.Made(as, []byte(made))
		for _, col := range []*Collector{one, two} {
			if err := col.Close(); err != nil {
				t.Fatal(err)
			}
		}
		set, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		m := set.Matcher()
		if got := m.Scan(nil, []byte("of "+c.source+".")); len(got) != 1 || got[0].Class != c.class {
			t.Errorf("%s %q is excused, although nothing made it: %v", c.class, c.source, got)
		}
		if got := m.Scan(nil, []byte("of "+c.madeToo+".")); len(got) != 0 {
			t.Errorf("%s %q counts as a survivor, although this run made it", c.class, c.madeToo)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
