package check_test

import (
	"fmt"
	"testing"

	"refresher/internal/check"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// tenants are n schemas of the same two tables.
func tenants(n int) *catalog.Catalog {
	text := &catalog.Type{OID: catalog.TextOID, Schema: "pg_catalog", Name: "text", SQL: "text", Kind: catalog.BaseType,
		BinaryIO: true}
	cat := &catalog.Catalog{Database: "tenants", ServerVersion: 150000, Encoding: "UTF8"}
	for i := range n {
		for j, table := range []string{"orders", "users"} {
			name := catalog.Name{Schema: fmt.Sprintf("tenant_%03d", i), Name: table}
			t := &catalog.Table{OID: uint32(20000 + 2*i + j), Name: name, Root: name, Kind: catalog.Ordinary,
				Persistence: 'p', Rows: 100, Pages: 1}
			for k, column := range []string{"email", "full_name", "note", "phone", "state"} {
				t.Columns = append(t.Columns, &catalog.Column{Num: int16(k + 1), Name: column, Type: text, Mod: -1})
			}
			cat.Tables = append(cat.Tables, t)
		}
	}
	return cat
}

// The work of a check grows with the number of tables, with patterns and with none: counted
// in allocations, so that a slow machine says the same.
func TestCheckGrowsWithTheTables(t *testing.T) {
	for name, text := range map[string]string{
		"patterns": "version: 1\ntables:\n  \"tenant_*.*\": {columns: {email: email, full_name: full_name, phone: phone, \"*\": text}}\n",
		"no rules": "version: 1\ntables: {}\n",
	} {
		rs, err := rules.Parse("r.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		work := func(n int) float64 {
			cat := tenants(n)
			return testing.AllocsPerRun(1, func() {
				r, err := check.Run(check.Input{Rules: rs, Now: cat})
				if err != nil || r.Passed != (name == "patterns") {
					t.Fatalf("%+v, %v", r.Issues, err)
				}
				if name == "patterns" && len(r.Patterns[0].Tables) != 2*n {
					t.Errorf("the pattern fits %d tables", len(r.Patterns[0].Tables))
				}
			})
		}
		few, many := work(25), work(100)
		if many > 6*few {
			t.Errorf("%s: four times the tables take %.1f times the allocations", name, many/few)
		}
	}
}

// 1,000 tables in 500 schemas.
func BenchmarkCheckTenants(b *testing.B) {
	cat := tenants(500)
	rs, err := rules.Parse("r.yaml", []byte("version: 1\ntables:\n  \"tenant_*.*\": {columns: {\"*\": text}}\n"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := check.Run(check.Input{Rules: rs, Now: cat}); err != nil {
			b.Fatal(err)
		}
	}
}

// The same without a rule: every column is listed with a line to paste.
func BenchmarkCheckUncovered(b *testing.B) {
	cat := tenants(500)
	rs, err := rules.Parse("r.yaml", []byte("version: 1\ntables: {}\n"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := check.Run(check.Input{Rules: rs, Now: cat}); err != nil {
			b.Fatal(err)
		}
	}
}
