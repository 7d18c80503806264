package canary

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
)

var allClasses = []pii.Class{
	pii.Email, pii.Phone, pii.FullName, pii.FirstName, pii.LastName, pii.Company, pii.Street, pii.City, pii.Postcode,
	pii.IP, pii.UserAgent,
	pii.NationalID, pii.CreditCard, pii.IBAN, pii.Token, pii.Username, pii.MAC, pii.URL, pii.Domain, pii.Region,
}

// A canary looks like those of its class, and is none of our fakes: who lets it
// pass can't say that it was invented.
func TestCanariesLookReal(t *testing.T) {
	s := NewSource([]byte("x"))
	d := detect.New()
	seen := map[string]bool{}
	for range 500 {
		for _, c := range allClasses {
			v := s.Of(c, 0)
			if fake.Recognise(c, []byte(v.Text)) {
				t.Errorf("%s %q is reserved for fiction", c, v.Text)
			}
			if seen[v.Text] && len(v.Text) > 6 {
				t.Errorf("%s %q comes twice", c, v.Text)
			}
			seen[v.Text] = true
			for _, p := range v.Parts {
				if !strings.Contains(Fold(v.Text), p) {
					t.Errorf("%q is no part of %q", p, v.Text)
				}
			}
			if len(v.Parts) == 0 || v.Mode == Nothing && len(v.Parts[0]) < telling {
				t.Errorf("%s %q can't be told by %q", c, v.Text, v.Parts)
			}
			switch c {
			case pii.Email, pii.CreditCard, pii.IBAN, pii.IP, pii.NationalID, pii.Phone:
				if got := d.Whole([]byte(v.Text)); got != c {
					t.Errorf("%q is detected as %s, not %s", v.Text, got, c)
				}
			}
		}
	}
}

func TestCanariesFit(t *testing.T) {
	s := NewSource([]byte("x"))
	for chars := 1; chars < 60; chars++ {
		for _, c := range append(allClasses, pii.FreeText, pii.Date, pii.Country, pii.Latitude, pii.None) {
			if v := s.Of(c, chars); len(v.Text) > chars || v.Text == "" {
				t.Errorf("%s for %d characters: %q", c, chars, v.Text)
			}
		}
	}
}

func text(s string) *string { return &s }

func TestTally(t *testing.T) {
	v := Value{Text: "Kazuveromi Wobinatu", Class: pii.FullName, Parts: []string{"kazuveromi", "wobinatu"}}
	for name, tc := range map[string]struct {
		mode   Mode
		inside bool
		out    *string
		other  string
		leaks  bool
	}{
		"masked":                    {Nothing, false, text("Ada Lovelace"), "", false},
		"NULL":                      {Nothing, false, nil, "", false},
		"as it was":                 {Nothing, false, text("Kazuveromi Wobinatu"), "", true},
		"a part":                    {Nothing, false, text("Mrs WOBINATU"), "", true},
		"other spacing":             {Nothing, false, text("k a z u v e r o m i"), "", true},
		"in another column":         {Nothing, false, text("x"), "by Wobi-natu", true},
		"a part that may":           {Changed, false, text("K********* W*binatu"), "", false},
		"the whole that may not":    {Changed, false, text("kazuveromi wobinatu"), "", true},
		"the whole, within":         {Changed, true, text(`{"a": "kazuveromi  wobinatu"}`), "", true},
		"more than the whole":       {Changed, false, text("x kazuveromi wobinatu"), "", false},
		"another column's business": {Changed, false, text("x"), "Kazuveromi Wobinatu", false},
	} {
		tally := NewTally("public.t")
		tally.Column(1, Column{Column: "name", Transform: "full_name"})
		v := v
		v.Mode = tc.mode
		row := &Row{Plants: []Plant{{Column: 1, Inside: tc.inside, Value: v}}}
		tally.Judge(row, &Outcome{Fields: []*string{text(tc.other), tc.out}})
		c := tally.Table().Columns[0]
		if (c.Leaked > 0) != tc.leaks || c.Leaked+c.Masked != 1 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// What conditions let pass or leave behind is no leak, and no proof.
func TestTallyIsHonest(t *testing.T) {
	v := Value{Text: "Kazuveromi", Parts: []string{"kazuveromi"}}
	row := &Row{Plants: []Plant{{Column: 0, Value: v}}}
	out := []*string{text("Kazuveromi")}
	judge := func(outcomes ...*Outcome) Column {
		tally := NewTally("public.t")
		tally.Column(0, Column{Column: "name"})
		for _, o := range outcomes {
			tally.Judge(row, o)
		}
		table := tally.Table()
		r := &Result{}
		r.Add(table)
		if r.Tested+r.Untested != 1 || (table.Columns[0].Why == "") != (r.Tested == 1) {
			t.Errorf("%+v", r)
		}
		return table.Columns[0]
	}
	if c := judge(&Outcome{Fields: out, Kept: []int{0}}); c.Leaked > 0 || c.Kept != 1 || !strings.Contains(c.Why,
		"conditions") {
		t.Errorf("kept: %+v", c)
	}
	if c := judge(&Outcome{Dropped: true}); c.Leaked > 0 || c.Values > 0 || c.Why == "" {
		t.Errorf("dropped: %+v", c)
	}
	if c := judge(&Outcome{Fields: out, Kept: []int{0}}, &Outcome{Fields: []*string{text("x")}}); c.Masked != 1 ||
		c.Why != "" {
		t.Errorf("kept once: %+v", c)
	}
	// Of values that may map to themselves, one that does is no leak; all are.
	row.Plants[0].Mode = Sometimes
	if c := judge(&Outcome{Fields: out}, &Outcome{Fields: []*string{text("x")}}); c.Leaked > 0 || c.Masked != 2 {
		t.Errorf("one by chance: %+v", c)
	}
	if c := judge(&Outcome{Fields: out}, &Outcome{Fields: out}, &Outcome{Fields: out}); c.Leaked != 3 {
		t.Errorf("all: %+v", c)
	}
}
