package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/document"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// xmlRule checks a rule of that shape.
func (c *compiler) xmlRule(r *rules.Rule, p spot) *op {
	for _, given := range r.Params {
		c.fail(given.Pos, "xml takes no parameter %q", given.Name)
	}
	switch {
	case p.Type == nil:
		c.fail(r.Pos, "XML within JSON or XML is not supported by this version: use null or constant for %s", p.Where)
		return nil
	case !transform.OfShape(transform.KindXML).Serves(p.Family):
		c.misfits(r.Pos, "%s is %s, not XML", p.Where, p.Type.SQL)
		return nil
	case p.Chars() > 0:
		c.fail(r.Pos, "%s has room for %d characters, and scrubbed XML can be longer: use null or constant", p.Where, p.Chars())
		return nil
	}
	o := &op{kind: transform.KindXML, def: transform.OfShape(transform.KindXML), Place: p.Place, rule: r}
	for _, given := range r.Parts {
		if _, err := document.ParseXMLPath(given.Name); err != nil {
			c.fail(given.Pos, "path %s %v", given.Name, err)
			continue
		}
		leaf := c.rule(given.Rule, p.within("path "+given.Name, nil, -1))
		if leaf == nil {
			continue
		}
		if leaf.kind == transform.KindConstant {
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
	class            pii.Class
	transform.Masker // nil: an empty text
}

// xmlMasker makes the Masker of a rule.
func (e emitter) xmlMasker(o *op) transform.Masker {
	m := &xmlMasker{}
	var list []document.XMLRule
	for i, p := range o.parts {
		path, _ := document.ParseXMLPath(p.path) // checked by xmlRule
		l, action := xmlLeaf{class: p.op.class()}, i
		switch p.op.kind {
		case transform.KindKeep:
			action = document.Keep
		case transform.KindNull:
		default:
			l.Masker = e.Masker(p.op)
		}
		m.leaves = append(m.leaves, l)
		list = append(list, document.XMLRule{Path: path, Action: action})
	}
	m.paths = document.NewXML(list)
	return m
}

func (m *xmlMasker) Replace(r *transform.Row, dst, doc []byte) ([]byte, error) {
	return m.paths.Rewrite(dst, doc, func(dst []byte, action int, text []byte) ([]byte, error) {
		switch {
		case action == document.Unlisted:
			r.Suspect(text)
			return append(dst, fake.Redacted...), nil
		case m.leaves[action].Masker == nil:
			r.Suspect(text)
			return dst, nil
		}
		return r.Mask(m.leaves[action].Masker, m.leaves[action].class, dst, text)
	})
}
