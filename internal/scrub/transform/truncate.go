package transform

import (
	"bytes"
	"encoding/binary"
	"math"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform/calendar"
)

func truncateDef() Definition {
	return Definition{
		Name: "date_truncate", Class: pii.Date, Families: []Family{FamilyDate, FamilyTimestamp, FamilyText}, Plain: true,
		Canary: canaryDate,
		Remains: func(a Args) string {
			if to := a.Text("to"); to != "year" {
				return "shows the " + to + ": Safe Harbor lets only the year stand"
			}
			return ""
		},
		Doc: "The first day of the date's year, quarter, month or week (Monday), at midnight.",
		Params: []Param{{Name: "to", Kind: rules.String, Choices: []string{"year", "quarter", "month", "week"}, Default: "month",
			Doc: "the period whose first day is shown"}},
		Example: Example{Rule: "{transform: date_truncate, to: quarter}", Value: "1984-05-17"},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &truncateMasker{floor: truncation(d.Args.Text("to")), last: calendar.MaxTimestampDay}}, nil
		},
	}
}

// truncation finds the first day of a period, in days since 2000-01-01.
func truncation(period string) func(day int64) int64 {
	const monday = 2 // 2000-01-03
	return func(day int64) int64 {
		year, month, _ := calendar.CivilFromDays(day)
		switch period {
		case "year":
			return calendar.DaysFromCivil(year, 1, 1)
		case "quarter":
			return calendar.DaysFromCivil(year, month-(month-1)%3, 1)
		case "week":
			return day - ((day-monday)%7+7)%7
		}
		return calendar.DaysFromCivil(year, month, 1)
	}
}

// truncateMasker moves dates back and sets times of day to midnight.
type truncateMasker struct {
	floor func(day int64) int64
	last  int64
}

// first is the first day of the period, or of what the types can hold.
func (m *truncateMasker) first(day int64) int64 { return max(m.floor(day), calendar.MinDay) }

func (m *truncateMasker) Replace(_ *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if IsInfinite(text) {
		return append(dst, text...), nil
	}
	rest, bc := bytes.CutSuffix(text, []byte(" BC"))
	day, n, ok := calendar.ParseDate(rest, bc)
	if !ok || !calendar.IsTimeOfDay(rest[n:]) {
		return dst, ErrNoDate
	}
	dst, bc = calendar.AppendDate(dst, m.first(day))
	zone := false
	for _, c := range rest[n:] {
		if c == '+' || c == '-' {
			zone = true
		}
		if normal.IsDigit(c) && !zone {
			c = '0'
		}
		dst = append(dst, c)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst, nil
}

func IsInfinite(text []byte) bool { return string(text) == "infinity" || string(text) == "-infinity" }

// Wire works on the binary forms, as dateShift's does.
func (m *truncateMasker) Wire(t *catalog.Type, f copyfmt.Format) Bind {
	if f != copyfmt.Binary {
		return nil
	}
	switch FamilyOf(t) {
	case FamilyDate:
		return func(*Row) Cell { return m.date }
	case FamilyTimestamp:
		return func(*Row) Cell { return m.timestamp }
	}
	return nil
}

func (m *truncateMasker) date(dst, wire []byte) ([]byte, error) {
	if len(wire) != 4 {
		return dst, ErrBadWire
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
		return dst, ErrBadWire
	}
	micros := int64(binary.BigEndian.Uint64(wire))
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return append(dst, wire...), nil
	}
	return binary.BigEndian.AppendUint64(dst, uint64(m.first(calendar.FloorDiv(micros, microsPerDay))*microsPerDay)),
		nil
}
