package scrub

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/condition"
	"refresher/internal/scrub/prf"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
	"refresher/internal/verify/risk"
)

// minKey is the least length of a key: 128 bits.
const minKey = 16

// Compile checks a ruleset against a catalog and makes a program of them. Its
// error joins a *fault.Input of everything wrong in the rules, each with its
// place, and a *fault.Refusal of gate "coverage" of every table and column
// without a rule, each with a line to paste. Files beside the database are compiled with
// it, so that they draw from the same domains.
func Compile(rs *rules.Ruleset, cat *catalog.Catalog, key []byte, files ...File) (*Program, error) {
	if len(key) < minKey {
		return nil, fault.BadInput("the key has %d bits, and needs at least 128: make one with `openssl rand -hex 32`",
			8*len(key))
	}
	c := &compiler{rs: rs, cat: cat, domains: map[string]*transform.Domain{}, choices: map[column]*choice{}}
	x := Expand(rs, cat)
	c.rs, c.problems, c.expansion = x.Rules, x.Problems, x
	c.warnPatterns()
	c.addFiles(files)
	c.matchTables()
	c.matchViews()
	c.matchReaching()
	c.choose()
	c.agreeParents()
	c.followKeys()
	c.cover()
	c.matchSubjects()
	c.checkFilters()
	c.resolve()
	c.buildDomains()
	c.checkSubjects()
	c.checkTemplates()
	c.checkIndexes()
	c.checkConstraints()
	c.checkAllowed()
	c.warnQueues()
	c.checkFiles()
	c.checkRisk()
	c.checkHarbor()
	if err := c.err(); err != nil {
		return nil, err
	}
	drawn, err := prf.NewKey(rs.PRF.Name, key)
	if err != nil {
		return nil, err
	}
	plans, decisions := c.apart(files)
	p := &Program{key: drawn, tables: plans.tables, files: plans.files,
		decisions: decisions, warnings: c.warnings, hints: c.hints,
		risk: c.risk, harbor: c.harbor, declared: c.declared(), searches: c.search(), expansion: c.expansion}
	return p, c.err()
}

// compiler collects what a ruleset means and what is wrong with it.
type compiler struct {
	rs  *rules.Ruleset // expanded: without patterns
	cat *catalog.Catalog

	expansion *rules.Expansion

	choices  map[column]*choice
	subjects map[catalog.Name]*subject         // by root table
	files    map[catalog.Name]File             // that are compiled as tables
	heirs    map[catalog.Name][]*catalog.Table // see family
	domains  map[string]*transform.Domain
	order    []*transform.Domain // in the order of first use

	conditions map[conditionKey]*condition.Condition

	risk   []risk.Spec
	harbor *risk.SafeHarbor
	gaps   *fault.Refusal

	problems  []fault.Problem
	uncovered []fault.Problem
	refs      []reference // nil: not listed yet
	warnings  []string
	hints     []indexHint
}

// column names a column of the table that decides on it: its own, or the one it
// is inherited from.
type column struct {
	table catalog.Name
	name  string
}

// choice is what the ruleset says of one column.
type choice struct {
	table    *catalog.Table
	column   *catalog.Column
	rule     *rules.Rule
	pos      rules.Pos
	pattern  string // that decided, if one did
	wildcard bool
	from     *choice // whose rule this is: that of a referenced column
	op       *op     // nil until resolved, and if it is wrong
}

func (c *choice) String() string { return c.table.Name.String() + "." + c.column.Name }

// keeps reports whether the values of the column stay.
func (c *choice) keeps() bool { return c.rule.Kind == rules.Scalar && c.rule.Transform == "keep" }

func (c *choice) nulls() bool { return c.rule.Kind == rules.Scalar && c.rule.Transform == "null" }

func (c *compiler) fail(at rules.Pos, format string, a ...any) {
	c.problems = append(c.problems, at.Problem(format, a...))
}

// misfits is fail for a rule that doesn't serve the type.
func (c *compiler) misfits(at rules.Pos, format string, a ...any) {
	p := at.Problem(format, a...)
	p.Kind = fault.WrongType
	c.problems = append(c.problems, p)
}

