package transform

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

func maskDef() Definition {
	return Definition{
		Name: "mask", Class: pii.None, Families: []Family{FamilyText}, Plain: true,
		Canary: func(src *canary.Source, p Place, _ Args) canary.Value {
			return changed(src.Of(pii.FullName, p.Chars()))
		},
		Remains: func(a Args) string {
			if a.number("first") > 0 || a.number("last") > 0 {
				return "shows its first or last characters"
			}
			return ""
		},
		Doc: "Every character becomes char but the first and the last few. At least half of a value is masked: of one too short for that nothing stays.",
		Params: []Param{
			{Name: "first", Kind: rules.Number, Min: 0, Max: 1000, Default: "0", Doc: "how many characters stay at the start"},
			{Name: "last", Kind: rules.Number, Min: 0, Max: 1000, Default: "0", Doc: "how many characters stay at the end"},
			{Name: "char", Kind: rules.String, Default: "*", Doc: "the one character that is put in the place of others"},
			{Name: "separators", Kind: rules.Bool, Default: "false", Doc: "whether spaces and punctuation stay where they are"},
		},
		Example: Example{Rule: "{transform: mask, last: 4, separators: true}", Value: "4539 5787 6362 1486"},
		Check: func(a Args, p Place) error {
			if utf8.RuneCountInString(a.Text("char")) != 1 || strings.TrimSpace(a.Text("char")) == "" {
				return errors.New("needs one character for char, and no space")
			}
			if p.Type != nil && p.Type.Underlying().OID == catalog.NameOID && len(a.Text("char")) > 1 {
				return fmt.Errorf("needs an ASCII character for %s, whose room is counted in bytes", p.Where)
			}
			if n := a.number("first") + a.number("last"); p.Chars() > 0 && 2*n > p.Chars() {
				return fmt.Errorf("would keep %d characters of %s, which has %d at most: keep no more than half", n,
					p.Where, p.Chars())
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			c, _ := utf8.DecodeRuneInString(d.Args.Text("char"))
			return Masks{FamilyText: &maskMasker{d.Args.number("first"), d.Args.number("last"), c, d.Args.Flag("separators")}}, nil
		},
	}
}

type maskMasker struct {
	first, last int
	char        rune
	separators  bool
}

func (m *maskMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	n, first, last := 0, m.first, m.last
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		i += size
		if m.masks(c) {
			n++
		}
	}
	if 2*(first+last) > n {
		first, last = 0, 0
	}
	at := 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case !m.masks(c), at < first, at >= n-last:
			dst = append(dst, text[i:i+size]...)
		default:
			dst = utf8.AppendRune(dst, m.char)
		}
		if m.masks(c) {
			at++
		}
		i += size
	}
	return dst, nil
}

// masks reports whether a character is counted, and masked.
func (m *maskMasker) masks(c rune) bool {
	return !m.separators || unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || !unicode.IsSpace(c) &&
		!unicode.IsPunct(c)
}

func regexDef() Definition {
	return Definition{
		Name: "regex_replace", Class: pii.None, Families: []Family{FamilyText}, Plain: true,
		Canary:  canaryMatching,
		Remains: func(Args) string { return "what the pattern doesn't match stays" },
		Doc:     "Every match of a pattern replaced; the rest of the value stays, so the pattern must cover what identifies. A value without a match never passes.",
		Params: []Param{
			{Name: "pattern", Kind: rules.String, Required: true, Doc: "a regular expression of RE2 (the syntax of Go's regexp); it may not match the empty text"},
			{Name: "with", Kind: rules.String, Required: true, Doc: "what to write; $1 or ${name} is a group, $$ a dollar sign"},
			otherwiseParam("a value without a match, or a result too long for the column"),
		},
		Example: Example{Rule: "{transform: regex_replace, pattern: '\\d{4}$', with: '0000'}", Value: "CASE-2024-1486"},
		Check: func(a Args, _ Place) error {
			_, err := compilePattern(a)
			return err
		},
		Build: func(d *Domain) (Masks, error) {
			re, err := compilePattern(d.Args)
			if err != nil {
				return nil, err
			}
			m := &regexMasker{re, []byte(d.Args.Text("with")), newOtherwise(d), d.narrowest()}
			return Masks{FamilyText: m}, m.otherwise.fits(d)
		},
	}
}

