package scrub_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

var update = flag.Bool("update", false, "rewrite rules/schema.json and the reference in docs/rules.md")

const (
	repository = "../.."
	schemaFile = repository + "/rules/schema.json"
)

func TestTheSchemaFileIsTheRealOne(t *testing.T) {
	if *update {
		if err := os.WriteFile(schemaFile, scrub.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, scrub.Schema()) {
		t.Errorf("%s is out of date; run: go test ./internal/scrub -run Schema -update", schemaFile)
	}
}

// validator is a real validator with the schema.
func validator(t testing.TB) func(ruleset string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(scrub.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7) // the schema must say itself what it is
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if schema.DraftVersion != 2020 {
		t.Fatalf("draft %d", schema.DraftVersion)
	}
	return func(ruleset string) error {
		text, err := yaml.YAMLToJSON([]byte(ruleset))
		if err != nil {
			return fmt.Errorf("not YAML: %w", err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
}

func TestSchemaTakesTheRulesets(t *testing.T) {
	valid := validator(t)
	files, err := filepath.Glob(repository + "/rules/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(string(text)); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, d := range transform.Definitions() {
		if err := valid(head + "  a.t: {columns: {x: " + d.Example.Rule + "}}\n"); err != nil {
			t.Errorf("the example of %s: %v", d.Name, err)
		}
	}
}

// What the format takes, the schema takes; what it refuses by its form alone,
// the schema refuses.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	valid := validator(t)
	column := func(rule string) string { return "version: 1\ntables:\n  a.b: {columns: {x: " + rule + "}}\n" }
	for _, good := range []string{
		"version: 1\n", "version: 1\ntables:\n", "version: 1\ntables: {}\n",
		"version: 1\ntables: {a.b: {subject: id, columns: {x: keep}}, a.c: {subject: {column: id, domain: staff, fallback: mail, home: true}}}\n",
		"version: 1\ntables: {a.b: {rows: none}, '\"A \".\"b\"\"c\"': {rows: all, columns: {'*': keep, 2: keep, true: keep, null: keep, '\"*\"': keep}}}\n",
		"version: 1\ntables: {a.b: {rows: {when: x > 1}, columns: {}}, a.c: {rows: {when: true}}}\n",
		"version: 1\nobjects: {'**/*.csv': {columns: {uid: keep, note: text}, delimiter: ';', header: [uid, note]}, 'tmp/**': {rows: none}}\n",
		column("keep"), column("null"), column("'null'"), column("~"), column("{transform: null}"), column("{transform: 'null'}"),
		column("{transform: email, hash: 20, domain: staff, exact: true, when: x == 'a'}"),
		column("{json: {a: email, 'tags[*]': keep, '**.n': {transform: date_shift, max_days: 3}}}"), column("{json: {}}"),
		column("{array: email}"), column("{array: {transform: email}}"), column("{composite: {street: street}}"), column("{hstore: {mail: email}}"),
		column("{range: date_shift}"), column("{array: {json: {a: keep}}}"), column("{transform: constant, value: [1, {a: null}]}"),
		column("[{transform: keep, when: y}, email]"), column("[email]"), column("[{json: {a: keep}, when: y}, {transform: keep, when: z}, null]"),
		"version: 1\nreferences: [{table: a.b, columns: [x, 2], to: c.d}, {table: a.b, columns: [x], to: c.d, to_columns: [y], when: z}]\n",
		"version: 1\nallow: [{table: a.b, column: x, class: email, values: [support@acme.test, 12], why: ours}]\n",
		"version: 1\nallow: [{table: a.b, column: x, class: full_name, up_to: 100, why: a public catalogue}]\n",
		"version: 1\ninclude: ['builtin:experimentation']\ntables: {}\n",
		"version: 1\ntables: {'a.x_*': {rows: none}, '*.y_by': username, 'a.*.z': {transform: 'null', class: email}, '\"A*\".b*': {columns: {'*': keep}}, '*.w': [email]}\n",
		"version: 1\ndefaults: {classes: {email: email}, types: {int4: keep, 'text[]': {array: text}}, other: null}\n",
		"version: 1\ntables: {a.b: {optional: true, columns: {x: {transform: email, optional: true}}}, a.c: {rows: none, remember: true}}\n",
	} {
		if err := valid(good); err != nil {
			t.Errorf("the schema refuses\n%s%v", good, err)
		}
		if _, err := rules.Parse("r.yaml", []byte(good)); err != nil {
			t.Errorf("the loader refuses\n%s%v", good, err)
		}
	}
	for _, bad := range []string{
		"7", "tables: {}", "version: 2\ntables: {}", "version: 1\ntabels: {}", "version: 1\ntables: []", "version: 1\ntables: {users: {rows: none}}",
		"version: 1\ntables: {a.b.c: {rows: none}}", "version: 1\ntables: {'x y.z': {rows: none}}", "version: 1\ntables: {'\"x.z': {rows: none}}",
		"version: 1\ntables: {'*': {rows: none}}", "version: 1\ntables: {'a.b*': {colums: {}}}", "version: 1\ntables: {'a.b*': 7}",
		"version: 1\ninclude: base.yaml\n", "version: 1\ndefaults: {classes: {emial: email}}\n", "version: 1\ndefaults: {others: email}\n",
		"version: 1\nallow: [{table: a.b, column: x, class: email, up_to: 0, why: z}]\n", "version: 1\ntables: {a.b: {optional: 1}}\n",
		"version: 1\ntables: {a.b: keep}", "version: 1\ntables: {a.b: {colums: {}}}", "version: 1\ntables: {a.b: {rows: some}}",
		"version: 1\ntables: {a.b: {rows: none, subject: x}}", "version: 1\ntables: {a.b: {subject: {domain: x}}}", "version: 1\ntables: {a.b: {subject: {column: x, kind: y}}}",
		"version: 1\ntables: {a.b: {subject: 7}}", "version: 1\ntables: {a.b: {subject: {column: x, home: 1}}}",
		"version: 1\ntables: {a.b: {rows: none, columns: {x: keep}}}", "version: 1\ntables: {a.b: {rows: {wen: x}}}", "version: 1\ntables: {a.b: {rows: {}}}",
		"version: 1\ntables: {a.b: {rows: {when: ' '}}}", "version: 1\ntables: {a.b: {rows: {when: 3}}}", "version: 1\ntables: {a.b: {columns: [x]}}",
		column("12"), column("true"), column("''"), column("{}"), column("{trasform: email}"), column("{transform: email, json: {a: keep}}"), column("{json: keep}"),
		column("{array: {max: 1}}"), column("{array: [email]}"), column("{array: 3}"), column("{transform: {a: b}}"), column("{transform: [email]}"), column("{transform: 3}"),
		column("{when: y, transform: 12}"), column("{when: 12, transform: email}"), column("{when: y}"), column("[]"), column("[[email], email]"), column("{json: {a: [email]}}"),
		"version: 1\nreferences: {table: a.b}\n", "version: 1\nreferences: [{table: b, columns: [x], to: c.d}]\n", "version: 1\nreferences: [{columns: [x], to: c.d}]\n",
		"version: 1\nreferences: [{table: a.b, columns: [], to: c.d}]\n", "version: 1\nreferences: [{table: a.b, columns: [x], to: c.d, too: [y]}]\n",
		"version: 1\nallow: [{table: a.b, column: x, class: emial, values: [y], why: z}]\n", "version: 1\nallow: [{table: a.b, column: x, class: email, values: [], why: z}]\n",
		"version: 1\nallow: [{table: a.b, column: x, class: email, values: [y], why: ' '}]\n", "version: 1\nallow: [{table: a.b, column: x, class: email, values: [y]}]\n",
		"version: 1\nallow: [{tabel: a.b, column: x, class: email, values: [y], why: z}]\n",
	} {
		if valid(bad) == nil {
			t.Errorf("the schema takes\n%s", bad)
		}
		if _, err := rules.Parse("r.yaml", []byte(bad)); err == nil {
			t.Errorf("the loader takes\n%s", bad)
		}
	}
	// These are well formed; the compiler refuses them without looking at a database.
	for _, bad := range []string{"emial", "json", "constant", "{transform: emial}", "{transform: json}", "{transform: email, hsah: 20}", "{array: email, max: 3}"} {
		if valid(column(bad)) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		cat := newCatalog(t, tableDef{name: "a.b", columns: []string{"x text"}})
		if len(problems(t, cat, column(bad))) == 0 {
			t.Errorf("the compiler takes %s", bad)
		}
	}
}

// Every parameter of every transform: its limits, its choices and what lies
// beyond them, by the schema and by the compiler.
func TestSchemaAgreesWithTheCompiler(t *testing.T) {
	valid := validator(t)
	for _, d := range transform.Definitions() {
		if d.Name == "json" {
			continue
		}
		required := ""
		for _, p := range d.AllParams() {
			if p.Required {
				required += ", " + p.Name + ": " + sampleValue(&p)
			}
		}
		try := func(param string) {
			t.Helper()
			rule := "{transform: '" + d.Name + "'" + required + param + "}"
			text := "version: 1\ntables: {a.b: {columns: {x: " + rule + "}}}\n"
			rs, err := rules.Parse("r.yaml", []byte(text))
			if err != nil {
				return // given twice, say
			}
			problems := scrub.CheckParams(&d, rs.Tables[catalog.Name{Schema: "a", Name: "b"}].Columns[0].Rule)
			if err := valid(text); (err == nil) != (len(problems) == 0) {
				t.Errorf("%s: the compiler says %v, the schema %v", rule, problems, err)
			}
		}
		try("")
		try(", no_such_parameter: 1")
		for _, p := range d.AllParams() {
			if p.Required {
				continue
			}
			values := []string{"x", "''", "3", "3.5", "true", "'true'", "null", "[1]", "{a: b}", "-99999999", strconv.Itoa(p.Min), strconv.Itoa(p.Max), strconv.Itoa(p.Min - 1), strconv.Itoa(p.Max + 1)}
			for _, v := range append(values, p.Choices...) {
				try(", " + p.Name + ": " + v)
			}
		}
	}
}

// sampleValue is a value that a parameter may have.
func sampleValue(p *transform.Param) string {
	switch {
	case len(p.Choices) > 0:
		return p.Choices[0]
	case p.Kind == rules.Number:
		return strconv.Itoa(p.Min)
	case p.Kind == rules.Bool:
		return "true"
	}
	return "x"
}

// The schema has the keys that the loader takes, no more and no less.
func TestSchemaKeys(t *testing.T) {
	var s struct {
		Properties map[string]any
		Defs       map[string]struct {
			Properties map[string]any
		} `json:"$defs"`
	}
	if err := json.Unmarshal(scrub.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	keys := func(m map[string]any) []string {
		var list []string
		for k := range m {
			list = append(list, k)
		}
		return list
	}
	shapes := []string{"transform"}
	for name := range s.Defs {
		if key, ok := strings.CutPrefix(name, "shape."); ok {
			shapes = append(shapes, key)
		}
	}
	got := map[string][]string{"file": keys(s.Properties), "table": keys(s.Defs["table"].Properties), "rule": shapes,
		"object":    keys(s.Defs["object"].Properties),
		"reference": keys(s.Defs["reference"].Properties), "exception": keys(s.Defs["exception"].Properties),
		"madeFor":  keys(s.Defs["madeFor"].Properties),
		"defaults": keys(s.Defs["defaults"].Properties), "risk": keys(s.Defs["risk"].Properties), "hipaa": keys(s.Defs["hipaa"].Properties)}
	want := rules.Keys()
	for _, m := range []map[string][]string{got, want} {
		for _, list := range m {
			slices.Sort(list)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
