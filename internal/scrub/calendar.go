package scrub

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

func truncateDef() Definition {
	return Definition{
		Name: "date_truncate", Class: pii.Date, Families: []Family{FamilyDate, FamilyTimestamp, FamilyText}, Plain: true,
		Canary: canaryDate,
		Remains: func(a Args) string {
			if to := a.text("to"); to != "year" {
				return "shows the " + to + ": Safe Harbor lets only the year stand"
			}
			return ""
		},
		Doc: "The first day of the date's year, quarter, month or week (Monday), at midnight.",
		Params: []Param{{Name: "to", Kind: rules.String, Choices: []string{"year", "quarter", "month", "week"}, Default: "month",
			Doc: "the period whose first day is shown"}},
		Example: Example{Rule: "{transform: date_truncate, to: quarter}", Value: "1984-05-17"},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &truncateMasker{floor: truncations[d.args.text("to")], last: maxTimestampDay}}, nil
		},
	}
}

// truncations find the first day of a period, in days since 2000-01-01.
var truncations = map[string]func(int64) int64{
	"year": func(day int64) int64 {
		year, _, _ := civilFromDays(day)
		return daysFromCivil(year, 1, 1)
	},
	"quarter": func(day int64) int64 {
		year, month, _ := civilFromDays(day)
		return daysFromCivil(year, month-(month-1)%3, 1)
	},
	"month": func(day int64) int64 {
		year, month, _ := civilFromDays(day)
		return daysFromCivil(year, month, 1)
	},
	"week": func(day int64) int64 {
		const monday = 2 // 2000-01-03
		return day - ((day-monday)%7+7)%7
	},
}

// truncateMasker moves dates back and sets times of day to midnight.
type truncateMasker struct {
	floor func(day int64) int64
	last  int64
}

// first is the first day of the period, or of what the types can hold.
func (m *truncateMasker) first(day int64) int64 { return max(m.floor(day), minDay) }

func (m *truncateMasker) replace(_ *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isInfinite(text) {
		return append(dst, text...), nil
	}
	rest, bc := bytes.CutSuffix(text, []byte(" BC"))
	day, n, ok := parseDate(rest, bc)
	if !ok || !isTimeOfDay(rest[n:]) {
		return dst, errNoDate
	}
	dst, bc = appendDate(dst, m.first(day))
	zone := false
	for _, c := range rest[n:] {
		if c == '+' || c == '-' {
			zone = true
		}
		if isDigit(c) && !zone {
			c = '0'
		}
		dst = append(dst, c)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst, nil
}

func isInfinite(text []byte) bool { return string(text) == "infinity" || string(text) == "-infinity" }

// cell works on the binary forms, as dateShift's does.
func (m *truncateMasker) cell(t *catalog.Type, f copyfmt.Format) makeCell {
	if f != copyfmt.Binary {
		return nil
	}
	switch FamilyOf(t) {
	case FamilyDate:
		return func(*row) cell { return m.date }
	case FamilyTimestamp:
		return func(*row) cell { return m.timestamp }
	}
	return nil
}

func (m *truncateMasker) date(dst, wire []byte) ([]byte, error) {
	if len(wire) != 4 {
		return dst, errBadWire
	}
	day := int32(binary.BigEndian.Uint32(wire))
	if day == math.MaxInt32 || day == math.MinInt32 {
		return append(dst, wire...), nil
	}
	return binary.BigEndian.AppendUint32(dst, uint32(int32(m.first(int64(day))))), nil
}

const microsPerDay = 24 * 60 * 60 * 1_000_000

func (m *truncateMasker) timestamp(dst, wire []byte) ([]byte, error) {
	if len(wire) != 8 {
		return dst, errBadWire
	}
	micros := int64(binary.BigEndian.Uint64(wire))
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return append(dst, wire...), nil
	}
	return binary.BigEndian.AppendUint64(dst, uint64(m.first(floorDiv(micros, microsPerDay))*microsPerDay)), nil
}

