package scrub

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/transform"
	"refresher/internal/verify/canary"
)

// canaryRow is a canary under way.
type canaryRow struct {
	h    *rehearsal
	row  *canary.Row
	base string  // place of a whole value of the column at hand
	own  []owned // what prose of the row must not name
}

// owned is an identifier of the row, by the name of its column.
type owned struct {
	column string
	canary.Value
}

// put writes a canary into a masked column. exact says that its rule is the one
// that will count.
func (b *canaryRow) put(at int, o *op, place string, exact bool) error {
	col := b.h.column(at)
	n := len(b.row.Plants)
	b.base = place
	text, ok := b.value(at, o, place)
	if ok {
		codec := value.For(col.Type, b.h.plan.Format)
		if ok = codec != nil; ok {
			// As the server would print it, or not at all: 52.50 is 52.5.
			wire, err := codec.AppendWire(nil, []byte(text))
			if ok = err == nil; ok {
				back, err := codec.AppendText(nil, wire)
				if err != nil {
					return err
				}
				b.whole(n, text, string(back))
				text = string(back)
			}
		}
	}
	if !ok {
		b.row.Plants = b.row.Plants[:n]
		return nil
	}
	b.row.Fields[at] = &text
	for i := n; i < len(b.row.Plants); i++ {
		p := &b.row.Plants[i]
		if !exact {
			p.Mode = max(p.Mode, canary.Changed)
		} else if place == "" && !p.Inside && p.Mode == canary.Nothing && o.toldInProse() {
			b.own = append(b.own, owned{"the row's " + col.Name, p.Value})
		}
	}
	return nil
}

// toldInProse reports whether free text of the row is searched for a rule's values.
func (o *op) toldInProse() bool {
	return o.kind == transform.KindMask && knowable(o.class()) &&
		(o.Family == transform.FamilyText || o.Family == transform.FamilyNumber || o.Family == transform.FamilyInet)
}

// whole takes over how the server prints a value.
func (b *canaryRow) whole(from int, text, printed string) {
	for i := from; i < len(b.row.Plants); i++ {
		if p := &b.row.Plants[i]; p.Text == text {
			p.Text = printed
		}
	}
}

// join writes what another table knows of the row's person.
func (b *canaryRow) join(cp *columnPlan) error {
	n := len(b.row.Plants)
	if err := b.put(cp.at, cp.op, "", true); err != nil {
		return err
	}
	b.row.Plants = b.row.Plants[:n] // it is not written, so nothing can be left of it but in prose
	return nil
}

// fill writes something ordinary into a field that may be kept.
func (b *canaryRow) fill(i int) {
	col := b.h.column(i)
	text, ok := b.sample(col.Type, col.Mod)
	if !ok {
		return
	}
	if codec := value.For(col.Type, b.h.plan.Format); codec != nil {
		if _, err := codec.AppendWire(nil, []byte(text)); err == nil {
			b.row.Fields[i] = &text
		}
	}
}

// plant notes a value of the column, and returns its text. One that is too short
// to be told from what is around it is there, and not looked for.
func (b *canaryRow) plant(at int, place string, v canary.Value) (string, bool) {
	inside := place != b.base
	if !inside || v.Mode == canary.Nothing || len(canary.Fold(v.Text)) >= canary.Within {
		b.row.Plants = append(b.row.Plants, canary.Plant{Column: at, Place: place, Inside: inside, Value: v})
	}
	return v.Text, true
}

// inside names a place within another.
func inside(place, what string) string {
	if place == "" {
		return what
	}
	return place + ", " + what
}

// value is the canonical text of a canary that a rule masks; false if there can
// be none.
func (b *canaryRow) value(at int, o *op, place string) (string, bool) {
	switch o.kind {
	case transform.KindKeep:
		return "", false
	case transform.KindArray:
		return b.array(at, o, place)
	case transform.KindComposite:
		return b.composite(at, o, place)
	case transform.KindRange:
		low, high := b.h.src.Date(), "1999-12-30"
		low.Text = "[" + low.Text + "," + high + ")"
		low.Mode = canary.Sometimes
		if o.Type.Underlying().Kind == catalog.MultirangeType {
			low.Text = "{" + low.Text + "}"
		}
		return b.plant(at, place, low)
	case transform.KindHstore:
		return b.hstore(at, o, place)
	case transform.KindJSON:
		return b.json(at, o, place)
	case transform.KindXML:
		return b.xml(at, o, place)
	case transform.KindText:
		return b.prose(at, o, place)
	}
	v, ok := b.scalar(o)
	if !ok {
		return "", false
	}
	return b.plant(at, place, v)
}

// scalar makes a value for a transform.
func (b *canaryRow) scalar(o *op) (canary.Value, bool) {
	switch o.kind {
	case transform.KindNull, transform.KindConstant:
		return b.dropped(o)
	case transform.KindTemplate:
		return b.h.src.Of(cmp.Or(o.template.Class, pii.FullName), o.Chars()), true
	}
	return o.def.NewCanary(b.h.src, o.Place, o.dom.Arguments())
}

