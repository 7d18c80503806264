package transform

import (
	"bytes"
	"errors"
	"math"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/scrub/ff1"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

func fpeDef() Definition {
	return Definition{
		Name: "fpe", Class: pii.None, Families: []Family{FamilyText, FamilyNumber}, Unique: true, ForUnique: [][]string{{"alphabet", "alphanumeric"}, nil},
		Canary: canaryOfAlphabet, MergesCase: alphabetMergesCase,
		Doc: "Format-preserving encryption (FF1 of NIST SP 800-38G): a string of the same length over the same " +
			"alphabet, a whole number for a whole number. No two values become the same, so it serves keys. " +
			"What comes out looks like any other value of its kind and can't be recognised as made up, so it is for " +
			"surrogate keys and codes; use the transform of the class for what identifies a person. A value outside " +
			"the alphabet, or of fewer than a million possible ones, stops the run.",
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
	abc, err := newAlphabet(a.Text("alphabet"))
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
	abc, err := newAlphabet(d.Args.Text("alphabet"))
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

// injectiveIfUnique is injective where the rule says unique: true.
func injectiveIfUnique(d *Domain, _ Family) float64 {
	if d.Args.Flag(uniqueName) {
		return math.Inf(1)
	}
	return 0
}

func buildFPE(d *Domain) (Masks, error) {
	a, err := newAlphabet(d.Args.Text("alphabet"))
	if err != nil {
		return nil, err
	}
	p := newPermuter(d, len(a.runes))
	least := ff1.MinLen(p.radix)
	for i := range d.Uses {
		u := &d.Uses[i]
		switch {
		case u.family == FamilyNumber && !a.decimal:
			return nil, misfit(u, "encrypts numbers with the alphabet digits only")
		case u.family == FamilyNumber && u.digits < least, u.chars > 0 && u.chars < least:
			return nil, misfit(u, "hides nothing in %s, which has fewer than a million possible values: use "+
				"another transform", u.Where)
		case u.family == FamilyNumber && (p.width == 0 || u.digits < p.width):
			p.width = min(u.digits, 18)
		}
	}
	if w := d.Args.number("width"); w > 0 {
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

func (m *fpeMasker) MakesNumbers() bool { return m.alphabet.decimal }

func (m *fpeMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
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
			return dst, Unfit("the value has %s, which is not in the alphabet", kindOfRune(c))
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
			return fewDigits(len(s.digits))
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
