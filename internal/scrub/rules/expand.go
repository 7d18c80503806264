package rules

import (
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// Expansion is what a ruleset says of one database: each of its columns by name.
type Expansion struct {
	Rules    *Ruleset        // without patterns, defaults and what is optional and not there
	Matches  []Match         // of each pattern and default, in their order
	Kept     []Kept          // columns that a pattern or default keeps, in order of the catalog
	Problems []fault.Problem // what can't be decided
}

// Match is what a pattern or default has decided.
type Match struct {
	Pattern string
	Pos     Pos
	Tables  []catalog.Name // that a pattern for tables fits
	Columns []string       // that it decided on, as schema.table.column
}

// Kept is a column that arrives as it is because of a pattern or default.
type Kept struct {
	Table   catalog.Name
	Column  string
	Type    string // as SQL
	Pattern string
	Pos     Pos    // of the rule
	Top     string // the rules file beside which the review is kept
	Review  bool   // it came after the last review
}

// candidate is a rule that fits a column.
type candidate struct {
	weight [2]int // of the column's part, of the table's
	rule   *Column
	match  *Match
	top    string
}

// expander collects an expansion.
type expander struct {
	*Expansion
	from    *Ruleset
	cat     *catalog.Catalog
	class   func(*catalog.Column) pii.Class
	matches map[any]*Match // by *Pattern or *Default
	used    map[*Column]bool
}

// Expand decides on every column of a catalog that patterns and defaults decide on.
// Of several rules that fit a column the one counts that names most of the column,
// then of the table; a rule that names both always does. class is what a column's
// name says that it holds.
func (rs *Ruleset) Expand(cat *catalog.Catalog, class func(*catalog.Column) pii.Class) *Expansion {
	x := &expander{&Expansion{}, rs, cat, class, map[any]*Match{}, map[*Column]bool{}}
	out := *rs
	x.Rules = &out
	out.Tables = make(map[catalog.Name]*Table, len(rs.Tables))
	for _, name := range tableNames(rs.Tables) {
		if t := x.present(rs.Tables[name]); t != nil {
			out.Tables[name] = t
		}
	}
	x.dropAbsent()
	if len(rs.Patterns) > 0 || rs.Defaults.Given {
		for _, t := range cat.Tables {
			x.table(t)
		}
	}
	x.checkPatterns()
	for _, p := range rs.Patterns {
		x.Matches = append(x.Matches, *x.match(p, p.Key, p.Pos))
	}
	for _, d := range rs.Defaults.all() {
		x.Matches = append(x.Matches, *x.match(d, d.name(), d.Pos))
	}
	return x.Expansion
}

func (d *Defaults) all() (list []*Default) {
	for i := range d.Classes {
		list = append(list, &d.Classes[i])
	}
	for i := range d.Types {
		list = append(list, &d.Types[i])
	}
	if d.Other != nil {
		list = append(list, d.Other)
	}
	return list
}

func (d *Default) name() string { return strings.TrimSuffix("defaults."+d.Of+"."+d.Key, ".") }

func (x *expander) match(key any, name string, pos Pos) *Match {
	m := x.matches[key]
	if m == nil {
		m = &Match{Pattern: name, Pos: pos}
		x.matches[key] = m
	}
	return m
}

func (x *expander) fail(at Pos, format string, args ...any) {
	x.Problems = append(x.Problems, at.Problem(format, args...))
}

// present is a table's rules without those for optional columns that it lacks; nil
// if the table itself is optional and not there.
func (x *expander) present(t *Table) *Table {
	there := x.cat.Table(t.Name)
	if there == nil {
		if t.Optional {
			return nil
		}
		return t
	}
	out := *t
	out.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c *Column) bool {
		return c.Rule.Optional && !c.Wildcard && there.Column(c.Name) == nil
	})
	return &out
}

// dropAbsent drops what names optional tables that are not there.
func (x *expander) dropAbsent() {
	absent := func(n catalog.Name) bool {
		t := x.from.Tables[n]
		return t != nil && t.Optional && x.cat.Table(n) == nil
	}
	out := x.Rules
	out.References = slices.DeleteFunc(slices.Clone(out.References), func(r Reference) bool {
		return absent(r.Table) ||
			absent(r.To)
	})
	out.Allow = slices.DeleteFunc(slices.Clone(out.Allow), func(a Allow) bool { return absent(a.Table) })
	out.Risk = slices.DeleteFunc(slices.Clone(out.Risk), func(r Risk) bool { return absent(r.Table) })
}

