package value

import (
	"encoding/binary"
	"math"
	"strconv"
)

// interval is microseconds, days and months (interval_send).
type interval struct{}

func (interval) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 16 {
		return dst, badWire("interval")
	}
	us := int64(binary.BigEndian.Uint64(wire))
	day := int64(int32(binary.BigEndian.Uint32(wire[8:])))
	month := int64(int32(binary.BigEndian.Uint32(wire[12:])))
	switch { // the infinities of servers from 17 on
	case us == math.MaxInt64 && day == math.MaxInt32 && month == math.MaxInt32:
		return append(dst, "infinity"...), nil
	case us == math.MinInt64 && day == math.MinInt32 && month == math.MinInt32:
		return append(dst, "-infinity"...), nil
	}
	start, negative := len(dst), false
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if negative && v > 0 { // a sign after a negative part, as the server puts it
			dst = append(dst, '+')
		}
		dst = append(strconv.AppendInt(dst, v, 10), unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
		negative = v < 0
	}
	part(month/12, " year")
	part(month%12, " mon")
	part(day, " day")
	if us == 0 && len(dst) > start {
		return dst, nil
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	abs := uint64(us)
	if us < 0 {
		abs = -abs
		dst = append(dst, '-')
	} else if negative {
		dst = append(dst, '+')
	}
	s := abs / usPerSecond
	if s < 36000 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendUint(dst, s/3600, 10)
	dst = append2(append(dst, ':'), int64(s/60%60))
	dst = append2(append(dst, ':'), int64(s%60))
	return appendFraction(dst, int64(abs%usPerSecond)), nil
}

// AppendWire takes what AppendText prints: whole numbers with units, and a time
// with its own sign.
func (interval) AppendWire(dst, text []byte) ([]byte, error) {
	if inf, ok := parseInfinity(text); ok {
		if inf > 0 {
			return appendInterval(dst, math.MaxInt64, math.MaxInt32, math.MaxInt32), nil
		}
		return appendInterval(dst, math.MinInt64, math.MinInt32, math.MinInt32), nil
	}
	var us, day, month int64
	parts := 0
	for b := text; ; parts++ {
		for len(b) > 0 && b[0] == ' ' {
			b = b[1:]
		}
		if len(b) == 0 {
			break
		}
		neg := b[0] == '-'
		if neg || b[0] == '+' {
			b = b[1:]
		}
		n, rest, ok := number(b, 1, 13)
		if !ok {
			return dst, badText("interval")
		}
		v := uint64(n)
		if len(rest) > 0 && rest[0] == ':' {
			if v, rest, ok = parseDuration(v, rest); ok {
				us, ok = addScaled(us, v, 1, neg)
			}
		} else {
			var unit []byte
			unit, rest = word(rest)
			switch months, days, micros := unitOf(unit); {
			case months > 0:
				month, ok = addScaled(month, v, months, neg)
			case days > 0:
				day, ok = addScaled(day, v, days, neg)
			case micros > 0:
				us, ok = addScaled(us, v, micros, neg)
			default:
				ok = false
			}
		}
		if !ok || len(rest) > 0 && rest[0] != ' ' {
			return dst, badText("interval")
		}
		b = rest
	}
	if parts == 0 || day != int64(int32(day)) || month != int64(int32(month)) {
		return dst, badText("interval")
	}
	return appendInterval(dst, us, day, month), nil
}

// unitOf is how much a unit is of the part of an interval that it belongs to; zeros if there is
// no such unit.
func unitOf(unit []byte) (months, days, micros int64) {
	switch string(unit) {
	case "year", "years":
		return 12, 0, 0
	case "mon", "mons", "month", "months":
		return 1, 0, 0
	case "week", "weeks":
		return 0, 7, 0
	case "day", "days":
		return 0, 1, 0
	case "hour", "hours":
		return 0, 0, 3600 * usPerSecond
	case "min", "mins", "minute", "minutes":
		return 0, 0, 60 * usPerSecond
	case "sec", "secs", "second", "seconds":
		return 0, 0, usPerSecond
	}
	return 0, 0, 0
}

func appendInterval(dst []byte, us, day, month int64) []byte {
	return appendUint(appendUint(appendUint(dst, uint64(us), 8), uint64(day), 4), uint64(month), 4)
}

// addScaled is a ± v × unit; false when it overflows. unit is positive.
func addScaled(a int64, v uint64, unit int64, neg bool) (int64, bool) {
	limit := uint64(math.MaxInt64)
	if neg {
		limit++
	}
	if v > limit/uint64(unit) {
		return 0, false
	}
	b := int64(v * uint64(unit))
	if neg {
		b = -b // the smallest integer is its own opposite
	}
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// parseDuration reads :MM[:SS[.ffffff]] after the hours, as microseconds.
func parseDuration(hours uint64, b []byte) (us uint64, rest []byte, ok bool) {
	m, b, ok := number(b[1:], 2, 2)
	if !ok || m > 59 || hours > math.MaxInt64/(3600*usPerSecond) {
		return 0, b, false
	}
	us = (hours*60 + uint64(m)) * 60 * usPerSecond
	if len(b) > 0 && b[0] == ':' {
		var s, f int64
		if s, b, ok = number(b[1:], 2, 2); !ok || s > 59 {
			return 0, b, false
		}
		if f, b, ok = parseFraction(b); !ok {
			return 0, b, false
		}
		us += uint64(s*usPerSecond + f)
	}
	return us, b, true
}

// word reads a space and letters.
func word(b []byte) (w, rest []byte) {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	n := 0
	for n < len(b) && 'a' <= b[n] && b[n] <= 'z' {
		n++
	}
	return b[:n], b[n:]
}
