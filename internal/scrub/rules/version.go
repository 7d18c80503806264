package rules

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/postgres/catalog"
)

// MadeFor says which versions of a product rules were written for, and where its database says its own.
//
//	made_for:
//	  - {product: MLflow, table: public.alembic_version, column: version_num, versions: [5b0e9adcef9c]}
//	  - {product: Metabase, table: public.databasechangelog, column: id, newest: orderexecuted, versions: ["v50.*"]}
//
// Nothing depends on it: what no rule names refuses a run in any version.
type MadeFor struct {
	Product  string
	Table    catalog.Name // of the product's migrations
	Column   string       // that says the version
	Newest   string       // column whose greatest value marks the row that counts; empty: there is one row
	Versions []string     // of it, in which * stands for anything
	Pos      Pos
}

const madeForShape = "{product: …, table: …, column: …, newest: …, versions: […]}"

func (l *loader) madeFor(n ast.Node, m *MadeFor) {
	m.Pos = l.pos(n)
	l.mapping(n, "a product", madeForShape, l.madeForFields(m))
}

func (l *loader) madeForFields(m *MadeFor) []field {
	return []field{
		{"product", true, l.text(&m.Product)}, {"table", true, l.tableName(&m.Table)},
		{"column", true, l.column(&m.Column)},
		{"newest", false, l.column(&m.Newest)}, {"versions", true, l.values(&m.Versions)},
	}
}

// Knows reports whether the rules were written for a version.
func (m MadeFor) Knows(version string) bool {
	for _, v := range m.Versions {
		parts := strings.Split(v, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		if ok, _ := regexp.MatchString("^"+strings.Join(parts, ".*")+"$", version); ok { // of quoted parts it is valid
			return true
		}
	}
	return false
}
