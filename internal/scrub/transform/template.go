package transform

import (
	"bytes"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fold"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

// TemplateCell builds a value from the row's others.
func TemplateCell(m *Template, what *What, limit int, fields func(string) Field) Bind {
	from := make([]Field, len(m.Parts))
	for i, part := range m.Parts {
		if from[i] = NoField; part.Column != nil {
			from[i] = fields(part.Column.Name)
		}
	}
	return func(r *Row) Cell {
		return func(dst, wire []byte) ([]byte, error) {
			if normal.Blank(wire) {
				return append(dst, wire...), nil
			}
			start := len(dst)
			dst, err := m.render(r, dst, from, limit)
			if err != nil {
				return dst, err
			}
			if m.Finish != nil {
				dst = m.Finish(dst, start)
			}
			r.saw(what, wire, dst[start:])
			return dst, nil
		}
	}
}

var (
	errTemplateLong    = Unfit("the last parts of the template don't fit into the column")
	errTemplateAddress = Unfit("the template made no address that belongs to nobody")
)

func (m *Template) render(r *Row, dst []byte, from []Field, limit int) ([]byte, error) {
	start, tail := len(dst), -1
	for i, part := range m.Parts {
		if i == m.Tail {
			tail = len(dst)
		}
		if part.Column == nil {
			dst = append(dst, part.Literal...)
			continue
		}
		text, err := r.become(&from[i])
		if err != nil {
			return dst, err
		}
		if m.Class == pii.Email {
			dst = appendSlug(dst, text)
		} else {
			dst = append(dst, text...)
		}
	}
	if tail < 0 {
		tail = len(dst)
	}
	var err error
	if m.Class == pii.Email {
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
	if m.Class == pii.Email && !fake.Recognise(pii.Email, dst[start:]) {
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
func (r *Row) become(f *Field) ([]byte, error) {
	wire, null := r.Made(f.At)
	if null || f.Codec == nil {
		return wire, nil
	}
	var err error
	r.other, err = f.Codec.AppendText(r.other[:0], wire)
	return r.other, err
}

func templateDef() Definition {
	return Definition{
		Name: "template", Kind: KindTemplate, Class: pii.None, Families: []Family{FamilyText},
		Doc: "Text built from what other columns of the row become, or keep. A NULL there is nothing here. " +
			"As an e-mail address it must end at a host that receives no mail, names are spelled in ASCII, and what " +
			"doesn't fit is cut off the first parts. " +
			"For a unique column the last part must be a number or UUID that is kept and unique, set off by a sign.",
		Params: []Param{
			{Name: "format", Kind: rules.String, Required: true, Doc: "the text, with columns in braces: \"{first_name}.{id}@example.com\"; {{ and }} are braces"},
			{Name: "class", Kind: rules.String, Optional: true, Choices: templateClasses,
				Doc: "what is made, and so what was there; email where the format has an @, none elsewhere"},
		},
		Example: Example{Rule: `{transform: template, format: "someone@example.com"}`, Value: "Jane.Doe@mail.test"},
	}
}

var templateClasses = []string{string(pii.None), string(pii.Email), string(pii.FullName), string(pii.FirstName), string(pii.LastName),

	string(pii.Company), string(pii.Street), string(pii.Username)}

// Template is a format, cut into its parts.
type Template struct {
	Format string
	Class  pii.Class
	Parts  []TemplatePart
	Tail   int // the part from which on nothing may be cut off

	// Finish makes the value of what the parts give, dst[start:]; nil: that is it.
	Finish func(dst []byte, start int) []byte
}

// TemplatePart is a literal or a column.
type TemplatePart struct {
	Literal string
	Column  *catalog.Column
}

// maxLocal is the longest local part of an address, in bytes (RFC 5321 §4.5.3.1.1).
const maxLocal = 64

// FindTail is where the last column begins, with the sign that sets it off, if it
// could tell rows apart; else what follows it.
func (m *Template) FindTail() int {
	i := len(m.Parts)
	for i > 0 && m.Parts[i-1].Column == nil {
		i--
	}
	if i == 0 {
		return 0
	}
	if f := FamilyOf(m.Parts[i-1].Column.Type); f != FamilyNumber && f != FamilyUUID {
		return i
	}
	if i--; i > 0 && m.Parts[i-1].Column == nil {
		i--
	}
	return i
}

// Columns are those that a template is made of.
func (m *Template) Columns() (cols []*catalog.Column) {
	for _, part := range m.Parts {
		if part.Column != nil {
			cols = append(cols, part.Column)
		}
	}
	return cols
}
