package scrub

import (
	"fmt"
	"strconv"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// Definition describes one transform. The compiler, the documentation and the
// JSON Schema of the rules format all read it.
type Definition struct {
	Name     string
	Doc      string    // one or two sentences
	Class    pii.Class // what it replaces; pii.None if that depends on the value
	Params   []Param   // besides domain, which every transform with a Space takes
	Families []Family  // the types it serves; nil: all
	Space    string    // how many different values it makes, "" if it draws none
	Unique   bool      // may serve a unique column: no two values collide but by documented chance
	Example  Example

	byParam string                       // this parameter's value is part of the default domain
	byArgs  bool                         // all parameters are
	plain   bool                         // draws nothing: what it makes depends on value and parameters alone
	build   func(*domain) (masks, error) // nil for the transforms that need no domain
	follow  func(masker) masker          // makes a masker follow the row's subject; nil if none can (see subjectParam)

	check func(args, place) error       // refuses a place, beside Families; nil: none
	bits  func(*domain, Family) float64 // log2 of Space for Unique; +Inf if injective; nil: op.bits knows
}

// Param is one parameter of a transform.
type Param struct {
	Name     string
	Doc      string
	Kind     rules.ValueKind // String, Number (whole) or Bool; List stands for any value
	Decimal  bool            // of a Number: decimals are allowed
	Choices  []string        // of a String
	Min, Max int             // of a Number
	Default  string          // as written in rules; "" with Required
	Required bool
	Optional bool // has no default: nothing is done where it isn't written
}

// Example is a rule and a value to try it on.
type Example struct {
	Rule  string // as a column's rule in YAML
	Value string // canonical text, invented
}

// Definitions lists all transforms in the order of the reference.
func Definitions() []Definition {
	return []Definition{
		keepDef(), nullDef(), constantDef(), choiceDef(),
		emailDef(), usernameDef(), passwordDef(), firstNameDef(), lastNameDef(), fullNameDef(), companyDef(),
		phoneDef(), streetDef(), cityDef(), postcodeDef(), regionDef(), countryDef(), latitudeDef(), longitudeDef(), geoNoiseDef(),
		ipDef(), macDef(), userAgentDef(), urlDef(), domainDef(),
		nationalIDDef(), creditCardDef(), ibanDef(), tokenDef(), uuidDef(),
		dateShiftDef(), timeShiftDef(), truncateDef(), ageDef(), noiseDef(), bucketDef(),
		fpeDef(), digitsDef(), maskDef(), regexDef(),
		templateDef(), textDef(), loremDef(), bytesDef(), jsonDef(),
	}
}

// domainParam is taken by every transform that draws from a domain.
var domainParam = Param{Name: "domain", Kind: rules.String,
	Doc: "values of one domain map alike everywhere; by default the transform's name"}

// Family groups the PostgreSQL types that transforms treat alike. Domains count
// as the type they are over.
type Family string

// The families.
const (
	FamilyText      Family = "text"      // text, varchar, char(n), name, citext
	FamilyNumber    Family = "number"    // smallint, integer, bigint, numeric
	FamilyDate      Family = "date"      // date
	FamilyTimestamp Family = "timestamp" // timestamp, timestamptz
	FamilyInet      Family = "inet"      // inet
	FamilyCIDR      Family = "cidr"      // cidr
	FamilyUUID      Family = "uuid"      // uuid
	FamilyBytea     Family = "bytea"     // bytea
	FamilyJSON      Family = "json"      // json, jsonb
	FamilyFloat     Family = "float"     // real, double precision
	FamilyMAC       Family = "mac"       // macaddr, macaddr8
	FamilyPoint     Family = "point"     // point
	FamilyXML       Family = "xml"       // xml
	FamilyArray     Family = "array"     // arrays of anything
	FamilyOther     Family = "other"
)

func familyOf(t *catalog.Type) Family {
	t = t.Underlying()
	switch t.OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID, catalog.NameOID:
		return FamilyText
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.NumericOID:
		return FamilyNumber
	case catalog.DateOID:
		return FamilyDate
	case catalog.TimestampOID, catalog.TimestamptzOID:
		return FamilyTimestamp
	case catalog.InetOID:
		return FamilyInet
	case catalog.CIDROID:
		return FamilyCIDR
	case catalog.UUIDOID:
		return FamilyUUID
	case catalog.ByteaOID:
		return FamilyBytea
	case catalog.JSONOID, catalog.JSONBOID:
		return FamilyJSON
	case catalog.Float4OID, catalog.Float8OID:
		return FamilyFloat
	case catalog.MacaddrOID, catalog.Macaddr8OID:
		return FamilyMAC
	case catalog.PointOID:
		return FamilyPoint
	case catalog.XMLOID:
		return FamilyXML
	}
	switch {
	case t.Kind == catalog.ArrayType:
		return FamilyArray
	case t.Kind == catalog.BaseType && t.Name == "citext":
		return FamilyText
	}
	return FamilyOther
}

