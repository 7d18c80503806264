package catalog_test

import (
	"slices"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// Configuration tables stand among the tables, with the rows that are the database's, and
// come before all others, each after those that it refers to.
func TestConfigurationTables(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE EXTENSION hstore; CREATE SEQUENCE numbers;
		CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (id int REFERENCES b); CREATE TABLE inner_one (id int);
		CREATE TABLE aa (id int);
		ALTER EXTENSION hstore ADD TABLE a; ALTER EXTENSION hstore ADD TABLE b; ALTER EXTENSION hstore ADD TABLE inner_one;
		ALTER EXTENSION hstore ADD SEQUENCE numbers;
		UPDATE pg_extension SET extconfig = ARRAY['a'::regclass::oid, 'b'::regclass::oid, 'numbers'::regclass::oid],
			extcondition = ARRAY['', 'WHERE id > 1', ''] WHERE extname = 'hstore'`)
	cat := load(t, url)
	first, rest := catalog.Configuration(cat.Tables)
	names := func(list []*catalog.Table) (out []string) {
		for _, t := range list {
			out = append(out, t.Name.Name+" "+t.Extension+" "+t.Where)
		}
		return out
	}
	if got := names(first); !slices.Equal(got, []string{"b hstore WHERE id > 1", "a hstore "}) {
		t.Errorf("configuration: %q", got)
	}
	if got := names(rest); !slices.Equal(got, []string{"aa  "}) {
		t.Errorf("the rest: %q", got)
	}
	if len(cat.ExtensionTables) != 1 || cat.ExtensionTables[0].Name != public("inner_one") {
		t.Errorf("tables of the extension alone: %v", cat.ExtensionTables)
	}
	if len(cat.Sequences) != 1 {
		t.Errorf("sequences: %v", cat.Sequences)
	}
}
