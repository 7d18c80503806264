package scrub_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/prf"
	"refresher/internal/scrub/transform"
)

var updateGolden = flag.Bool("update-golden", false, "rewrite testdata/outputs.*.txt: existing staging databases then change at the next refresh")

// goldenValues are values by the type of their column.
var goldenValues = map[string][]string{
	"text": {" ", "Jane Doe", "Jane.Doe@mail.invalid", "+1 (212) 867-5309", "004930123456", "4539 5787 6362 1486", "123-45-6789", "DE02 1203 0000 0000 2020 51",
		"10 Main Street", "DE", "Germany", "1984-05-17", "1984-05-17 13:14:15.5+02", "123456", "-48250.50", "37", "52.520008", "8.8.8.8", "2001:4860::8888/64",
		"00:1A:2B:3C:4D:5E", "https://doe.net/photos/jane.jpg?x=1", "550E8400-E29B-41D4-A716-446655440000", "AB12CD34", "Zoë Müller-Łęcka", `{"a": "x"}`,
		"Ask Dr. Sarah Thompson, (212) 867-5309 or jane@mail.invalid, card 4539578763621486."},
	"varchar(24)": {"Jane Doe", "Jane.Doe@mail.invalid", "2128675309", "8.8.8.8", "1984-05-17", "123456", "AB12CD34"},
	"varchar(12)": {"Jane Doe", "212867530", "8.8.8.8", "123456"},
	"bpchar(40)":  {"Jane Doe", "2128675309", "1984-05-17"},
	"int4":        {"7", "-7", "123456", "2147483647"},
	"int8":        {"7", "212867530", "9223372036854775807"},
	"numeric":     {"0.00", "48250.50", "2128675309", "4539578763621486", "NaN"},
	"float8":      {"52.520008", "-48250.5"},
	"date":        {"1984-05-17", "0044-03-15 BC", "infinity"},
	"timestamptz": {"1984-05-17 13:14:15.123456+00"},
	"inet":        {"8.8.8.8", "10.0.0.0/8", "2001:4860::8888/64"},
	"cidr":        {"8.8.8.0/24"},
	"uuid":        {"550e8400-e29b-41d4-a716-446655440000"},
	"bytea":       {`\x`, `\x89504e470d0a1a0a`, `\x7a407a40`},
	"macaddr":     {"00:1a:2b:3c:4d:5e"},
	"point":       {"(13.404954,52.520008)"},
	"jsonb":       {`{"a": "Jane Doe", "b": ["8.8.8.8", 123456, true, null], "c": {"d": "1984-05-17"}}`},
	"xml":         {"<a b='Jane Doe'>Jane &amp; Doe<c>123456</c></a>"},
	"_text":       {`{"Jane Doe",NULL,123456}`},
	"mood":        {"sad"},
	"tsvector":    {"'doe':2 'jane':1"},
	"vector":      {"[0.12,-0.5,0.31]", "[1e-05,0,65504]"},
	"sparsevec":   {"{1:0.5,7:-2}/100", "{}/3"},
}

// One key and one value give one output, in this version as in those before: staging's
// users see the same fakes every week, and other systems hold copies of them. That holds for
// each keyed function.
func TestOutputsStayTheSame(t *testing.T) {
	for _, function := range prf.Names() {
		t.Run(function, func(t *testing.T) { outputsStayTheSame(t, "prf: "+function+"\n", "testdata/outputs."+function+".txt") })
	}
}

func outputsStayTheSame(t *testing.T, function, file string) {
	var b strings.Builder
	for _, typ := range slices.Sorted(maps.Keys(goldenValues)) {
		for _, d := range transform.Definitions() {
			for _, rule := range rulesOf(&d) {
				goldenRule(t, &b, function, typ, rule)
				if sql := strings.TrimPrefix(typ, "_") + strings.Repeat("[]", strings.Count(typ, "_")); within(sql, rule) != rule && d.Name != "json" {
					goldenRule(t, &b, function, typ, within(sql, rule))
				}
			}
		}
	}
	goldenPeople(t, &b, function)
	if *updateGolden {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, expected := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(expected)) {
		if i >= len(got) || i >= len(expected) || got[i] != expected[i] {
			t.Fatalf("line %d of %s\n got %s\nwant %s", i+1, file, got[min(i, len(got)-1)], expected[min(i, len(expected)-1)])
		}
	}
}

func goldenRule(t *testing.T, b *strings.Builder, function, typ, rule string) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + typ}})
	p, err := scrub.Compile(mustParse(t, head+"  a.t: {columns: {x: "+rule+"}}\n"+function), cat, testKey)
	if err != nil {
		fmt.Fprintf(b, "%s %s: %s\n", typ, rule, strings.ReplaceAll(err.Error(), "\n", " | "))
		return
	}
	fmt.Fprintf(b, "%s %s\n", typ, rule)
	for _, v := range goldenValues[typ] {
		out, err := tryScrub(t, p, "a.t", []string{v})
		if err != nil {
			fmt.Fprintf(b, "  %q: %v\n", v, err)
			continue
		}
		fmt.Fprintf(b, "  %q → %q\n", v, out[0][0])
	}
}

// goldenPeople shows rows whose columns know of one another.
func goldenPeople(t *testing.T, b *strings.Builder, function string) {
	p := compile(t, people(t), peopleRules+function)
	rows := map[string][][]string{
		"a.users": {{"1", "jane.doe@mail.invalid", "Jane", "Doe", "Jane Doe", "212 867 5309", "1984-05-17", "jdoe"},
			{"2", null, "Bob", "Roe", "Bob Roe", null, "1990-01-01", "bob"}},
		"a.payments": {{"1", "1", "Jane Doe", "pay@mail.invalid", "2024-01-02 03:04:05+00", "{Jane Doe,Bob}", `{"name": "Jane", "own": "Jane"}`, "jane.doe@mail.invalid"}},
		"a.tickets": {{"1", "1", "J. Doe", "jane.doe@mail.invalid", "I am Jane Doe (jdoe), 212-867-5309; write to jane.doe@mail.invalid", "{sad}",
			"jane.doe@mail.invalid", "Jane", "Doe", "Jane Doe", "212 867 5309", "jdoe"}},
		"a.letters": {{"jane.doe@mail.invalid", "Jane Doe", "2024-01-02"}},
	}
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(b, "%s: %q\n", table, scrubbed(t, p, table, rows[table]...))
	}
	texts := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8 not null", "first text", "last text", "sex text", "login text", "note text"},
		edit: func(t *catalog.Table) { t.PrimaryKey = []string{"id"} }}), head+`  a.t: {columns: {id: keep, first: {transform: first_name, gender: sex}, last: last_name, sex: keep,
      login: {transform: template, format: "{first}.{last}.{id}@example.com"}, note: {transform: text, names: true}}}
`+function)
	fmt.Fprintf(b, "template, gender: %q\n", scrubbed(t, texts, "a.t", []string{"7", "Zoë", "Łęcka", "f", "z@mail.invalid", "Zoë ŁĘCKA called Sarah Thompson"}))
}
