package transform

import (
	"sync"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
)

func jsonDef() Definition {
	return Definition{
		Name: "json", Kind: KindJSON, Class: pii.None, Families: []Family{FamilyJSON, FamilyText},
		Doc: "A rule for each path of a JSON document; what no path names is redacted. Written {json: {PATH: rule}}. " +
			"A text column may hold documents, too, and so may a string within a document, if its rule says so by " +
			"embedded: true.",
		Params: []Param{
			otherParam("keep", "redact", "drop"), keysParam("keys for which only * stands"),
			{Name: "embedded", Kind: rules.Bool, Default: "false",
				Doc: "of a path within JSON: the strings there hold JSON documents themselves"},
			{Name: "invalid", Kind: rules.String, Choices: []string{"fail", "redact"}, Default: "fail",
				Doc: "what happens to a text that is no JSON: fail stops the run; redact shows [redacted]"},
		},
		Example: Example{Rule: "{json: {contact.email: email, plan: keep, \"tags[*]\": keep}}", Value: `{"contact": {"email": "jane@mail.test"}, "plan": "pro", "note": "x"}`},
	}
}

// xmlDef is what rules of the shape {xml: {PATH: rule}} do. A path is the names
// of elements from the root down, with slashes between them: "order/note" is the
// text in note, "order/customer/@mail" an attribute. * is any one element, ** any
// number of them. Names are taken as written, with their prefix. keep stands for
// an element with all within it; where several paths match, the one with most
// names decides, then the first.
//
// Text and attributes that no path names become [redacted]. Comments, processing
// instructions and the document type go, since anything may stand in them. The
// names of elements and attributes are data unless a path names them; namespaces
// stay. What is kept stays byte for byte.
func xmlDef() Definition {
	return Definition{Name: "xml", Kind: KindXML, Class: pii.None, Families: []Family{FamilyXML, FamilyText},
		Params: []Param{keysParam("elements and attributes that no path names")}}
}

// shapeDefs are what stands for a transform in rules that reach what is within a value.
// Those of composites, hstores and ranges work on the canonical text of the whole value,
// so that they nest: an array of composites with a JSON field is three rules within one
// another.
var shapeDefs = sync.OnceValue(func() map[Kind]*Definition {
	m := map[Kind]*Definition{}
	for _, d := range []Definition{jsonDef(), xmlDef(), {Name: "composite", Kind: KindComposite},
		{Name: "hstore", Kind: KindHstore, Params: []Param{otherParam("redact", "drop"), keysParam("keys for which only * stands")}}, {Name: "range", Kind: KindRange}, {Name: "array", Kind: KindArray}, {Name: "by condition", Kind: KindCases}} {
		m[d.Kind] = &d
	}
	return m
})

// OfShape is the definition of a shape.
func OfShape(k Kind) *Definition { return shapeDefs()[k] }

// otherParam says what happens to what no path or key names.
func otherParam(choices ...string) Param {
	docs := map[string]string{
		"keep":   "keep lets numbers and booleans stay, never texts",
		"redact": "redact shows [redacted], 0 and false",
		"drop":   "drop leaves it out, with its key",
	}
	doc := "what happens to values that no path names:"
	for i, c := range choices {
		if i > 0 {
			doc += ";"
		}
		doc += " " + docs[c]
	}
	return Param{Name: "other", Kind: rules.String, Choices: choices, Default: "redact", Doc: doc}
}

// keysParam says what happens to the names that are data.
func keysParam(which string) Param {
	return Param{Name: "keys", Kind: rules.String, Choices: []string{"mask", "keep"}, Default: "mask",
		Doc: "what happens to " + which + ": mask gives each another name, everywhere the same for the same one; keep lets them stay"}
}

// Shape is a way to write a rule for what stands within a value.
type Shape struct {
	Key    string
	Doc    string
	Parts  string // what the keys of its mapping are; "" if it holds one rule
	Params []Param
}

// Shapes are those of [rules.Kind] beside a transform's name.
func Shapes() []Shape {
	return []Shape{
		{"json", "A rule for each path of a JSON document. What no path names is redacted.", "path, as in contact.email, tags[*] or **.email", OfShape(KindJSON).Params},
		{"array", "A rule for every element of an array.", "", nil},
		{"composite", "A rule for each field of a composite value.", "field", nil},
		{"hstore", "A rule for each key of an hstore, * for all others. What no key names is redacted, with its key.", "key", OfShape(KindHstore).Params},
		{"range", "A rule for both bounds of a range.", "", nil},
		{"xml", "A rule for each path of an XML document. What no path names is redacted.", "path, as in order/customer/@email, */note or **/id", OfShape(KindXML).Params},
	}
}
