package transform

import (
	"errors"
	"slices"
	"strings"

	"refresher/internal/scrub/ff1"
	"refresher/internal/scrub/normal"
)

// permuter encrypts strings over an alphabet into strings of the same length, so
// that no two become the same. One serves all places of a domain.
type permuter struct {
	keyName []byte // what the key is derived from
	tweak   []byte
	radix   int

	// of strings of decimal digits only:
	width int  // numbers of fewer digits are taken as having so many; 0 none
	int2  bool // columns of these types are among the places, so that numbers
	int4  bool // within their range must stay there
}

// cipherState is a writer's own cipher of a permuter.
type cipherState struct {
	*ff1.Cipher
	digits []uint16
	was    []uint16
}

func newPermuter(d *Domain, radix int) *permuter {
	p := &permuter{keyName: domainPrefix(d.Name + "\x00ff1"), tweak: []byte(d.Name), radix: radix}
	for i := range d.Uses {
		if u := &d.Uses[i]; u.family == FamilyNumber && u.whole {
			p.int2 = p.int2 || u.digits == 4
			p.int4 = p.int4 || u.digits == 9
		}
	}
	return p
}

func fewDigits(n int) error {
	return Unfit("the value has %d characters to encrypt: it is one of fewer than a million possible, which "+
		"encryption can't hide", n)
}

// state of the permuter in a writer; its key is drawn from the program's.
func (p *permuter) state(r *Row) (*cipherState, error) {
	if s := r.ciphers[p]; s != nil {
		return s, nil
	}
	key := *r.PRF.Sum(p.keyName, nil)
	c, err := ff1.New(key[:], p.tweak, p.radix)
	if err != nil {
		return nil, err
	}
	if r.ciphers == nil {
		r.ciphers = map[*permuter]*cipherState{}
	}
	s := &cipherState{Cipher: c}
	r.ciphers[p] = s
	return s, nil
}

// number encrypts the decimal digits in s, which is negative or not. So that a
// number stays one of its type, zeros stay in front and no others come there, and
// what fits a column of integers goes on to do so: the encryption is repeated
// until the result is of the value's kind, which leaves it a permutation.
func (p *permuter) number(s *cipherState, negative bool) error {
	if len(s.digits) < ff1.MinLen(10) {
		return fewDigits(len(s.digits))
	}
	kind := p.kind(s.digits, negative)
	for {
		if err := s.Encrypt(s.digits); err != nil {
			return tooLong(err)
		}
		if p.kind(s.digits, negative) == kind {
			return nil
		}
	}
}

// padded encrypts s.was, a number without zeros in front, as one of width digits,
// and takes the zeros off again.
func (p *permuter) padded(s *cipherState, negative bool) error {
	s.digits = s.digits[:0]
	for n := len(s.was); n < p.width; n++ {
		s.digits = append(s.digits, 0)
	}
	s.digits = append(s.digits, s.was...)
	for {
		if err := s.Encrypt(s.digits); err != nil {
			return tooLong(err)
		}
		if i := slices.IndexFunc(s.digits, func(d uint16) bool { return d != 0 }); i >= 0 {
			s.digits = s.digits[i:]
			return nil
		} else if !negative { // there is no negative zero
			s.digits = s.digits[p.width-1:]
			return nil
		}
	}
}

// kind tells numbers apart that must not become one another.
func (p *permuter) kind(digits []uint16, negative bool) int {
	if digits[0] == 0 {
		return 1
	}
	limit := ""
	switch n := len(digits); {
	case n == 5 && p.int2:
		limit = "32767"
	case n == 10 && p.int4:
		limit = "2147483647"
	case n == 19:
		limit = "9223372036854775807"
	default:
		return 2
	}
	for i, d := range digits {
		l := uint16(limit[i] - '0')
		if i == len(digits)-1 && negative {
			l++
		}
		if d != l {
			if d < l {
				return 3
			}
			return 4
		}
	}
	return 3
}

// ordinal numbers all strings of digits, the shorter ones first; false if text is none,
// or of more than 18 digits.
func ordinal(text []byte) (n uint64, ok bool) {
	if len(text) == 0 {
		return 0, false
	}
	before, power := uint64(0), uint64(10)
	for i, c := range text {
		if !normal.IsDigit(c) {
			return 0, false
		}
		if n = n*10 + uint64(c-'0'); i > 0 && i < 18 {
			before += power
			power *= 10
		}
	}
	return before + n, true
}

// encryptBits encrypts a number of so many bits by a cipher of radix 2.
func (s *cipherState) encryptBits(n uint64, bits int) (uint64, error) {
	s.digits = s.digits[:0]
	for i := bits - 1; i >= 0; i-- {
		s.digits = append(s.digits, uint16(n>>i&1))
	}
	err := s.Encrypt(s.digits)
	n = 0
	for _, d := range s.digits {
		n = n<<1 | uint64(d)
	}
	return n, err
}

func tooLong(err error) error {
	if errors.Is(err, ff1.ErrLength) {
		return Unfit("the value has more than 2,048 characters to encrypt")
	}
	return err
}

// alphabet numbers the characters that a value may have.
type alphabet struct {
	runes   []rune
	ascii   [128]int16 // -1: not one of them
	other   map[rune]int16
	decimal bool // it is that of numbers
}

const (
	lowerLetters = "abcdefghijklmnopqrstuvwxyz"
	upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	decimals     = "0123456789"
)

// presets are alphabets by name, in the order of the documentation.
var presets = [...]struct{ name, chars string }{
	{"BASE36", decimals + upperLetters}, {"alphanumeric", decimals + upperLetters + lowerLetters}, {"HEX", decimals + "ABCDEF"},
	{"base36", decimals + lowerLetters}, {"hex", decimals + "abcdef"}, {"digits", decimals},
	{"letters", upperLetters + lowerLetters}, {"upper", upperLetters}, {"lower", lowerLetters},
}

func presetNames() string {
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = p.name
	}
	return strings.Join(names, ", ")
}

func newAlphabet(name string) (*alphabet, error) {
	chars := name
	for _, p := range presets {
		if p.name == name {
			chars = p.chars
		}
	}
	a := &alphabet{runes: []rune(chars), other: map[rune]int16{}, decimal: chars == decimals}
	for i := range a.ascii {
		a.ascii[i] = -1
	}
	if len(a.runes) < 2 || len(a.runes) > 1<<15 {
		return nil, errors.New("needs an alphabet of two characters or more, or the name of one: " + presetNames())
	}
	for i, c := range a.runes {
		if _, twice := a.index(c); twice {
			return nil, errors.New("has an alphabet with a character that is there twice, or no name of one: " +
				presetNames())
		}
		if c < 128 {
			a.ascii[c] = int16(i)
		} else {
			a.other[c] = int16(i)
		}
	}
	return a, nil
}

func (a *alphabet) index(c rune) (uint16, bool) {
	if c < 128 {
		return uint16(a.ascii[c]), a.ascii[c] >= 0
	}
	i, ok := a.other[c]
	return uint16(i), ok
}
