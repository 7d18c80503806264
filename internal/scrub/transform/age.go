package transform

import (
	"bytes"
	"strconv"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform/calendar"
)

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
			years := d.Args.number("years")
			m := &ageMasker{years: years, top: d.Args.number("top"), earliest: int64(d.Args.number("earliest")),
				numbers: newBucket(uint64(years)*1_000_000, limits{max: -1, whole: -1})}
			n := *m
			n.number = true
			t := &truncateMasker{floor: m.floorDay, last: calendar.MaxTimestampDay}
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

var errNoAge = Unfit("the value is no age of 0 to 150 years, and no ISO date")

func (m *ageMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if m.number && isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	if !m.number && len(text) >= 8 {
		return m.dates.Replace(r, dst, text)
	}
	d := &r.num
	if d.Parse(text) != nil || d.Negative || !d.Less(151, d.Scale) {
		return dst, errNoAge
	}
	if !d.Less(uint64(m.top), d.Scale) {
		if !m.number {
			return append(strconv.AppendInt(dst, int64(m.top), 10), '+'), nil
		}
		return strconv.AppendInt(dst, int64(m.top), 10), nil
	}
	m.numbers.floor(d)
	if m.number {
		return d.Append(dst), nil
	}
	d.Rescale(0)
	low := int64(0)
	for _, x := range d.Digits {
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
	year, _, _ := calendar.CivilFromDays(day)
	year = max(year, m.earliest)
	return calendar.DaysFromCivil(calendar.FloorDiv(year, int64(m.years))*int64(m.years), 1, 1)
}
