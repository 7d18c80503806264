package scrub

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
)

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
			m := func(f Family) Masker { return newBucket(d.args.micros("step"), numberLimits(d, f)) }
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

func (m *bucketMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	if err := r.num.parse(text); err != nil {
		return dst, err
	}
	m.floor(&r.num)
	return m.append(dst, &r.num)
}

// floor keeps the decimals that the number has, as zeros where they are beyond
// those of the step.
func (m *bucketMasker) floor(d *decimal) {
	scale := d.scale
	skip := max(0, scale-m.scale)
	rest := false
	for i := max(0, len(d.digits)-skip); i < len(d.digits); i++ {
		rest = rest || d.digits[i] != 0
		d.digits[i] = 0
	}
	if d.scale < m.scale {
		d.rescale(m.scale)
	}
	rem := d.remainder(m.step, skip)
	d.subtract(rem, skip)
	if d.negative && (rem > 0 || rest) {
		if d.add(m.step, skip); !m.allow(d) {
			d.subtract(m.step, skip)
		}
	}
	for d.scale > scale && d.digits[len(d.digits)-1] == 0 && len(d.digits) > 1 {
		d.digits = d.digits[:len(d.digits)-1]
		d.scale--
	}
}

func ageDef() Definition {
	return Definition{
		Name: "age_bucket", Class: pii.None, Families: []Family{FamilyNumber, FamilyDate, FamilyTimestamp, FamilyText}, Plain: true,
		Canary: canaryAge,
		Doc:    "An age, or a date of birth, in steps of years. A number becomes the first of its step (37 is 35), a text the step (\"35-39\", \"90+\"), a date 1 January of the first year of its step.",
		Params: []Param{
			{Name: "years", Kind: rules.Number, Min: 2, Max: 50, Default: "5", Doc: "how many years share a bucket"},
			{Name: "top", Kind: rules.Number, Min: 1, Max: 120, Default: "90", Doc: "ages of this and more share one bucket (HIPAA Privacy Rule, 45 CFR 164.514(b)(2)(i)(C))"},
			{Name: "earliest", Kind: rules.Number, Min: 0, Max: 9999, Default: "0", Doc: "births before this year count as of this year; 0: none do"},
		},
		Example: Example{Rule: "age_bucket", Value: "37"},
		Build: func(d *Domain) (Masks, error) {
			years := d.args.number("years")
			m := &ageMasker{years: years, top: d.args.number("top"), earliest: int64(d.args.number("earliest")),
				numbers: newBucket(uint64(years)*1_000_000, limits{max: -1, whole: -1})}
			n := *m
			n.number = true
			t := &truncateMasker{floor: m.floorDay, last: maxTimestampDay}
			m.dates = t
			return Masks{FamilyText: m, FamilyNumber: &n, FamilyDate: t, FamilyTimestamp: t}, d.chars(len(m.label(nil, int64(max(m.top, 100)-1))))
		},
	}
}

type ageMasker struct {
	years, top int
	earliest   int64
	number     bool
	numbers    *bucketMasker
	dates      *truncateMasker
}

var errNoAge = errors.New("the value is no age of 0 to 150 years, and no ISO date")

func (m *ageMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if m.number && isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	if !m.number && len(text) >= 8 {
		return m.dates.replace(r, dst, text)
	}
	d := &r.num
	if d.parse(text) != nil || d.negative || !d.less(151, d.scale) {
		return dst, errNoAge
	}
	if !d.less(uint64(m.top), d.scale) {
		if !m.number {
			return append(strconv.AppendInt(dst, int64(m.top), 10), '+'), nil
		}
		return strconv.AppendInt(dst, int64(m.top), 10), nil
	}
	m.numbers.floor(d)
	if m.number {
		return d.append(dst), nil
	}
	d.rescale(0)
	low := int64(0)
	for _, x := range d.digits {
		low = low*10 + int64(x)
	}
	return m.label(dst, low), nil
}

// label is the bucket that begins with low.
func (m *ageMasker) label(dst []byte, low int64) []byte {
	dst = append(strconv.AppendInt(dst, low, 10), '-')
	return strconv.AppendInt(dst, min(low+int64(m.years), int64(m.top))-1, 10)
}

// floorDay is 1 January of the first year of a day's bucket.
func (m *ageMasker) floorDay(day int64) int64 {
	year, _, _ := civilFromDays(day)
	year = max(year, m.earliest)
	return daysFromCivil(floorDiv(year, int64(m.years))*int64(m.years), 1, 1)
}
