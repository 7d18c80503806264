package fingerprint

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/unwrap"
)

// splitSet is a set of values that fields of a text may hold in pieces.
func splitSet(t *testing.T) *Set {
	t.Helper()
	set, _ := build(t, value{pii.FullName, "Hanna Quistorp"}, value{pii.FullName, "Jörg van der Öhlen"},
		value{pii.FullName, "Ana Sofía Peñaranda"}, value{pii.Email, "hanna.quistorp@posteo.de"},
		value{pii.Street, "12 Quistorpweg"}, value{pii.Street, "Am Alten Öhlenhof 7"})
	return set
}

// A text whose fields hold a value side by side says so; one whose keys begin a value, as happens
// in each cell of a column once it happens in one, does not.
func TestApart(t *testing.T) {
	m := splitSet(t).Matcher()
	for text, want := range map[string]bool{
		`{"first": "Hanna", "last": "Quistorp"}`:            true,
		`{"nr": 12, "street": "Quistorpweg"}`:               true,
		`"first"=>"Hanna", "last"=>"Quistorp"`:              true,
		`<a><f>Hanna</f> <l>Quistorp</l></a>`:               true,
		`{"user": "hanna.quistorp", "host": "posteo.de"}`:   true,
		`{"a": "Jörg", "b": {"c": "van"}, "d": "der Öhlen"`: true,
		`{"first": "Hanna.", "": "\"Quistorp\""}`:           true,
		`{"hanna": "Quistorp"}`:                             true, // side by side as they stand, too
		`{"hanna": 1, "ana": 2, "am": 3}`:                   false,
		`{"first": "Hanna", "last": "Petersen"}`:            false,
		`Hanna went to see the sea. "Ana", said Jörg`:       false,
	} {
		if m.Scan(nil, []byte(text)); m.Open().Apart != want {
			t.Errorf("%s: a value may be split: %v", text, !want)
		}
	}
}

// A value that the fields of a text hold side by side, and the text itself does not, is said to be open in it.
func TestApartMissesNothing(t *testing.T) {
	m := splitSet(t).Matcher()
	r := rand.New(rand.NewPCG(7, 7))
	parts := strings.Split("Hanna|Quistorp|hanna|quistorp|Jörg|van|der|Öhlen|Ana|Sofía|Peñaranda|posteo|de|12|Quistorpweg|Am|"+
		"Alten|Öhlenhof|7|x|\\x3c22fb1234567890|“|”|–|é|.|@|-| |  |\"|\"\"|\",\"|\": \"|\",|:|=>|, |;|{|}|[|]|<b>|</b>|<|>|\t|\n|\\|"+
		"\"key\": |\"key\"=>|\"\"key\"\": |<a href=\"x\">|<i>|</i>|\", \"last\": \"", "|")
	prints := func(texts ...[]byte) (list []uint64) {
		for _, text := range texts {
			for _, hit := range m.Scan(nil, text) {
				list = append(list, hit.Print)
			}
		}
		return list
	}
	split := 0
	for range 60_000 {
		var b []byte
		for range 3 + r.IntN(9) {
			b = append(b, parts[r.IntN(len(parts))]...)
			if r.IntN(3) == 0 {
				b = append(b, `", "k": "`...)
			}
		}
		var fields [][]byte
		var u unwrap.Unwrapper
		depth := 0
		u.Walk(b, func(v *unwrap.View) {
			if v.Apart = depth == 0; v.Loose && v.How() == "fields" {
				fields = append(fields, slices.Clone(v.Text))
			}
			depth++
		})
		whole := prints(b)
		said := m.Open().Apart
		for _, p := range prints(fields...) {
			if slices.Contains(whole, p) {
				continue
			}
			if split++; !said {
				t.Fatalf("%q holds a value in several fields: %q", b, fields)
			}
		}
	}
	if split < 500 {
		t.Errorf("only %d texts held a split value", split)
	}
}
