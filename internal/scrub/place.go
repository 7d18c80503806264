package scrub

import (
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// spot is the place that a rule is for, and the table it is in.
type spot struct {
	transform.Place
	called  string // the name of the column, or the last one of a path within it
	table   *catalog.Table
	subject *subject // of the table, nil if it has none
}

// within is a place inside the values of this one; t is nil in JSON and XML.
func (p spot) within(what string, t *catalog.Type, mod int32) spot {
	if i := strings.LastIndexAny(what, " ./@]"); i >= 0 && t == nil || t == textType {
		p.called = what[i+1:]
	}
	family := transform.FamilyText
	if t != nil {
		family = transform.FamilyOf(t)
	}
	return spot{transform.Place{Where: what + " of " + p.Where, Type: t, Mod: mod, Family: family, Nested: true}, p.called, p.table, p.subject}
}

// whatIs says what the values of a place are before the rule replaces them: the class of
// the transform, that which the rule declares, or that which the name of the place speaks
// for; by their shape where nothing says it.
func whatIs(def *transform.Definition, r *rules.Rule, p spot) *transform.What {
	text := p.Family == transform.FamilyText || p.Family == transform.FamilyJSON || p.Family == transform.FamilyXML ||
		p.Family == transform.FamilyArray || p.Family == transform.FamilyOther
	switch {
	case r.Class == pii.None:
		return &transform.What{Class: pii.None}
	case r.Class != "":
		return &transform.What{Class: r.Class, Made: r.Class == def.Class}
	case def.Kind == transform.KindText:
		return &transform.What{Class: pii.FreeText}
	case def.Class != pii.None && def.Class != pii.FreeText:
		return &transform.What{Class: def.Class, Made: true}
	}
	w := &transform.What{Class: pii.None, Shape: text, Numbers: text}
	if named := suggested(p.called); text && named != nil && named.Class.Direct() {
		w.Class = named.Class
	}
	return w
}

// notPersonal is what is masked by the rules within it.
var notPersonal = &transform.What{Class: pii.None}

func byShape() *transform.What { return &transform.What{Class: pii.None, Shape: true} }
