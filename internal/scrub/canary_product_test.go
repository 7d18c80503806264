package scrub_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
	"refresher/internal/testkit/longform"
)

// canaryTypes are types in every width at which what is made there changes its form.
func canaryTypes(t *testing.T) []string {
	list := []string{"text", "name", "citext", "int2", "int4", "int8", "numeric", "float4", "float8", "date", "timestamp", "timestamptz", "inet", "cidr",
		"uuid", "bytea", "macaddr", "macaddr8", "point", "json", "jsonb", "xml", "bool", "mood", "vector", "sparsevec", "tsvector", "mail", "_text", "_varchar", "_inet", "_date"}
	var sized []string
	for _, n := range []int{1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 24, 30, 32, 34, 36, 38, 40, 44, 60, 64, 97, 255} {
		sized = append(sized, fmt.Sprintf("varchar(%d)", n), fmt.Sprintf("bpchar(%d)", n))
	}
	for _, n := range []int{1, 3, 6, 9, 10, 12, 16, 19, 30} {
		sized = append(sized, fmt.Sprintf("numeric(%d)", n))
	}
	return append(list, longform.Some(t, 24, sized)...)
}

// Every rule that the compiler accepts passes its own canaries, also where a table is empty: no
// value comes out, and the search for survivors finds each identity that it is given.
func TestEveryRuleThatCompilesPassesItsCanaries(t *testing.T) {
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	collector := store.Collector()
	followed := map[scrub.Identity]string{}
	tried := map[string]bool{}
	for _, typ := range canaryTypes(t) {
		var columns, lines []string
		for _, d := range transform.Definitions() {
			for _, rule := range rulesOf(&d) {
				sql := strings.TrimPrefix(typ, "_") + strings.Repeat("[]", strings.Count(typ, "_"))
				for _, r := range []string{rule, within(sql, rule)} {
					name := fmt.Sprintf("c%d", len(columns))
					cat := newCatalog(t, tableDef{name: "a.t", columns: []string{name + " " + typ}})
					line := fmt.Sprintf("%s: %s", name, r)
					if strings.Contains(rule, "with: '$1'") && strings.HasSuffix(typ, "(1)") {
						continue // it keeps the first character, and so all: canaries say so
					}
					if _, err := scrub.Compile(mustParse(t, head+"  a.t: {columns: {"+line+"}}\n"), cat, testKey); err == nil {
						columns, lines = append(columns, name+" "+typ), append(lines, line)
						tried[d.Name] = true
					}
				}
			}
		}
		for i, column := range columns {
			cat := newCatalog(t, tableDef{name: "a.t", columns: []string{column}})
			p := compile(t, cat, head+"  a.t: {columns: {"+lines[i]+"}}\n")
			for seed := range 3 {
				table, ids, err := p.NewWriter(plan(t, p, "a.t"), io.Discard, nil).Rehearse([]byte{byte(i), byte(seed)})
				if err != nil {
					t.Errorf("%s %s: %v", typ, lines[i], err)
					continue
				}
				for _, c := range table.Columns {
					if c.Leaked > 0 {
						t.Errorf("%s %s: %+v", typ, lines[i], c)
					}
				}
				for _, id := range ids {
					collector.Add(id.Class, []byte(id.Text))
					followed[id] = typ + " " + lines[i]
				}
			}
		}
	}
	for _, d := range transform.Definitions() {
		if !tried[d.Name] {
			t.Errorf("%s was never tried", d.Name)
		}
	}
	if err := collector.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	for id, what := range followed {
		found := false
		for _, hit := range m.Scan(nil, []byte("seen: "+id.Text+".")) {
			found = found || hit.Class == id.Class
		}
		if !found {
			t.Errorf("%s: %s %q is not found", what, id.Class, id.Text)
		}
	}
	if len(followed) < 500 {
		t.Errorf("only %d identities", len(followed))
	}
}
