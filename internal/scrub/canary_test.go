package scrub_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"refresher/internal/canary"
	"refresher/internal/catalog"
	"refresher/internal/pgtest"
	"refresher/internal/sampledb"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// rehearse sends canaries through a writer of the plan.
func rehearse(t testing.TB, p *scrub.Program, tp *scrub.TablePlan, seed string) canary.Table {
	t.Helper()
	var out bytes.Buffer
	w := p.NewWriter(tp, &out, nil)
	table, _, err := w.Rehearse([]byte(seed))
	if err != nil {
		t.Fatalf("%s: %v", tp.Table.Name, err)
	}
	if out.Len() > 0 || w.Rows() != 0 || w.Dropped() != 0 {
		t.Errorf("%s: canaries left traces: %d bytes, %d rows, %d dropped", tp.Table.Name, out.Len(), w.Rows(), w.Dropped())
	}
	for _, k := range w.Kept() {
		if k.Rows != 0 {
			t.Errorf("%s.%s: %d canaries count as kept", tp.Table.Name, k.Column, k.Rows)
		}
	}
	return table
}

func describe(table canary.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d rows, %d dropped\n", table.Table, table.Rows, table.Dropped)
	for _, c := range table.Columns {
		fmt.Fprintf(&b, "  %+v\n", c)
	}
	return b.String()
}

// sound is what canaries of a program that is as it should be come to.
func sound(t testing.TB, table canary.Table) {
	t.Helper()
	for _, c := range table.Columns {
		if c.Leaked > 0 || c.Why != "" || c.Masked == 0 {
			t.Errorf("%s.%s: %+v", table.Table, c.Column, c)
		}
	}
}

// sample compiles the sample database's ruleset.
func sample(t testing.TB) func() *scrub.Program {
	t.Helper()
	url := pgtest.DB(t)
	pgtest.Exec(t, url, sampledb.Tables)
	cat, err := catalog.Load(t.Context(), pgtest.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Load([]string{"../../rules/experimentation.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return func() *scrub.Program {
		p, err := scrub.Compile(rs, cat, testKey)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

// No canary comes out of the sample database's ruleset, whoever it is, and every
// masked column is tested; one that is broken is found out.
func TestCanariesOfTheSampleDatabase(t *testing.T) {
	fresh := sample(t)
	p := fresh()
	for _, tp := range p.Tables() {
		if !tp.Masked() {
			continue
		}
		for seed := range 30 {
			sound(t, rehearse(t, p, tp, fmt.Sprint(seed)))
		}
	}
	for _, tp := range p.Tables() {
		if testing.Verbose() {
			t.Log(describe(rehearse(t, p, tp, "x")))
		}
		for _, column := range tp.MaskedColumns() {
			broken := fresh()
			bp := plan(t, broken, tp.Table.Name.String())
			bp.Leak(column)
			table := rehearse(t, broken, bp, "x")
			for _, c := range table.Columns {
				if c.Column == column && c.Leaked == 0 {
					t.Errorf("%s.%s lets everything pass, and no canary says so: %+v", table.Table, column, c)
				}
			}
		}
	}
}
