package transform

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
	"refresher/internal/scrub/transform/calendar"
	"refresher/internal/verify/canary"
)

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
			if seconds(a.Text("max")) == 0 {
				return errors.New("needs an interval of a second to 3650 days: a whole number of s, m, h or " +
					"d, as in 90m")
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &timeShift{prefix: domainPrefix(d.Name), max: seconds(d.Args.Text("max"))}}, nil
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

func (m *timeShift) shift(r *Row, second int64) int64 {
	if m.subject {
		if h := r.subjectID(); h != nil {
			return m.seconds(h)
		}
	}
	r.normal = binary.BigEndian.AppendUint64(r.normal[:0], uint64(second))
	return m.seconds(r.PRF.Sum(m.prefix, r.normal))
}

func (m *timeShift) seconds(h *fake.Digest) int64 {
	k := int64(binary.BigEndian.Uint64(h[:]) % uint64(2*m.max))
	if k -= m.max; k >= 0 {
		k++
	}
	return k
}

var errNoTimestamp = Unfit("the value is no ISO timestamp (YYYY-MM-DD HH:MM:SS, with or without decimals and a zone)")

func (m *timeShift) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if IsInfinite(text) {
		return append(dst, text...), nil
	}
	rest, bc := bytes.CutSuffix(text, []byte(" BC"))
	day, n, ok := calendar.ParseDate(rest, bc)
	if !ok || !calendar.IsTimeOfDay(rest[n:]) || len(rest) < n+9 || rest[n+3] != ':' || rest[n+6] != ':' {
		return dst, errNoTimestamp
	}
	hour, a := calendar.LeadingNumber(rest[n+1:], 2)
	minute, b := calendar.LeadingNumber(rest[n+4:], 2)
	second, c := calendar.LeadingNumber(rest[n+7:], 2)
	if a+b+c != 6 || hour > 24 || minute > 59 || second > 60 {
		return dst, errNoTimestamp
	}
	t := day*86400 + hour*3600 + minute*60 + second
	t += m.shift(r, t)
	day = calendar.FloorDiv(t, 86400)
	if day < calendar.MinDay || day > calendar.MaxTimestampDay {
		return dst, errDateRange
	}
	t -= day * 86400
	dst, bc = calendar.AppendDate(dst, day)
	dst = append(calendar.AppendPadded(append(dst, rest[n]), t/3600, 2), ':')
	dst = append(calendar.AppendPadded(dst, t/60%60, 2), ':')
	dst = append(calendar.AppendPadded(dst, t%60, 2), rest[n+9:]...)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst, nil
}

func (m *timeShift) Wire(t *catalog.Type, f copyfmt.Format) Bind {
	if f != copyfmt.Binary || FamilyOf(t) != FamilyTimestamp {
		return nil
	}
	return func(r *Row) Cell {
		return func(dst, wire []byte) ([]byte, error) {
			if len(wire) != 8 {
				return dst, ErrBadWire
			}
			micros := int64(binary.BigEndian.Uint64(wire))
			if micros == math.MaxInt64 || micros == math.MinInt64 {
				return append(dst, wire...), nil
			}
			shift := m.shift(r, calendar.FloorDiv(micros, 1_000_000))
			moved := micros + shift*1_000_000
			if day := calendar.FloorDiv(moved, microsPerDay); day < calendar.MinDay || day > calendar.MaxTimestampDay {
				return dst, errDateRange
			}
			return binary.BigEndian.AppendUint64(dst, uint64(moved)), nil
		}
	}
}