// table expands what the rules say of one table.
func (x *expander) table(t *catalog.Table) {
	if t.Kind == catalog.Foreign || t.Extension != "" {
		return // rows that are never copied, and a table that isn't the application's: only rules that name it count
	}
	named := x.Rules.Tables[t.Name]
	var fits []*Pattern
	for _, p := range x.from.Patterns {
		if p.fitsTable(t.Name) {
			fits = append(fits, p)
		}
	}
	result := &Table{Name: t.Name, called: t.Name.String()}
	if named != nil {
		*result = *named
	} else if t.Root == t.Name {
		x.rows(result, fits)
	}
	if root := x.Rules.Tables[t.Root]; result.Rows == NoRows || t.Root != t.Name && root != nil && root.Rows == NoRows {
		if result.Rows == NoRows {
			x.Rules.Tables[t.Name] = result
		}
		return
	}
	result.Columns = slices.Clone(result.Columns)
	decided := 0
	for _, col := range t.Columns {
		if !col.Generated && !x.inherited(t, col.Name) && (named == nil || named.Column(col.Name) == nil) {
			decided += x.column(result, named, col, fits)
		}
	}
	if named != nil || decided > 0 || result.Pos != (Pos{}) {
		if result.Pos == (Pos{}) {
			result.Pos = result.Columns[0].Pos
		}
		x.Rules.Tables[t.Name] = result
	}
}

// inherited reports whether a parent decides on the column.
func (x *expander) inherited(t *catalog.Table, column string) bool {
	return slices.ContainsFunc(append([]catalog.Name{t.Root}, t.Parents...), func(n catalog.Name) bool {
		parent := x.cat.Table(n)
		return parent != nil && parent != t && parent.Column(column) != nil
	})
}

// rows takes what the most specific pattern for tables says of the rows.
func (x *expander) rows(t *Table, fits []*Pattern) {
	var best *Pattern
	for _, p := range fits {
		if p.Table == nil {
			continue
		}
		m := x.match(p, p.Key, p.Pos)
		m.Tables = append(m.Tables, t.Name)
		switch {
		case best == nil || p.tableWeight() > best.tableWeight():
			best = p
		case p.tableWeight() == best.tableWeight() && (p.Table.Rows != best.Table.Rows ||
			p.Table.When.Text != best.Table.When.Text):
			x.fail(p.Pos,
				"table %s fits %q and %q (%s) alike, and they say different things of its rows: name the table",
				t.Name, p.Key, best.Key, best.Pos)
		}
	}
	if best != nil {
		t.Rows, t.When, t.Subject, t.Remember, t.Pos = best.Table.Rows, best.Table.When, best.Table.Subject,
			best.Table.Remember, best.Pos
	}
}

// column decides on a column that no rule names, and returns how many columns that
// decided on, 1 or 0.
func (x *expander) column(t, named *Table, col *catalog.Column, fits []*Pattern) int {
	var best candidate
	for _, c := range x.candidates(named, col, fits) {
		switch order := slices.Compare(c.weight[:], best.weight[:]); {
		case best.rule == nil || order > 0:
			best = c
		case order == 0 && !Equal(c.rule.Rule, best.rule.Rule):
			x.fail(c.rule.Pos, "column %q of %s fits %q and %q (%s) alike: write a rule for it",
				col.Name, t.Name, c.match.Pattern, best.match.Pattern, best.rule.Pos)
		}
	}
	if best.rule == nil || best.match == nil { // nothing, or the table's own "*"
		return 0
	}
	t.Columns = append(t.Columns, &Column{Name: col.Name, Rule: best.rule.Rule, Pos: best.rule.Pos,
		Pattern: best.match.Pattern})
	best.match.Columns = append(best.match.Columns, t.Name.String()+"."+col.Name)
	if best.rule.Rule.keeps() {
		reviewed, seen := x.from.Reviewed[t.Name][col.Name]
		x.Kept = append(x.Kept, Kept{t.Name, col.Name, col.Type.SQL, best.match.Pattern, best.rule.Pos, best.top,
			!seen || reviewed != col.Type.SQL})
	}
	return 1
}