// serves reports whether the transform takes values of the family.
func (d *Definition) serves(f Family) bool {
	if d.Families == nil {
		return true
	}
	for _, g := range d.Families {
		if f == g {
			return true
		}
	}
	return false
}

// args are a rule's parameters, checked, with defaults filled in.
type args map[string]rules.Value

func (a args) text(name string) string { return a[name].Text }

func (a args) flag(name string) bool { return a[name].Text == "true" }

func (a args) number(name string) int {
	n, _ := strconv.Atoi(a[name].Text) // checked by parse
	return n
}

// params are all that the transform takes, domain among them.
func (d *Definition) params() []Param {
	if d.build == nil || d.plain {
		return d.Params
	}
	return append([]Param{domainParam}, d.Params...)
}

// parse checks a rule's parameters and calls fail for each that is wrong.
func (d *Definition) parse(r *rules.Rule, fail func(rules.Pos, string, ...any)) args {
	a := args{}
	params := d.params()
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
		given := r.Param(p.Name)
		switch {
		case given == nil && p.Required:
			fail(r.Pos, "%s needs the parameter %s: %s", d.Name, p.Name, p.Doc)
		case given == nil:
			a[p.Name] = rules.Value{Kind: p.Kind, Text: p.Default}
		default:
			if wrong := p.check(given.Value); wrong != "" {
				fail(given.Value.Pos, "%s of %s must be %s", p.Name, d.Name, wrong)
				continue
			}
			a[p.Name] = given.Value
		}
	}
	for _, given := range r.Params {
		if _, known := a[given.Name]; known || contains(names, given.Name) {
			continue
		}
		takes := "it takes none"
		if len(names) > 0 {
			takes = "it takes " + list(names)
		}
		fail(given.Pos, "%s has no parameter %q%s; %s", d.Name, given.Name, rules.DidYouMean(given.Name, names), takes)
	}
	return a
}

// check says what a value should have been, "" if it is right.
func (p *Param) check(v rules.Value) string {
	switch p.Kind {
	case rules.Number:
		if p.Decimal {
			return p.checkDecimal(v)
		}
		n, err := strconv.Atoi(v.Text)
		if v.Kind != rules.Number || err != nil || n < p.Min || n > p.Max {
			return fmt.Sprintf("a whole number from %d to %d", p.Min, p.Max)
		}
	case rules.Bool:
		if v.Kind != rules.Bool || v.Text != "true" && v.Text != "false" {
			return "true or false"
		}
	case rules.String:
		if v.Kind != rules.String || v.Text == "" {
			return "a string"
		}
		if len(p.Choices) > 0 && !contains(p.Choices, v.Text) {
			return list(p.Choices) + rules.DidYouMean(v.Text, p.Choices)
		}
	}
	return ""
}

// checkDecimal wants a plain decimal, as money and measures are written.
func (p *Param) checkDecimal(v rules.Value) string {
	f, err := strconv.ParseFloat(v.Text, 64)
	plain := strings.Trim(v.Text, "0123456789.-") == ""
	if v.Kind != rules.Number || err != nil || !plain || f < float64(p.Min) || f > float64(p.Max) {
		return fmt.Sprintf("a number from %d to %d", p.Min, p.Max)
	}
	return ""
}

func contains(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}

// list joins words for a sentence: "a, b or c".
func list(words []string) string {
	s := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s += " or "
		default:
			s += ", "
		}
		s += w
	}
	return s
}
