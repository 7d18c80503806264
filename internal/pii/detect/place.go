package detect

import (
	"strings"

	"refresher/internal/pii"
)

// coordinates looks for a latitude and a longitude, or the other way round, with
// at least four decimals (some ten meters): the first number is text[i:dot].
func (d *Detector) coordinates(text []byte, free, i, dot int) bool {
	a, end := degrees(text, i, dot)
	if end == 0 {
		return false
	}
	p := passed(text, end, " ,;")
	if p == end || p == len(text) {
		return false
	}
	s := i
	if s > free && text[s-1] == '-' {
		s--
	}
	if !before(text, s) || behindNumber(text, s) {
		return false
	}
	b, end := signedDegrees(text, p)
	if end == 0 || a > 90 && b > 90 || a > 180 || b > 180 {
		return false
	}
	// A third number makes it a vector of something else.
	if p = passed(text, end, " ,-"); p > end && p < len(text) && kinds[text[p]] == digit {
		return false
	}
	return d.take(Hit{Class: pii.Location, Start: s, End: end})
}

// passed is the place behind up to three separators at i.
func passed(text []byte, i int, separators string) int {
	end := min(i+3, len(text))
	for i < end && strings.IndexByte(separators, text[i]) >= 0 {
		i++
	}
	return i
}

// signedDegrees reads the decimal number at i, which may have a sign; end is 0 if there is none.
func signedDegrees(text []byte, i int) (whole, end int) {
	if text[i] == '-' || text[i] == '+' {
		i++
	}
	dot := i
	for dot < len(text) && dot-i < 4 && kinds[text[dot]] == digit {
		dot++
	}
	if dot == i || dot >= len(text) || text[dot] != '.' {
		return 0, 0
	}
	return degrees(text, i, dot)
}

// behindNumber reports a decimal number and a comma before i.
func behindNumber(text []byte, i int) bool {
	p := i
	for p > 0 && i-p < 3 && (text[p-1] == ' ' || text[p-1] == ',') {
		p--
	}
	end := p
	for p > 0 && end-p < 16 && kinds[text[p-1]] == digit {
		p--
	}
	return p < end && p > 0 && text[p-1] == '.'
}

// degrees reads the number whose whole part is text[i:dot]: its whole degrees, and
// where it ends; 0 if it has not four to eight... decimals.
func degrees(text []byte, i, dot int) (whole, end int) {
	for _, c := range text[i:dot] {
		whole = whole*10 + int(c-'0')
	}
	end = dot + 1
	for end < len(text) && kinds[text[end]] == digit {
		end++
	}
	if n := end - dot - 1; n < 4 || n > 16 || end < len(text) && (kinds[text[end]]&alnum != 0 || text[end] == '%') {
		return 0, 0
	}
	return whole, end
}
