package value

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Dates are days, and timestamps microseconds, since 2000-01-01; the extremes of
// the integers are the infinities (src/include/datatype/timestamp.h).
const (
	usPerSecond = 1_000_000
	usPerDay    = 86_400 * usPerSecond

	minDay       = -2451545               // 4714-11-24 BC
	endDay       = 2145031949             // 5874898-01-01
	endTimestamp = 106_751_983 * usPerDay // 294277-01-01
)

type date struct{}

func (date) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 4 {
		return dst, badWire("date")
	}
	switch day := int32(binary.BigEndian.Uint32(wire)); {
	case day == math.MaxInt32:
		return append(dst, "infinity"...), nil
	case day == math.MinInt32:
		return append(dst, "-infinity"...), nil
	case day < minDay || day >= endDay:
		return dst, badWire("date")
	default:
		year, month, dom := civil(int64(day))
		return appendEra(appendDate(dst, year, month, dom), year), nil
	}
}

func (date) AppendWire(dst, text []byte) ([]byte, error) {
	if inf, ok := parseInfinity(text); ok {
		if inf > 0 {
			return appendUint(dst, math.MaxInt32, 4), nil
		}
		return appendUint(dst, 1<<31, 4), nil
	}
	rest, bc := cutEra(text)
	day, rest, ok := parseDate(rest, bc)
	if !ok || len(rest) > 0 || day < minDay || day >= endDay {
		return dst, badText("date")
	}
	return appendUint(dst, uint64(day), 4), nil
}

// timestamp is timestamp or, with a zone, timestamptz.
type timestamp struct {
	name string
	zone bool
}

func (c timestamp) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 8 {
		return dst, badWire(c.name)
	}
	us := int64(binary.BigEndian.Uint64(wire))
	switch {
	case us == math.MaxInt64:
		return append(dst, "infinity"...), nil
	case us == math.MinInt64:
		return append(dst, "-infinity"...), nil
	case us < minDay*usPerDay || us >= endTimestamp:
		return dst, badWire(c.name)
	}
	day := us / usPerDay
	if us -= day * usPerDay; us < 0 {
		us += usPerDay
		day--
	}
	year, month, dom := civil(day)
	dst = appendDate(dst, year, month, dom)
	dst = appendTime(append(dst, ' '), us)
	if c.zone {
		dst = append(dst, "+00"...)
	}
	return appendEra(dst, year), nil
}

// AppendWire takes a space or a T before the time, and no time for midnight. A
// timestamptz without a zone is in UTC; a timestamp with one is refused.
func (c timestamp) AppendWire(dst, text []byte) ([]byte, error) {
	if inf, ok := parseInfinity(text); ok {
		if inf > 0 {
			return appendUint(dst, math.MaxInt64, 8), nil
		}
		return appendUint(dst, 1<<63, 8), nil
	}
	rest, bc := cutEra(text)
	day, rest, ok := parseDate(rest, bc)
	if !ok || day < minDay-1 || day > endTimestamp/usPerDay+1 {
		return dst, badText(c.name)
	}
	us := day * usPerDay
	if len(rest) > 0 {
		if rest[0] != ' ' && rest[0] != 'T' {
			return dst, badText(c.name)
		}
		var t, west int64
		t, rest, ok = parseTime(rest[1:])
		us += t
		if ok && c.zone && len(rest) > 0 {
			west, rest, ok = parseZone(rest)
			us += west * usPerSecond
		}
	}
	if !ok || len(rest) > 0 || us < minDay*usPerDay || us >= endTimestamp {
		return dst, badText(c.name)
	}
	return appendUint(dst, uint64(us), 8), nil
}

// timeOfDay is time: microseconds since midnight, up to and including 24:00.
type timeOfDay struct{}

func (timeOfDay) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 8 {
		return dst, badWire("time")
	}
	us := int64(binary.BigEndian.Uint64(wire))
	if us < 0 || us > usPerDay {
		return dst, badWire("time")
	}
	return appendTime(dst, us), nil
}

func (timeOfDay) AppendWire(dst, text []byte) ([]byte, error) {
	us, rest, ok := parseTime(text)
	if !ok || len(rest) > 0 {
		return dst, badText("time")
	}
	return appendUint(dst, uint64(us), 8), nil
}

// timetz is a time and its zone in seconds west of Greenwich.
type timetz struct{}

const maxZone = 16 * 3600 // exclusive: 15:59:59

func (timetz) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 12 {
		return dst, badWire("timetz")
	}
	us := int64(binary.BigEndian.Uint64(wire))
	west := int64(int32(binary.BigEndian.Uint32(wire[8:])))
	if us < 0 || us > usPerDay || west <= -maxZone || west >= maxZone {
		return dst, badWire("timetz")
	}
	return appendZone(appendTime(dst, us), west), nil
}

func (timetz) AppendWire(dst, text []byte) ([]byte, error) {
	us, rest, ok := parseTime(text)
	west := int64(0)
	if ok && len(rest) > 0 {
		west, rest, ok = parseZone(rest)
	}
	if !ok || len(rest) > 0 {
		return dst, badText("timetz")
	}
	return appendUint(appendUint(dst, uint64(us), 8), uint64(west), 4), nil
}

// civil is the proleptic Gregorian date of a day counted from 2000-01-01; the
// year is astronomical: 0 is 1 BC. (Era of 400 years, years from March.)
func civil(day int64) (year, month, dom int64) {
	day += 730425 // days from 0000-03-01
	era := floorDiv64(day, 146097)
	doe := day - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month, dom = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, dom
}

// days is civil's inverse.
func days(year, month, dom int64) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := floorDiv64(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + dom - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 730425
}

func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func monthDays(year, month int64) int64 {
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

func appendDate(dst []byte, year, month, dom int64) []byte {
	if year <= 0 {
		year = 1 - year
	}
	for limit := int64(1000); year < limit && limit > 1; limit /= 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, year, 10)
	return append2(append(append2(append(dst, '-'), month), '-'), dom)
}

func appendEra(dst []byte, year int64) []byte {
	if year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

func append2(dst []byte, v int64) []byte { return append(dst, '0'+byte(v/10), '0'+byte(v%10)) }

// appendTime prints HH:MM:SS and the microseconds without trailing zeros.
func appendTime(dst []byte, us int64) []byte {
	s := us / usPerSecond
	dst = append2(dst, s/3600)
	dst = append2(append(dst, ':'), s/60%60)
	dst = append2(append(dst, ':'), s%60)
	return appendFraction(dst, us%usPerSecond)
}

func appendFraction(dst []byte, us int64) []byte {
	if us == 0 {
		return dst
	}
	dst = append2(append2(append2(append(dst, '.'), us/10000), us/100%100), us%100)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendZone(dst []byte, west int64) []byte {
	sign := byte('-')
	if west <= 0 {
		sign, west = '+', -west
	}
	dst = append2(append(dst, sign), west/3600)
	if west%3600 != 0 {
		dst = append2(append(dst, ':'), west/60%60)
	}
	if west%60 != 0 {
		dst = append2(append(dst, ':'), west%60)
	}
	return dst
}