func timeShiftDef() Definition {
	return Definition{
		Name: "time_shift", Class: pii.Date, Families: []Family{FamilyTimestamp, FamilyText}, ByArgs: true, Space: "2 × the seconds of max",
		Canary:  func(src *canary.Source, _ Place, _ Args) canary.Value { return canaryTime(src) },
		Remains: dateShiftDef().Remains,
		Doc:     "The timestamp moved by a second to max, back or forth, in whole seconds; one timestamp always moves by the same, and with a subject all of one subject do, so that intervals stay.",
		Follow:  followTimes,
		Params:  []Param{{Name: "max", Kind: rules.String, Default: "12h", Doc: "the furthest a timestamp moves: a whole number of s, m, h or d, as in 90m"}, subjectParam(true)},
		Example: Example{Rule: "{transform: time_shift, max: 2h}", Value: "2024-05-17 13:14:15"},
		Check: func(a Args, _ Place) error {
			if seconds(a.text("max")) == 0 {
				return errors.New("needs an interval of a second to 3650 days: a whole number of s, m, h or d, as in 90m")
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &timeShift{prefix: domainPrefix(d.name), max: seconds(d.args.text("max"))}}, nil
		},
	}
}

// seconds of an interval such as 90m; 0 if it is none.
func seconds(s string) int64 {
	var n int64
	var unit string
	if _, err := fmt.Sscanf(s, "%d%s", &n, &unit); err != nil {
		return 0
	}
	per := map[string]int64{"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
	if n <= 0 || n > 3650*86400 || n*per > 3650*86400 {
		return 0
	}
	return n * per
}

// timeShift moves timestamps by seconds. Its normal form is the count of seconds
// since 2000-01-01, so that types and notations of one zone agree.
type timeShift struct {
	prefix  []byte
	max     int64
	subject bool // all timestamps of one subject move alike
}

func followTimes(m Masker) Masker {
	t := *m.(*timeShift)
	t.subject = true
	return &t
}

func (m *timeShift) shift(r *row, second int64) int64 {
	if m.subject {
		if h := r.subjectID(); h != nil {
			return m.seconds(h)
		}
	}
	r.normal = binary.BigEndian.AppendUint64(r.normal[:0], uint64(second))
	return m.seconds(r.mac.digest(m.prefix, r.normal))
}

func (m *timeShift) seconds(h *fake.Digest) int64 {
	k := int64(binary.BigEndian.Uint64(h[:]) % uint64(2*m.max))
	if k -= m.max; k >= 0 {
		k++
	}
	return k
}

var errNoTimestamp = errors.New("the value is no ISO timestamp (YYYY-MM-DD HH:MM:SS, with or without decimals and a zone)")

func (m *timeShift) replace(r *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isInfinite(text) {
		return append(dst, text...), nil
	}
	rest, bc := bytes.CutSuffix(text, []byte(" BC"))
	day, n, ok := parseDate(rest, bc)
	if !ok || !isTimeOfDay(rest[n:]) || len(rest) < n+9 || rest[n+3] != ':' || rest[n+6] != ':' {
		return dst, errNoTimestamp
	}
	hour, a := leadingNumber(rest[n+1:], 2)
	minute, b := leadingNumber(rest[n+4:], 2)
	second, c := leadingNumber(rest[n+7:], 2)
	if a+b+c != 6 || hour > 24 || minute > 59 || second > 60 {
		return dst, errNoTimestamp
	}
	t := day*86400 + hour*3600 + minute*60 + second
	t += m.shift(r, t)
	day = floorDiv(t, 86400)
	if day < minDay || day > maxTimestampDay {
		return dst, errDateRange
	}
	t -= day * 86400
	dst, bc = appendDate(dst, day)
	dst = append(appendPadded(append(dst, rest[n]), t/3600, 2), ':')
	dst = append(appendPadded(dst, t/60%60, 2), ':')
	dst = append(appendPadded(dst, t%60, 2), rest[n+9:]...)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst, nil
}

func (m *timeShift) cell(t *catalog.Type, f copyfmt.Format) makeCell {
	if f != copyfmt.Binary || FamilyOf(t) != FamilyTimestamp {
		return nil
	}
	return func(r *row) cell {
		return func(dst, wire []byte) ([]byte, error) {
			if len(wire) != 8 {
				return dst, errBadWire
			}
			micros := int64(binary.BigEndian.Uint64(wire))
			if micros == math.MaxInt64 || micros == math.MinInt64 {
				return append(dst, wire...), nil
			}
			shift := m.shift(r, floorDiv(micros, 1_000_000))
			moved := micros + shift*1_000_000
			if day := floorDiv(moved, microsPerDay); day < minDay || day > maxTimestampDay {
				return dst, errDateRange
			}
			return binary.BigEndian.AppendUint64(dst, uint64(moved)), nil
		}
	}
}
