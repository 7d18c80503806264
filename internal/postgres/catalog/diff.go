package catalog

import (
	"fmt"
	"slices"
)

// Diff says in words, one line a difference, how the tables of b differ from
// those of a in what a refresh depends on: which tables there are, their kind
// and root, their columns and the columns' types. Sizes, keys and comments don't count.
func Diff(a, b *Catalog) []string {
	var out []string
	for _, t := range a.Tables {
		u := b.Table(t.Name)
		switch {
		case u == nil:
			out = append(out, fmt.Sprintf("table %s is gone", t.Name))
		case t.Kind != u.Kind || t.Root != u.Root || t.Persistence != u.Persistence:
			out = append(out, fmt.Sprintf("table %s has another kind or parent", t.Name))
		default:
			out = append(out, diffColumns(t, u)...)
		}
	}
	for _, u := range b.Tables {
		if a.Table(u.Name) == nil {
			out = append(out, fmt.Sprintf("table %s is new", u.Name))
		}
	}
	return out
}

func diffColumns(t, u *Table) []string {
	var out []string
	for _, c := range t.Columns {
		d := u.Column(c.Name)
		switch {
		case d == nil:
			out = append(out, fmt.Sprintf("column %s.%s is gone", t.Name, rulePart(c.Name)))
		case c.Generated != d.Generated || !c.SameType(d):
			out = append(out, fmt.Sprintf("column %s.%s has another type", t.Name, rulePart(c.Name)))
		}
	}
	for _, d := range u.Columns {
		if t.Column(d.Name) == nil {
			out = append(out, fmt.Sprintf("column %s.%s is new", t.Name, rulePart(d.Name)))
		}
	}
	return out
}

// SameType reports whether both columns hold values of one type, with the same
// modifier, though the servers may number the type differently.
func (c *Column) SameType(d *Column) bool { return c.Mod == d.Mod && sameType(c.Type, d.Type) }

func sameType(a, b *Type) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Schema == b.Schema && a.Name == b.Name && a.Kind == b.Kind && a.BaseMod == b.BaseMod &&
		slices.Equal(a.Labels, b.Labels) && sameType(a.Elem, b.Elem) && sameType(a.Base, b.Base) &&
		slices.EqualFunc(a.Fields, b.Fields, func(f, g Field) bool {
			return f.Name == g.Name && f.Mod == g.Mod && sameType(f.Type, g.Type)
		})
}
