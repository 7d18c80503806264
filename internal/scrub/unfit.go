package scrub

import (
	"unicode/utf8"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// unfit is a refusal of the value at hand, which its rule can't take, with the rules that
// can; err says what is wrong with it.
func (w *Writer) unfit(err error) error {
	c := w.busy
	var text string
	switch takes := w.taking(c); {
	case c.op == nil:
		text = "give the column another rule"
	case len(takes) > 0:
		text = "a rule that takes it: " + transform.List(takes)
	case c.op.kind == transform.KindJSON:
		text = "write invalid: redact beside json"
	case c.op.NotNull:
		text = "a rule that takes any value: constant"
	default:
		text = "a rule that takes any value: null or constant"
	}
	r := fault.Refuse("values", "%s", err)
	r.Problems = []fault.Problem{{Table: w.plan.Table.Name.String(), Column: c.name, Text: text}}
	return r
}

// taking are rules that take the value at hand, as they are written. It tries them.
func (w *Writer) taking(c *boundCell) []string {
	o := c.op
	if o == nil || o.kind != transform.KindMask || w.row.Raw == nil {
		return nil
	}
	text := w.row.Raw.Field(c.at)
	if codec := value.For(o.Type, w.plan.Format); codec != nil && !wireIsText(o.Type, w.plan.Format) {
		var err error
		if text, err = codec.AppendText(nil, text); err != nil {
			return nil
		}
	}
	class := o.class()
	if class == pii.None {
		class = o.what.Class
	}
	tries := transform.ForUnique(class, o.Family)
	if !o.strict {
		tries = transform.ForAny(class, o.Family)
	}
	var list []string
	for _, try := range tries {
		if try.Def != o.def && len(list) < maxAdvice && w.takes(try, o, text) {
			list = append(list, try.String())
		}
	}
	if !o.NotNull {
		list = append(list, "null")
	}
	return list
}

// takes reports whether a rule makes something of a text that the column has room for.
func (w *Writer) takes(try transform.Candidate, o *op, text []byte) bool {
	a := try.Args()
	d := &transform.Domain{Name: try.Def.DefaultDomain(a), Def: try.Def, Args: a, Uses: []transform.Use{o.Use(rules.Pos{})}}
	if try.Def.Check != nil && try.Def.Check(a, o.Place) != nil {
		return false
	}
	masks, err := try.Def.Build(d)
	if err != nil {
		return false
	}
	m := masks.Of(o.Family)
	if o.strict {
		if try.Def.Bits(d, o.Family) == 0 {
			return false
		}
		if try.Def.Strict != nil {
			m = try.Def.Strict(m)
		}
	}
	r := transform.Row{PRF: w.row.PRF, Detector: w.row.Detector}
	out, err := m.Replace(&r, nil, text)
	return err == nil && !normal.Blank(out) && (o.Chars() == 0 || utf8.RuneCount(out) <= o.Chars())
}
