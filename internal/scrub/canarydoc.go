package scrub

import (
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/document"
	"refresher/internal/scrub/transform"
)

// hstore has a pair for each key of the rules, and one that they don't name.
func (b *canaryRow) hstore(at int, o *op, place string) (string, bool) {
	var dst []byte
	any, wild := false, false
	for _, p := range o.parts {
		key := p.path
		if key == "*" {
			key, wild = "kestrel", true
		}
		if v, ok := b.value(at, p.op, inside(place, "key "+p.path)); ok {
			dst, any = value.AppendPair(dst, 0, []byte(key), []byte(v)), true
		}
	}
	if !wild {
		key, _ := b.plant(at, inside(place, "a key that no rule names"), b.h.src.Of(pii.Email, 0))
		name, _ := b.plant(at, inside(place, "the value of a key that no rule names"), b.h.src.Of(pii.FullName, 0))
		dst, any = value.AppendPair(dst, 0, []byte(key), []byte(name)), true
	}
	return string(dst), any
}

// node is a place in a JSON or XML document under way.
type node struct {
	name  string
	kids  []*node // members, or elements
	items []*node // elements of an array, by their number; nil is null
	attrs [][2]string
	token string // of a scalar
}

func (n *node) child(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	k := &node{name: name}
	n.kids = append(n.kids, k)
	return k
}

func (n *node) item(i int) *node {
	for len(n.items) <= i {
		n.items = append(n.items, nil)
	}
	if n.items[i] == nil {
		n.items[i] = &node{}
	}
	return n.items[i]
}

// json is a document with a value at each path of the rules, and a key and a
// value that they don't name.
func (b *canaryRow) json(at int, o *op, place string) (string, bool) {
	root := &node{}
	wild := false
	for _, p := range o.parts {
		steps, err := document.Sample(p.path)
		if err != nil || p.op.kind == transform.KindKeep {
			wild = wild || open(p.path)
			continue
		}
		wild = wild || open(p.path)
		n := root
		for _, s := range steps {
			if s.IsIndex {
				n = n.item(s.Index)
			} else {
				n = n.child(s.Key)
			}
		}
		if v, ok := b.value(at, p.op, inside(place, "path "+p.path)); ok {
			n.token = string(document.AppendString(nil, []byte(v)))
			if b.h.turn%2 == 0 && p.op.kind == transform.KindMask && p.op.def.Serves(transform.FamilyNumber) &&
				document.IsNumber([]byte(v)) {
				n.token = v
			}
		}
	}
	if !wild && len(root.items) == 0 && root.token == "" {
		key, _ := b.plant(at, inside(place, "a key that no path names"), b.h.src.Of(pii.Email, 0))
		value, _ := b.plant(at, inside(place, "the value of a key that no path names"), b.h.src.Of(pii.FullName, 0))
		root.child(key).token = string(document.AppendString(nil, []byte(value)))
	}
	var s strings.Builder
	root.writeJSON(&s)
	return s.String(), true
}

// open reports whether a path can lead to any key of the root.
func open(path string) bool {
	return path == "" || strings.HasPrefix(path, "*") || strings.HasPrefix(path, "[")
}

func (n *node) writeJSON(s *strings.Builder) {
	switch {
	case n == nil:
		s.WriteString("null")
	case len(n.kids) > 0:
		s.WriteByte('{')
		for i, k := range n.kids {
			if i > 0 {
				s.WriteString(", ")
			}
			s.Write(document.AppendString(nil, []byte(k.name)))
			s.WriteString(": ")
			k.writeJSON(s)
		}
		s.WriteByte('}')
	case len(n.items) > 0:
		s.WriteByte('[')
		for i, k := range n.items {
			if i > 0 {
				s.WriteString(", ")
			}
			k.writeJSON(s)
		}
		s.WriteByte(']')
	case n.token != "":
		s.WriteString(n.token)
	default:
		s.WriteString("null")
	}
}

var xmlEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// xml is a document with a text or attribute at each path of the rules, and an
// element that they don't name.
func (b *canaryRow) xml(at int, o *op, place string) (string, bool) {
	root := &node{}
	wild := false
	for _, p := range o.parts {
		path, err := document.ParseXMLPath(p.path)
		wild = wild || strings.HasPrefix(p.path, "*")
		if err != nil || p.op.kind == transform.KindKeep {
			continue
		}
		n := root
		for _, step := range path.Steps {
			switch step {
			case "*", "**":
				step = "kestrel"
			}
			n = n.child(step)
		}
		v, ok := b.value(at, p.op, inside(place, "path "+p.path))
		switch {
		case !ok:
		case path.Attr != "":
			n.attrs = append(n.attrs, [2]string{path.Attr, v})
		default:
			n.token = v
		}
	}
	if !wild {
		n := root.child("unnamed")
		n.token, _ = b.plant(at, inside(place, "an element that no path names"), b.h.src.Of(pii.FullName, 0))
		v, _ := b.plant(at, inside(place, "an attribute that no path names"), b.h.src.Of(pii.Email, 0))
		n.attrs = append(n.attrs, [2]string{"by", v})
	}
	var s strings.Builder
	for _, k := range root.kids {
		k.writeXML(&s)
	}
	return s.String(), len(root.kids) > 0
}

func (n *node) writeXML(s *strings.Builder) {
	s.WriteString("<" + n.name)
	for _, a := range n.attrs {
		s.WriteString(" " + a[0] + `="` + xmlEscape.Replace(a[1]) + `"`)
	}
	s.WriteString(">" + xmlEscape.Replace(n.token))
	for _, k := range n.kids {
		k.writeXML(s)
	}
	s.WriteString("</" + n.name + ">")
}
