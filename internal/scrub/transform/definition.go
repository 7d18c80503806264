package transform

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

// Kind says how the compiler treats a rule: those of transforms, and the shapes by
// which rules reach what stands within a value.
type Kind uint8

// The kinds.
const (
	KindMask     Kind = iota // each value is replaced by a Masker
	KindKeep                 // values stay
	KindNull                 // NULL
	KindConstant             // one value for all
	KindText                 // free text, searched for identifiers
	KindTemplate             // made of the row's other columns
	KindJSON
	KindXML
	KindArray
	KindComposite
	KindHstore
	KindRange
	KindCases // a list of rules with conditions
)

// Definition is all that is said of one transform. The compiler, canaries, the
// matrix of HIPAA's identifiers, discovery, the documentation and the JSON Schema
// of the rules format read it; no code asks for a transform by its name.
type Definition struct {
	// Name is how rules write it.
	Name string
	// Kind is KindMask for all that have a Build.
	Kind Kind
	// Doc is one or two sentences for the reference and for editors.
	Doc string
	// Class is what it replaces: source values of a direct class are fingerprinted and
	// looked for in the result. pii.None if that depends on the value.
	Class pii.Class
	// Params are its parameters, besides domain, which all take that draw from one.
	Params []Param
	// Families are the types it serves; nil: all.
	Families []Family
	// Space is how many different values it makes, in words; "" if it draws none.
	Space string
	// Example is a rule and an invented value, for the reference and the tests.
	Example Example

	// Build makes the maskers of a domain once all its places are known. It refuses
	// places that what it makes does not fit.
	Build func(*Domain) (Masks, error)
	// Check refuses parameters or a place that Params and Families can't; nil: none.
	Check func(Args, Place) error
	// Plain transforms draw nothing: value and parameters alone say what they make, so
	// they take no domain.
	Plain bool
	// ByParam is the parameter whose value is part of the default domain's name.
	ByParam string
	// ByArgs makes all parameters part of that name.
	ByArgs bool
	// ByFlag is a parameter that, where it is true, is part of the default domain's name.
	ByFlag string
	// UTF8 reports whether what is made needs a database of that encoding; nil: it doesn't.
	UTF8 func(Args) bool
	// Follow makes a Masker draw by the subject of the row (see subjectParam); nil if it can't.
	Follow func(Masker) Masker

	// Unique transforms may serve a unique column: two values become one by documented
	// chance, or never.
	Unique bool
	// ForUnique are names and values of the parameters to write in unique columns, one list
	// for each way to do it, the best first.
	ForUnique [][]string
	// Bits is log2 of the space that one digest draws from, for Unique; +Inf if no two
	// values ever become one.
	Bits func(*Domain, Family) float64
	// Strict makes a Masker that refuses what it can't keep apart from other values, for
	// unique columns; nil: there is no such value.
	Strict func(Masker) Masker
	// MergesCase reports whether two values can differ in case only; nil: none do.
	MergesCase func(*Domain) bool
	// Distinct is what to write for a unique column that tells values apart which the
	// transform's normal form does not; "" if there is no such column, or Args say it already.
	Distinct func(Args) string
	// Prose tells that it changes texts alone: at ** of a document, names that are words of
	// a program stay, and so do numbers and booleans.
	Prose bool
	// Shift tells that it moves both bounds of a range by the same.
	Shift bool

	// Rebuilt tells that the server makes the values anew from the row's other columns: by
	// which text search configuration, and from which columns, as far as Args say; nil: it doesn't.
	Rebuilt func(Args) (config string, from []string)

	// Canary makes a value to test a rule with before the first row; nil: one of Class.
	Canary func(*canary.Source, Place, Args) canary.Value
	// CanaryDigits is how many digits such a value has in a column of numbers; 0: nine.
	CanaryDigits int
	// Remains is what is left of a value, for the matrix of HIPAA's Safe Harbor (45 CFR
	// 164.514(b)(2)(i)); nil or "": nothing.
	Remains func(Args) string
	// Suggest are parts of column names that this transform often fits.
	Suggest []string
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

// domainParam is taken by every transform that draws from a domain.
var domainParam = Param{Name: "domain", Kind: rules.String,
	Doc: "values of one domain map alike everywhere; by default the transform's name"}

// uniqueParam is taken by transforms that can keep values distinct at a price.
func uniqueParam(doc string) Param {
	return Param{Name: uniqueName, Kind: rules.Bool, Default: "false",
		Doc: "for unique columns: " + doc + "; what can't be kept apart stops the run"}
}

const uniqueName = "unique"

// Ways to write a rule for unique columns.
var (
	plainly    = [][]string{nil}
	withUnique = [][]string{{uniqueName, "true"}}
	withHash   = [][]string{{"hash", "16"}}
)

// Args are a rule's parameters, checked, with defaults filled in.
type Args map[string]rules.Value

func (a Args) Text(name string) string { return a[name].Text }

func (a Args) Flag(name string) bool { return a[name].Text == "true" }

func (a Args) number(name string) int {
	n, _ := strconv.Atoi(a[name].Text) // checked by parse
	return n
}

// AllParams are all that the transform takes, domain among them.
func (d *Definition) AllParams() []Param {
	if d.Build == nil || d.Plain {
		return d.Params
	}
	return append([]Param{domainParam}, d.Params...)
}

// Parse checks a rule's parameters and calls fail for each that is wrong.
func (d *Definition) Parse(r *rules.Rule, fail func(rules.Pos, string, ...any)) Args {
	a := Args{}
	params := d.AllParams()
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
		if _, known := a[given.Name]; known || slices.Contains(names, given.Name) {
			continue
		}
		takes := "it takes none"
		if len(names) > 0 {
			takes = "it takes " + List(names)
		}
		fail(given.Pos, "%s has no parameter %q%s; %s", d.Name, given.Name, fault.DidYouMean(given.Name, names), takes)
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
		if len(p.Choices) > 0 && !slices.Contains(p.Choices, v.Text) {
			return List(p.Choices) + fault.DidYouMean(v.Text, p.Choices)
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

// List joins words for a sentence: "a, b or c".
func List(words []string) string {
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
