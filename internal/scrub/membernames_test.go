package scrub_test

import (
	"regexp"
	"strings"
	"testing"
)

// Names of members are data unless a path names them: the same name becomes the same
// alias in JSON, hstore and XML, in every row and table, and says nothing of the name.
func TestNamesOfMembersAreMasked(t *testing.T) {
	compoundTypes()
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"j jsonb", "h hstore", "x xml", "kept json"}})
	p := compile(t, cat,
		head+`  a.t: {columns: {j: {json: {"*.phone": phone}}, h: {hstore: {"*": email}}, x: {xml: {"list/*": email}},
    kept: {json: {"*.phone": phone}, keys: keep}}}
`)
	row := []string{`{"Ottokar": {"phone": "+49 30 88714402", "x": 1}}`, `"Ottokar"=>"kw@posteo.test"`,
		`<list><Ottokar>kw@posteo.test</Ottokar></list>`, `{"Ottokar": {"phone": "1"}}`}
	got := scrubbed(t, p, "a.t", row, row)
	alias := regexp.MustCompile(`(?:key|element)_([a-p]{16})`)
	names := map[string]bool{}
	for _, fields := range got {
		for i, field := range fields[:3] {
			m := alias.FindStringSubmatch(field)
			if m == nil || strings.Contains(field, "Ottokar") {
				t.Fatalf("column %d: %s", i, field)
			}
			names[m[1]] = true
		}
		if !strings.HasPrefix(fields[3], `{"Ottokar": {"phone": "`) {
			t.Errorf("keys: keep: %s", fields[3])
		}
	}
	if len(names) != 1 {
		t.Errorf("one name has several aliases: %v", names)
	}
}
