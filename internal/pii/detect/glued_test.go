package detect

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"refresher/internal/pii"
)

// A card number is found though letters are joined to it: strong where they, or a word
// before, say that it is one.
func TestGluedCards(t *testing.T) {
	d := New()
	for text, strong := range map[string]bool{
		"card4111111111111111x": true, "pay with CARD4111111111111111 now": true, "visa 4111111111111111exp1225": false,
		"x4111111111111111x": false, "4111111111111111x": false, "credit card no 4111111111111111x": true,
		"%T378282246310005x": false, "Kreditkarte5500005555555559": true, "user_card4111111111111111": true,
	} {
		hits := d.Scan(nil, []byte(text))
		if text == "visa 4111111111111111exp1225" { // two runs of digits: who knows
			if len(hits) > 0 {
				t.Errorf("%s: %+v", text, hits)
			}
			continue
		}
		if len(hits) != 1 || hits[0].Class != pii.CreditCard || hits[0].Strong != strong || hits[0].End-hits[0].Start < 15 {
			t.Errorf("%s: %+v", text, hits)
		}
	}
	for _, text := range []string{
		"card4111111111111112x", "abc4111111111111111def", "4111111111111111e", "aXbY4111111111111111", "x/4111111111111111x", "x4111111111111111x=",
		"123e4567-x4111111111111111", "card41111111111111111111", "card1234567812345670", "x4111111111111111x1", "card411111111111111", "XX4111111111111111",
	} {
		if hits := d.Scan(nil, []byte(text)); len(hits) > 0 {
			t.Errorf("%s: %+v", text, hits)
		}
	}
}

// Random hexadecimal and base64 hold no cards.
func TestEncodedBytesHoldNoCards(t *testing.T) {
	d := New()
	r := rand.New(rand.NewPCG(1, 2))
	var hits []Hit
	for range 200_000 {
		hits = d.Scan(hits[:0], []byte(fmt.Sprintf("%016x%016x id%016d", r.Uint64(), r.Uint64(), r.Uint64N(1e16))))
		for _, h := range hits {
			if h.Class == pii.CreditCard && h.Strong {
				t.Fatalf("%+v", h)
			}
		}
	}
}
