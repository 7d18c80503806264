package value

import (
	"bytes"
	"math"
)

// arrayScanner walks the elements of an array's text (array_in): optional bounds,
// then nested braces with elements at one depth only and equal lengths.
type arrayScanner struct {
	b     []byte
	pos   int
	delim byte
	dims  dims
	items int

	elem    []byte // the element as written, without its quotes
	lo, hi  int    // where it stands in b, with its quotes
	null    bool
	escaped bool // elem holds backslashes

	bounds bool // dims were given in front
	depth  int  // open braces
	count  [maxDims]int32
	expect expectation
	bad    bool
}

type expectation uint8

const (
	wantItem  expectation = iota // at the start or after a delimiter: an element or {
	wantFirst                    // after {: also }
	wantMore                     // after an element or }: a delimiter or }
	wantEnd
)

// scanArray reads what stands before the first element and so the number of dimensions.
func scanArray(text []byte, delim byte) (s arrayScanner, ok bool) {
	s = arrayScanner{b: text, delim: delim}
	s.space()
	for s.pos < len(s.b) && s.b[s.pos] == '[' {
		if s.dims.n == maxDims || !s.bound() {
			return s, false
		}
		s.dims.n++
		s.space()
	}
	if s.dims.n > 0 {
		if s.pos == len(s.b) || s.b[s.pos] != '=' {
			return s, false
		}
		s.pos++
		s.space()
		s.bounds = true
	}
	depth := 0
	for i := s.pos; i < len(s.b) && (s.b[i] == '{' || isSpace(s.b[i])); i++ {
		if s.b[i] == '{' {
			depth++
		}
	}
	if depth == 0 || depth > maxDims || s.bounds && depth != s.dims.n {
		return s, false
	}
	if !s.bounds {
		s.dims.n = depth
		for i := range depth {
			s.dims.size[i], s.dims.base[i] = -1, 1
		}
	}
	return s, true
}

// bound reads [upper] or [lower:upper].
func (s *arrayScanner) bound() bool {
	s.pos++
	lower, ok := s.integer()
	upper := lower
	if ok && s.pos < len(s.b) && s.b[s.pos] == ':' {
		s.pos++
		upper, ok = s.integer()
	} else {
		lower = 1
	}
	if !ok || s.pos == len(s.b) || s.b[s.pos] != ']' || upper < lower || upper-lower >= math.MaxInt32 {
		return false
	}
	s.pos++
	s.dims.base[s.dims.n], s.dims.size[s.dims.n] = int32(lower), int32(upper-lower+1)
	return true
}

