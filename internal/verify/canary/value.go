package canary

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/pii/fold"
	"refresher/internal/pii/ident"
)

// Mode says what may be left of a value.
type Mode uint8

// The modes.
const (
	Nothing   Mode = iota // no telling part of it, anywhere in the row
	Changed               // the whole of it must not be left; parts may be, as the transform is one that keeps some
	Sometimes             // as Changed, but one value may map to itself by chance: all must not
)

// Value is a canary's value of some class.
type Value struct {
	Text  string // canonical text
	Class pii.Class
	Mode  Mode
	Parts []string // what would tell it, folded (see Fold); with Nothing
	Whole bool     // has all that its class has, so that the search for survivors finds it in any text
}

// Source makes canary values. Nobody's: they are drawn, look like those of their
// class and lie in no space that is reserved for fiction, so that a transform
// that lets one pass shows. Every value differs from every other.
type Source struct {
	rng *rand.Rand
	n   int // values made
}

// NewSource returns a source that makes the same values for the same seed: a
// run's canaries can be made again by whoever has its key.
func NewSource(seed []byte) *Source {
	return &Source{rng: rand.New(rand.NewChaCha8(sha256.Sum256(seed)))}
}

func (s *Source) pick(letters string) byte { return letters[s.rng.IntN(len(letters))] }

// word is an invented one of ten letters. Its first is none that Latin filler has.
func (s *Source) word() string {
	var b strings.Builder
	b.WriteByte(s.pick("kwzj"))
	for i := range 9 {
		if i%2 == 0 {
			b.WriteByte(s.pick("aeiou"))
		} else {
			b.WriteByte(s.pick("bdfgkmnprtvwz"))
		}
	}
	return b.String()
}

// Name is a word with a capital.
func (s *Source) Name() string {
	w := s.word()
	return strings.ToUpper(w[:1]) + w[1:]
}

// Digits are n decimal digits, the first of which is not 0.
func (s *Source) Digits(n int) string { return s.of("0123456789", n, "123456789") }

// Letters are n characters of an alphabet.
func (s *Source) Letters(alphabet string, n int) string { return s.of(alphabet, n, alphabet) }

func (s *Source) of(alphabet string, n int, first string) string {
	letters := []rune(alphabet)
	var b strings.Builder
	for i := range n {
		from := letters
		if i == 0 {
			from = []rune(first)
		}
		b.WriteRune(from[s.rng.IntN(len(from))])
	}
	return b.String()
}

// Between is a whole number from low to high.
func (s *Source) Between(low, high int) int { return low + s.rng.IntN(high-low+1) }

// Of makes a value of a class that fits into a number of characters (0: any).
// Classes that have no shape of their own become a name.
func (s *Source) Of(class pii.Class, chars int) Value {
	s.n++
	v := s.make(class)
	v.Class = class
	if n := len([]rune(v.Text)); chars > 0 && n > chars {
		return s.short(class, chars)
	}
	if v.Parts == nil {
		v.Parts = []string{Fold(v.Text)}
	}
	v.Whole = true
	for _, p := range v.Parts {
		if len(p) < telling {
			v.Mode = max(v.Mode, Changed)
		}
	}
	return v
}

// telling is how many letters and digits tell a value from others: fewer could
// stand anywhere by chance.
const telling = 8

// short is a value for a narrow column: a word or number, without a shape.
func (s *Source) short(class pii.Class, chars int) Value {
	v := Value{Class: class, Mode: Changed}
	switch class {
	case pii.Phone, pii.CreditCard, pii.NationalID, pii.Postcode:
		v.Text = s.Digits(chars)
	default:
		w := s.Name()
		v.Text = w[:min(len(w), chars)]
	}
	v.Parts = []string{Fold(v.Text)}
	if len(v.Parts[0]) >= telling {
		v.Mode = Nothing
	} else if chars < 5 {
		v.Mode = Sometimes
	}
	return v
}

