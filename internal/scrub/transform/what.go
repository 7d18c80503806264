package transform

import (
	"bytes"
	"hash/maphash"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/scrub/normal"
)

// What says what the values of a place are, before a rule replaces them.
type What struct {
	// Class is that of the transform, that which the rule declares, or that which the
	// column's name speaks for; pii.None if nothing says it.
	Class pii.Class
	// Made tells that what replaces a value is a fake of the class, which prose can show too.
	Made bool
	// Shape tells that a value counts as what it looks like, since nothing says what it is.
	Shape bool
	// Numbers of nine digits count, too: a rule names the place. Where none does they are
	// those of orders more often than of persons.
	Numbers bool
}

// saw notes that a text was there and what replaced it, nil if nothing of use in prose did.
func (r *Row) saw(what *What, text, replacement []byte) {
	if !r.watching() {
		return
	}
	if !what.Made {
		replacement = nil
	}
	r.note(what.Class, text, replacement)
	if what.Shape {
		r.look(what, text)
	}
}

// Dropped notes a text of which nothing is left.
func (r *Row) Dropped(what *What, text []byte) {
	if r.watching() && !normal.Blank(text) {
		r.saw(what, text, nil)
	}
}

// DroppedWithin is Dropped for the texts inside a value in PostgreSQL's or JSON's notation:
// elements, fields, members. Keys say nothing of a person but what has a shape of its own.
func (r *Row) DroppedWithin(what *What, value []byte) {
	if !r.watching() {
		return
	}
	r.Suspect(value)
	for i := 0; i < len(value); {
		var key bool
		r.piece, i, key = nextPiece(r.piece[:0], value, i)
		if len(r.piece) > 0 && !key && !normal.Blank(r.piece) {
			r.saw(what, r.piece, nil)
		}
	}
}

// nextPiece reads one text of a composite notation from value[i]: quoted, or what stands
// between signs. key tells that a colon or an arrow follows.
func nextPiece(dst, value []byte, i int) (_ []byte, next int, key bool) {
	const signs = `{}[](),:=><`
	for i < len(value) && (bytes.IndexByte([]byte(signs), value[i]) >= 0 || value[i] <= ' ') {
		i++
	}
	if i < len(value) && value[i] == '"' {
		for i++; i < len(value) && value[i] != '"'; i++ {
			if value[i] == '\\' && i+1 < len(value) {
				i++
			}
			dst = append(dst, value[i])
		}
		i++
	} else {
		for i < len(value) && bytes.IndexByte([]byte(signs), value[i]) < 0 {
			dst = append(dst, value[i])
			i++
		}
	}
	rest := bytes.TrimLeft(value[min(i, len(value)):], " ")
	return dst, i, len(rest) > 0 && (rest[0] == ':' || bytes.HasPrefix(rest, []byte("=>")))
}

// look notes what a text of unknown class is by its shape: identifiers within it, codes,
// and the whole of it as a person's name or street.
func (r *Row) look(what *What, text []byte) {
	r.Suspect(text)
	r.codes(text, what.Numbers)
	class := shapeOf(bytes.TrimSpace(text))
	if class == pii.None {
		return
	}
	v := r.vocabulary(what)
	if v.common {
		return
	}
	if r.Known != nil {
		r.Known.AddWhole(class, bytes.TrimSpace(text))
	}
	if r.Fingerprints != nil {
		r.hold(v, class, bytes.TrimSpace(text))
	}
}

// Codes are words of at least 8 letters and digits, both among them, and numbers of at
// least 9 digits: fewer are told from no others.
const (
	minCode   = 8
	minNumber = 9
	maxCode   = 64
)

// codes notes the words of a text that are codes.
func (r *Row) codes(text []byte, numbers bool) {
	for i := 0; i < len(text); {
		start, letters, digits := i, 0, 0
		for ; i < len(text); i++ {
			switch c := text[i]; {
			case normal.IsDigit(c):
				digits++
				continue
			case c|0x20 >= 'a' && c|0x20 <= 'z':
				letters++
				continue
			}
			break
		}
		switch n := i - start; {
		case n > maxCode:
		case letters > 0 && digits > 1 && n >= minCode:
			r.note(pii.Token, text[start:i], nil)
		case numbers && letters == 0 && n >= minNumber:
			r.note(pii.NationalID, text[start:i], nil)
		}
		if i == start {
			i++
		}
	}
}

// shapeOf is the class that a whole text looks like: two to four capitalised words are a
// name, words with a house number before or behind them a street.
func shapeOf(text []byte) pii.Class {
	if len(text) < 5 || len(text) > 80 {
		return pii.None
	}
	words, capitals, numbers, other := 0, 0, 0, 0
	ends := false // with a number
	begins := normal.IsDigit(text[0])
	for rest := text; len(rest) > 0; {
		var word []byte
		word, rest, _ = bytes.Cut(rest, []byte{' '})
		word = bytes.Trim(word, ".,")
		if len(word) == 0 {
			continue
		}
		words++
		first, size := utf8.DecodeRune(word)
		ends = normal.IsDigit(word[0])
		switch {
		case ends && len(word) <= 5:
			numbers++
		case !isNameWord(word):
			other++
		case unicode.IsUpper(first) && len(word) > size:
			capitals++
		}
	}
	switch {
	case other > 0 || words < 2:
		return pii.None
	case numbers == 1 && capitals > 0 && words <= 6 && (begins || ends):
		return pii.Street
	case numbers == 0 && words <= 4 && capitals >= 2 && capitals >= words-1:
		return pii.FullName
	}
	return pii.None
}

// isNameWord reports letters, with hyphens and apostrophes between them.
func isNameWord(word []byte) bool {
	for i := 0; i < len(word); {
		c, n := utf8.DecodeRune(word[i:])
		if !unicode.IsLetter(c) && !unicode.IsMark(c) && c != '-' && c != '\'' && c != '’' {
			return false
		}
		i += n
	}
	return true
}

// vocabulary is what a writer has seen of the names in one place. A place that shows few
// of them again and again holds words, such as "In Progress", and nobody's name.
type vocabulary struct {
	decided, common bool
	seen            map[uint64]bool
	held            []heldText
	n               int
}

type heldText struct {
	class pii.Class
	text  []byte
}

// enough is how many texts decide what a place holds.
const enough = 48

func (r *Row) vocabulary(what *What) *vocabulary {
	v := r.places[what]
	if v == nil {
		if r.places == nil {
			r.places = map[*What]*vocabulary{}
		}
		v = &vocabulary{seen: map[uint64]bool{}}
		r.places[what] = v
	}
	return v
}

var seed = maphash.MakeSeed()

// hold keeps a text until it is known whether its place holds words or names.
func (r *Row) hold(v *vocabulary, class pii.Class, text []byte) {
	if v.decided {
		r.witness(class, text)
		return
	}
	v.n++
	if h := maphash.Bytes(seed, text); !v.seen[h] {
		v.seen[h] = true
		v.held = append(v.held, heldText{class, bytes.Clone(text)})
	}
	if v.n == enough {
		r.decide(v)
	}
}

func (r *Row) decide(v *vocabulary) {
	v.decided = true
	if v.common = 2*len(v.seen) < v.n; !v.common {
		for _, h := range v.held {
			r.witness(h.class, h.text)
		}
	}
	v.held, v.seen = nil, nil
}

// Flush fingerprints what waits for more rows to come, at the end of the stream.
func (r *Row) Flush() {
	for _, v := range r.places {
		if !v.decided {
			r.decide(v)
		}
	}
}