func (s *arrayScanner) integer() (v int64, ok bool) {
	neg := s.pos < len(s.b) && s.b[s.pos] == '-'
	if neg || s.pos < len(s.b) && s.b[s.pos] == '+' {
		s.pos++
	}
	v, rest, ok := number(s.b[s.pos:], 1, 10)
	s.pos = len(s.b) - len(rest)
	if neg {
		v = -v
	}
	return v, ok && v >= math.MinInt32 && v <= math.MaxInt32
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func (s *arrayScanner) space() {
	for s.pos < len(s.b) && isSpace(s.b[s.pos]) {
		s.pos++
	}
}

// next moves to the next element.
func (s *arrayScanner) next() bool {
	for !s.bad {
		s.space()
		if s.pos == len(s.b) {
			s.bad = s.expect != wantEnd
			return false
		}
		switch c := s.b[s.pos]; {
		case s.expect == wantEnd:
			s.bad = true
		case c == '{':
			s.bad = s.expect == wantMore || s.depth == s.dims.n
			if !s.bad {
				s.count[s.depth] = 0
				s.depth++
				s.pos++
				s.expect = wantFirst
			}
		case c == '}':
			s.close()
		case c == s.delim:
			s.bad = s.expect != wantMore
			s.expect = wantItem
			s.pos++
		default:
			s.bad = s.expect == wantMore || s.depth != s.dims.n || !s.element()
			if !s.bad {
				s.count[s.depth-1]++
				s.items++
				s.expect = wantMore
				return true
			}
		}
	}
	return false
}

// close ends one level: all of a level must have the same number of items, and
// nothing may be empty but the whole.
func (s *arrayScanner) close() {
	if s.depth == 0 || s.expect == wantItem {
		s.bad = true
		return
	}
	s.depth--
	n := s.count[s.depth]
	if s.expect == wantFirst {
		n = 0
	}
	if s.dims.size[s.depth] < 0 {
		s.dims.size[s.depth] = n
	}
	s.bad = s.dims.size[s.depth] != n
	s.pos++
	if s.depth == 0 {
		s.expect = wantEnd
		return
	}
	s.count[s.depth-1]++
	s.expect = wantMore
}

// complete reports whether the whole text was an array, after next returned false.
func (s *arrayScanner) complete() bool {
	if s.bad || s.expect != wantEnd || s.depth != 0 {
		return false
	}
	n, ok := s.dims.items(len(s.b))
	return ok && n == s.items
}

// element reads a quoted or bare element at pos.
func (s *arrayScanner) element() bool {
	s.lo, s.escaped, s.null = s.pos, false, false
	if s.b[s.pos] == '"' {
		return s.quoted()
	}
	end := s.pos // after the last character that isn't white space
	for s.pos < len(s.b) {
		switch c := s.b[s.pos]; {
		case c == s.delim || c == '}':
			s.elem, s.hi = s.b[s.lo:end], end
			s.null = !s.escaped && len(s.elem) == 4 && bytes.EqualFold(s.elem, []byte("NULL"))
			return true
		case c == '"' || c == '{':
			return false
		case c == '\\':
			s.escaped = true
			s.pos += 2
			end = s.pos
		default:
			s.pos++
			if !isSpace(c) {
				end = s.pos
			}
		}
	}
	return false
}

func (s *arrayScanner) quoted() bool {
	for s.pos++; s.pos < len(s.b); s.pos++ {
		switch s.b[s.pos] {
		case '\\':
			s.escaped = true
			s.pos++
		case '"':
			s.elem = s.b[s.lo+1 : s.pos]
			s.pos++
			s.hi = s.pos
			return true
		}
	}
	return false
}

// unescapeElem appends an element without its backslashes.
func unescapeElem(dst, elem []byte) []byte {
	for {
		i := bytes.IndexByte(elem, '\\')
		if i < 0 || i+1 == len(elem) {
			return append(dst, elem...)
		}
		dst = append(append(dst, elem[:i]...), elem[i+1])
		elem = elem[i+2:]
	}
}

// quoteElem quotes dst[from:] in place if it must be (array_out).
func quoteElem(dst []byte, from int, delim byte) []byte {
	elem := dst[from:]
	quote, escapes := len(elem) == 0 || len(elem) == 4 && bytes.EqualFold(elem, []byte("NULL")), 0
	for _, c := range elem {
		switch {
		case c == '"' || c == '\\':
			escapes++
		case c == '{' || c == '}' || c == delim || isSpace(c):
			quote = true
		}
	}
	if !quote && escapes == 0 {
		return dst
	}
	return wrap(dst, from, escapes, '\\', '\\')
}

// wrap puts dst[from:] in double quotes, with escapes characters to be escaped:
// the quote by quoteEsc, the backslash by slashEsc.
func wrap(dst []byte, from, escapes int, quoteEsc, slashEsc byte) []byte {
	i := len(dst)
	for range escapes + 2 {
		dst = append(dst, '"')
	}
	for to := len(dst) - 2; i > from; to-- {
		i--
		c := dst[i]
		dst[to] = c
		switch c {
		case '"':
			to--
			dst[to] = quoteEsc
		case '\\':
			to--
			dst[to] = slashEsc
		}
	}
	dst[from] = '"'
	return dst
}

func (a *Array) walkText(text []byte, fn func(text []byte) error) error {
	s, ok := scanArray(text, a.delim)
	for ok && s.next() {
		if s.null {
			continue
		}
		if err := fn(a.textElem(&s)); err != nil {
			return err
		}
	}
	if !ok || !s.complete() {
		return badText("array")
	}
	return nil
}

// textElem is the canonical text of the scanner's element.
func (a *Array) textElem(s *arrayScanner) []byte {
	elem := s.elem
	if s.escaped {
		a.scratch = unescapeElem(a.scratch[:0], elem)
		elem = a.scratch
	}
	if _, ok := a.elem.(bpchar); ok {
		elem = bytes.TrimRight(elem, " ")
	}
	return elem
}

func (a *Array) rewriteText(dst, text []byte, fn func(dst, text []byte) ([]byte, error)) ([]byte, error) {
	start, done := len(dst), 0
	s, ok := scanArray(text, a.delim)
	for ok && s.next() {
		if s.null {
			continue
		}
		dst = append(dst, text[done:s.lo]...)
		done = s.hi
		from := len(dst)
		out, err := fn(dst, a.textElem(&s))
		if err != nil {
			return dst[:start], err
		}
		dst = quoteElem(out, from, a.delim)
	}
	if !ok || !s.complete() {
		return dst[:start], badText("array")
	}
	return append(dst, text[done:]...), nil
}