func (s *Source) make(class pii.Class) (v Value) {
	named := func(format string, words ...any) {
		v.Text = fmt.Sprintf(format, words...)
		for _, w := range words {
			if t, ok := w.(string); ok && len(t) >= telling {
				v.Parts = append(v.Parts, Fold(t))
			}
		}
	}
	switch class {
	case pii.Email:
		named("%s.%s%d@%s.com", s.word(), s.word(), s.Between(60, 99), s.word())
	case pii.Username:
		named("%s%d", s.word(), s.Between(1960, 1999))
	case pii.Token:
		v.Text = "sk_live_" + s.Letters("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 32)
		v.Parts = []string{Fold(v.Text[8:20]), Fold(v.Text[24:])}
	case pii.FullName:
		named("%s %s", s.Name(), s.Name())
	case pii.Company:
		named("%s & %s GmbH", s.Name(), s.Name())
	case pii.Street:
		named("%d %s Street", s.Between(10, 400), s.Name())
	case pii.Phone:
		// an exchange, neither 555 nor 911
		n := fmt.Sprintf("%d%s%s", s.Between(2, 9), s.Letters("23467", 2), s.Digits(4))
		v.Text = "+1212" + n
		v.Parts = []string{"212" + n}
	case pii.Postcode:
		v.Text = fmt.Sprint(s.Between(10100, 11899))
	case pii.Country:
		v.Text, v.Mode = []string{"Liechtenstein", "Andorra", "Malta", "Bhutan", "Tuvalu", "Nauru"}[s.n%6], Sometimes
	case pii.Latitude:
		v.Text, v.Mode = fmt.Sprintf("%d.%s", s.Between(40, 60), s.Digits(6)), Sometimes
	case pii.Longitude:
		v.Text, v.Mode = fmt.Sprintf("%d.%s", s.Between(10, 40), s.Digits(6)), Sometimes
	case pii.IP:
		v.Text = fmt.Sprintf("%d.%d.%d.%d", s.Between(77, 95), s.Between(101, 199), s.Between(101, 254),
			s.Between(101, 254))
		v.Parts = []string{Fold(v.Text)}
	case pii.MAC:
		v.Text = "00:1b"
		for range 4 {
			v.Text += fmt.Sprintf(":%02x", s.Between(16, 255))
		}
	case pii.UserAgent:
		named("Mozilla/5.0 (X11; %s 7.1) Gecko/20100101 %s/99.0", s.Name(), s.Name())
	case pii.URL:
		named("https://www.%s.com/people/%s-%s", s.word(), s.word(), s.word())
	case pii.Domain:
		named("%s.com", s.word())
	case pii.Date:
		v = s.Date()
	case pii.FirstName, pii.LastName, pii.City, pii.Region:
		named("%s", s.Name())
	case pii.FreeText:
		v = s.Prose()
	case pii.NationalID, pii.CreditCard, pii.IBAN:
		return s.number(class)
	default:
		named("%s %s", s.Name(), s.Name())
	}
	return v
}

// number is one of a register or a bank.
func (s *Source) number(class pii.Class) (v Value) {
	switch class {
	case pii.NationalID:
		v.Text = fmt.Sprintf("%d-%02d-%d", s.Between(520, 599), s.Between(10, 99), s.Between(1000, 9999))
	case pii.CreditCard:
		d := []byte("4539" + s.Digits(11))
		v.Text = string(append(d, ident.LuhnDigit(d)))
		v.Parts = []string{v.Text[4:15]}
	case pii.IBAN:
		v.Text = iban("37040044" + s.Digits(10))
		v.Parts = []string{v.Text[12:]}
	}
	return v
}

// Date is a Thursday in the middle of a month and a quarter, so that every period
// it is truncated to begins on another day.
func (s *Source) Date() Value {
	days := [...]string{"1984-05-17", "1973-08-16", "1991-11-14", "1968-02-15", "1979-05-17", "1996-08-15"}
	d := days[s.n%len(days)]
	return Value{Text: d, Class: pii.Date, Mode: Sometimes, Parts: []string{Fold(d)}}
}

// Prose names somebody and how to reach them.
func (s *Source) Prose() Value {
	name, mail := s.make(pii.FullName), s.make(pii.Email)
	return Value{Text: "Please call " + name.Text + " or write to " + mail.Text + ".", Parts: append(name.Parts,
		mail.Parts...)}
}

// UUID is a random one (RFC 9562, version 4).
func (s *Source) UUID() Value {
	h := s.Letters("0123456789abcdef", 32)
	u := fmt.Sprintf("%s-%s-4%s-%c%s-%s", h[:8], h[8:12], h[13:16], s.pick("89ab"), h[17:20], h[20:])
	return Value{Text: u, Class: pii.Token, Parts: []string{Fold(u)}}
}

// iban makes a German account number.
func iban(bban string) string {
	b := []byte("DE00" + bban)
	ident.CompleteIBAN(b)
	return string(b)
}

// Fold is a text's letters and digits, in lower case and without accents: what is
// left of a value however it is written.
func Fold(text string) string { return string(fold.AppendLetters(nil, []byte(text))) }