// dropped is a value for a rule that leaves nothing of it.
func (b *canaryRow) dropped(o *op) (canary.Value, bool) {
	if o.Type == nil || o.Family == transform.FamilyText {
		return b.h.src.Of(pii.FullName, o.Chars()), true
	}
	if o.Family == transform.FamilyBytea {
		return transform.CanaryBytes(b.h.src), true
	}
	text, ok := b.sample(o.Type, o.Mod)
	v := canary.Value{Text: text, Class: pii.None, Mode: canary.Changed, Parts: []string{canary.Fold(text)}}
	if o.kind == transform.KindConstant {
		v.Mode = canary.Sometimes // the constant may be the same, of a type with few values
		if t := o.Type.Underlying(); t.Kind == catalog.EnumType && len(t.Labels) < 2 {
			return v, false
		}
	}
	return v, ok
}

func (b *canaryRow) array(at int, o *op, place string) (string, bool) {
	var elems []string
	for range 2 {
		s, ok := b.value(at, o.elem, inside(place, "an element"))
		if !ok {
			return "", false
		}
		elems = append(elems, arrayQuote(s))
	}
	return "{" + strings.Join(elems, ",") + "}", true
}

func (b *canaryRow) composite(at int, o *op, place string) (string, bool) {
	var fields []string
	any := false
	for _, f := range o.Type.Underlying().Fields {
		i := slices.IndexFunc(o.parts, func(p part) bool { return p.path == f.Name })
		s, ok := b.value(at, o.parts[i].op, inside(place, "field "+f.Name))
		any = any || ok
		if ok {
			s = recordQuote(s)
		}
		fields = append(fields, s)
	}
	return "(" + strings.Join(fields, ",") + ")", any
}

// prose is a text that names whoever is in the row, and somebody else by what has
// a shape of its own. It is as long as the column allows.
func (b *canaryRow) prose(at int, o *op, place string) (string, bool) {
	src := b.h.src
	text := ""
	add := func(before, where string, v canary.Value) {
		more := before + v.Text
		if n := len([]rune(text + more + ".")); o.Chars() > 0 && n > o.Chars() || v.Mode != canary.Nothing {
			return
		}
		text += more
		b.plant(at, inside(place, where), v)
	}
	add("Write to ", "an e-mail address", src.Of(pii.Email, 0))
	add(" or call ", "a phone number", src.Of(pii.Phone, 0))
	for _, v := range b.own {
		add("; ask ", v.column, v.Value)
	}
	add("; card ", "a card number", src.Of(pii.CreditCard, 0))
	add("; account ", "an IBAN", src.Of(pii.IBAN, 0))
	if text == "" { // too narrow for any of them
		return "", false
	}
	return text + ".", true
}

// sample is an ordinary value of a type, false if none is known.
func (b *canaryRow) sample(t *catalog.Type, mod int32) (string, bool) {
	src := b.h.src
	for t.Kind == catalog.DomainType {
		if mod < 0 {
			mod = t.BaseMod
		}
		t = t.Base
	}
	switch t.Kind {
	case catalog.EnumType:
		if len(t.Labels) == 0 {
			return "", false
		}
		return t.Labels[b.h.turn%len(t.Labels)], true
	case catalog.ArrayType:
		elem, ok := b.sample(t.Elem, mod)
		return "{" + arrayQuote(elem) + "}", ok
	case catalog.CompositeType:
		var fields []string
		for _, f := range t.Fields {
			s, ok := b.sample(f.Type, f.Mod)
			if ok {
				s = recordQuote(s)
			}
			fields = append(fields, s)
		}
		return "(" + strings.Join(fields, ",") + ")", true
	}
	switch transform.FamilyOf(t) {
	case transform.FamilyText:
		n := 12
		if limit := transform.MaxChars(t, mod); limit > 0 {
			n = min(n, limit)
		}
		return src.Letters("bcdfghlmnpqrstvx", n), true
	case transform.FamilyNumber:
		return src.Digits(max(1, min(6, transform.MaxDigits(t, mod)))), true
	case transform.FamilyFloat:
		return src.Digits(5), true
	case transform.FamilyDate:
		return fmt.Sprintf("20%d-0%d-1%d", src.Between(10, 19), src.Between(1, 9), src.Between(0, 9)), true
	case transform.FamilyTimestamp:
		return fmt.Sprintf("20%d-0%d-1%d 12:%d:%d", src.Between(10, 19), src.Between(1, 9), src.Between(0, 9),
			src.Between(10, 59), src.Between(10, 59)), true
	case transform.FamilyInet:
		return src.Of(pii.IP, 0).Text, true
	case transform.FamilyUUID:
		return src.UUID().Text, true
	case transform.FamilyMAC:
		v := src.Of(pii.MAC, 0).Text
		if t.OID == catalog.Macaddr8OID {
			v = v[:8] + ":ff:fe" + v[8:]
		}
		return v, true
	case transform.FamilyBytea:
		return `\x` + src.Letters("0123456789abcdef", 16), true
	case transform.FamilyJSON:
		return `{"` + src.Letters("bcdfgh", 6) + `": ` + src.Digits(5) + `}`, true
	case transform.FamilyXML:
		return "<a>" + src.Digits(5) + "</a>", true
	case transform.FamilyPoint:
		return "(" + src.Digits(3) + "," + src.Digits(3) + ")", true
	}
	if t.OID == catalog.BoolOID {
		return []string{"t", "f"}[b.h.turn%2], true
	}
	return "", false
}

// arrayQuote is an element of an array as text.
func arrayQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// recordQuote is a field of a composite as text.
func recordQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `""`).Replace(s) + `"`
}
