package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/document"
	"refresher/internal/scrub/rules"
)

// xmlDef is what rules of the shape {xml: {PATH: rule}} do. A path is the names
// of elements from the root down, with slashes between them: "order/note" is the
// text in note, "order/customer/@mail" an attribute. * is any one element, ** any
// number of them. Names are taken as written, with their prefix. keep stands for
// an element with all within it; where several paths match, the one with most
// names decides, then the first.
//
// Text and attributes that no path names become [redacted]. Comments, processing
// instructions and the document type go, since anything may stand in them; the
// names of elements and attributes stay, and so do namespaces. What is kept stays
// byte for byte.
var xmlDef = Definition{Name: "xml", Kind: KindXML, Class: pii.None, Families: []Family{FamilyXML, FamilyText}}

// xmlRule checks a rule of that shape.
func (c *compiler) xmlRule(r *rules.Rule, p spot) *op {
	for _, given := range r.Params {
		c.fail(given.Pos, "xml takes no parameter %q", given.Name)
	}
	switch {
	case p.Type == nil:
		c.fail(r.Pos, "XML within JSON or XML is not supported by this version: use null or constant for %s", p.Where)
		return nil
	case !xmlDef.Serves(p.Family):
		c.fail(r.Pos, "%s is %s, not XML", p.Where, p.Type.SQL)
		return nil
	case p.Chars() > 0:
		c.fail(r.Pos, "%s has room for %d characters, and scrubbed XML can be longer: use null or constant", p.Where, p.Chars())
		return nil
	}
	o := &op{kind: KindXML, def: &xmlDef, Place: p.Place, rule: r}
	for _, given := range r.Parts {
		if _, err := document.ParseXMLPath(given.Name); err != nil {
			c.fail(given.Pos, "path %s %v", given.Name, err)
			continue
		}
		leaf := c.rule(given.Rule, p.within("path "+given.Name, nil, -1))
		if leaf == nil {
			continue
		}
		if leaf.kind == KindConstant {
			v := given.Rule.Param("value").Value
			if v.Kind > rules.Bool {
				c.fail(v.Pos, "path %s takes a constant that is a string, a number or a boolean", given.Name)
			}
			leaf.value = []byte(v.Text)
		}
		o.parts = append(o.parts, part{given.Name, given.Pos, leaf})
	}
	return o
}

// xmlMasker rewrites documents.
type xmlMasker struct {
	paths  *document.XML
	leaves []xmlLeaf
}

// xmlLeaf is what happens to what one path leads to.
type xmlLeaf struct {
	class  pii.Class
	Masker // nil: an empty text
}

// xmlMasker makes the Masker of a rule.
func (e emitter) xmlMasker(o *op) Masker {
	m := &xmlMasker{}
	var list []document.XMLRule
	for i, p := range o.parts {
		path, _ := document.ParseXMLPath(p.path) // checked by xmlRule
		l, action := xmlLeaf{class: p.op.class()}, i
		switch p.op.kind {
		case KindKeep:
			action = document.Keep
		case KindNull:
		default:
			l.Masker = e.Masker(p.op)
		}
		m.leaves = append(m.leaves, l)
		list = append(list, document.XMLRule{Path: path, Action: action})
	}
	m.paths = document.NewXML(list)
	return m
}

func (m *xmlMasker) replace(r *row, dst, doc []byte) ([]byte, error) {
	return m.paths.Rewrite(dst, doc, func(dst []byte, action int, text []byte) ([]byte, error) {
		switch {
		case action == document.Unlisted:
			r.suspect(text)
			return append(dst, fake.Redacted...), nil
		case m.leaves[action].Masker == nil:
			r.suspect(text)
			return dst, nil
		}
		return r.mask(m.leaves[action].Masker, m.leaves[action].class, dst, text)
	})
}
