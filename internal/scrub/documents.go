package scrub

import (
	"bytes"
	"errors"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/document"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// leafRule is what happens to the values at one path.
type leafRule struct {
	op     *op
	token  []byte // constant and null
	text   transform.Masker
	number transform.Masker // nil: a number becomes a string
	inner  *jsonPlan        // of strings that hold documents
}

// jsonPlan is a JSON rule, ready to run.
type jsonPlan struct {
	paths  *document.Paths
	leaves []leafRule
	other  string
	rest   *transform.What // what no path names is
	redact bool            // what is no JSON
	keys   bool            // those for which only * stands stay
}

func (e emitter) jsonPlan(o *op) *jsonPlan {
	p := &jsonPlan{rest: o.rest, other: o.other, redact: o.redact, keys: o.keys}
	p.paths, p.leaves = e.c.jsonPaths(o)
	for i := range p.leaves {
		e.leaf(&p.leaves[i])
	}
	return p
}

// rewrite makes a rewriter of documents as text, in which blank text is none.
func (p *jsonPlan) rewrite(r *transform.Row) transform.Cell {
	do := p.document(r)
	return func(dst, text []byte) ([]byte, error) {
		if normal.Blank(text) {
			return append(dst, text...), nil
		}
		start := len(dst)
		dst, err := do(dst, text)
		var syntax *document.SyntaxError
		if p.redact && errors.As(err, &syntax) {
			r.Suspect(text)
			return append(dst[:start], fake.Redacted...), nil
		}
		return dst, err
	}
}

// document makes a rewriter of documents.
func (p *jsonPlan) document(r *transform.Row) transform.Cell {
	names := document.Keys{Keep: p.keys, Plain: r.PlainName, Alias: r.Alias, Drop: r.Suspect}
	rewriter := p.paths.Rewriter(names)
	if p.other == "drop" {
		rewriter = p.paths.Dropper(names)
	}
	inner := make([]transform.Cell, len(p.leaves))
	for i := range p.leaves {
		if p.leaves[i].inner != nil {
			inner[i] = p.leaves[i].inner.rewrite(r)
		}
	}
	var pair namePair
	apply := func(dst []byte, action int, leaf *document.Leaf) ([]byte, error) {
		if action == document.Unlisted {
			return p.unlisted(r, dst, leaf)
		}
		l := &p.leaves[action]
		if l.inner == nil {
			if leaf.Kind == document.String {
				pair.see(r, l.op.what.Class, leaf.Text)
			}
			return l.apply(r, dst, leaf, p.other == "keep")
		}
		if leaf.Kind != document.String {
			return document.AppendRedacted(dst, leaf.Kind), nil
		}
		start := len(dst)
		dst, err := inner[action](append(dst, '"'), leaf.Text)
		if err != nil {
			return dst, err
		}
		return document.EndString(dst, start), nil
	}
	return func(dst, doc []byte) ([]byte, error) {
		pair.reset()
		return rewriter.Rewrite(dst, doc, apply)
	}
}

// namePair joins a given name and the surname that stands next to it in a document to a
// full name, which is fingerprinted as that of two columns is.
type namePair struct{ first, last []byte }

func (n *namePair) reset() { n.first, n.last = n.first[:0], n.last[:0] }

func (n *namePair) see(r *transform.Row, class pii.Class, text []byte) {
	switch class {
	case pii.FirstName:
		n.first = append(n.first[:0], bytes.TrimSpace(text)...)
	case pii.LastName:
		n.last = append(n.last[:0], bytes.TrimSpace(text)...)
	default:
		return
	}
	if len(n.first) > 0 && len(n.last) > 0 && r.Fingerprints != nil {
		n.first = append(append(n.first, ' '), n.last...)
		r.Fingerprints.Add(pii.FullName, n.first)
		n.reset()
	}
}

// unlisted does what other: says to a value that no path names.
func (p *jsonPlan) unlisted(r *transform.Row, dst []byte, leaf *document.Leaf) ([]byte, error) {
	if leaf.Kind != document.Number && leaf.Kind != document.Bool {
		r.Dropped(p.rest, leaf.Text)
	}
	switch {
	case p.other == "drop":
		return dst, document.ErrDrop
	case p.other == "keep" && (leaf.Kind == document.Number || leaf.Kind == document.Bool):
		return append(dst, leaf.Raw...), nil
	}
	return document.AppendRedacted(dst, leaf.Kind), nil
}

// cell rewrites documents in json, jsonb and text columns.
func (p *jsonPlan) cell(t *catalog.Type, f copyfmt.Format) transform.Bind {
	if transform.FamilyOf(t) == transform.FamilyText {
		return rewriteCell(p.rewrite, t, f)
	}
	versioned := f == copyfmt.Binary && t.Underlying().OID == catalog.JSONBOID
	return func(r *transform.Row) transform.Cell {
		do := p.document(r)
		return func(dst, wire []byte) ([]byte, error) {
			if versioned { // jsonb_send: a version byte, then text
				if len(wire) == 0 || wire[0] != 1 {
					return dst, transform.ErrBadWire
				}
				dst, wire = append(dst, 1), wire[1:]
			}
			return do(dst, wire)
		}
	}
}

// apply replaces a leaf. With keep, numbers stay that a rule for prose has no say about,
// and booleans.
func (l *leafRule) apply(r *transform.Row, dst []byte, leaf *document.Leaf, keep bool) ([]byte, error) {
	if leaf.Kind == document.Null {
		return append(dst, leaf.Raw...), nil
	}
	if l.token != nil {
		if leaf.Kind != document.Number && leaf.Kind != document.Bool {
			r.Dropped(l.op.what, leaf.Text)
		}
		return append(dst, l.token...), nil
	}
	prose := l.op.def.Prose
	switch leaf.Kind {
	case document.String:
		return l.quoted(r, dst, leaf.Text)
	case document.Number:
		digits := normal.WholeDigits(leaf.Text)
		switch {
		case l.number != nil:
			return r.Mask(l.number, l.op.what, dst, leaf.Text)
		case prose && !r.Identifies(digits, !keep) && (keep || l.op.kind == transform.KindText):
			return append(dst, leaf.Raw...), nil
		}
		return l.quoted(r, dst, digits)
	}
	if prose || keep {
		return append(dst, leaf.Raw...), nil
	}
	return document.AppendRedacted(dst, leaf.Kind), nil // a truth value identifies no person
}

// quoted writes what replaces a leaf as a JSON string.
func (l *leafRule) quoted(r *transform.Row, dst []byte, text []byte) ([]byte, error) {
	start := len(dst)
	dst, err := r.Mask(l.text, l.op.what, append(dst, '"'), text)
	if err != nil {
		return dst, err
	}
	return document.EndString(dst, start), nil
}

// xmlRule checks a rule of that shape.
func (c *compiler) xmlRule(r *rules.Rule, p spot) *op {
	a := transform.OfShape(transform.KindXML).Parse(r, c.fail)
	switch {
	case p.Type == nil:
		c.fail(r.Pos, "XML within JSON or XML is not supported by this version: use null or constant for %s", p.Where)
		return nil
	case !transform.OfShape(transform.KindXML).Serves(p.Family):
		c.misfits(r.Pos, "%s is %s, not XML", p.Where, p.Type.SQL)
		return nil
	case p.Chars() > 0:
		c.fail(r.Pos, "%s has room for %d characters, and scrubbed XML can be longer: use null or constant", p.Where,
			p.Chars())
		return nil
	}
	o := &op{kind: transform.KindXML, def: transform.OfShape(transform.KindXML), Place: p.Place, what: notPersonal, rest: byShape(), rule: r,
		keys: a.Text("keys") == "keep"}
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
	keys   bool // names of elements and attributes stay
	paths  *document.XML
	leaves []xmlLeaf
	rest   *transform.What // what no path names is
}

// xmlLeaf is what happens to what one path leads to.
type xmlLeaf struct {
	what             *transform.What
	transform.Masker // nil: an empty text
}

// xmlMasker makes the Masker of a rule.
func (e emitter) xmlMasker(o *op) transform.Masker {
	m := &xmlMasker{rest: o.rest, keys: o.keys}
	var list []document.XMLRule
	for i, p := range o.parts {
		path, _ := document.ParseXMLPath(p.path) // checked by xmlRule
		l, action := xmlLeaf{what: p.op.what}, i
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
	names := document.Keys{Keep: m.keys, Alias: r.Alias}
	return m.paths.Rewrite(dst, doc, names, func(dst []byte, action int, text []byte) ([]byte, error) {
		switch {
		case action == document.Unlisted:
			r.Dropped(m.rest, text)
			return append(dst, fake.Redacted...), nil
		case m.leaves[action].Masker == nil:
			r.Dropped(m.leaves[action].what, text)
			return dst, nil
		}
		return r.Mask(m.leaves[action].Masker, m.leaves[action].what, dst, text)
	})
}
