package scrub

import (
	"refresher/internal/catalog"
	"refresher/internal/pgcopy"
	"refresher/internal/pii"
)

// Program is a ruleset compiled against a catalog. It never changes and is safe
// for concurrent use.
type Program struct {
	key       []byte
	tables    []*TablePlan
	decisions []Decision
}

// Tables are the plans of all tables whose rows are copied, largest first.
func (p *Program) Tables() []*TablePlan { return p.tables }

// Decisions are what the ruleset says of every table and column, for reports:
// by table name, columns in their order. A table without rows, and one that holds
// none itself, has one decision without a column.
func (p *Program) Decisions() []Decision { return p.decisions }

// Decision is what happens to one column, or to a whole table.
type Decision struct {
	Table     catalog.Name
	Column    string    // "" for the whole table
	Type      string    // SQL name of the column's type
	Transform string    // "" if no transform is involved
	Detail    string    // of json: its paths and their transforms; of arrays: the elements' transform
	Class     pii.Class // what the column holds, as far as the transform says
	Domain    string    // "" if the transform has none
	Keep      bool      // the column arrives as it is
	Wildcard  bool      // decided by "*"
	NoRows    bool      // structure only
	Generated bool      // computed on arrival, never copied
	From      string    // the referenced column whose rule this one follows, "" if it has its own
	Origin    string    // file:line of the rule, "" if none is needed
}

// TablePlan is how one table is copied.
type TablePlan struct {
	Table   *catalog.Table
	Columns []*catalog.Column // those to copy, in order: not the generated ones
	Format  pgcopy.Format

	cells       []columnPlan
	text        bool // some cell needs to know the row's identifiers
	first, last int  // fields of given name and surname, -1 if not both are there
}

// Masked reports whether any column changes on the way.
func (p *TablePlan) Masked() bool { return len(p.cells) > 0 }

// columnPlan is how one field changes.
type columnPlan struct {
	at        int // index in Columns
	name      string
	transform string
	make      makeCell
	null      bool // becomes NULL
	late      bool // needs to know the row's identifiers
}
