package scrub

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
)

func dateShiftDef() Definition {
	return Definition{
		Name:   "date_shift",
		Canary: canaryDate, Shift: true, Suggest: []string{"birth", "dob"},
		Remains: func(Args) string {
			return "shifted by an unknown time: Safe Harbor lets only the year stand, so this takes an expert's determination (164.514(b)(1)), or date_truncate to year"
		},
		Doc:   "The date moved by 1 to max_days days, back or forth; one date always moves by the same, and with a subject all dates of one subject do, so that intervals stay. Times of day stay.",
		Class: pii.Date,
		Params: []Param{{Name: "max_days", Kind: rules.Number, Min: 1, Max: 36500, Default: "90",
			Doc: "the furthest a date moves"}, subjectParam(true)},
		Follow:   followDates,
		Families: []Family{FamilyDate, FamilyTimestamp, FamilyText},
		ByParam:  "max_days",
		Space:    "2 × max_days",
		Example:  Example{Rule: "{transform: date_shift, max_days: 90}", Value: "1984-05-17"},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &dateShift{prefix: domainPrefix(d.name), maxDays: d.args.number("max_days"), last: maxTimestampDay}}, nil
		},
	}
}

// dateShift moves dates, as ISO text or in binary. Its normal form is the date
// without the time, so that a date and a timestamp of that day move alike.
type dateShift struct {
	prefix  []byte
	maxDays int
	last    int64 // last day that the types in question can hold
	subject bool  // all dates of one subject move alike
}

func followDates(m Masker) Masker {
	d := *m.(*dateShift)
	d.subject = true
	return &d
}

// Days from 2000-01-01 (PostgreSQL's epoch) to the ends of its types
// (src/include/datatype/timestamp.h).
const (
	minDay          = -2451545   // 4714-11-24 BC
	maxDateDay      = 2145031948 // 5874897-12-31
	maxTimestampDay = 106751982  // 294276-12-31
)

var (
	errNoDate    = errors.New("the value is no ISO date (YYYY-MM-DD, with or without a time)")
	errDateRange = errors.New("the shifted date is out of the type's range")
)

func (m *dateShift) replace(r *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if string(text) == "infinity" || string(text) == "-infinity" {
		return append(dst, text...), nil
	}
	rest, bc := bytes.CutSuffix(text, []byte(" BC"))
	day, n, ok := parseDate(rest, bc)
	if !ok || !isTimeOfDay(rest[n:]) {
		return dst, errNoDate
	}
	moved := day + m.shift(r, day)
	if moved < minDay || moved > m.last {
		return dst, errDateRange
	}
	dst, bc = appendDate(dst, moved)
	dst = append(dst, rest[n:]...)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst, nil
}

// shift is how many days a day moves: -maxDays to maxDays, not 0.
func (m *dateShift) shift(r *row, day int64) int64 {
	if m.subject {
		if d := r.subjectID(); d != nil {
			return m.days(d)
		}
	}
	var bc bool
	r.normal, bc = appendDate(r.normal[:0], day)
	if bc {
		r.normal = append(r.normal, " BC"...)
	}
	return m.days(r.mac.digest(m.prefix, r.normal))
}

func (m *dateShift) days(h *fake.Digest) int64 {
	k := int64(binary.BigEndian.Uint64(h[:]) % uint64(2*m.maxDays))
	if k -= int64(m.maxDays); k >= 0 {
		k++
	}
	return k
}

// cell works on the binary forms: days (int4) or microseconds (int8) since
// 2000-01-01, with the extreme values for infinity.
func (m *dateShift) cell(t *catalog.Type, f copyfmt.Format) makeCell {
	if f != copyfmt.Binary {
		return nil
	}
	switch FamilyOf(t) {
	case FamilyDate:
		return func(r *row) cell { return func(dst, wire []byte) ([]byte, error) { return m.date(r, dst, wire) } }
	case FamilyTimestamp:
		return func(r *row) cell { return func(dst, wire []byte) ([]byte, error) { return m.timestamp(r, dst, wire) } }
	}
	return nil
}

func (m *dateShift) date(r *row, dst, wire []byte) ([]byte, error) {
	if len(wire) != 4 {
		return dst, errBadWire
	}
	day := int32(binary.BigEndian.Uint32(wire))
	if day == math.MaxInt32 || day == math.MinInt32 {
		return append(dst, wire...), nil
	}
	moved := int64(day) + m.shift(r, int64(day))
	if moved < minDay || moved > maxDateDay {
		return dst, errDateRange
	}
	return binary.BigEndian.AppendUint32(dst, uint32(int32(moved))), nil
}

func (m *dateShift) timestamp(r *row, dst, wire []byte) ([]byte, error) {
	const perDay = 24 * 60 * 60 * 1_000_000
	if len(wire) != 8 {
		return dst, errBadWire
	}
	micros := int64(binary.BigEndian.Uint64(wire))
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return append(dst, wire...), nil
	}
	day := micros / perDay
	if micros%perDay < 0 {
		day--
	}
	shift := m.shift(r, day)
	if day+shift < minDay || day+shift > maxTimestampDay {
		return dst, errDateRange
	}
	return binary.BigEndian.AppendUint64(dst, uint64(micros+shift*perDay)), nil
}

// parseDate reads YYYY-MM-DD (the year may have up to seven digits) at the
// start of text and returns the day and the bytes it took.
func parseDate(text []byte, bc bool) (day int64, n int, ok bool) {
	year, y := leadingNumber(text, 7)
	if y < 4 || len(text) < y+6 || text[y] != '-' || text[y+3] != '-' {
		return 0, 0, false
	}
	month, mn := leadingNumber(text[y+1:], 2)
	d, dn := leadingNumber(text[y+4:], 2)
	if bc {
		year = 1 - year
	}
	if mn != 2 || dn != 2 || month < 1 || month > 12 || d < 1 || d > daysIn(year, month) {
		return 0, 0, false
	}
	return daysFromCivil(year, month, d), y + 6, true
}

func leadingNumber(text []byte, most int) (v int64, n int) {
	for n < len(text) && n < most && isDigit(text[n]) {
		v = v*10 + int64(text[n]-'0')
		n++
	}
	return v, n
}

// isTimeOfDay reports whether what follows a date can only be a time.
func isTimeOfDay(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if len(text) < 2 || text[0] != ' ' && text[0] != 'T' && text[0] != 't' || !isDigit(text[1]) {
		return false
	}
	for _, c := range text[1:] {
		switch {
		case isDigit(c), c == ':', c == '.', c == '+', c == '-', c == 'Z', c == 'z':
		default:
			return false
		}
	}
	return true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysFromCivil counts days from 2000-01-01 in the proleptic Gregorian calendar;
// year 0 is 1 BC. Years begin in March here, so that the leap day comes last.
func daysFromCivil(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 730425
}

func civilFromDays(days int64) (year, month, day int64) {
	days += 730425
	era := floorDiv(days, 146097)
	doe := days - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month, day = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendDate appends a day as PostgreSQL does; bc is true if " BC" must follow
// what comes after the date.
func appendDate(dst []byte, days int64) (_ []byte, bc bool) {
	year, month, day := civilFromDays(days)
	if bc = year <= 0; bc {
		year = 1 - year
	}
	width := 4
	for p := int64(10000); year >= p; p *= 10 {
		width++
	}
	dst = appendPadded(dst, year, width)
	dst = appendPadded(append(dst, '-'), month, 2)
	return appendPadded(append(dst, '-'), day, 2), bc
}

func appendPadded(dst []byte, n int64, width int) []byte {
	at := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := at + width - 1; i >= at; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}
