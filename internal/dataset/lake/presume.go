package lake

import (
	"fmt"
	"regexp"
	"slices"
	"sync"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// Presume says what the objects of a set look like as far as its rules alone tell, for those
// who have no objects at hand: columns that rules name, as text in CSV, in lines as members, and in
// Parquet files and those of no known kind of a type that the rule serves. The problems
// are those of the rules for any object.
func Presume(set string, rs *rules.Ruleset) (files []scrub.File, problems []fault.Problem) {
	p := &Plan{Set: Set{Name: set}, files: map[catalog.Name]scrub.File{}}
	for _, o := range rs.Objects {
		if o.Rows == rules.NoRows {
			continue
		}
		t := &rules.Table{Pos: o.Pos, Subject: o.Subject}
		var columns []*catalog.Column
		kind, _, known := KindOf(o.Pattern)
		if known && kind == JSONL {
			rule, wrong := lineRule(o)
			problems = append(problems, wrong...)
			columns, t.Columns = lineColumns(o, rule)
		} else {
			for _, c := range presumed(o, known && kind == CSV) {
				column := textColumn(len(columns), c.Name)
				if !known || kind == Parquet {
					column.Type = typeFor(c.Rule)
				}
				columns, t.Columns = append(columns, column), append(t.Columns, c)
			}
		}
		p.add(o.Pattern, columns, t)
	}
	return p.Files(), problems
}

// presumed are the columns that rules name, and those that conditions read. Where types are not
// known, conditions are left out: what is compared with what can't be told.
func presumed(o *rules.Object, conditions bool) (columns []*rules.Column) {
	for _, c := range o.Columns {
		switch {
		case c.Wildcard:
		case conditions || c.Rule.Kind != rules.Cases:
			one := *c
			if !conditions {
				one.Rule = unconditional(c.Rule)
			}
			columns = append(columns, &one)
		default:
			for i, r := range c.Rule.Cases {
				columns = append(columns, &rules.Column{Name: fmt.Sprintf("%s (%d)", c.Name, i+1), Rule: unconditional(r), Pos: c.Pos})
			}
		}
	}
	wildcard := slices.IndexFunc(o.Columns, func(c *rules.Column) bool { return c.Wildcard })
	if wildcard < 0 {
		return columns
	}
	for _, text := range mentions(nil, o) { // a column that "*" takes
		for _, name := range word().FindAllString(text, -1) {
			if !slices.ContainsFunc(columns, func(c *rules.Column) bool { return c.Name == name }) {
				columns = append(columns, named(o, name))
			}
		}
	}
	return columns
}

var word = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`) })

func unconditional(r *rules.Rule) *rules.Rule {
	plain := *r
	plain.When = rules.Condition{}
	return &plain
}

// typeFor is a type of Parquet's that a rule serves; text if it serves none.
func typeFor(r *rules.Rule) *catalog.Type {
	switch r.Kind {
	case rules.JSON:
		return jsonType()
	case rules.Array:
		return arrayOf(typeFor(r.Elem))
	}
	d := transform.Named(r.Transform)
	for _, t := range []*catalog.Type{
		textType(), base(catalog.Int8OID, "int8", "bigint"), base(catalog.DateOID, "date", "date"),
		base(catalog.TimestampOID, "timestamp", "timestamp without time zone"), base(catalog.UUIDOID, "uuid", "uuid"),
		base(catalog.ByteaOID, "bytea", "bytea"), base(catalog.Float8OID, "float8", "double precision"),
	} {
		if d != nil && d.Serves(transform.FamilyOf(t)) {
			return t
		}
	}
	return textType()
}
