package scrub

import (
	"bytes"
	"errors"
	"math"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/ff1"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

func fpeDef() Definition {
	return Definition{
		Name: "fpe", Class: pii.None, Families: []Family{FamilyText, FamilyNumber}, Unique: true,
		Canary: canaryOfAlphabet, MergesCase: alphabetMergesCase,
		Doc: "Format-preserving encryption (FF1 of NIST SP 800-38G): a string of the same length over the same alphabet, a whole number for a whole number. No two values become the same, so it serves keys. " +
			"What comes out looks like any other value of its kind and can't be recognised as made up, so it is for surrogate keys and codes; use the transform of the class for what identifies a person. A value outside the alphabet, or of fewer than a million possible ones, stops the run.",
		Params: []Param{
			{Name: "alphabet", Kind: rules.String, Default: "digits", Doc: "the characters that values have, in order, or one of " + presetNames()},
			{Name: "width", Kind: rules.Number, Min: 0, Max: 18, Default: "0",
				Doc: "of digits: numbers of fewer are encrypted as if they had so many, and so can become longer; 0: as many as the narrowest column of numbers has, none where all are text"},
		},
		Example: Example{Rule: "{transform: fpe, alphabet: BASE36}", Value: "AB12CD34"},
		Bits:    injective,
		Build:   buildFPE,
	}
}

// canaryOfAlphabet is a value of the rule's alphabet.
func canaryOfAlphabet(src *canary.Source, p Place, a Args) canary.Value {
	abc, err := newAlphabet(a.text("alphabet"))
	if err != nil || p.Family != FamilyText {
		return canaryDigits(src, p, 12)
	}
	n := 12
	if room := p.Chars(); room > 0 {
		n = min(n, room)
	}
	v := canary.Value{Text: src.Letters(string(abc.runes), n), Class: pii.None, Mode: canary.Sometimes}
	v.Parts = []string{canary.Fold(v.Text)}
	return v
}

// alphabetMergesCase reports whether two letters of the alphabet are one in lower case.
func alphabetMergesCase(d *Domain) bool {
	abc, err := newAlphabet(d.args.text("alphabet"))
	if err != nil {
		return true
	}
	seen := map[rune]bool{}
	for _, r := range abc.runes {
		r = unicode.ToLower(r)
		if seen[r] {
			return true
		}
		seen[r] = true
	}
	return false
}

func injective(*Domain, Family) float64 { return math.Inf(1) }

func buildFPE(d *Domain) (Masks, error) {
	a, err := newAlphabet(d.args.text("alphabet"))
	if err != nil {
		return nil, err
	}
	p := newPermuter(d, len(a.runes))
	least := ff1.MinLen(p.radix)
	for i := range d.uses {
		u := &d.uses[i]
		switch {
		case u.family == FamilyNumber && !a.decimal:
			return nil, misfit(u, "encrypts numbers with the alphabet digits only")
		case u.family == FamilyNumber && u.digits < least, u.chars > 0 && u.chars < least:
			return nil, misfit(u, "hides nothing in %s, which has fewer than a million possible values: use another transform", u.where)
		case u.family == FamilyNumber && (p.width == 0 || u.digits < p.width):
			p.width = min(u.digits, 18)
		}
	}
	if w := d.args.number("width"); w > 0 {
		if !a.decimal || w < least {
			return nil, errors.New("takes a width of 6 to 18, and with the alphabet digits only")
		}
		if err := d.digits(w); err != nil {
			return nil, err
		}
		p.width = w
	}
	m := &fpeMasker{permuter: p, alphabet: a}
	n := &fpeMasker{permuter: p, alphabet: a, numbers: true}
	return Masks{FamilyText: m, FamilyNumber: n}, d.chars(p.width)
}

type fpeMasker struct {
	*permuter
	alphabet *alphabet
	numbers  bool
}

func (m *fpeMasker) makesNumbers() bool { return m.alphabet.decimal }

var errAlphabet = errors.New("the value has a character that is not in the alphabet")

func (m *fpeMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	s, err := m.state(r)
	if err != nil {
		return dst, err
	}
	negative := false
	if m.numbers {
		if isSpecialNumber(text) {
			return append(dst, text...), nil
		}
		text, negative = bytes.CutPrefix(text, []byte{'-'})
	}
	s.digits = s.digits[:0]
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		d, ok := m.alphabet.index(c)
		if !ok || c == utf8.RuneError && n == 1 {
			return dst, errAlphabet
		}
		s.digits = append(s.digits, d)
		i += n
	}
	if err := m.encrypt(s, negative); err != nil {
		return dst, err
	}
	if negative {
		dst = append(dst, '-')
	}
	for _, d := range s.digits {
		dst = utf8.AppendRune(dst, m.alphabet.runes[d])
	}
	return dst, nil
}

func (m *fpeMasker) encrypt(s *cipherState, negative bool) error {
	canonical := len(s.digits) == 1 || len(s.digits) > 1 && s.digits[0] != 0
	switch {
	case !m.alphabet.decimal:
		if len(s.digits) < ff1.MinLen(m.radix) {
			return errFewDigits
		}
		return tooLong(s.Encrypt(s.digits))
	case m.width > 0 && canonical && len(s.digits) <= m.width:
		s.was = append(s.was[:0], s.digits...)
		return m.padded(s, negative)
	}
	return m.number(s, negative)
}

