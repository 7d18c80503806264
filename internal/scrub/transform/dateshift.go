package transform

import (
	"bytes"
	"encoding/binary"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform/calendar"
)

func dateShiftDef() Definition {
	return Definition{
		Name:   "date_shift",
		Canary: canaryDate, Shift: true, Suggest: []string{"birth", "dob"},
		Remains: func(Args) string {
			return "shifted by an unknown time: Safe Harbor lets only the year stand, so this takes an expert's " +
				"determination (164.514(b)(1)), or date_truncate to year"
		},
		Doc:   "The date moved by 1 to max_days days, back or forth; one date always moves by the same, and with a subject all dates of one subject do, so that intervals stay. Times of day stay.",
		Class: pii.Date,
		Params: []Param{{Name: "max_days", Kind: rules.Number, Min: 1, Max: 36500, Default: "90",
			Doc: "the furthest a date moves"}, subjectParam(true), uniqueParam("days are exchanged within stretches of max_days and one, so that no two become the same; the subject plays no part")},
		ByFlag: uniqueName,
		Unique: true, ForUnique: withUnique, Bits: injectiveIfUnique,
		Follow:   followDates,
		Families: []Family{FamilyDate, FamilyTimestamp, FamilyText},
		ByParam:  "max_days",
		Space:    "2 × max_days",
		Example:  Example{Rule: "{transform: date_shift, max_days: 90}", Value: "1984-05-17"},
		Build: func(d *Domain) (Masks, error) {
			m := DateShift{prefix: domainPrefix(d.Name), maxDays: d.Args.number("max_days"), last: calendar.MaxTimestampDay,
				unique: d.Args.Flag(uniqueName)}
			date := m
			date.last = calendar.MaxDateDay
			return Masks{FamilyText: &m, FamilyDate: &date}, nil
		},
	}
}

// DateShift moves dates, as ISO text or in binary. Its normal form is the date
// without the time, so that a date and a timestamp of that day move alike.
type DateShift struct {
	prefix  []byte
	maxDays int
	last    int64 // last day that the types in question can hold
	subject bool  // all dates of one subject move alike
	unique  bool  // no two days become the same
}

func followDates(m Masker) Masker {
	d := *m.(*DateShift)
	d.subject = !d.unique
	return &d
}

var (
	ErrNoDate    = Unfit("the value is no ISO date (YYYY-MM-DD, with or without a time)")
	errDateRange = Unfit("the shifted date is out of the type's range")
)

func (m *DateShift) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if string(text) == "infinity" || string(text) == "-infinity" {
		return append(dst, text...), nil
	}
	rest, bc := bytes.CutSuffix(text, []byte(" BC"))
	day, n, ok := calendar.ParseDate(rest, bc)
	if !ok || !calendar.IsTimeOfDay(rest[n:]) {
		return dst, ErrNoDate
	}
	moved := day + m.Shift(r, day)
	if moved < calendar.MinDay || moved > m.last {
		return dst, errDateRange
	}
	dst, bc = calendar.AppendDate(dst, moved)
	dst = append(dst, rest[n:]...)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst, nil
}

// Shift is how many days a day moves: -maxDays to maxDays, not 0.
func (m *DateShift) Shift(r *Row, day int64) int64 {
	if m.unique {
		return m.exchange(r, day)
	}
	if m.subject {
		if d := r.subjectID(); d != nil {
			return m.days(d)
		}
	}
	var bc bool
	r.normal, bc = calendar.AppendDate(r.normal[:0], day)
	if bc {
		r.normal = append(r.normal, " BC"...)
	}
	return m.days(r.PRF.Sum(m.prefix, r.normal))
}

// exchange is how far a day moves within its stretch of maxDays+1 days, whose days are
// permuted in one cycle (Sattolo), so that none stays. A writer keeps the cycles it used.
func (m *DateShift) exchange(r *Row, day int64) int64 {
	n := int64(m.maxDays + 1)
	at := (day - calendar.MinDay) % n
	stretch := (day - calendar.MinDay) / n
	key := cycleOf{m, stretch}
	cycle := r.cycles[key]
	if cycle == nil {
		if len(r.cycles) >= maxCycles || r.cycles == nil {
			r.cycles = map[cycleOf][]uint16{}
		}
		cycle = make([]uint16, n)
		for i := range cycle {
			cycle[i] = uint16(i)
		}
		r.normal = binary.BigEndian.AppendUint64(r.normal[:0], uint64(stretch))
		for i := len(cycle) - 1; i > 0; i-- {
			h := r.PRF.Sum(m.prefix, binary.BigEndian.AppendUint16(r.normal[:8], uint16(i)))
			j := binary.BigEndian.Uint64(h[:]) % uint64(i)
			cycle[i], cycle[j] = cycle[j], cycle[i]
		}
		r.cycles[key] = cycle
	}
	return int64(cycle[at]) - at
}

// cycleOf names a stretch of days of a masker.
type cycleOf struct {
	of      *DateShift
	stretch int64
}

// maxCycles bounds what a writer keeps: ages of persons lie within a few hundred stretches.
const maxCycles = 512

func (m *DateShift) days(h *fake.Digest) int64 {
	k := int64(binary.BigEndian.Uint64(h[:]) % uint64(2*m.maxDays))
	if k -= int64(m.maxDays); k >= 0 {
		k++
	}
	return k
}

// Wire works on the binary forms: days (int4) or microseconds (int8) since
// 2000-01-01, with the extreme values for infinity.
func (m *DateShift) Wire(t *catalog.Type, f copyfmt.Format) Bind {
	if f != copyfmt.Binary {
		return nil
	}
	switch FamilyOf(t) {
	case FamilyDate:
		return func(r *Row) Cell { return func(dst, wire []byte) ([]byte, error) { return m.date(r, dst, wire) } }
	case FamilyTimestamp:
		return func(r *Row) Cell { return func(dst, wire []byte) ([]byte, error) { return m.timestamp(r, dst, wire) } }
	}
	return nil
}

func (m *DateShift) date(r *Row, dst, wire []byte) ([]byte, error) {
	if len(wire) != 4 {
		return dst, ErrBadWire
	}
	day := int32(binary.BigEndian.Uint32(wire))
	if day == math.MaxInt32 || day == math.MinInt32 {
		return append(dst, wire...), nil
	}
	moved := int64(day) + m.Shift(r, int64(day))
	if moved < calendar.MinDay || moved > calendar.MaxDateDay {
		return dst, errDateRange
	}
	return binary.BigEndian.AppendUint32(dst, uint32(int32(moved))), nil
}

func (m *DateShift) timestamp(r *Row, dst, wire []byte) ([]byte, error) {
	const perDay = 24 * 60 * 60 * 1_000_000
	if len(wire) != 8 {
		return dst, ErrBadWire
	}
	micros := int64(binary.BigEndian.Uint64(wire))
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return append(dst, wire...), nil
	}
	day := micros / perDay
	if micros%perDay < 0 {
		day--
	}
	shift := m.Shift(r, day)
	if day+shift < calendar.MinDay || day+shift > calendar.MaxTimestampDay {
		return dst, errDateRange
	}
	return binary.BigEndian.AppendUint64(dst, uint64(micros+shift*perDay)), nil
}
