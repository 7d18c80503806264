// Package calendar reads, writes and counts ISO dates as PostgreSQL does, from 4713 BC on.
package calendar

import (
	"refresher/internal/scrub/normal"
)

// Days from 2000-01-01 (PostgreSQL's epoch) to the ends of its types
// (src/include/datatype/timestamp.h).
const (
	MinDay          = -2451545   // 4714-11-24 BC
	MaxDateDay      = 2145031948 // 5874897-12-31
	MaxTimestampDay = 106751982  // 294276-12-31
)

// ParseDate reads YYYY-MM-DD (the year may have up to seven digits) at the
// start of text and returns the day and the bytes it took.
func ParseDate(text []byte, bc bool) (day int64, n int, ok bool) {
	year, y := LeadingNumber(text, 7)
	if y < 4 || len(text) < y+6 || text[y] != '-' || text[y+3] != '-' {
		return 0, 0, false
	}
	month, mn := LeadingNumber(text[y+1:], 2)
	d, dn := LeadingNumber(text[y+4:], 2)
	if bc {
		year = 1 - year
	}
	if mn != 2 || dn != 2 || month < 1 || month > 12 || d < 1 || d > daysIn(year, month) {
		return 0, 0, false
	}
	return DaysFromCivil(year, month, d), y + 6, true
}

func LeadingNumber(text []byte, most int) (v int64, n int) {
	for n < len(text) && n < most && normal.IsDigit(text[n]) {
		v = v*10 + int64(text[n]-'0')
		n++
	}
	return v, n
}

// IsTimeOfDay reports whether what follows a date can only be a time.
func IsTimeOfDay(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if len(text) < 2 || text[0] != ' ' && text[0] != 'T' && text[0] != 't' || !normal.IsDigit(text[1]) {
		return false
	}
	for _, c := range text[1:] {
		switch {
		case normal.IsDigit(c), c == ':', c == '.', c == '+', c == '-', c == 'Z', c == 'z':
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

// DaysFromCivil counts days from 2000-01-01 in the proleptic Gregorian calendar;
// year 0 is 1 BC. Years begin in March here, so that the leap day comes last.
func DaysFromCivil(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := FloorDiv(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 730425
}

func CivilFromDays(days int64) (year, month, day int64) {
	days += 730425
	era := FloorDiv(days, 146097)
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

func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// AppendDate appends a day as PostgreSQL does; bc is true if " BC" must follow
// what comes after the date.
func AppendDate(dst []byte, days int64) (_ []byte, bc bool) {
	year, month, day := CivilFromDays(days)
	if bc = year <= 0; bc {
		year = 1 - year
	}
	width := 4
	for p := int64(10000); year >= p; p *= 10 {
		width++
	}
	dst = AppendPadded(dst, year, width)
	dst = AppendPadded(append(dst, '-'), month, 2)
	return AppendPadded(append(dst, '-'), day, 2), bc
}

func AppendPadded(dst []byte, n int64, width int) []byte {
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
