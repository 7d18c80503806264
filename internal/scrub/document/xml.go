package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// XML is a compiled set of XML paths. It never changes and is safe for concurrent
// use. The names of elements and attributes that no path names are data, as keys of
// JSON are: they stay only within a kept element.
type XML struct{ rules []XMLRule }

// XMLRule is what a path of an XML document asks for.
type XMLRule struct {
	Path   XMLPath
	Action int // the caller's own number ≥ 0, or Keep
}

// XMLPath is the names of elements from the root down: * stands for one element,
// ** for any number of them.
type XMLPath struct {
	Steps []string
	Attr  string // the attribute's name, "" for the text of the element
	names int    // how many steps, the attribute included, are no wildcards
}

// ParseXMLPath reads a path such as order/note, order/customer/@mail or **/id.
func ParseXMLPath(s string) (XMLPath, error) {
	p := XMLPath{Steps: strings.Split(strings.Trim(s, "/"), "/")}
	if last := len(p.Steps) - 1; strings.HasPrefix(p.Steps[last], "@") {
		p.Attr, p.Steps = p.Steps[last][1:], p.Steps[:last]
		if p.Attr == "" || len(p.Steps) == 0 {
			return p, errors.New("names no attribute of an element: write ELEMENT/@NAME")
		}
		p.names++
	}
	for _, step := range p.Steps {
		switch {
		case step == "" || strings.ContainsAny(step, "@ \t\n[]<>&"):
			return p, errors.New("is no path of elements: write NAME/NAME or NAME/@ATTRIBUTE, " +
				"with * for any element and ** for any number")
		case step != "*" && step != "**":
			p.names++
		}
	}
	return p, nil
}

// NewXML makes a set of paths. Where several match, the one with most names
// decides, then the first.
func NewXML(list []XMLRule) *XML { return &XML{list} }

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

// action is what the paths say of a text (attr is empty) or an attribute of the
// element at the top of the stack. What is in an element whose text is kept is
// kept too, unless a path names it.
func (x *XML) action(stack [][]byte, attr []byte) int {
	best, most := Unlisted, -1
	for _, r := range x.rules {
		if r.Path.Attr == string(attr) && r.Path.names > most && matches(r.Path.Steps, stack) {
			best, most = r.Action, r.Path.names
		}
	}
	if most >= 0 {
		return best
	}
	if x.kept(stack) {
		return Keep
	}
	return Unlisted
}

// element reports whether the name of the element at the top of the stack stays: a
// path names it, or it is within a kept element.
func (x *XML) element(stack [][]byte) bool {
	top := len(stack) - 1
	for _, r := range x.rules {
		for i, step := range r.Path.Steps {
			if step != "*" && step != "**" && step == string(stack[top]) && matches(r.Path.Steps[:i], stack[:top]) {
				return true
			}
		}
	}
	return x.kept(stack[:top])
}

// attribute reports whether the name of an attribute of that element stays.
func (x *XML) attribute(stack [][]byte, name []byte) bool {
	for _, r := range x.rules {
		if r.Path.Attr == string(name) && matches(r.Path.Steps, stack) {
			return true
		}
	}
	return x.kept(stack)
}

// kept reports whether an element is kept with all within it.
func (x *XML) kept(stack [][]byte) bool {
	for _, r := range x.rules {
		for n := len(stack); n >= 0 && r.Action == Keep && r.Path.Attr == ""; n-- {
			if matches(r.Path.Steps, stack[:n]) {
				return true
			}
		}
	}
	return false
}

// XMLError is a document that can't be read. It holds no content.
type XMLError struct {
	Offset int // where, in bytes from the start
}

func (e *XMLError) Error() string {
	return fmt.Sprintf("the value is not well-formed XML, or has entities of its own, at byte %d", e.Offset)
}

// XMLApply appends the text, not escaped, that replaces the text of an element or
// an attribute. action is the rule's, or Unlisted.
type XMLApply func(dst []byte, action int, text []byte) ([]byte, error)

