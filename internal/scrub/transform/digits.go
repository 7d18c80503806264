package transform

import (
	"bytes"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/ff1"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

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
		Name: "digits", Class: pii.None, Families: []Family{FamilyText, FamilyNumber}, Unique: true, ForUnique: [][]string{{"short", "fail"}},
		Canary: canaryCode,
		Doc: "Every digit becomes another one and all else stays, as in order numbers and plates. Six digits or more " +
			"are encrypted by FF1, so that no two values become the same; zeros stay in front. " +
			"Letters stay: this is for codes, not for text that names somebody.",
		Params: []Param{
			{Name: "short", Kind: rules.String, Choices: []string{"replace", "fail"}, Default: "replace",
				Doc: "values of one to five digits: replace draws others, which can collide; fail stops the run, so that unique columns can be served"},
			otherwiseParam("a value without digits"),
		},
		Example: Example{Rule: "digits", Value: "INV-2024/000123"},
		Bits: func(d *Domain, _ Family) float64 {
			if d.Args.Text("short") == "fail" && d.Args.Text("otherwise") == "fail" {
				return math.Inf(1)
			}
			return 0
		},
		Build: func(d *Domain) (Masks, error) {
			m := &digitsMasker{permuter: newPermuter(d, 10), prefix: domainPrefix(d.Name), strict: d.Args.Text("short") == "fail", otherwise: newOtherwise(d)}
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

var errNoDigits = Unfit("the value has no digits")

func (m *digitsMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	s, err := m.state(r)
	if err != nil {
		return dst, err
	}
	if m.numbers && isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	s.digits = s.digits[:0]
	for _, c := range m.mantissa(text) {
		if normal.IsDigit(c) {
			s.digits = append(s.digits, uint16(c-'0'))
		}
	}
	negative := m.numbers && text[0] == '-'
	switch n := len(s.digits); {
	case n == 0:
		return m.otherwise.Replace(r, dst, text, errNoDigits)
	case n >= ff1.MinLen(10):
		err = m.number(s, negative)
	case m.strict:
		err = fewDigits(n)
	default:
		m.few(r, s, negative)
	}
	if err != nil {
		return dst, err
	}
	i := 0
	for _, c := range text {
		if normal.IsDigit(c) && i < len(s.digits) {
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
func (m *digitsMasker) few(r *Row, s *cipherState, negative bool) {
	r.normal = r.normal[:0]
	for _, d := range s.digits {
		r.normal = append(r.normal, '0'+byte(d))
	}
	first, kind, n := s.digits[0], m.kind(s.digits, negative), len(s.digits)
	for try := byte(0); ; try++ {
		h := r.PRF.Sum(m.prefix, r.normal)
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

func newOtherwise(d *Domain) otherwise { return otherwise{d.Args.Text("otherwise") == "redact"} }

func (o otherwise) fits(d *Domain) error {
	if !o.redact {
		return nil
	}
	for i := range d.Uses {
		if u := &d.Uses[i]; u.family != FamilyText {
			return misfit(u, "can't redact a value of %s, which is no text: use otherwise: fail", u.Where)
		}
	}
	return d.chars(len(fake.Redacted))
}

func (o otherwise) Replace(r *Row, dst, text []byte, err error) ([]byte, error) {
	if !o.redact {
		return dst, err
	}
	return append(dst, fake.Redacted...), nil
}
