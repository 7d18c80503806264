package scrub

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/value"
	"refresher/internal/verify/canary"
)

// bird is a canary under way.
type bird struct {
	h    *hatchery
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
func (b *bird) put(at int, o *op, place string, exact bool) error {
	col := b.h.column(at)
	n := len(b.row.Plants)
	b.base = place
	text, ok := b.value(at, o, col.Type, col.Mod, place)
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
	return o.kind == opMask && knowable(o.class()) && (o.family == FamilyText || o.family == FamilyNumber || o.family == FamilyInet)
}

// whole takes over how the server prints a value.
func (b *bird) whole(from int, text, printed string) {
	for i := from; i < len(b.row.Plants); i++ {
		if p := &b.row.Plants[i]; p.Text == text {
			p.Text = printed
		}
	}
}

// join writes what another table knows of the row's person.
func (b *bird) join(cp *columnPlan) error {
	n := len(b.row.Plants)
	if err := b.put(cp.at, cp.op, "", true); err != nil {
		return err
	}
	b.row.Plants = b.row.Plants[:n] // it is not written, so nothing can be left of it but in prose
	return nil
}

// fill writes something ordinary into a field that may be kept.
func (b *bird) fill(i int) {
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
func (b *bird) plant(at int, place string, v canary.Value) (string, bool) {
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
// be none. typ is nil within JSON, XML and hstores.
func (b *bird) value(at int, o *op, typ *catalog.Type, mod int32, place string) (string, bool) {
	switch o.kind {
	case opKeep:
		return "", false
	case opArray:
		return b.array(at, o, typ, place)
	case opComposite:
		return b.composite(at, o, place)
	case opRange:
		low, high := b.h.src.Date(), "1999-12-30"
		low.Text = "[" + low.Text + "," + high + ")"
		low.Mode = canary.Sometimes
		if o.typ.Kind == catalog.MultirangeType {
			low.Text = "{" + low.Text + "}"
		}
		return b.plant(at, place, low)
	case opHstore:
		return b.hstore(at, o, place)
	case opJSON:
		return b.json(at, o, place)
	case opXML:
		return b.xml(at, o, place)
	case opText:
		return b.prose(at, o, place)
	}
	v, ok := b.scalar(o, typ, mod)
	if !ok {
		return "", false
	}
	return b.plant(at, place, v)
}

// scalar makes a value for a transform.
func (b *bird) scalar(o *op, typ *catalog.Type, mod int32) (canary.Value, bool) {
	src := b.h.src
	switch o.kind {
	case opNull, opConstant:
		return b.dropped(o, typ, mod)
	case opTemplate:
		return src.Of(cmpClass(o.template.class), o.chars), true
	}
	switch o.family {
	case FamilyText:
		return b.text(o), true
	case FamilyNumber, FamilyFloat:
		return b.number(o, typ, mod), true
	case FamilyDate:
		return src.Date(), true
	case FamilyTimestamp:
		v := src.Date()
		v.Text += fmt.Sprintf(" %02d:%02d:%02d", src.Between(10, 23), src.Between(10, 59), src.Between(10, 59))
		return v, true
	case FamilyInet:
		return src.Of(pii.IP, 0), true
	case FamilyCIDR:
		v := src.Of(pii.IP, 0)
		v.Text = v.Text[:strings.LastIndexByte(v.Text, '.')] + ".0/24"
		v.Mode, v.Parts = canary.Changed, []string{canary.Fold(v.Text)}
		return v, true
	case FamilyUUID:
		return src.UUID(), true
	case FamilyMAC:
		v := src.Of(pii.MAC, 0)
		if typ != nil && typ.Underlying().OID == catalog.Macaddr8OID {
			v.Text = v.Text[:8] + ":ff:fe" + v.Text[8:]
			v.Parts = []string{canary.Fold(v.Text)}
		}
		return v, true
	case FamilyBytea:
		return b.bytea(), true
	case FamilyPoint:
		v := src.Of(pii.Latitude, 0)
		v.Text = "(" + v.Text + "," + src.Of(pii.Longitude, 0).Text + ")"
		return v, true
	}
	return canary.Value{}, false
}

// cmpClass is the class of a name where none is given.
func cmpClass(c pii.Class) pii.Class {
	if c == pii.None || c == "" {
		return pii.FullName
	}
	return c
}

// dropped is a value for a rule that leaves nothing of it.
func (b *bird) dropped(o *op, typ *catalog.Type, mod int32) (canary.Value, bool) {
	if typ == nil || familyOf(typ) == FamilyText {
		return b.h.src.Of(pii.FullName, o.chars), true
	}
	if familyOf(typ) == FamilyBytea {
		return b.bytea(), true
	}
	text, ok := b.sample(typ, mod)
	v := canary.Value{Text: text, Class: pii.None, Mode: canary.Changed, Parts: []string{canary.Fold(text)}}
	if o.kind == opConstant {
		v.Mode = canary.Sometimes // the constant may be the same, of a type with few values
		if t := typ.Underlying(); t.Kind == catalog.EnumType && len(t.Labels) < 2 {
			return v, false
		}
	}
	return v, ok
}

// bytea is text in bytes.
func (b *bird) bytea() canary.Value {
	v := b.h.src.Of(pii.FullName, 0)
	first, last, _ := strings.Cut(v.Text, " ")
	v.Parts = []string{hex.EncodeToString([]byte(first)), hex.EncodeToString([]byte(last))}
	v.Text = `\x` + hex.EncodeToString([]byte(v.Text))
	return v
}

// changed is a value of which parts may stay.
func changed(v canary.Value) canary.Value {
	v.Mode = max(v.Mode, canary.Changed)
	return v
}

// text makes a text for a transform.
func (b *bird) text(o *op) canary.Value {
	src := b.h.src
	digits := func(n int) canary.Value {
		if o.chars > 0 {
			n = min(n, o.chars)
		}
		d := src.Digits(n)
		return canary.Value{Text: d, Class: pii.None, Mode: canary.Sometimes, Parts: []string{d}}
	}
	switch o.def.Name {
	case "date_shift", "date_truncate":
		return src.Date()
	case "time_shift":
		v := src.Date()
		v.Text += fmt.Sprintf(" %02d:%02d:%02d", src.Between(10, 23), src.Between(10, 59), src.Between(10, 59))
		return v
	case "age_bucket":
		return age(src)
	case "number_noise", "number_bucket":
		return digits(6)
	case "geo_noise":
		return src.Of(pii.Latitude, o.chars)
	case "digits":
		n := 12
		if o.chars > 0 {
			n = min(n, o.chars)
		}
		v := digits(n)
		if o.chars == 0 || o.chars >= 15 {
			v.Text = "KZ-" + v.Text
		}
		return v
	case "fpe":
		n := 12
		if o.chars > 0 {
			n = min(n, o.chars)
		}
		a, err := newAlphabet(o.dom.arg("alphabet"))
		if err != nil {
			return digits(n)
		}
		v := canary.Value{Text: src.Letters(string(a.runes), n), Class: pii.None, Mode: canary.Sometimes}
		v.Parts = []string{canary.Fold(v.Text)}
		return v
	case "mask":
		return changed(src.Of(pii.FullName, o.chars))
	case "regex_replace":
		return b.matching(o)
	case "uuid":
		return src.UUID()
	}
	return src.Of(cmpClass(o.def.Class), o.chars)
}

func age(src *canary.Source) canary.Value {
	a := []string{"37", "41", "43", "47", "53"}[src.Between(0, 4)]
	return canary.Value{Text: a, Class: pii.None, Mode: canary.Sometimes, Parts: []string{a}}
}

// matching is a value in which a pattern finds something: of the classes that
// patterns are written for, the first that fits.
func (b *bird) matching(o *op) canary.Value {
	src := b.h.src
	name := changed(src.Of(pii.FullName, o.chars))
	re, err := regexp.Compile(o.dom.arg("pattern"))
	if err != nil {
		return name
	}
	for _, v := range []canary.Value{name, src.Of(pii.Email, o.chars), src.Of(pii.Phone, o.chars), src.Of(pii.NationalID, o.chars), src.Of(pii.CreditCard, o.chars),
		src.Of(pii.URL, o.chars), src.Of(pii.IP, o.chars), src.UUID(), src.Date(), {Text: "KZ-" + src.Digits(4) + "-" + src.Digits(4)}, src.Prose()} {
		if fits := o.chars == 0 || len(v.Text) <= o.chars; fits && re.MatchString(v.Text) {
			v.Parts = []string{canary.Fold(v.Text)}
			return changed(v)
		}
	}
	return name
}

// number makes a number for a transform.
func (b *bird) number(o *op, typ *catalog.Type, mod int32) canary.Value {
	src := b.h.src
	room, whole := 9, false
	if o.family == FamilyNumber && typ != nil {
		room, whole = min(maxDigits(typ, mod), 18), isWhole(typ)
	}
	want := 9
	switch o.def.Name {
	case "age_bucket":
		return age(src)
	case "latitude", "longitude", "geo_noise":
		v := src.Of(pii.Latitude, 0)
		if whole {
			v.Text, _, _ = strings.Cut(v.Text, ".")
		}
		return v
	case "number_noise", "number_bucket":
		want = 6
	case "phone":
		want = 10
	case "credit_card":
		want = 16
	}
	d := src.Digits(max(1, min(want, room)))
	v := canary.Value{Text: d, Class: o.def.Class, Mode: canary.Sometimes, Parts: []string{d}}
	if len(d) >= 9 && o.family == FamilyNumber && o.def.Class != pii.None {
		v.Mode = canary.Nothing
	}
	return v
}

func (b *bird) array(at int, o *op, typ *catalog.Type, place string) (string, bool) {
	t := typ.Underlying()
	mod := int32(-1)
	var elems []string
	for range 2 {
		s, ok := b.value(at, o.elem, t.Elem, mod, inside(place, "an element"))
		if !ok {
			return "", false
		}
		elems = append(elems, arrayQuote(s))
	}
	return "{" + strings.Join(elems, ",") + "}", true
}

func (b *bird) composite(at int, o *op, place string) (string, bool) {
	var fields []string
	any := false
	for _, f := range o.typ.Fields {
		i := slices.IndexFunc(o.parts, func(p part) bool { return p.path == f.Name })
		s, ok := b.value(at, o.parts[i].op, f.Type, f.Mod, inside(place, "field "+f.Name))
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
func (b *bird) prose(at int, o *op, place string) (string, bool) {
	src := b.h.src
	text := ""
	add := func(before, where string, v canary.Value) {
		more := before + v.Text
		if n := len([]rune(text + more + ".")); o.chars > 0 && n > o.chars || v.Mode != canary.Nothing {
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
