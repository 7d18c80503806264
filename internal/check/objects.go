package check

import (
	"slices"

	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// keepsOfObjects is keeps for the columns of objects.
func (c *checker) keepsOfObjects() {
	cat, ruled := &catalog.Catalog{}, map[catalog.Name]*rules.Table{}
	for _, f := range c.Objects {
		cat.Tables, ruled[f.Table.Name] = append(cat.Tables, f.Table), f.Rules
	}
	c.keeps(ruled, cat, discover.Names(cat))
}

// ofObjects reports a gap of objects: it names no table of the database.
func (c *checker) ofObjects(p fault.Problem) bool {
	return !slices.ContainsFunc(c.Now.Tables, func(t *catalog.Table) bool { return t.Name.String() == p.Table })
}

// gap is an object, or a column of one, without a rule.
func (c *checker) gap(p fault.Problem) {
	id := "missing-column"
	if p.Kind == fault.NoTableRule {
		id = "missing-table"
	}
	c.add(Issue{ID: id, Level: Error, Table: p.Table, Column: p.Column, File: p.File, Line: p.Line, Col: p.Col,
		Message: p.Text + "; " + p.Fix})
}
