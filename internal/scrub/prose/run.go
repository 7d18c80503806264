package prose

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/scrub/normal"
)

// maxRun is the most digits of one number in text; more are cut off, which no
// number of a person has.
const maxRun = 48

// digitRun is a number as it stands in text, punctuation and all.
type digitRun struct {
	digits [maxRun]byte
	at     [maxRun]int // where each digit stands
	n      int
}

// findNumbers appends a span for every known number in text.
func (k *Known) findNumbers(dst []Span, text []byte) []Span {
	any := false
	for i := range k.items {
		any = any || k.items[i].digits != nil
	}
	if !any {
		return dst
	}
	var run digitRun
	for i := 0; i < len(text); {
		if !normal.IsDigit(text[i]) {
			i++
			continue
		}
		i = run.read(text, i)
		if run.n < minKnownDigits {
			continue
		}
		for j := range k.items {
			it := &k.items[j]
			if it.digits == nil {
				continue
			}
			if from, to, ok := run.match(it); ok {
				dst = append(dst, Span{Start: run.start(text, from), End: run.at[to-1] + 1, Class: it.class, Fake: it.fake, Silent: it.fake == nil})
			}
		}
	}
	return dst
}

// read collects the digits from text[i] on that are at most two separators apart
// and returns where it stopped.
func (r *digitRun) read(text []byte, i int) int {
	r.n = 0
	for gap := 0; i < len(text) && r.n < maxRun; {
		switch c := text[i]; {
		case normal.IsDigit(c):
			r.digits[r.n], r.at[r.n] = c, i
			r.n++
			gap = 0
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '\t':
			gap++
		case c == 0xc2 && i+1 < len(text) && text[i+1] == 0xa0: // no-break space
			gap++
			i++
		default:
			return i
		}
		if gap > 2 {
			return i
		}
		i++
	}
	return i
}

// match finds a known number in the run: digits from to to-1.
func (r *digitRun) match(it *identifier) (from, to int, ok bool) {
	run := r.digits[:r.n]
	if i := bytes.Index(run, it.digits); i >= 0 {
		// What stands before it at the start of the run is its country code.
		if it.class == pii.Phone && i <= 4 && i+len(it.digits) == r.n {
			return 0, r.n, true
		}
		return i, i + len(it.digits), true
	}
	if it.class != pii.Phone {
		return 0, 0, false
	}
	// The same line, written with another or no country code, or a trunk zero.
	same := 0
	for same < len(run) && same < len(it.digits) && run[r.n-1-same] == it.digits[len(it.digits)-1-same] {
		same++
	}
	if same >= max(minKnownDigits, len(it.digits)-3) && r.n <= len(it.digits)+4 {
		return 0, r.n, true
	}
	return 0, 0, false
}

// start is where the number that begins with digit from stands, with a plus or
// an opening bracket before it.
func (r *digitRun) start(text []byte, from int) int {
	at := r.at[from]
	if from > 0 {
		return at
	}
	if at > 0 && text[at-1] == '(' {
		at--
	}
	if at > 0 && text[at-1] == '+' {
		at--
	}
	return at
}
