package scrub

import "refresher/internal/scrub/transform"

// Leak breaks a plan: the column's rules let every value pass as it is.
func (p *TablePlan) Leak(column string) {
	pass := func(*transform.Row) transform.Cell {
		return func(dst, wire []byte) ([]byte, error) { return append(dst, wire...), nil }
	}
	for i := range p.cells {
		cp := &p.cells[i]
		if cp.name != column {
			continue
		}
		cp.make, cp.null = pass, false
		for j := range cp.cases {
			if !cp.cases[j].keep {
				cp.cases[j].make, cp.cases[j].null = pass, false
			}
		}
	}
}

// MaskedColumns are the names of the columns that a plan changes.
func (p *TablePlan) MaskedColumns() (names []string) {
	for i := range p.cells {
		names = append(names, p.cells[i].name)
	}
	return names
}
