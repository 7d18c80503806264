package lake

import (
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// leaf is a column of values in a Parquet file: a column, or a part of a nested one.
type leaf struct {
	index      int
	top        string // the column it belongs to
	within     string // its path in there as rules write it: "", "[*]", ".email", "[*].street", ".*"
	name       string // both
	key        bool   // of a map: the keys
	repeated   bool
	optional   bool // by itself: a value can be NULL
	whole      bool // its rule makes the whole column NULL, with all that is nested in it
	definition int  // of a value that is there
	typ        parquet.Type
	codec      codec
	column     *catalog.Column // what its values are to the scrubber; nil: they are kept, and nothing reads them
}

// appendLeaves lists the leaves below a column. What only carries lists and maps (Parquet
// format, LogicalTypes.md, Nested Types) is no step of a path.
func appendLeaves(leaves []*leaf, c *parquet.Column, top, within string, key bool) []*leaf {
	if c.Repeated() {
		within += "[*]"
	}
	if c.Leaf() {
		return append(leaves, &leaf{
			index: c.Index(), top: top, within: within, name: top + within, key: key,
			repeated: c.MaxRepetitionLevel() > 0,
			optional: c.Optional(), definition: c.MaxDefinitionLevel(), typ: c.Type(),
		})
	}
	children := c.Columns()
	for _, child := range children {
		switch {
		case child.Repeated() && len(children) == 1 && isMap(child):
			kv := child.Columns()
			leaves = appendLeaves(leaves, kv[0], top, within+".*", true)
			leaves = appendLeaves(leaves, kv[1], top, within+".*", key)
		case child.Repeated() && len(children) == 1 && !child.Leaf() && len(child.Columns()) == 1 &&
			slices.Contains([]string{"list", "bag", "array"}, child.Name()):
			leaves = appendLeaves(leaves, child.Columns()[0], top, within+"[*]", key)
		default:
			leaves = appendLeaves(leaves, child, top, within+"."+pathKey(child.Name()), key)
		}
	}
	return leaves
}

func isMap(c *parquet.Column) bool {
	kv := c.Columns()
	return (c.Name() == "key_value" || c.Name() == "map") && len(kv) == 2 && kv[0].Name() == "key"
}

// under is the rule of what stands at a path within what a rule is for; nil if it says nothing.
func under(r *rules.Rule, path string) *rules.Rule {
	plain := r.Kind == rules.Scalar && r.When.Text == ""
	switch {
	case path == "", plain && (r.Transform == "keep" || r.Transform == "null"):
		return r
	case r.Kind == rules.Array && strings.HasPrefix(path, "[*]"):
		return under(r.Elem, path[len("[*]"):])
	case r.Kind != rules.JSON:
		return nil
	}
	path = strings.TrimPrefix(path, ".")
	var best *rules.Part
	for i, p := range r.Parts {
		rest, ok := strings.CutPrefix(path, p.Name)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') && (best == nil || len(p.Name) > len(best.Name)) {
			best = &r.Parts[i]
		}
	}
	if best == nil {
		return nil
	}
	return under(best.Rule, path[len(best.Name):])
}

// coverLeaves finds parts of nested columns without a rule.
func (it *Item) coverLeaves() (missing, wrong []fault.Problem) {
	for _, l := range it.layout.leaves {
		c := it.Rule.Column(l.top)
		if c == nil {
			continue // the whole column is missing
		}
		r := under(c.Rule, l.within)
		switch {
		case r == nil:
			missing = append(missing, it.Rule.MissingColumn(it.Label, Visible(l.name)))
		case l.key && r != c.Rule:
			wrong = append(wrong, c.Pos.Problem("the keys of the map %q in object %s are data: write keep or null "+
				"for the whole column", Visible(l.top), it.Label))
		}
	}
	return missing, wrong
}

// plan makes the columns of a file's table, and their rules. Those that are kept, and that
// nothing else depends on, are no part of it.
func (l *layout) plan(o *rules.Object, by []string) (columns []*rules.Column) {
	l.columns = nil
	reads := strings.Join(append(mentions(nil, o), by...), "\n")
	for _, leaf := range l.leaves {
		c := o.Column(leaf.top)
		r := under(c.Rule, leaf.within)
		keeps := r.Kind == rules.Scalar && r.Transform == "keep" && r.When.Text == ""
		if keeps && (leaf.repeated || leaf.within != "" || !strings.Contains(reads, leaf.top) &&
			!strings.Contains(reads, "$env")) {
			continue
		}
		var t *catalog.Type
		t, leaf.codec = leafType(leaf.typ, wantsText(r))
		if leaf.repeated {
			t = arrayOf(t)
			if r.Kind != rules.Scalar || r.Transform != "null" {
				r = &rules.Rule{Kind: rules.Array, Elem: r, Pos: r.Pos}
			}
		}
		leaf.column = textColumn(len(l.columns), leaf.name)
		leaf.whole = r == c.Rule && r.Kind == rules.Scalar && r.Transform == "null" && r.When.Text == ""
		leaf.column.Type, leaf.column.NotNull = t, !leaf.optional && !(leaf.whole && leaf.definition > 0)
		l.columns = append(l.columns, leaf.column)
		columns = append(columns, &rules.Column{Name: leaf.name, Rule: r, Pos: c.Pos})
	}
	return columns
}

// mentions are the texts in rules that can name another column.
func mentions(list []string, o *rules.Object) []string {
	var walk func(r *rules.Rule)
	walk = func(r *rules.Rule) {
		if r == nil {
			return
		}
		list = append(list, r.When.Text)
		for _, p := range r.Params {
			list = append(list, p.Value.Text)
		}
		for _, p := range r.Parts {
			walk(p.Rule)
		}
		for _, c := range r.Cases {
			walk(c)
		}
		walk(r.Elem)
	}
	for _, c := range o.Columns {
		walk(c.Rule)
	}
	if s := o.Subject; s != nil {
		list = append(list, s.Column, s.Fallback)
	}
	return list
}

// wantsText reports whether a rule is for texts: bytes of no declared kind are then read as such.
func wantsText(r *rules.Rule) bool {
	if r.Kind != rules.Scalar {
		return true
	}
	d := transform.Named(r.Transform)
	return d != nil && d.Serves(transform.FamilyText) && !d.Serves(transform.FamilyBytea)
}
