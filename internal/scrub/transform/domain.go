package transform

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
)

// domain is a set of places whose values map alike: one transform, one set of
// parameters, one shape of fakes.
type Domain struct {
	Name  string
	Def   *Definition
	Args  Args
	Uses  []Use
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
	return MaxChars(p.Type, p.Mod)
}

// Use is the place as one of a domain's.
func (p Place) Use(pos rules.Pos) Use {
	u := Use{Where: p.Where, Pos: pos, family: p.Family, chars: p.Chars()}
	switch p.Family {
	case FamilyFloat:
		if u.digits = 308; p.Type.Underlying().OID == catalog.Float4OID {
			u.digits = 38
		}
	case FamilyNumber:
		u.digits, u.whole = MaxDigits(p.Type, p.Mod), isWhole(p.Type)
	}
	return u
}

// Use is one place that draws from a domain.
type Use struct {
	Where  string // "public.users.email", "path a.b of public.users.attributes"
	Pos    rules.Pos
	family Family
	chars  int  // limit in characters, 0 none
	digits int  // limit in digits of a number, 0 none
	whole  bool // a number without decimals
}

// Masks are the replacers of a domain for the families its transform serves;
// the one for text serves all families that have none of their own.
type Masks map[Family]Masker

func (m Masks) Of(f Family) Masker {
	if x, ok := m[f]; ok {
		return x
	}
	return m[FamilyText]
}

// Masker replaces values given and returned as canonical text (see pgvalue).
type Masker interface {
	// Replace appends what replaces text, which is not blank.
	Replace(r *Row, dst, text []byte) ([]byte, error)
}

// Arguments are the parameters, none if the domain is nil.
func (d *Domain) Arguments() Args {
	if d == nil {
		return nil
	}
	return d.Args
}

// Arg is a parameter as text, "" if the domain is nil or has none of that name.
func (d *Domain) Arg(name string) string {
	if d == nil {
		return ""
	}
	return d.Args.Text(name)
}

// What a Masker may be beside.
type (
	// WireMasker works on the form of COPY where Wire has a cell for it (else nil).
	WireMasker interface {
		Wire(t *catalog.Type, f copyfmt.Format) Bind
	}
	// NumberMasker says whether it makes a JSON number of one, rather than a string.
	NumberMasker interface{ MakesNumbers() bool }
	// GenderMasker can look at another column of the row.
	GenderMasker interface{ ByGender(f Field) Masker }
)

// Misfit is a place that a domain can't serve.
type Misfit struct {
	Pos  rules.Pos
	text string
}

func (e *Misfit) Error() string { return e.text }

func misfit(u *Use, format string, a ...any) error { return &Misfit{u.Pos, fmt.Sprintf(format, a...)} }

// chars is an error unless n characters fit in every text of the domain.
func (d *Domain) chars(n int) error {
	for i := range d.Uses {
		if u := &d.Uses[i]; u.chars > 0 && u.chars < n {
			return misfit(u, "needs %d characters, and %s has room for %d", n, u.Where, u.chars)
		}
	}
	return nil
}

// digits is an error unless n digits fit in every number of the domain.
func (d *Domain) digits(n int) error {
	for i := range d.Uses {
		if u := &d.Uses[i]; u.family == FamilyNumber && u.digits < n {
			return misfit(u, "needs %d digits, and %s has room for %d", n, u.Where, u.digits)
		}
	}
	return nil
}

// narrowest is the least limit in characters, 0 if there is none.
func (d *Domain) narrowest() int {
	n := 0
	for _, u := range d.Uses {
		if u.chars > 0 && (n == 0 || u.chars < n) {
			n = u.chars
		}
	}
	return n
}

// has reports whether a place of the domain is of the family.
func (d *Domain) has(f Family) bool {
	return slices.ContainsFunc(d.Uses, func(u Use) bool { return u.family == f })
}

// SameArgs compares the parameters that decide what a domain makes.
func SameArgs(a, b Args) bool {
	for name, v := range a {
		if name != domainParam.Name && !v.Equal(b[name]) {
			return false
		}
	}
	return len(a) == len(b)
}

// DefaultDomain is the domain of a rule that names none: the transform's name
// and those of its parameters that decide what the domain makes.
func (d *Definition) DefaultDomain(a Args) string {
	if d.ByFlag != "" && a.Flag(d.ByFlag) {
		return d.domainOf(a) + "/" + d.ByFlag
	}
	return d.domainOf(a)
}

func (d *Definition) domainOf(a Args) string {
	if d.ByParam == LocaleName && a.Text(d.ByParam) == defaultLocale {
		return d.Name
	}
	if d.ByParam != "" {
		return d.Name + "/" + a.Text(d.ByParam)
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

// identity replaces a value by the fake that its digest draws.
type identity struct {
	prefix []byte // of the domain
	normal func(dst, text []byte) []byte
	fake   func(dst []byte, d *fake.Digest, normal []byte) []byte
}

func (m *identity) Replace(r *Row, dst, text []byte) ([]byte, error) {
	h := m.Digest(r, text)
	return m.fake(dst, h, r.normal), nil
}

// Digest of a value, whose normal form it leaves in r.normal.
func (m *identity) Digest(r *Row, text []byte) *fake.Digest {
	r.normal = m.normal(r.normal[:0], text)
	return r.PRF.Sum(m.prefix, r.normal)
}

// simple is a domain whose fakes have one shape of at most max characters.
func simple(max int, normal func(dst, text []byte) []byte,
	gen func([]byte, *fake.Digest) []byte) func(*Domain) (Masks, error) {
	return func(d *Domain) (Masks, error) {
		m := &identity{domainPrefix(d.Name), normal, func(dst []byte, h *fake.Digest, _ []byte) []byte { return gen(dst, h) }}
		return Masks{FamilyText: m}, d.chars(max)
	}
}

// withinFunc makes a fake of at most n characters.
type withinFunc func(dst []byte, d *fake.Digest, n int) []byte

// fitting is a domain whose fakes have at most longest characters. Where a column has less
// room, values that may stand in it become shorter ones, which have least at least.
func fitting(d *Domain, longest, least int, normal func(dst, text []byte) []byte, gen func([]byte, *fake.Digest) []byte,
	within withinFunc) (Masks, error) {
	room := d.narrowest()
	if room >= longest {
		room = 0
	}
	m := &identity{domainPrefix(d.Name), normal, func(dst []byte, h *fake.Digest, normal []byte) []byte {
		if room > 0 && utf8.RuneCount(normal) <= room {
			return within(dst, h, room)
		}
		return gen(dst, h)
	}}
	return Masks{FamilyText: m}, d.chars(least)
}
