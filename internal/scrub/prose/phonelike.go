package prose

import (
	"slices"

	"refresher/internal/pii"
	"refresher/internal/scrub/normal"
)

// Digits of a phone number (ITU-T E.164: at most 15; 7 without area code).
const (
	minPhoneDigits = 7
	maxPhoneDigits = 15
)

// NumberSpans appends the runs of 7 to 15 digits, in any usual grouping, that no
// span covers yet. In free text such a number may be a phone as people
// at home write it, of which no detector can be sure; an order number that
// becomes a fake is the smaller harm. Dates and amounts of money stay.
func NumberSpans(spans []Span, text []byte) []Span {
	known := len(spans)
	for i := 0; i < len(text); {
		if !normal.IsDigit(text[i]) {
			i++
			continue
		}
		end, digits := numberEnd(text, i)
		if date := dateLen(text[i:end]); date > 0 {
			i += date
			continue
		}
		free := !slices.ContainsFunc(spans[:known], func(s Span) bool { return s.Start < end && i < s.End })
		if digits >= minPhoneDigits && digits <= maxPhoneDigits && free && !withinWord(text, i, end) &&
			!amount(text[i:end]) {
			spans = append(spans, Span{Start: i, End: end, Class: pii.Phone, Silent: true})
		}
		i = end
	}
	return spans
}

// numberEnd is where the number that begins at i ends: digits with at most two
// of space, hyphen, dot, slash and parentheses between them.
func numberEnd(text []byte, i int) (end, digits int) {
	for gap := 0; i < len(text) && gap <= 2; i++ {
		switch c := text[i]; {
		case normal.IsDigit(c):
			gap, end = 0, i+1
			digits++
		case c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')':
			gap++
		default:
			return end, digits
		}
	}
	return end, digits
}

// dateLen is the length of a date at the start: 2026-11-21, 21.11.2026, 11/21/2026.
func dateLen(b []byte) int {
	for _, form := range []string{"dddd-dd-dd", "dddd/dd/dd", "dd.dd.dddd", "dd/dd/dddd", "dd-dd-dddd"} {
		if len(b) < len(form) || len(b) > len(form) && normal.IsDigit(b[len(form)]) {
			continue
		}
		ok := true
		for i := range len(form) {
			ok = ok && (form[i] == 'd' && normal.IsDigit(b[i]) || form[i] == b[i])
		}
		if ok {
			return len(form)
		}
	}
	return 0
}

// amount reports whether the number is digits and two decimals.
func amount(b []byte) bool {
	n := len(b) - 3
	return n > 0 && b[n] == '.' && !slices.ContainsFunc(b[:n], func(c byte) bool { return !normal.IsDigit(c) })
}

// withinWord reports whether letters or digits go on at either end, as in a part number.
func withinWord(text []byte, start, end int) bool {
	letter := func(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }
	return start > 0 && letter(text[start-1]) || end < len(text) && letter(text[end])
}