// canaryMatching is a value in which the pattern finds something: of the classes that
// patterns are written for, the first that fits.
func canaryMatching(src *canary.Source, p Place, a Args) canary.Value {
	chars := p.Chars()
	name := changed(src.Of(pii.FullName, chars))
	re, err := regexp.Compile(a.Text("pattern"))
	if err != nil {
		return name
	}
	values := []canary.Value{name}
	for _, class := range []pii.Class{pii.Email, pii.Phone, pii.NationalID, pii.CreditCard, pii.URL, pii.IP} {
		values = append(values, src.Of(class, chars))
	}
	values = append(values, src.UUID(), src.Date(), canary.Value{Text: "KZ-" + src.Digits(4) + "-" + src.Digits(4)}, src.Prose())
	for _, v := range values {
		if fits := chars == 0 || len(v.Text) <= chars; fits && re.MatchString(v.Text) {
			v.Parts = []string{canary.Fold(v.Text)}
			return changed(v)
		}
	}
	return name
}

var groupName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\$|\$\{(\w+)\}|\$(\w+)|\$`) })

func compilePattern(a Args) (*regexp.Regexp, error) {
	re, err := regexp.Compile(a.Text("pattern"))
	if err != nil {
		return nil, fmt.Errorf("has a bad pattern: %w", err)
	}
	if re.Match(nil) {
		return nil, errors.New("has a pattern that matches the empty text, and so every value: make it stricter")
	}
	for _, m := range groupName().FindAllStringSubmatch(a.Text("with"), -1) {
		name := m[1] + m[2]
		number := 0
		_, numeric := fmt.Sscanf(name, "%d", &number)
		switch {
		case m[0] == "$$":
		case name == "":
			return nil, errors.New("has a $ in with that names no group: write $$ for a dollar sign")
		case numeric == nil && number == 0:
			return nil, errors.New("has $0 in with, which keeps what the pattern matches: name a group")
		case numeric == nil && (number > re.NumSubexp() || fmt.Sprint(number) != name), numeric != nil &&
			re.SubexpIndex(name) < 0:
			return nil, fmt.Errorf("has ${%s} in with, and the pattern has no such group; write ${1}x where text "+
				"follows a number", name)
		}
	}
	return re, nil
}

type regexMasker struct {
	re        *regexp.Regexp
	with      []byte
	otherwise otherwise
	limit     int
}

func tooLongFor(n, room int) error {
	return Unfit("the result is too long for the column: it has %d characters, and there is room for %d", n, room)
}

func (m *regexMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	matches := m.re.FindAllSubmatchIndex(text, -1)
	if len(matches) == 0 {
		return m.otherwise.Replace(r, dst, text,
			Unfit("the pattern matches nothing in the value, which has %d characters", utf8.RuneCount(text)))
	}
	start, next := len(dst), 0
	for _, at := range matches {
		dst = append(dst, text[next:at[0]]...)
		dst = m.re.Expand(dst, m.with, text, at)
		next = at[1]
	}
	dst = append(dst, text[next:]...)
	if n := utf8.RuneCount(dst[start:]); m.limit > 0 && n > m.limit {
		return m.otherwise.Replace(r, dst[:start], text, tooLongFor(n, m.limit))
	}
	return dst, nil
}

func loremDef() Definition {
	return Definition{
		Name: "lorem", Prose: true, Class: pii.FreeText, Families: []Family{FamilyText},
		Doc:     "Latin filler of the same length in characters: for text that may name anybody, since nothing of it is left.",
		Example: Example{Rule: "lorem", Value: "Spoke to Jane's mother, who lives at number 12. Will call again on Monday."},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &loremMasker{domainPrefix(d.Name)}}, nil
		},
	}
}

type loremMasker struct{ prefix []byte }

func (m *loremMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	return fake.AppendLorem(dst, r.PRF.Sum(m.prefix, text), utf8.RuneCount(text)), nil
}