// candidates are the rules that fit a column.
func (x *expander) candidates(named *Table, col *catalog.Column, fits []*Pattern) (list []candidate) {
	if named != nil {
		if w := named.Wildcard(); w != nil {
			list = append(list, candidate{weight: [2]int{0, 2 * exact}, rule: w})
		}
	}
	for _, p := range fits {
		m, table := x.match(p, p.Key, p.Pos), p.tableWeight()
		switch {
		case p.Table == nil:
			if p.column.fits(col.Name) {
				list = append(list, candidate{[2]int{p.column.weight(), table}, &Column{Rule: p.Rule, Pos: p.Pos}, m,
					p.Top})
			}
		case p.Table.Column(col.Name) != nil:
			c := p.Table.Column(col.Name)
			x.used[c] = true
			list = append(list, candidate{[2]int{exact, table}, c, m, p.Top})
		case p.Table.Wildcard() != nil:
			list = append(list, candidate{[2]int{0, table}, p.Table.Wildcard(), m, p.Top})
		}
	}
	if len(list) > 0 {
		return list
	}
	if d := x.byDefault(col); d != nil {
		return []candidate{{rule: &Column{Rule: d.Rule, Pos: d.Pos}, match: x.match(d, d.name(), d.Pos),
			top: x.from.Defaults.Top}}
	}
	return nil
}

// byDefault is the default for a column, nil if there is none.
func (x *expander) byDefault(col *catalog.Column) *Default {
	d := &x.from.Defaults
	if class := x.class(col); class != pii.None {
		if i := slices.IndexFunc(d.Classes, func(one Default) bool { return pii.Class(one.Key) == class }); i >= 0 {
			return &d.Classes[i]
		}
	}
	for _, t := range []*catalog.Type{col.Type, col.Type.Underlying()} {
		if i := slices.IndexFunc(d.Types, func(one Default) bool { return typeName(one.Key) == t.SQL }); i >= 0 {
			return &d.Types[i]
		}
	}
	return d.Other
}

// checkPatterns reports columns that a pattern names and none of its tables has.
func (x *expander) checkPatterns() {
	for _, p := range x.from.Patterns {
		m := x.matches[p]
		if p.Table == nil || m == nil || len(m.Tables) == 0 {
			continue // a pattern that fits nothing is listed as such
		}
		for _, c := range p.Table.Columns {
			if c.Wildcard || c.Rule.Optional || x.used[c] || x.has(m.Tables, c.Name) {
				continue
			}
			x.fail(c.Pos, "no table that %q fits has a column %q: remove its rule, or give it the new name", p.Key,
				c.Name)
		}
	}
}

func (x *expander) has(tables []catalog.Name, column string) bool {
	return slices.ContainsFunc(tables, func(n catalog.Name) bool { return x.cat.Table(n).Column(column) != nil })
}

// keeps reports whether a rule lets whole values pass, or what it doesn't name.
func (r *Rule) keeps() bool {
	switch r.Kind {
	case Scalar:
		return r.Transform == "keep"
	case Array, Range:
		return r.Elem.keeps()
	case Cases:
		return slices.ContainsFunc(r.Cases, (*Rule).keeps)
	}
	return slices.ContainsFunc(r.Parts, func(p Part) bool {
		return (p.Name == "" || strings.Contains(p.Name, "*")) && p.Rule.keeps()
	})
}

// Unreviewed are the columns that a pattern keeps and that came after the last review.
func (x *Expansion) Unreviewed() (list []Kept) {
	for _, k := range x.Kept {
		if k.Review {
			list = append(list, k)
		}
	}
	return list
}

// String names the first of what it decided on.
func (m Match) String() string {
	const shown = 5
	what, names := "columns", m.Columns
	if len(m.Tables) > 0 {
		what, names = "tables", make([]string, len(m.Tables))
		for i, n := range m.Tables {
			names[i] = n.String()
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("%q matches nothing", m.Pattern)
	}
	more := ""
	if n := len(names) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%q decides on %s %d: %s%s",
		m.Pattern, what, len(names), strings.Join(names[:min(shown, len(names))], ", "), more)
}