// Rewrite appends doc, scrubbed, to dst. An error of apply is returned as it is; a
// document that is not XML is an *XMLError.
func (x *XML) Rewrite(dst, doc []byte, keys Keys, apply XMLApply) ([]byte, error) {
	w := &xmlRewriter{XML: x, keys: keys, apply: apply, doc: doc, dst: dst, from: -1}
	d := xml.NewDecoder(bytes.NewReader(doc))
	// The bytes are in the connection's encoding, UTF-8, also if the declaration names another.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for at := 0; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		end := int(d.InputOffset())
		if err != nil {
			return dst, &XMLError{end}
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
		return dst, &XMLError{len(doc)}
	}
	return w.dst, nil
}

// xmlRewriter is the work on one document.
type xmlRewriter struct {
	*XML
	keys  Keys
	apply XMLApply
	doc   []byte
	dst   []byte
	made  []byte
	stack [][]byte
	names [][]byte // of the stack's elements as they are written, nil for those that stay
	text  []byte   // unescaped, of the text at hand
	from  int      // where that begins in doc, -1 if there is none
	upto  int
}

// token handles doc[at:end].
func (w *xmlRewriter) token(t xml.Token, at, end int) error {
	switch t := t.(type) {
	case xml.CharData:
		w.extend(at, end)
		w.text = append(w.text, t...)
		return nil
	case xml.ProcInst:
		if t.Target != "xml" || len(w.stack) > 0 {
			w.extend(at, end)
			return nil
		}
	case xml.Comment:
		w.extend(at, end) // goes with the text around it, or stays with it
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	switch t := t.(type) {
	case xml.Directive:
		return nil // a document type is left out
	case xml.StartElement:
		return w.start(t, w.doc[at:end])
	case xml.EndElement:
		top := len(w.stack) - 1
		if top < 0 || string(w.stack[top]) != joinName(t.Name) {
			return &XMLError{at}
		}
		name := w.names[top]
		w.stack, w.names = w.stack[:top], w.names[:top]
		if name != nil {
			if at < end { // an empty element is closed by its own tag
				w.dst = append(append(append(w.dst, "</"...), name...), '>')
			}
			return nil
		}
	}
	w.dst = append(w.dst, w.doc[at:end]...)
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
	action := w.action(w.stack, nil)
	switch {
	case action == Keep:
		w.dst = append(w.dst, raw...)
		return nil
	case blank(w.text):
		w.dst = appendXML(w.dst, w.text)
		return nil
	}
	return w.replace(action, w.text)
}

func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// replace writes what replaces a text or an attribute.
func (w *xmlRewriter) replace(action int, text []byte) (err error) {
	w.made, err = w.apply(w.made[:0], action, text)
	w.dst = appendXML(w.dst, w.made)
	return err
}

// start writes a start tag with its attributes.
func (w *xmlRewriter) start(t xml.StartElement, tag []byte) error {
	n := 1
	for n < len(tag) && !isXMLSpace(tag[n]) && tag[n] != '/' && tag[n] != '>' {
		n++
	}
	w.stack = append(w.stack, tag[1:n])
	var name []byte
	if !w.keys.Keep && w.keys.Alias != nil && !w.element(w.stack) {
		name = w.keys.Alias(nil, "element", tag[1:n])
		w.dst = append(append(w.dst, '<'), name...)
	} else {
		w.dst = append(w.dst, tag[:n]...)
	}
	w.names = append(w.names, name)
	for _, a := range t.Attr {
		// The decoder has checked the form: NAME = "VALUE".
		at := n
		for isXMLSpace(tag[at]) {
			at++
		}
		eq := at + bytes.IndexByte(tag[at:], '=')
		from := eq + bytes.IndexAny(tag[eq:], `"'`)
		to := from + 1 + bytes.IndexByte(tag[from+1:], tag[from])
		key := bytes.TrimRight(tag[at:eq], " \t\r\n")
		action := w.action(w.stack, key)
		namespace := string(key) == "xmlns" || bytes.HasPrefix(key, []byte("xmlns:"))
		if !namespace && !w.keys.Keep && w.keys.Alias != nil && !w.attribute(w.stack, key) {
			w.dst = append(w.dst, tag[n:at]...)
			w.dst = w.keys.Alias(w.dst, "attribute", key)
			n = at + len(key)
		}
		if action == Keep || action == Unlisted && namespace || blank([]byte(a.Value)) {
			w.dst = append(w.dst, tag[n:to+1]...)
		} else {
			w.dst = append(w.dst, tag[n:from+1]...)
			if err := w.replace(action, []byte(a.Value)); err != nil {
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
