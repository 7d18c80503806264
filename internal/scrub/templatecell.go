package scrub

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fold"
)

// templateCell builds a value from the row's others.
func templateCell(m *template, limit int, fields func(string) field) makeCell {
	from := make([]field, len(m.parts))
	for i, part := range m.parts {
		if from[i] = noField; part.column != nil {
			from[i] = fields(part.column.Name)
		}
	}
	return func(r *row) cell {
		return func(dst, wire []byte) ([]byte, error) {
			if blank(wire) {
				return append(dst, wire...), nil
			}
			start := len(dst)
			dst, err := m.render(r, dst, from, limit)
			if err != nil {
				return dst, err
			}
			if m.class == pii.None {
				r.suspect(wire)
			} else {
				r.note(m.class, wire, dst[start:])
			}
			return dst, nil
		}
	}
}

var (
	errTemplateLong    = errors.New("the last parts of the template don't fit into the column")
	errTemplateAddress = errors.New("the template made no address that belongs to nobody")
)

func (m *template) render(r *row, dst []byte, from []field, limit int) ([]byte, error) {
	start, tail := len(dst), -1
	for i, part := range m.parts {
		if i == m.tail {
			tail = len(dst)
		}
		if part.column == nil {
			dst = append(dst, part.literal...)
			continue
		}
		text, err := r.become(&from[i])
		if err != nil {
			return dst, err
		}
		if m.class == pii.Email {
			dst = appendSlug(dst, text)
		} else {
			dst = append(dst, text...)
		}
	}
	if tail < 0 {
		tail = len(dst)
	}
	var err error
	if m.class == pii.Email {
		dst, tail = tidy(dst, start, tail)
		at := bytes.LastIndexByte(dst[start:], '@')
		if dst, tail, err = shorten(dst, start, tail, at-maxLocal); err != nil {
			return dst, err
		}
	}
	if limit > 0 {
		if dst, _, err = shorten(dst, start, tail, utf8.RuneCount(dst[start:])-limit); err != nil {
			return dst, err
		}
	}
	if m.class == pii.Email && !fake.Recognise(pii.Email, dst[start:]) {
		return dst, errTemplateAddress
	}
	return dst, nil
}

// shorten takes the last over characters of dst[start:tail] out, and signs that
// then separate nothing. It returns where the tail is.
func shorten(dst []byte, start, tail, over int) ([]byte, int, error) {
	if over <= 0 {
		return dst, tail, nil
	}
	cut := tail
	for ; over > 0; over-- {
		if cut == start {
			return dst, tail, errTemplateLong
		}
		_, n := utf8.DecodeLastRune(dst[start:cut])
		cut -= n
	}
	for cut > start && isSign(dst[cut-1]) {
		cut--
	}
	if cut == start && tail < len(dst) && isSign(dst[tail]) {
		tail++
	}
	return append(dst[:cut], dst[tail:]...), cut, nil
}

// isSign reports what separates the parts of an address.
func isSign(c byte) bool { return c == '.' || c == '-' || c == '_' || c == '+' }

// tidy takes signs out of a local part that have nothing to separate, as what
// stood there is empty. It returns where the tail is.
func tidy(dst []byte, start, tail int) ([]byte, int) {
	to, newTail := start, -1
	for i := start; i < len(dst); i++ {
		if i >= tail && newTail < 0 {
			newTail = to
		}
		if dst[i] == '@' {
			if to == start {
				host := string(dst[i:])
				return append(append(dst[:start], "someone"...), host...), start
			}
			return append(dst[:to], dst[i:]...), newTail
		}
		if isSign(dst[i]) && (to == start || dst[i+1] == '@' || isSign(dst[i+1])) {
			continue
		}
		dst[to] = dst[i]
		to++
	}
	return dst, tail // there is always an @
}

// appendSlug appends text as people spell it in addresses.
func appendSlug(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		first, second, n := fold.At(text, i)
		if s := umlaut(text[i : i+n]); s != 0 {
			second = s
		}
		i += n
		dst = appendSlugLetter(appendSlugLetter(dst, first), second)
	}
	return dst
}

func appendSlugLetter(dst []byte, c rune) []byte {
	if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
		dst = append(dst, byte(c))
	}
	return dst
}

// umlaut is the e that addresses write behind a letter with an umlaut, 0 behind others.
func umlaut(letter []byte) rune {
	switch string(letter) {
	case "ä", "Ä", "ö", "Ö", "ü", "Ü":
		return 'e'
	}
	return 0
}

// become is what a column of the row at hand shows afterwards, as canonical text;
// nothing if it is NULL.
func (r *row) become(f *field) ([]byte, error) {
	wire, null := r.made(f.at)
	if null || f.codec == nil {
		return wire, nil
	}
	var err error
	r.other, err = f.codec.AppendText(r.other[:0], wire)
	return r.other, err
}

// made finds what the first pass made of a column.
func (w *Writer) made(at int) (wire []byte, null bool) {
	i := w.plan.cellAt[at]
	if i < 0 {
		return w.row.raw.Field(at), w.row.raw.Null(at)
	}
	c := &w.cells[i]
	if w.row.raw.Null(at) {
		return nil, true
	}
	if len(c.cases) > 0 {
		if c = c.chosen; c == nil {
			return w.row.raw.Field(at), false
		}
	}
	if c.null {
		return nil, true
	}
	return w.side[c.from:c.to], false
}
