package scrub

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
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
var xmlDef = Definition{Name: "xml", Class: pii.None, Families: []Family{FamilyXML, FamilyText}}

// xmlRule checks a rule of that shape.
func (c *compiler) xmlRule(r *rules.Rule, p place) *op {
	for _, given := range r.Params {
		c.fail(given.Pos, "xml takes no parameter %q", given.Name)
	}
	switch {
	case p.typ == nil:
		c.fail(r.Pos, "XML within JSON or XML is not supported by this version: use null or constant for %s", p.where)
		return nil
	case !xmlDef.serves(p.family):
		c.fail(r.Pos, "%s is %s, not XML", p.where, p.typ.SQL)
		return nil
	case p.chars() > 0:
		c.fail(r.Pos, "%s has room for %d characters, and scrubbed XML can be longer: use null or constant", p.where, p.chars())
		return nil
	}
	o := &op{kind: opXML, def: &xmlDef, family: p.family, rule: r}
	for _, given := range r.Parts {
		if _, err := parseXMLPath(given.Name); err != nil {
			c.fail(given.Pos, "path %s %v", given.Name, err)
			continue
		}
		leaf := c.rule(given.Rule, place{where: fmt.Sprintf("path %s of %s", given.Name, p.where), family: FamilyText, table: p.table, subject: p.subject, nested: true})
		if leaf == nil {
			continue
		}
		if leaf.kind == opConstant {
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

// xmlPath is a rule's path.
type xmlPath struct {
	steps []string
	attr  string // "" for text
	names int    // steps that are no wildcards, and the attribute
}

func parseXMLPath(s string) (xmlPath, error) {
	p := xmlPath{steps: strings.Split(strings.Trim(s, "/"), "/")}
	if last := len(p.steps) - 1; strings.HasPrefix(p.steps[last], "@") {
		p.attr, p.steps = p.steps[last][1:], p.steps[:last]
		if p.attr == "" || len(p.steps) == 0 {
			return p, errors.New("names no attribute of an element: write ELEMENT/@NAME")
		}
		p.names++
	}
	for _, step := range p.steps {
		switch {
		case step == "" || strings.ContainsAny(step, "@ \t\n[]<>&"):
			return p, errors.New("is no path of elements: write NAME/NAME or NAME/@ATTRIBUTE, with * for any element and ** for any number")
		case step != "*" && step != "**":
			p.names++
		}
	}
	return p, nil
}

// matches reports whether the steps lead to the element of that stack.
func matches(steps []string, stack [][]byte) bool {
	for i, step := range steps {
		if step == "**" {
			for skip := range len(stack) + 1 {
				if matches(steps[i+1:], stack[skip:]) {
					return true
				}
			}
			return false
		}
		if len(stack) == 0 || step != "*" && step != string(stack[0]) {
			return false
		}
		stack = stack[1:]
	}
	return len(stack) == 0
}

// xmlLeaf is a path and what happens to what it leads to.
type xmlLeaf struct {
	xmlPath
	keep  bool
	drop  bool // null: an empty text
	class pii.Class
	masker
}

type xmlMasker struct{ leaves []xmlLeaf }

// xmlMasker makes the masker of a rule.
func (e emitter) xmlMasker(o *op) masker {
	m := &xmlMasker{}
	for _, p := range o.parts {
		path, _ := parseXMLPath(p.path) // checked by xmlRule
		l := xmlLeaf{xmlPath: path, keep: p.op.kind == opKeep, drop: p.op.kind == opNull, class: p.op.class()}
		if !l.keep && !l.drop {
			l.masker = e.masker(p.op)
		}
		m.leaves = append(m.leaves, l)
	}
	return m
}

// rule is what the paths say of a text (attr is empty) or an attribute of the
// element at the top of the stack; nil if none names it.
func (m *xmlMasker) rule(stack [][]byte, attr []byte) *xmlLeaf {
	var best *xmlLeaf
	for i := range m.leaves {
		l := &m.leaves[i]
		if l.attr == string(attr) && matches(l.steps, stack) && (best == nil || l.names > best.names) {
			best = l
		}
	}
	if best != nil {
		return best
	}
	for i := range m.leaves {
		l := &m.leaves[i]
		if !l.keep || l.attr != "" {
			continue
		}
		for n := len(stack); n > 0; n-- {
			if matches(l.steps, stack[:n]) {
				return l
			}
		}
	}
	return nil
}

// xmlError is a document that can't be read. It holds no content.
type xmlError struct{ offset int64 }

func (e *xmlError) Error() string {
	return fmt.Sprintf("the value is not well-formed XML, or has entities of its own, at byte %d", e.offset)
}

// xmlRewriter is the work on one document.
type xmlRewriter struct {
	*xmlMasker
	row   *row
	doc   []byte
	dst   []byte
	stack [][]byte
	text  []byte // unescaped, of the text at hand
	from  int    // where that begins in doc, -1 if there is none
	upto  int
}

func (m *xmlMasker) replace(r *row, dst, doc []byte) ([]byte, error) {
	w := &xmlRewriter{xmlMasker: m, row: r, doc: doc, dst: dst, from: -1}
	d := xml.NewDecoder(bytes.NewReader(doc))
	// The bytes are in the connection's encoding, UTF-8, whatever the declaration says.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for at := 0; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		end := int(d.InputOffset())
		if err != nil {
			return dst, &xmlError{int64(end)}
		}
		if err := w.token(t, at, end); err != nil {
			return dst, err
		}
		at = end
	}
	if err := w.flush(); err != nil {
		return dst, err
	}
	if len(w.stack) > 0 {
		return dst, &xmlError{int64(len(doc))}
	}
	return w.dst, nil
}

// token handles doc[at:end].
func (w *xmlRewriter) token(t xml.Token, at, end int) error {
	switch t := t.(type) {
	case xml.CharData:
		w.extend(at, end)
		w.text = append(w.text, t...)
	case xml.Comment:
		w.extend(at, end) // goes with the text around it, or stays with it
	case xml.ProcInst:
		if t.Target == "xml" && len(w.stack) == 0 {
			if err := w.flush(); err != nil {
				return err
			}
			w.dst = append(w.dst, w.doc[at:end]...)
			return nil
		}
		w.extend(at, end)
	case xml.Directive: // goes
		return w.flush()
	case xml.StartElement:
		if err := w.flush(); err != nil {
			return err
		}
		return w.start(t, w.doc[at:end])
	case xml.EndElement:
		if err := w.flush(); err != nil {
			return err
		}
		top := len(w.stack) - 1
		if top < 0 || string(w.stack[top]) != joinName(t.Name) {
			return &xmlError{int64(at)}
		}
		w.stack = w.stack[:top]
		w.dst = append(w.dst, w.doc[at:end]...)
	}
	return nil
}

func joinName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (w *xmlRewriter) extend(at, end int) {
	if w.from < 0 {
		w.from, w.text = at, w.text[:0]
	}
	w.upto = end
}

// flush writes the text since the last tag.
func (w *xmlRewriter) flush() error {
	if w.from < 0 {
		return nil
	}
	raw := w.doc[w.from:w.upto]
	w.from = -1
	l := w.rule(w.stack, nil)
	switch {
	case l != nil && l.keep:
		w.dst = append(w.dst, raw...)
		return nil
	case blank(w.text):
		w.dst = appendXML(w.dst, w.text)
		return nil
	}
	return w.value(l, w.text)
}

// value writes what replaces a text or an attribute.
func (w *xmlRewriter) value(l *xmlLeaf, text []byte) error {
	switch {
	case l == nil:
		w.row.suspect(text)
		w.dst = append(w.dst, fake.Redacted...)
		return nil
	case l.drop:
		w.row.suspect(text)
		return nil
	}
	made, err := w.row.mask(l.masker, l.class, nil, text)
	w.dst = appendXML(w.dst, made)
	return err
}

// start writes a start tag with its attributes.
func (w *xmlRewriter) start(t xml.StartElement, tag []byte) error {
	n := 1
	for n < len(tag) && !isXMLSpace(tag[n]) && tag[n] != '/' && tag[n] != '>' {
		n++
	}
	w.stack = append(w.stack, tag[1:n])
	w.dst = append(w.dst, tag[:n]...)
	for _, a := range t.Attr {
		// The decoder has checked the form: NAME = "VALUE".
		name := n
		for isXMLSpace(tag[name]) {
			name++
		}
		eq := name + bytes.IndexByte(tag[name:], '=')
		from := eq + bytes.IndexAny(tag[eq:], `"'`)
		to := from + 1 + bytes.IndexByte(tag[from+1:], tag[from])
		key := bytes.TrimRight(tag[name:eq], " \t\r\n")
		l := w.rule(w.stack, key)
		namespace := string(key) == "xmlns" || bytes.HasPrefix(key, []byte("xmlns:"))
		if l != nil && l.keep || l == nil && namespace || blank([]byte(a.Value)) {
			w.dst = append(w.dst, tag[n:to+1]...)
		} else {
			w.dst = append(w.dst, tag[n:from+1]...)
			if err := w.value(l, []byte(a.Value)); err != nil {
				return err
			}
			w.dst = append(w.dst, tag[from])
		}
		n = to + 1
	}
	w.dst = append(w.dst, tag[n:]...)
	return nil
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// appendXML appends text with what means something in XML escaped, so that it can
// stand between tags and in quotes.
func appendXML(dst, text []byte) []byte {
	for _, c := range text {
		switch c {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		case '\'':
			dst = append(dst, "&apos;"...)
		case '\r':
			dst = append(dst, "&#13;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
