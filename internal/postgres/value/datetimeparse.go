package value

import "bytes"

// parseInfinity is +1 or -1 for the words that name it.
func parseInfinity(b []byte) (int, bool) {
	switch string(b) {
	case "infinity", "+infinity":
		return 1, true
	case "-infinity":
		return -1, true
	}
	return 0, false
}

// cutEra takes " BC" or " AD" off the end.
func cutEra(b []byte) (rest []byte, bc bool) {
	if rest, ok := bytes.CutSuffix(b, []byte(" BC")); ok {
		return rest, true
	}
	rest, _ = bytes.CutSuffix(b, []byte(" AD"))
	return rest, false
}

// number reads between lo and hi digits.
func number(b []byte, lo, hi int) (v int64, rest []byte, ok bool) {
	n := 0
	for n < len(b) && n < hi && '0' <= b[n] && b[n] <= '9' {
		v = v*10 + int64(b[n]-'0')
		n++
	}
	return v, b[n:], n >= lo
}

// parseDate reads YYYY-MM-DD, the year with four to seven digits.
func parseDate(b []byte, bc bool) (day int64, rest []byte, ok bool) {
	year, b, ok := number(b, 4, 7)
	if !ok || len(b) == 0 || b[0] != '-' {
		return 0, b, false
	}
	month, b, ok := number(b[1:], 2, 2)
	if !ok || len(b) == 0 || b[0] != '-' {
		return 0, b, false
	}
	dom, b, ok := number(b[1:], 2, 2)
	if year == 0 {
		return 0, b, false
	}
	if bc {
		year = 1 - year
	}
	if !ok || month < 1 || month > 12 || dom < 1 || dom > monthDays(year, month) {
		return 0, b, false
	}
	return days(year, month, dom), b, true
}

// parseTime reads HH:MM[:SS[.ffffff]] up to 24:00:00. Digits after the sixth
// round.
func parseTime(b []byte) (us int64, rest []byte, ok bool) {
	h, b, ok := number(b, 2, 2)
	if !ok || h > 24 || len(b) == 0 || b[0] != ':' {
		return 0, b, false
	}
	m, b, ok := number(b[1:], 2, 2)
	if !ok || m > 59 {
		return 0, b, false
	}
	us = (h*60 + m) * 60 * usPerSecond
	if len(b) > 0 && b[0] == ':' {
		var s, f int64
		if s, b, ok = number(b[1:], 2, 2); !ok || s > 59 {
			return 0, b, false
		}
		if f, b, ok = parseFraction(b); !ok {
			return 0, b, false
		}
		us += s*usPerSecond + f
	}
	return us, b, us <= usPerDay
}

// parseFraction reads .ffffff or nothing, as microseconds.
func parseFraction(b []byte) (us int64, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' {
		return 0, b, true
	}
	scale := int64(usPerSecond)
	n := 1
	for ; n < len(b) && '0' <= b[n] && b[n] <= '9'; n++ {
		d := int64(b[n] - '0')
		if scale /= 10; scale > 0 {
			us += d * scale
		} else if n == 7 && d >= 5 {
			us++
		}
	}
	return us, b[n:], n > 1
}

// parseZone reads Z or ±HH[:MM[:SS]] and returns seconds west of Greenwich.
func parseZone(b []byte) (west int64, rest []byte, ok bool) {
	if b[0] == 'Z' {
		return 0, b[1:], true
	}
	if b[0] != '+' && b[0] != '-' {
		return 0, b, false
	}
	east := b[0] == '+'
	b = b[1:]
	for unit := int64(3600); unit > 0; unit /= 60 {
		if unit < 3600 {
			if len(b) == 0 {
				break
			}
			if b[0] == ':' {
				b = b[1:]
			}
		}
		var v int64
		if v, b, ok = number(b, 2, 2); !ok || v > 59 {
			return 0, b, false
		}
		west += v * unit
	}
	if east {
		west = -west
	}
	return west, b, west > -maxZone && west < maxZone
}
