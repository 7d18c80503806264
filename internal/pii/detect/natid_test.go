package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// draw makes a valid number of a form, by trying; nil if none is found.
func draw(r *rand.Rand, n ident.National, form string) []byte {
	b := make([]byte, len(form))
	var compact [32]byte
	for range 3_000_000 {
		k := 0
		for i, c := range []byte(form) {
			switch {
			case c == '9', c == 'X' && r.IntN(3) > 0:
				c = byte('0' + r.IntN(10))
			case c == 'A', c == 'X':
				c = byte('A' + r.IntN(26))
			default:
				b[i] = c
				continue
			}
			b[i] = c
			compact[k] = c
			k++
		}
		guide(r, n.Kind, compact[:k], b, form)
		if n.Check(compact[:k]) {
			return b
		}
	}
	return nil
}

// guide puts into a number what chance would seldom.
func guide(r *rand.Rand, kind string, compact, b []byte, form string) {
	var at int
	var set string
	switch kind {
	case "ch_ahv":
		set = "756"
	case "ae_id":
		set = "7841987"
	case "cn_ric":
		if len(compact) == 15 {
			set = "110108870321"
		} else {
			set = "11010819870321"
		}
	case "lu_nin":
		set = "19870321"
	case "mx_curp":
		at, set = 4, "870321HDF"
	case "mx_rfc":
		at, set = 4, "870321"
	case "us_mbi":
		set = "1EG4TE5MK7"
	case "it_cf":
		at, set = 6, "87C21H501"
	default:
		return
	}
	copy(compact[at:], set)
	k := 0
	for i, c := range []byte(form) {
		if c == '9' || c == 'A' || c == 'X' {
			b[i] = compact[k]
			k++
		}
	}
}

// Every kind is found in every form: strong in a column of its name, and, if it
// is printed so that nothing else looks like it, anywhere.
func TestNationalIDs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d := New()
	for _, n := range ident.Nationals() {
		_, name, _ := strings.Cut(n.Kind, "_")
		if name == "id" {
			name = "national_id"
		}
		in := ContextOf("customer_" + name)
		for _, form := range strings.Split(n.Forms, "|") {
			form, printed := strings.CutSuffix(form, "!")
			form = strings.TrimSuffix(form, "?")
			value := draw(r, n, form)
			if value == nil {
				t.Fatalf("%s: no number of form %s", n.Kind, form)
			}
			if h := d.WholeIn(value, in); h.Class != pii.NationalID || !h.Strong {
				t.Errorf("%s %q in its column: %+v", n.Kind, value, h)
			}
			text := "My national ID number is: " + string(value) + ", thanks"
			if hits := d.Scan(nil, []byte(text)); len(hits) != 1 || hits[0].Class != pii.NationalID || !hits[0].Strong || text[hits[0].Start:hits[0].End] != string(value) {
				t.Errorf("%s: %s", n.Kind, show(text, hits))
			}
			if h := d.WholeIn(value, Context{}); printed && (h.Class != pii.NationalID || !h.Strong) {
				t.Errorf("%s %q anywhere: %+v", n.Kind, value, h)
			}
		}
	}
}

// Of random numbers, no more are strong than the package says, and none because of
// a check digit alone.
func TestRandomNumbersAreWeak(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	d := New()
	for size := 7; size <= 19; size++ {
		strong, cards := 0, 0
		const tries = 20_000
		for range tries {
			b := random(r, size)
			switch h := d.WholeIn(b, Context{}); {
			case h.Class == pii.CreditCard:
				cards++
			case h.Strong:
				strong++
			}
		}
		if strong > tries*6/1000 { // the sum of the chances of some kinds, each below digitsChance
			t.Errorf("%d of %d random numbers of %d digits are strong", strong, tries, size)
		}
		if cards > tries/10 {
			t.Errorf("%d cards of %d digits", cards, size)
		}
	}
}

func random(r *rand.Rand, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return b
}

// What misses a check is told, so that columns can be weighed.
func TestMissed(t *testing.T) {
	d := New()
	for text, want := range map[string]bool{"4556737586899855": false, "4556737586899856": true, "99999999999": true, "1234567": false, "hello": false,
		"a 4556737586899856": false, "DE89370400440532013000": false, "DE88370400440532013000": true, "12345678A": true, "123-45-6789": false} {
		if d.Scan(nil, []byte(text)); d.Missed() != want {
			t.Errorf("%q: %v", text, d.Missed())
		}
	}
}
