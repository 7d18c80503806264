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
type domain struct {
	name  string
	def   *Definition
	args  args
	uses  []use
	masks masks // set by build
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

// masks are the replacers of a domain for the families its transform serves;
// the one for text serves all families that have none of their own.
type masks map[Family]masker

func (m masks) of(f Family) masker {
	if x, ok := m[f]; ok {
		return x
	}
	return m[FamilyText]
}

// masker replaces values given and returned as canonical text (see pgvalue).
type masker interface {
	// replace appends what replaces text, which is not blank.
	replace(r *row, dst, text []byte) ([]byte, error)
}

// arg is a parameter as text, "" if the domain is nil or has none of that name.
func (d *domain) arg(name string) string {
	if d == nil {
		return ""
	}
	return d.args.text(name)
}

// tooNarrow is an output that doesn't fit where it must go.
type tooNarrow struct {
	use  *use
	need int
	unit string
}

func (e *tooNarrow) Error() string {
	have := e.use.chars
	if e.unit == "digits" {
		have = e.use.digits
	}
	return fmt.Sprintf("needs %d %s, and %s has room for %d", e.need, e.unit, e.use.where, have)
}

// chars is an error unless n characters fit in every text of the domain.
func (d *domain) chars(n int) error {
	for i := range d.uses {
		if u := &d.uses[i]; u.chars > 0 && u.chars < n {
			return &tooNarrow{u, n, "characters"}
		}
	}
	return nil
}

// digits is an error unless n digits fit in every number of the domain.
func (d *domain) digits(n int) error {
	for i := range d.uses {
		if u := &d.uses[i]; u.family == FamilyNumber && u.digits < n {
			return &tooNarrow{u, n, "digits"}
		}
	}
	return nil
}

// narrowest is the least limit in characters, 0 if there is none.
func (d *domain) narrowest() int {
	n := 0
	for _, u := range d.uses {
		if u.chars > 0 && (n == 0 || u.chars < n) {
			n = u.chars
		}
	}
	return n
}

// has reports whether a place of the domain is of the family.
func (d *domain) has(f Family) bool {
	return slices.ContainsFunc(d.uses, func(u use) bool { return u.family == f })
}

// sameArgs compares the parameters that decide what a domain makes.
func sameArgs(a, b args) bool {
	for name, v := range a {
		if name != domainParam.Name && !v.Equal(b[name]) {
			return false
		}
	}
	return len(a) == len(b)
}

// defaultDomain is the domain of a rule that names none: the transform's name
// and those of its parameters that decide what the domain makes.
func (d *Definition) defaultDomain(a args) string {
	if d.byParam == localeParam.Name && a.text(d.byParam) == localeParam.Default {
		return d.Name
	}
	if d.byParam != "" {
		return d.Name + "/" + a.text(d.byParam)
	}
	if !d.byArgs && !d.plain {
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

// maxDigits is how many decimal digits every value of a number type can have; 0
// for unlimited.
func maxDigits(t *catalog.Type, mod int32) int {
	for t.Kind == catalog.DomainType {
		if mod < 0 {
			mod = t.BaseMod
		}
		t = t.Base
	}
	switch t.OID {
	case catalog.Int2OID:
		return 4
	case catalog.Int4OID:
		return 9
	case catalog.Int8OID:
		return 18
	}
	if mod < 4 {
		return 1000 // numeric without precision
	}
	precision, scale := int(mod-4)>>16&0xffff, int(mod-4)&0x7ff
	if scale >= 1024 {
		scale -= 2048 // negative scales, PostgreSQL 15
	}
	return max(0, precision-scale)
}

// maxChars is the limit in characters of a text type or of an array's elements.
func maxChars(t *catalog.Type, mod int32) int {
	if t.Underlying().OID == catalog.NameOID {
		return 63 // NAMEDATALEN - 1, in bytes; what is made here is ASCII
	}
	c := catalog.Column{Type: t, Mod: mod}
	return c.MaxChars()
}