func (c *compiler) err() error {
	var errs []error
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b fault.Problem) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
		})
		errs = append(errs, &fault.Input{Problems: slices.Compact(c.problems)})
	}
	if len(c.uncovered) > 0 {
		errs = append(errs, &fault.Refusal{Gate: "coverage", Problems: c.uncovered,
			Reason: "tables or columns without a rule; what no rule names doesn't leave production"})
	}
	if late := c.unreviewed(); late != nil {
		errs = append(errs, late)
	}
	if c.gaps != nil {
		errs = append(errs, c.gaps)
	}
	return errors.Join(errs...)
}

// matchTables checks that what the rules name is there and is decided there.
func (c *compiler) matchTables() {
	for _, t := range c.rs.Tables {
		table := c.cat.Table(t.Name)
		if view := c.cat.MatView(t.Name); view != nil {
			if t.Rows != rules.NoRows || len(t.Columns) > 0 {
				c.fail(t.Pos, "%s is a materialised view: it is filled from the masked tables; write rows: none "+
					"to have it "+
					"empty, or nothing", t.Name)
			}
			continue
		}
		if table == nil {
			c.fail(t.Pos, "there is no table %s in database %s%s", t.Name, c.cat.Database, c.nearTable(t.Name))
			continue
		}
		if table.Kind == catalog.Foreign && len(t.Columns) > 0 {
			c.fail(t.Pos, "%s is a foreign table, whose rows are never copied: write rows: none, or nothing", t.Name)
			continue
		}
		if table.Root != table.Name && t.Rows == rules.NoRows {
			c.fail(t.Pos, "%s takes the rules of %s: write rows: none there, or nowhere", t.Name, table.Root)
		}
		if c.cat.InRecovery && table.Persistence == 'u' && (t.Rows != rules.NoRows || t.Remember) {
			c.fail(t.Pos, "%s is unlogged, and a standby has no rows of unlogged tables: write rows: none, or read "+
				"from the primary", t.Name)
		}
		for _, col := range t.Columns {
			c.matchColumn(table, col)
		}
	}
}

// matchViews refuses materialised views whose query can bring rows that no rule names.
func (c *compiler) matchViews() {
	empty := map[catalog.Name]bool{}
	for _, t := range c.rs.Tables {
		empty[t.Name] = t.Rows == rules.NoRows
	}
	for _, v := range c.cat.MatViews {
		if v.Populated && v.Reaches && !empty[v.Name] {
			c.uncovered = append(c.uncovered, fault.Problem{
				Table: v.Name.String(), Text: fmt.Sprintf("materialised view %s: %s", v.Name, v.Blocked),
				Fix: fmt.Sprintf("to have it empty, paste:   %s: {rows: none}", quoteKey(v.Name.String())),
			})
		}
	}
}

// matchReaching refuses code of tables that can leave the database and runs while a copy is
// built: for rows of production it would run with the rights of staging's role. What waits
// for an INSERT is named.
func (c *compiler) matchReaching() {
	for _, r := range c.cat.Reaching {
		switch {
		case !c.runsFor(r):
		case !r.Runs:
			c.warn("%s", r)
		case r.Domain:
			c.uncovered = append(c.uncovered, fault.Problem{Text: r.String(), Fix: "drop the constraint on the source, or have the tables " +
				"that use the domain empty (rows: none)"})
		default:
			c.uncovered = append(c.uncovered, fault.Problem{Table: r.Of.String(), Text: r.String(),
				Fix: fmt.Sprintf("drop it on the source; to have the table empty, paste:   %s: {rows: none}", quoteKey(r.Of.String()))})
		}
	}
}

// runsFor reports whether there are rows that such code runs for.
func (c *compiler) runsFor(r catalog.Reach) bool {
	return slices.ContainsFunc(c.cat.Tables, func(t *catalog.Table) bool {
		if c.noRows(t) {
			return false
		}
		if !r.Domain {
			return t.Name == r.Of || t.Root == r.Of
		}
		return slices.ContainsFunc(t.Columns, func(col *catalog.Column) bool { return uses(col.Type, r.Of) })
	})
}

