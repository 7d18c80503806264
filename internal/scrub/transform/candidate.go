package transform

import (
	"slices"
	"strconv"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

// Candidate is a rule that could be written for a column: a transform and what of its
// parameters isn't the default.
type Candidate struct {
	Def   *Definition
	given []rules.Param
}

func newCandidate(name string, given ...string) Candidate {
	c := Candidate{Def: Named(name)}
	for i := 0; i < len(given); i += 2 {
		v := rules.Value{Kind: rules.String, Text: given[i+1]}
		for _, p := range c.Def.AllParams() {
			if p.Name == given[i] {
				v.Kind = p.Kind
			}
		}
		c.given = append(c.given, rules.Param{Name: given[i], Value: v})
	}
	return c
}

// In is the candidate in a domain of its own.
func (c Candidate) In(domain string) Candidate {
	own := newCandidate(c.Def.Name, domainParam.Name, domain)
	own.given = append(slices.Clone(c.given), own.given...)
	return own
}

// Args are its parameters, with defaults.
func (c Candidate) Args() Args {
	return c.Def.Parse(&rules.Rule{Params: c.given}, func(rules.Pos, string, ...any) {})
}

// String is the rule as it is written.
func (c Candidate) String() string {
	if len(c.given) == 0 {
		return c.Def.Name
	}
	var b strings.Builder
	b.WriteString("{transform: " + c.Def.Name)
	for _, p := range c.given {
		b.WriteString(", " + p.Name + ": " + plainOrQuoted(p.Value.Text))
	}
	return b.String() + "}"
}

// plainOrQuoted quotes what is more than a word to YAML.
func plainOrQuoted(text string) string {
	for _, c := range []byte(text) {
		if c != '_' && !normal.IsDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') {
			return strconv.Quote(text)
		}
	}
	return text
}

// Native are the rules of the transform that is called like a class, for columns that
// need not be unique: the plain one, and the one with a hash if it has none by itself.
func Native(class pii.Class) []Candidate {
	d := Named(string(class))
	if d == nil || d.Class != class {
		return nil
	}
	list := []Candidate{newCandidate(d.Name)}
	for _, p := range d.Params {
		if p.Name == hashParam.Name && p.Default == hashParam.Default {
			list = append(list, newCandidate(d.Name, hashParam.Name, "16"))
		}
	}
	return list
}

// ForAny are rules for columns of a class and a family of types that need not be unique,
// without parameters of their own: those of the class, then of other classes which take
// from all that there is.
func ForAny(class pii.Class, f Family) []Candidate {
	var list []Candidate
	for _, of := range slices.Compact([]pii.Class{class, pii.Token, pii.FreeText, pii.None}) {
		for _, d := range Definitions() {
			required := slices.ContainsFunc(d.Params, func(p Param) bool { return p.Required })
			one := d.Plain && d.Class == pii.Token // one value for all
			if d.Class == of && d.Kind == KindMask && d.Serves(f) && !required && !one {
				list = append(list, newCandidate(d.Name))
			}
		}
	}
	return list
}

// ForUnique are the rules for unique columns of a class and a family of types, the best
// first: those of the class, then opaque identifiers, which nobody has, then encryption,
// whose results look like any other value. Which of them a column has room for is for the
// compiler to say.
func ForUnique(class pii.Class, f Family) []Candidate {
	switch f {
	case FamilyInet, FamilyCIDR:
		class = pii.IP
	case FamilyMAC:
		class = pii.MAC
	case FamilyDate, FamilyTimestamp:
		class = pii.Date
	}
	classes := []pii.Class{pii.Token, pii.None}
	if class != pii.Token && class != pii.None {
		classes = slices.Insert(classes, 0, class)
	}
	var list []Candidate
	for _, of := range classes {
		for _, d := range Definitions() {
			if d.Class != of || !d.Unique || d.Kind != KindMask || !d.Serves(f) {
				continue
			}
			for _, given := range d.ForUnique {
				list = append(list, newCandidate(d.Name, given...))
			}
		}
	}
	return list
}
