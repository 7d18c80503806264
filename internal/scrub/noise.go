package scrub

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
)

// maxAmount bounds the parameters that are numbers.
const maxAmount = 1_000_000_000

func noiseDef() Definition {
	return Definition{
		Name: "number_noise", Class: pii.None, Families: []Family{FamilyNumber, FamilyFloat, FamilyText}, ByArgs: true,
		Canary: canaryAmount, Remains: aboutHowMuch,
		Doc: "A number near the value: percent of it away at most, or amount. It keeps its sign, its decimals and its type's range, and one value always moves alike; it moves by one unit of its last digit at least. With percent, 0 stays. NaN and infinity stay.",
		Params: []Param{
			{Name: "percent", Kind: rules.Number, Decimal: true, Min: 0, Max: 99, Default: "0", Doc: "the furthest a number moves, in percent of itself"},
			{Name: "amount", Kind: rules.Number, Decimal: true, Min: 0, Max: maxAmount, Default: "0", Doc: "the furthest a number moves; one of the two is needed"},
		},
		Example: Example{Rule: "{transform: number_noise, percent: 10}", Value: "48250.00"},
		Check: func(a Args, _ Place) error {
			if a.micros("percent") > 0 == (a.micros("amount") > 0) {
				return errors.New("needs either percent or amount, above 0: write {transform: number_noise, percent: 10}")
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			m := func(f Family) Masker {
				return &noiseMasker{domainPrefix(d.name), d.args.micros("percent") / 100, d.args.micros("amount"), numberLimits(d, f)}
			}
			return Masks{FamilyNumber: m(FamilyNumber), FamilyFloat: m(FamilyFloat), FamilyText: m(FamilyText)}, nil
		},
	}
}

func aboutHowMuch(Args) string { return "shows about how much it was" }

// micros is a Decimal parameter in millionths.
func (a Args) micros(name string) uint64 {
	f, _ := strconv.ParseFloat(a[name].Text, 64) // checked by parse
	return uint64(f*1e6 + 0.5)
}

type noiseMasker struct {
	prefix  []byte
	percent uint64 // in millionths of the value
	amount  uint64 // in millionths
	limits
}

var errNoRoom = errors.New("the value's type has no room for noise")

// append appends the number, unless it is longer than a text can be, as one that
// was written with an exponent may be.
func (l limits) append(dst []byte, d *decimal) ([]byte, error) {
	if l.chars > 0 && d.length() > l.chars {
		return dst, errTooLong
	}
	return d.append(dst), nil
}

func (m *noiseMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	d := &r.num
	if err := d.parse(text); err != nil {
		return dst, err
	}
	if m.percent > 0 && d.isZero() {
		return append(dst, text...), nil
	}
	r.normal = d.normal(r.normal[:0])
	h := r.mac.digest(m.prefix, r.normal)
	away, draw := h[0]&1 == 1, binary.BigEndian.Uint64(h[8:])
	for _, try := range [...]struct{ away, least bool }{{away, false}, {!away, false}, {false, true}, {true, true}} {
		if err := d.parse(text); err != nil {
			return dst, err
		}
		if m.move(d, try.away, try.least, draw) && (!try.away || m.allow(d)) {
			return m.append(dst, d)
		}
	}
	return dst, errNoRoom
}

// move moves the number by what draw says, or by one unit of its last digit;
// false if that would take it to or beyond zero.
func (m *noiseMasker) move(d *decimal, away, least bool, draw uint64) bool {
	if least {
		return step(d, away, 1, 0)
	}
	if m.percent == 0 {
		scale, unit := min(d.scale, 6), uint64(1_000_000)
		for range scale {
			unit /= 10
		}
		return step(d, away, 1+draw%max(1, m.amount/unit), d.scale-scale)
	}
	k := 1 + draw%m.percent
	if d.less(500_000/k+1, 0) { // rounding would undo it
		return step(d, away, 1, 0)
	}
	scale := d.scale
	if away {
		d.multiply(1_000_000 + k)
	} else {
		d.multiply(1_000_000 - k)
	}
	d.scale += 6
	d.rescale(scale)
	return !d.isZero()
}

// step moves by n units of the last digit but skip.
func step(d *decimal, away bool, n uint64, skip int) bool {
	if away {
		d.add(n, skip)
		return true
	}
	if d.less(n+1, skip) {
		return false
	}
	d.subtract(n, skip)
	return true
}