// isSpecialNumber reports values that are no numbers, and nobody's.
func isSpecialNumber(text []byte) bool {
	switch string(text) {
	case "NaN", "Infinity", "-Infinity":
		return true
	}
	return false
}

// canaryCode is a number with letters before it, where there is room.
func canaryCode(src *canary.Source, p Place, _ Args) canary.Value {
	v := canaryDigits(src, p, 12)
	if p.Family == FamilyText && (p.Chars() == 0 || p.Chars() >= 15) {
		v.Text = "KZ-" + v.Text
	}
	return v
}

func digitsDef() Definition {
	return Definition{
		Name: "digits", Class: pii.None, Families: []Family{FamilyText, FamilyNumber}, Unique: true,
		Canary: canaryCode,
		Doc: "Every digit becomes another one and all else stays, as in order numbers and plates. Six digits or more are encrypted by FF1, so that no two values become the same; zeros stay in front. " +
			"Letters stay: this is for codes, not for text that names somebody.",
		Params: []Param{
			{Name: "short", Kind: rules.String, Choices: []string{"replace", "fail"}, Default: "replace",
				Doc: "values of one to five digits: replace draws others, which can collide; fail stops the run, so that unique columns can be served"},
			otherwiseParam("a value without digits"),
		},
		Example: Example{Rule: "digits", Value: "INV-2024/000123"},
		Bits: func(d *Domain, _ Family) float64 {
			if d.args.text("short") == "fail" && d.args.text("otherwise") == "fail" {
				return math.Inf(1)
			}
			return 0
		},
		Build: func(d *Domain) (Masks, error) {
			m := &digitsMasker{permuter: newPermuter(d, 10), prefix: domainPrefix(d.name), strict: d.args.text("short") == "fail", otherwise: newOtherwise(d)}
			n := *m
			n.numbers = true
			return Masks{FamilyText: m, FamilyNumber: &n}, m.otherwise.fits(d)
		},
	}
}

type digitsMasker struct {
	*permuter
	prefix    []byte
	strict    bool
	numbers   bool
	otherwise otherwise
}

var errNoDigits = errors.New("the value has no digits")

func (m *digitsMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	s, err := m.state(r)
	if err != nil {
		return dst, err
	}
	if m.numbers && isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	s.digits = s.digits[:0]
	for _, c := range m.mantissa(text) {
		if isDigit(c) {
			s.digits = append(s.digits, uint16(c-'0'))
		}
	}
	negative := m.numbers && text[0] == '-'
	switch n := len(s.digits); {
	case n == 0:
		return m.otherwise.replace(r, dst, text, errNoDigits)
	case n >= ff1.MinLen(10):
		err = m.number(s, negative)
	case m.strict:
		err = errFewDigits
	default:
		m.few(r, s, negative)
	}
	if err != nil {
		return dst, err
	}
	i := 0
	for _, c := range text {
		if isDigit(c) && i < len(s.digits) {
			c = '0' + byte(s.digits[i])
			i++
		}
		dst = append(dst, c)
	}
	return dst, nil
}

// mantissa is a number without its exponent, which must stay within its type.
func (m *digitsMasker) mantissa(text []byte) []byte {
	if m.numbers {
		if i := bytes.IndexAny(text, "eE"); i >= 0 {
			return text[:i]
		}
	}
	return text
}

// few draws one to five digits, of the same kind as those that are there.
func (m *digitsMasker) few(r *row, s *cipherState, negative bool) {
	r.normal = r.normal[:0]
	for _, d := range s.digits {
		r.normal = append(r.normal, '0'+byte(d))
	}
	first, kind, n := s.digits[0], m.kind(s.digits, negative), len(s.digits)
	for try := byte(0); ; try++ {
		h := r.mac.digest(m.prefix, r.normal)
		for i := range s.digits {
			s.digits[i] = uint16(h[i]) % 10
		}
		if n > 1 && first == 0 {
			s.digits[0] = 0
		}
		if n == 1 || m.kind(s.digits, negative) == kind {
			if !(negative && n == 1 && s.digits[0] == 0) {
				return
			}
		}
		r.normal = append(r.normal[:n], try)
	}
}

// otherwiseParam says what happens to values that a transform can't handle.
func otherwiseParam(what string) Param {
	return Param{Name: "otherwise", Kind: rules.String, Choices: []string{"fail", "redact"}, Default: "fail",
		Doc: what + ": fail stops the run, redact puts " + fake.Redacted + " there"}
}

// otherwise is what happens to a value that a transform can't handle. It never
// passes.
type otherwise struct{ redact bool }

func newOtherwise(d *Domain) otherwise { return otherwise{d.args.text("otherwise") == "redact"} }

func (o otherwise) fits(d *Domain) error {
	if !o.redact {
		return nil
	}
	for i := range d.uses {
		if u := &d.uses[i]; u.family != FamilyText {
			return misfit(u, "can't redact a value of %s, which is no text: use otherwise: fail", u.where)
		}
	}
	return d.chars(len(fake.Redacted))
}

func (o otherwise) replace(r *row, dst, text []byte, err error) ([]byte, error) {
	if !o.redact {
		return dst, err
	}
	r.suspect(text)
	return append(dst, fake.Redacted...), nil
}