// uses reports whether a type is a domain or made of it.
func uses(t *catalog.Type, domain catalog.Name) bool {
	if t == nil {
		return false
	}
	return t.Schema == domain.Schema && t.Name == domain.Name || uses(t.Base, domain) || uses(t.Elem, domain) ||
		slices.ContainsFunc(t.Fields, func(f catalog.Field) bool { return uses(f.Type, domain) })
}

func (c *compiler) matchColumn(table *catalog.Table, rule *rules.Column) {
	if rule.Wildcard {
		if table.Root != table.Name {
			c.fail(rule.Pos, "%s takes the rules of %s, so \"*\" here could hide a column of it: name the columns",
				table.Name, table.Root)
		}
		return
	}
	col := table.Column(rule.Name)
	switch {
	case col == nil:
		c.fail(rule.Pos, "there is no column %q in %s%s", rule.Name, table.Name,
			fault.DidYouMean(rule.Name, columnNames(table)))
	case col.Generated:
		c.fail(rule.Pos, "column %q of %s is generated, so it is never copied and takes no rule: remove it", rule.Name,
			table.Name)
	case c.owner(table, rule.Name) != table:
		c.fail(rule.Pos, "column %q of %s takes the rule of %s: remove it here", rule.Name, table.Name,
			c.owner(table, rule.Name).Name)
	}
}

func (c *compiler) nearTable(n catalog.Name) string {
	var all []string
	for _, t := range c.cat.Tables {
		if t.Name.Name == n.Name {
			return fmt.Sprintf(" (did you mean %q?)", t.Name)
		}
		all = append(all, t.Name.String())
	}
	return fault.DidYouMean(n.String(), all)
}

func columnNames(t *catalog.Table) []string {
	names := make([]string, len(t.Columns))
	for i, col := range t.Columns {
		names[i] = col.Name
	}
	return names
}

// owner is the table that decides on a column of t: the topmost parent that has
// it, or t itself.
func (c *compiler) owner(t *catalog.Table, name string) *catalog.Table {
	if root := c.cat.Table(t.Root); root != nil && root != t && root.Column(name) != nil {
		return root
	}
	for _, p := range t.Parents {
		if parent := c.cat.Table(p); parent != nil && parent != t && parent.Column(name) != nil {
			return c.owner(parent, name)
		}
	}
	return t
}

// noRows reports whether a table's rows stay behind: by the rules of its root,
// or because it is foreign.
func (c *compiler) noRows(t *catalog.Table) bool {
	if t.Kind == catalog.Foreign {
		return true
	}
	r := c.rs.Tables[t.Root]
	return r != nil && r.Rows == rules.NoRows
}

// choice of a column of t, nil if it has none.
func (c *compiler) choice(t *catalog.Table, name string) *choice {
	return c.choices[column{c.owner(t, name).Name, name}]
}

// choose takes the rule of every column that has one.
func (c *compiler) choose() {
	for _, t := range c.cat.Tables {
		r := c.rs.Tables[t.Name]
		if c.noRows(t) || r == nil {
			continue
		}
		for _, col := range t.Columns {
			if col.Generated || c.owner(t, col.Name) != t {
				continue
			}
			rule, wildcard := r.Column(col.Name), false
			if rule == nil {
				rule, wildcard = r.Wildcard(), true
			}
			if rule != nil {
				c.choices[column{t.Name, col.Name}] = &choice{table: t, column: col, rule: rule.Rule, pos: rule.Pos, wildcard: wildcard,
					pattern: rule.Pattern}
			}
		}
	}
}

// checkAllowed checks that reviewed exceptions name what is there.
func (c *compiler) checkAllowed() {
	for _, a := range c.rs.Allow {
		t := c.cat.Table(a.Table)
		switch {
		case a.Objects != "": // the rules themselves say what these name
		case t == nil:
			c.fail(a.Pos, "the exception names table %s, which is not in database %s%s", a.Table, c.cat.Database,
				c.nearTable(a.Table))
		case t.Column(a.Column) == nil:
			c.fail(a.Pos, "the exception names column %q, which is not in %s%s", a.Column, a.Table,
				fault.DidYouMean(a.Column, columnNames(t)))
		}
	}
}
