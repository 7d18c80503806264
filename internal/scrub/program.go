package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/condition"
	"refresher/internal/scrub/prf"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
	"refresher/internal/verify/risk"
)

// Program is a ruleset compiled against a catalog. It never changes and is safe
// for concurrent use.
type Program struct {
	key       *prf.Key
	tables    []*TablePlan
	files     map[catalog.Name]*TablePlan
	decisions []Decision
	warnings  []string
	hints     []indexHint
	risk      []risk.Spec
	harbor    *risk.SafeHarbor
	declared  []catalog.Reference
	searches  []Search
	expansion *rules.Expansion
}

// Expansion is what patterns and defaults of the rules have decided.
func (p *Program) Expansion() *rules.Expansion { return p.expansion }

// References are those that the rules declare, as they hold in the scrubbed database.
func (p *Program) References() []catalog.Reference { return p.declared }

// Tables are the plans of all tables whose rows are copied, largest first.
func (p *Program) Tables() []*TablePlan { return p.tables }

// Decisions are what the ruleset says of every table, by name.
func (p *Program) Decisions() []Decision { return p.decisions }

// Decision is what happens to one table.
type Decision struct {
	Table    catalog.Name
	Root     catalog.Name     // whose rules it takes: its own name, or that of the topmost parent
	Kind     catalog.Kind     // a partitioned table holds no rows itself
	RowsNone bool             // structure only
	RowsWhen string           // only the rows for which this condition holds; "": all
	Origin   string           // file:line of the table in the rules; "" for a foreign table without rules
	Columns  []ColumnDecision // in their order; none with RowsNone
}

// ColumnDecision is what happens to one column.
type ColumnDecision struct {
	Name      string
	Type      string // as SQL
	Transform string // "generated" for a generated column
	// what is inside: of json the paths and their transforms, of a list the rules and their conditions
	Detail    string
	Class     pii.Class // what the column holds, as far as the transform says
	Domain    string    // "" if the transform draws from none
	Keep      bool      // arrives as it is
	KeepSome  bool      // arrives as it is in rows for which a condition holds
	Wildcard  bool      // decided by "*"
	Pattern   string    // the pattern or default that decided, "" if the rules name the column or its table
	Generated bool      // never copied, computed on arrival
	From      string    // the referenced column whose rule this one follows, "" if it has its own
	Origin    string    // file:line of the rule, "" for a generated column
}

// TablePlan is how one table is copied.
type TablePlan struct {
	Table   *catalog.Table
	Columns []*catalog.Column // those to copy, in order: not the generated ones
	Format  copyfmt.Format
	// read after Columns and not written: what is known elsewhere of a row's subject; nil: nothing
	Join *catalog.Join

	conditions  []*condition.Condition
	filter      *condition.Condition // nil: all rows are copied
	cells       []columnPlan
	joined      []columnPlan          // of Join, at fields after those of Columns
	person      *transform.PersonPlan // whom rows are about, nil if nobody
	order       []int                 // in which the cells of a table with templates are made; nil: that of the columns
	cellAt      []int                 // of each column of such a table: its cell, -1 if it stays
	text        bool                  // some cell needs to know the row's identifiers
	remember    []remembered          // of rows that stay behind
	given       int                   // field of the given name in those, -1 if there is none
	surname     int                   // field of the surname in those, -1 if there is none
	first, last int                   // fields of given name and surname, -1 if not both are there
}

// Fields is how many fields a row has that is given to a [Writer]: those of
// Columns and of Join.
func (p *TablePlan) Fields() int {
	if p.Join == nil {
		return len(p.Columns)
	}
	return len(p.Columns) + len(p.Join.Columns)
}

// Masked reports whether any column changes on the way.
func (p *TablePlan) Masked() bool { return len(p.cells) > 0 }

// columnPlan is how one field changes.
type columnPlan struct {
	at        int // index in Columns
	name      string
	transform string
	make      transform.Bind
	null      bool // becomes NULL
	keep      bool // of a case: stays
	late      bool // needs to know the row's identifiers
	op        *op  // what it was made of

	cases []columnPlan // the first whose condition holds counts
	when  int          // of a case: index in the table's conditions, or always
}
