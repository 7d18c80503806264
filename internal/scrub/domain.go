package scrub

import (
	"fmt"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// domain is a set of places whose values map alike: one transform, one set of
// parameters, one shape of fakes.
type Domain struct {
	name  string
	def   *Definition
	args  Args
	uses  []use
	Masks Masks // set by build
}

// Place is what a rule is for: a column, or what stands within one.
type Place struct {
	Where   string        // "public.users.email", "path a.b of public.users.attributes"
	Type    *catalog.Type // nil within JSON and XML
	Mod     int32         // of the type, -1 for none
	Family  Family
	NotNull bool
	Nested  bool // within JSON, an array or the like
}

// Chars is the limit in characters, 0 for none.
func (p Place) Chars() int {
	if p.Type == nil {
		return 0
	}
	return maxChars(p.Type, p.Mod)
}

// use is the place as one of a domain's.
func (p Place) use(pos rules.Pos) use {
	u := use{where: p.Where, pos: pos, family: p.Family, chars: p.Chars()}
	switch p.Family {
	case FamilyFloat:
		if u.digits = 308; p.Type.Underlying().OID == catalog.Float4OID {
			u.digits = 38
		}
	case FamilyNumber:
		u.digits, u.whole = maxDigits(p.Type, p.Mod), isWhole(p.Type)
	}
	return u
}

// use is one place that draws from a domain.
type use struct {
	where  string // "public.users.email", "path a.b of public.users.attributes"
	pos    rules.Pos
	family Family
	chars  int  // limit in characters, 0 none
	digits int  // limit in digits of a number, 0 none
	whole  bool // a number without decimals
}

// Masks are the replacers of a domain for the families its transform serves;
// the one for text serves all families that have none of their own.
type Masks map[Family]Masker

func (m Masks) of(f Family) Masker {
	if x, ok := m[f]; ok {
		return x
	}
	return m[FamilyText]
}

// Masker replaces values given and returned as canonical text (see pgvalue).
type Masker interface {
	// replace appends what replaces text, which is not blank.
	replace(r *row, dst, text []byte) ([]byte, error)
}

// arguments are the parameters, none if the domain is nil.
func (d *Domain) arguments() Args {
	if d == nil {
		return nil
	}
	return d.args
}

// arg is a parameter as text, "" if the domain is nil or has none of that name.
func (d *Domain) arg(name string) string {
	if d == nil {
		return ""
	}
	return d.args.text(name)
}

// Misfit is a place that a domain can't serve.
type Misfit struct {
	Pos  rules.Pos
	text string
}

func (e *Misfit) Error() string { return e.text }

func misfit(u *use, format string, a ...any) error { return &Misfit{u.pos, fmt.Sprintf(format, a...)} }

// chars is an error unless n characters fit in every text of the domain.
func (d *Domain) chars(n int) error {
	for i := range d.uses {
		if u := &d.uses[i]; u.chars > 0 && u.chars < n {
			return misfit(u, "needs %d characters, and %s has room for %d", n, u.where, u.chars)
		}
	}
	return nil
}

// digits is an error unless n digits fit in every number of the domain.
func (d *Domain) digits(n int) error {
	for i := range d.uses {
		if u := &d.uses[i]; u.family == FamilyNumber && u.digits < n {
			return misfit(u, "needs %d digits, and %s has room for %d", n, u.where, u.digits)
		}
	}
	return nil
}

// narrowest is the least limit in characters, 0 if there is none.
func (d *Domain) narrowest() int {
	n := 0
	for _, u := range d.uses {
		if u.chars > 0 && (n == 0 || u.chars < n) {
			n = u.chars
		}
	}
	return n
}

// has reports whether a place of the domain is of the family.
func (d *Domain) has(f Family) bool {
	return slices.ContainsFunc(d.uses, func(u use) bool { return u.family == f })
}

// sameArgs compares the parameters that decide what a domain makes.
func sameArgs(a, b Args) bool {
	for name, v := range a {
		if name != domainParam.Name && !v.Equal(b[name]) {
			return false
		}
	}
	return len(a) == len(b)
}

// defaultDomain is the domain of a rule that names none: the transform's name
// and those of its parameters that decide what the domain makes.
func (d *Definition) defaultDomain(a Args) string {
	if d.ByParam == localeParam.Name && a.text(d.ByParam) == localeParam.Default {
		return d.Name
	}
	if d.ByParam != "" {
		return d.Name + "/" + a.text(d.ByParam)
	}
	if !d.ByArgs && !d.Plain {
		return d.Name
	}
	var parts []string
	for _, p := range d.Params {
		v, given := a[p.Name]
		if !given {
			continue // no matter of the domain
		}
		if len(v.Items) > 0 || len(v.Parts) > 0 || len(v.Text) > 12 {
			parts = append(parts, v.Hash())
			continue
		}
		parts = append(parts, v.Text)
	}
	return d.Name + "/" + strings.Join(parts, ",")
}
