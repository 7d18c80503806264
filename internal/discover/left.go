package discover

import (
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

// left is why the rows of a table had better stay behind, "" where nothing speaks for it:
// rules.txt knows queues, outboxes and the like, whose rows would make staging act.
func (t *table) left() string {
	if t.Name != t.Root || t.Kind == catalog.Foreign {
		return ""
	}
	if r := columnRules().find("left", &subject{name: &name{}, in: t.name, table: t}); r != nil {
		return r.reason
	}
	return ""
}

// leave has the tables whose rows would make staging act stay behind, after rules for all of
// their columns were found; it reports whether there are any. A table to whose rows those of
// another refer is given back by the compiler.
func (d *Draft) leave() bool {
	if d.leaving {
		return false
	}
	d.leaving = true
	some := false
	for _, td := range d.tables {
		if td.none == "" && !td.existing {
			td.left = td.table.left()
			some = some || td.left != ""
		}
	}
	return some
}

// leaves reports whether a table's rows stay behind, though they could be copied.
func (d *Draft) leaves(t *table) bool {
	return slices.ContainsFunc(d.tables, func(td *tableDraft) bool {
		return td.left != "" && td.table.Table.Name == t.Root
	})
}

// writeLeft writes that a table's rows stay behind, why, and the rules that copy them.
func (d *Draft) writeLeft(l *lines, td *tableDraft) {
	l.add(nil, "  # review: %s.", comment(td.left))
	l.add(nil, "  # To keep them, put the rules below in the place of this one.")
	l.add(td, "  %s: {rows: none}", scalar(td.table.Table.Name.String()))
	copied := *td
	copied.left = ""
	rules := &lines{places: map[int]any{}}
	d.writeTable(rules, &copied)
	for line := range strings.Lines(rules.b.String()) {
		l.add(nil, "  # %s", strings.TrimSuffix(line[2:], "\n"))
	}
}
