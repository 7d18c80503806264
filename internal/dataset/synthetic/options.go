package synthetic

import (
	"fmt"
	"maps"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Options say how a synthetic database is made.
type Options struct {
	Seed   int64
	Method Method
	Scale  float64 // rows for each released one; 0: as many
	Tables map[catalog.Name]TableOptions
}

// TableOptions are for one table.
type TableOptions struct {
	Rows   *int64              // nil: by the scale
	Scale  float64             // 0: that of the database
	Values map[string][]string // of a column, as text: what it is drawn from
}

// Check looks for mistakes that show without a row, as a *fault.Input.
func (o Options) Check(cat *catalog.Catalog) error {
	in := &fault.Input{}
	bad := func(format string, args ...any) {
		in.Problems = append(in.Problems, fault.Problem{Text: "synthetic: " + fmt.Sprintf(format, args...)})
	}
	if err := o.Method.Check(); err != nil {
		bad("%v", err)
	}
	for _, name := range slices.SortedFunc(maps.Keys(o.Tables), catalog.Name.Compare) {
		t := cat.Table(name)
		switch {
		case t == nil:
			bad("there is no table %s", name)
			continue
		case t.IsPartition:
			bad("%s is a partition; write %s, whose rows it holds", name, t.Root)
		case t.Kind == catalog.Foreign || t.Extension != "":
			bad("no rows are made for %s, which is a foreign table or an extension's", name)
		}
		for _, column := range slices.Sorted(maps.Keys(o.Tables[name].Values)) {
			if c := t.Column(column); c == nil || c.Generated {
				bad("table %s has no column %q that values can be listed for", name, column)
			}
			for _, k := range t.ForeignKeys {
				if slices.Contains(k.Columns, column) {
					bad("column %q of %s refers to %s; list values there", column, name, k.RefTable)
				}
			}
		}
	}
	if len(in.Problems) > 0 {
		return in
	}
	return nil
}

// rows is how many rows a table gets, and whether the options say so.
func (o Options) rows(name catalog.Name, released int64) (rows uint64, said bool) {
	t := o.Tables[name]
	if t.Rows != nil {
		return uint64(*t.Rows), true
	}
	scale := t.Scale
	if scale == 0 {
		scale = o.Scale
	}
	if scale == 0 {
		scale = 1
	}
	return uint64(float64(released)*scale + 0.5), false
}

// refuse is the one sentence for what can't be made.
func refuse(table *table, what, format string, args ...any) error {
	return fault.Refuse("synthetic", "%s of %s %s; give the table rows: 0, or list values for its columns, under "+
		"synthetic.tables", what, table.name, fmt.Sprintf(format, args...))
}
