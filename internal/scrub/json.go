package scrub

import (
	"refresher/internal/catalog"
	"refresher/internal/pgcopy"
	"refresher/internal/pii"
	"refresher/internal/scrub/jsonscrub"
)

func jsonDef() Definition {
	return Definition{
		Name: "json", Class: pii.None, Families: []Family{FamilyJSON, FamilyText},
		Doc:     "A rule for each path of a JSON document; what no path names is redacted. Written {json: {PATH: rule}}.",
		Example: Example{Rule: "{json: {contact.email: email, plan: keep, \"tags[*]\": keep}}", Value: `{"contact": {"email": "jane@mail.test"}, "plan": "pro", "note": "x"}`},
	}
}

// leafRule is what happens to the values at one path.
type leafRule struct {
	op     *op
	token  []byte // constant and null
	text   masker
	number masker // nil: a number becomes a string
}

// jsonCell rewrites documents in json, jsonb and text columns.
func jsonCell(paths *jsonscrub.Paths, leaves []leafRule, t *catalog.Type, f pgcopy.Format) makeCell {
	versioned := f == pgcopy.Binary && t.Underlying().OID == catalog.JSONBOID
	text := familyOf(t) == FamilyText
	return func(r *row) cell {
		rewriter := paths.Rewriter()
		apply := func(dst []byte, action int, leaf *jsonscrub.Leaf) ([]byte, error) {
			if action == jsonscrub.Unlisted {
				if leaf.Kind == jsonscrub.String {
					r.suspect(leaf.Text)
				}
				return jsonscrub.AppendRedacted(dst, leaf.Kind), nil
			}
			return leaves[action].apply(r, dst, leaf)
		}
		return func(dst, wire []byte) ([]byte, error) {
			if versioned { // jsonb_send: a version byte, then text
				if len(wire) == 0 || wire[0] != 1 {
					return dst, errBadWire
				}
				dst, wire = append(dst, 1), wire[1:]
			}
			if text && blank(wire) {
				return append(dst, wire...), nil
			}
			return rewriter.Rewrite(dst, wire, apply)
		}
	}
}

func (l *leafRule) apply(r *row, dst []byte, leaf *jsonscrub.Leaf) ([]byte, error) {
	if leaf.Kind == jsonscrub.Null {
		return append(dst, leaf.Raw...), nil
	}
	if l.token != nil {
		if leaf.Kind != jsonscrub.Number && leaf.Kind != jsonscrub.Bool {
			r.suspect(leaf.Text)
		}
		return append(dst, l.token...), nil
	}
	switch leaf.Kind {
	case jsonscrub.String:
		return l.quoted(r, dst, leaf)
	case jsonscrub.Number:
		if l.number != nil {
			return r.mask(l.number, l.op.class(), dst, leaf.Text)
		}
		return l.quoted(r, dst, leaf)
	}
	return jsonscrub.AppendRedacted(dst, leaf.Kind), nil // a truth value is nobody's identifier
}

// quoted writes what replaces a leaf as a JSON string.
func (l *leafRule) quoted(r *row, dst []byte, leaf *jsonscrub.Leaf) ([]byte, error) {
	start := len(dst)
	dst, err := r.mask(l.text, l.op.class(), append(dst, '"'), leaf.Text)
	if err != nil {
		return dst, err
	}
	return jsonscrub.EndString(dst, start), nil
}
