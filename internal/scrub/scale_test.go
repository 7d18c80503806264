package scrub_test

import (
	"fmt"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// tenantRules decide on all tenants by patterns.
const tenantRules = head + `  "tenant_*.users": {columns: {id: token, email: email, name: full_name, "*": "null"}}
  "tenant_*.orders": {columns: {id: token, user_id: token, note: text}}
  "tenant_*.sessions": {rows: none}
  "*.updated_by": username
  "*.amount": {transform: number_noise, percent: 10}
`

// tenants are n schemas of the same tables, with a key from each tenant's orders to
// its users.
func tenants(t testing.TB, n int) *catalog.Catalog {
	var defs []tableDef
	for i := range n {
		schema := fmt.Sprintf("tenant_%03d.", i)
		key := func(table *catalog.Table) {
			table.PrimaryKey = []string{"id"}
			table.Unique = []catalog.UniqueIndex{{Name: "pk", Columns: []string{"id"}, Primary: true}}
		}
		defs = append(defs,
			tableDef{schema + "users", []string{"id text not null", "email text", "name text", "born date",
				"updated_by text"}, key},
			tableDef{schema + "orders", []string{"id text not null", "user_id text", "amount int4", "note text",
				"updated_by text"}, key},
			tableDef{schema + "sessions", []string{"id text", "token text"}, nil})
	}
	cat := newCatalog(t, defs...)
	for i := range n {
		schema := fmt.Sprintf("tenant_%03d", i)
		orders := cat.Table(catalog.Name{Schema: schema, Name: "orders"})
		orders.ForeignKeys = append(orders.ForeignKeys, catalog.ForeignKey{Name: "fk",
			Table:   catalog.Name{Schema: schema, Name: "orders"},
			Columns: []string{"user_id"}, RefTable: catalog.Name{Schema: schema, Name: "users"},
			RefColumns: []string{"id"}})
	}
	return cat
}

// The work of compiling grows with the number of tables, not with its square: counted
// in allocations, so that a slow machine says the same.
func TestCompilingGrowsWithTheTables(t *testing.T) {
	rs := mustParse(t, tenantRules)
	work := func(n int) float64 {
		cat := tenants(t, n)
		return testing.AllocsPerRun(1, func() {
			if _, err := scrub.Compile(rs, cat, testKey); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := work(50), work(200)
	if many > 5*few {
		t.Errorf("four times the tables take %.1f times the allocations", many/few)
	}
	if perTable := many / (3 * 200); perTable > 2000 {
		t.Errorf("%.0f allocations a table", perTable)
	}
}

// 500 tenants, 1,500 tables, 6,000 columns.
func BenchmarkCompileTenants(b *testing.B) {
	cat, rs := tenants(b, 500), mustParse(b, tenantRules)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scrub.Compile(rs, cat, testKey); err != nil {
			b.Fatal(err)
		}
	}
}

// The same without a rule: every column is refused, each with a line to paste.
func BenchmarkCompileUncovered(b *testing.B) {
	cat := tenants(b, 500)
	empty, err := rules.Parse("r.yaml", []byte(head))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := scrub.Compile(empty, cat, testKey); err == nil {
			b.Fatal("nothing is refused")
		}
	}
}
