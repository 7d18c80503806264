package transform

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform/decimal"
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
				return errors.New("needs either percent or amount, above 0: write {transform: number_noise, " +
					"percent: 10}")
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			m := func(f Family) Masker {
				return &noiseMasker{domainPrefix(d.Name), d.Args.micros("percent") / 100, d.Args.micros("amount"), numberLimits(d, f)}
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

func noNumber(text []byte) error {
	return Unfit("the value is no number: it has %s", strangeIn(text, "0123456789.-+"))
}

var errNoRoom = Unfit("the value's type has no room for noise")

// append appends the number, unless it is longer than a text can be, as one that
// was written with an exponent may be.
func (l limits) append(dst []byte, d *decimal.Decimal) ([]byte, error) {
	if l.chars > 0 && d.Length() > l.chars {
		return dst, tooLongFor(d.Length(), l.chars)
	}
	return d.Append(dst), nil
}

func (m *noiseMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	d := &r.num
	if err := d.Parse(text); err != nil {
		return dst, noNumber(text)
	}
	if m.percent > 0 && d.IsZero() {
		return append(dst, text...), nil
	}
	r.normal = d.Normal(r.normal[:0])
	h := r.PRF.Sum(m.prefix, r.normal)
	away, draw := h[0]&1 == 1, binary.BigEndian.Uint64(h[8:])
	for _, try := range [...]struct{ away, least bool }{{away, false}, {!away, false}, {false, true}, {true, true}} {
		if err := d.Parse(text); err != nil {
			return dst, err
		}
		if m.move(d, try.away, try.least, draw) && (!try.away || m.allow(d)) && !m.vanishes(d) {
			return m.append(dst, d)
		}
	}
	return dst, errNoRoom
}

// move moves the number by what draw says, or by one unit of its last digit;
// false if that would take it to or beyond zero.
func (m *noiseMasker) move(d *decimal.Decimal, away, least bool, draw uint64) bool {
	if least {
		return step(d, away, 1, 0)
	}
	if m.percent == 0 {
		scale, unit := min(d.Scale, 6), uint64(1_000_000)
		for range scale {
			unit /= 10
		}
		return step(d, away, 1+draw%max(1, m.amount/unit), d.Scale-scale)
	}
	k := 1 + draw%m.percent
	if d.Less(500_000/k+1, 0) { // rounding would undo it
		return step(d, away, 1, 0)
	}
	scale := d.Scale
	if away {
		d.Multiply(1_000_000 + k)
	} else {
		d.Multiply(1_000_000 - k)
	}
	d.Scale += 6
	d.Rescale(scale)
	return !d.IsZero()
}

// step moves by n units of the last digit but skip.
func step(d *decimal.Decimal, away bool, n uint64, skip int) bool {
	if away {
		d.Add(n, skip)
		return true
	}
	if d.Less(n+1, skip) {
		return false
	}
	d.Subtract(n, skip)
	return true
}

func bucketDef() Definition {
	return Definition{
		Name: "number_bucket", Class: pii.None, Families: []Family{FamilyNumber, FamilyFloat, FamilyText}, Plain: true,
		Canary: canaryAmount, Remains: aboutHowMuch,
		Doc: "The greatest multiple of step that is no greater than the value: 37 is 30 in steps of 10. Many values share one, so that a bucket says little of anybody. NaN and infinity stay.",
		Params: []Param{{Name: "step", Kind: rules.Number, Decimal: true, Min: 0, Max: maxAmount, Required: true,
			Doc: "the width of a bucket, above 0, with six decimals at most; whole for columns of integers"}},
		Example: Example{Rule: "{transform: number_bucket, step: 1000}", Value: "48250.00"},
		Check: func(a Args, p Place) error {
			switch n := a.micros("step"); {
			case n == 0:
				return errors.New("needs a step above 0")
			case n%1_000_000 > 0 && p.Type != nil && p.Family == FamilyNumber && isWhole(p.Type):
				return fmt.Errorf("needs a whole step for %s, which has no decimals", p.Where)
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			m := func(f Family) Masker { return newBucket(d.Args.micros("step"), numberLimits(d, f)) }
			return Masks{FamilyNumber: m(FamilyNumber), FamilyFloat: m(FamilyFloat), FamilyText: m(FamilyText)}, nil
		},
	}
}

// bucketMasker rounds down to multiples of step units of 10^-scale.
type bucketMasker struct {
	step  uint64
	scale int
	limits
}

func newBucket(micros uint64, l limits) *bucketMasker {
	m := &bucketMasker{micros, 6, l}
	for m.scale > 0 && m.step%10 == 0 {
		m.step /= 10
		m.scale--
	}
	return m
}

func (m *bucketMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	if err := r.num.Parse(text); err != nil {
		return dst, noNumber(text)
	}
	m.floor(&r.num)
	return m.append(dst, &r.num)
}

// floor keeps the decimals that the number has, as zeros where they are beyond
// those of the step.
func (m *bucketMasker) floor(d *decimal.Decimal) {
	scale := d.Scale
	skip := max(0, scale-m.scale)
	rest := false
	for i := max(0, len(d.Digits)-skip); i < len(d.Digits); i++ {
		rest = rest || d.Digits[i] != 0
		d.Digits[i] = 0
	}
	if d.Scale < m.scale {
		d.Rescale(m.scale)
	}
	rem := d.Remainder(m.step, skip)
	d.Subtract(rem, skip)
	if d.Negative && (rem > 0 || rest) {
		if d.Add(m.step, skip); !m.allow(d) {
			d.Subtract(m.step, skip)
		}
	}
	for d.Scale > scale && d.Digits[len(d.Digits)-1] == 0 && len(d.Digits) > 1 {
		d.Digits = d.Digits[:len(d.Digits)-1]
		d.Scale--
	}
}

// limits are what a type of numbers can hold; -1 is unlimited.
type limits struct {
	max   int64 // of whole numbers
	whole int   // digits before the point
	chars int   // of the number as text, 0 unlimited
	bits  int   // of a float; 0: of no float
}

// numberLimits are the least of all places of a domain that are of the family.
func numberLimits(d *Domain, f Family) limits {
	l := limits{max: -1, whole: -1}
	for i := range d.Uses {
		u := &d.Uses[i]
		if u.family != f {
			continue
		}
		var most int64
		switch {
		case f == FamilyText:
			l.chars = d.narrowest()
			continue
		case f == FamilyFloat:
			l.whole = leastOf(l.whole, u.digits)
			if l.bits = 64; l.whole <= 38 {
				l.bits = 32
			}
			continue
		case !u.whole:
			if u.digits < 1000 {
				l.whole = leastOf(l.whole, u.digits)
			}
			continue
		case u.digits == 4:
			most = 1<<15 - 1
		case u.digits == 9:
			most = 1<<31 - 1
		default:
			most = 1<<63 - 1
		}
		l.max = leastOf(l.max, most)
	}
	return l
}

func leastOf[T int | int64](a, b T) T {
	if a < 0 || b < a {
		return b
	}
	return a
}

// vanishes reports a number so small that it is 0 as a float, which a server refuses to read.
func (l limits) vanishes(d *decimal.Decimal) bool {
	if l.bits == 0 || d.Scale < 38 {
		return false
	}
	f, err := strconv.ParseFloat(string(d.Append(nil)), l.bits)
	return f == 0 || err != nil
}

// allow reports whether the number is within the limits.
func (l limits) allow(d *decimal.Decimal) bool {
	if l.whole >= 0 && d.Whole() > l.whole {
		return false
	}
	if l.chars > 0 && d.Length() > l.chars {
		return false
	}
	if l.max < 0 {
		return true
	}
	most := uint64(l.max) + 1
	if d.Negative {
		most++
	}
	return d.Less(most, d.Scale)
}
