package scrub_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

const rulesDoc = repository + "/docs/rules.md"

// generated are the parts of docs/rules.md that come from the definitions, by
// the marker that begins them.
var generated = map[string]func(testing.TB) string{
	"transforms": transformTable,
	"parameters": parameterTable,
	"examples":   exampleTable,
	"risk":       riskTable,
	"hipaa":      hipaaTable,
}

func TestTheReferenceIsTheRealOne(t *testing.T) {
	text, err := os.ReadFile(rulesDoc)
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range generated {
		begin, end := "<!-- "+name+": begin, generated from internal/scrub -->\n", "<!-- "+name+": end -->\n"
		before, rest, ok1 := strings.Cut(string(text), begin)
		is, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("%s has lost its markers of %s", rulesDoc, name)
		}
		want := table(t)
		if is != want && !*update {
			t.Errorf("the %s in %s are out of date; run: go test ./internal/scrub -run Reference -update", name, rulesDoc)
		}
		text = []byte(before + begin + want + end + after)
	}
	if *update {
		if err := os.WriteFile(rulesDoc, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func transformTable(testing.TB) string {
	var b strings.Builder
	b.WriteString("| transform | what comes in the value's place | replaces | types | different values |\n|---|---|---|---|---|\n")
	for _, d := range transform.Definitions() {
		space := d.Space
		if d.Unique && d.Name != "keep" {
			space = strings.TrimPrefix(space+"; **unique**", "; ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", d.Name, cellText(d.Doc), class(d.Class), families(d.Families), cellText(space))
	}
	return b.String()
}

func class(c pii.Class) string {
	if c == pii.None {
		return ""
	}
	return strings.ReplaceAll(string(c), "_", " ")
}

func families(list []transform.Family) string {
	if list == nil {
		return "all"
	}
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = string(f)
	}
	return strings.Join(words, ", ")
}

func parameterTable(testing.TB) string {
	var b strings.Builder
	b.WriteString("| transform | parameter | values | default | meaning |\n|---|---|---|---|---|\n")
	for _, d := range append(transform.Definitions(), scrub.ShapesWithParams()...) {
		for _, p := range d.Params {
			def := "`" + p.Default + "`"
			switch {
			case p.Required:
				def = "**required**"
			case p.Optional:
				def = ""
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", d.Name, p.Name, paramValues(&p), def, cellText(p.Doc))
		}
	}
	return b.String()
}

func paramValues(p *transform.Param) string {
	switch {
	case len(p.Choices) > 0:
		return "`" + strings.Join(p.Choices, "`, `") + "`"
	case p.Kind == rules.Number && p.Decimal:
		return fmt.Sprintf("number, %d to %d", p.Min, p.Max)
	case p.Kind == rules.Number:
		return fmt.Sprintf("%d to %d", p.Min, p.Max)
	case p.Kind == rules.Bool:
		return "`true`, `false`"
	case p.Kind == rules.String:
		return "text"
	}
	return "any"
}

// exampleTable runs every definition's example, with a key that everybody knows.
func exampleTable(t testing.TB) string {
	var b strings.Builder
	b.WriteString("| rule | value | becomes |\n|---|---|---|\n")
	for _, d := range transform.Definitions() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code(d.Example.Rule), code(d.Example.Value), code(tryExample(t, &d)))
	}
	return b.String()
}

// exampleTypes are the types that examples are tried on, by what they serve.
var exampleTypes = map[transform.Family]string{
	transform.FamilyText: "text", transform.FamilyNumber: "numeric", transform.FamilyDate: "date", transform.FamilyTimestamp: "timestamptz", transform.FamilyInet: "inet",
	transform.FamilyCIDR: "cidr", transform.FamilyUUID: "uuid", transform.FamilyBytea: "bytea", transform.FamilyJSON: "jsonb", transform.FamilyFloat: "float8",
	transform.FamilyMAC: "macaddr", transform.FamilyPoint: "point", transform.FamilyEmbedding: "vector", transform.FamilySearch: "tsvector", transform.FamilyXML: "xml", transform.FamilyArray: "_text",
}

// tryExample runs an example on the first type that its value is one of.
func tryExample(t testing.TB, d *transform.Definition) string {
	t.Helper()
	serves := d.Families
	if serves == nil {
		serves = []transform.Family{transform.FamilyText}
	}
	for _, f := range serves {
		typ := types[exampleTypes[f]]
		if typ == nil || d.Name != "json" && f == transform.FamilyJSON {
			continue
		}
		cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + exampleTypes[f]}})
		p := compile(t, cat, head+"  a.t: {columns: {x: "+d.Example.Rule+"}}\n")
		if _, err := value.For(typ, plan(t, p, "a.t").Format).AppendWire(nil, []byte(d.Example.Value)); err != nil {
			continue
		}
		return scrubbed(t, p, "a.t", []string{d.Example.Value})[0][0]
	}
	t.Fatalf("the example of %s is a value of no type that it serves", d.Name)
	return ""
}

// cellText is text for a cell of a Markdown table.
func cellText(s string) string {
	s = strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(s)
	return power.ReplaceAllString(s, "$1<sup>$2</sup>")
}

var power = regexp.MustCompile(`\b(2|10)\^(\d+)`)

// code is a value as code in a cell of a Markdown table.
func code(s string) string {
	switch {
	case s == null:
		return "NULL"
	case len([]rune(s)) > 120:
		s = string([]rune(s)[:120]) + "…"
	}
	s = strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}

// Every ruleset in the documentation loads, is valid by the schema, and compiles
// for a database that has the tables and columns which it names.
func TestDocumentedRulesets(t *testing.T) {
	valid := validator(t)
	n := 0
	for _, file := range []string{rulesDoc, repository + "/docs/verification.md", repository + "/docs/adding-a-transform.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			ruleset := wholeRuleset(block)
			n++
			if err := valid(ruleset); err != nil {
				t.Errorf("%s, block %d: %v\n%s", file, i+1, err, block)
			}
			rs, err := rules.Parse("r.yaml", []byte(ruleset))
			if err != nil {
				t.Errorf("%s, block %d: %v\n%s", file, i+1, err, ruleset)
				continue
			}
			if _, err := scrub.Compile(rs, documentedCatalog(t, rs), testKey); err != nil {
				var refusal *fault.Refusal
				t.Errorf("%s, block %d: %v (refused: %v)\n%s", file, i+1, err, errors.As(err, &refusal), ruleset)
			}
		}
	}
	if n < 12 {
		t.Errorf("only %d rulesets in the documentation", n)
	}
}

// wholeRuleset completes a fragment: columns of a table, tables, or a file
// without its version.
func wholeRuleset(block string) string {
	indent := func(by string) string {
		return by + strings.ReplaceAll(strings.TrimRight(block, "\n"), "\n", "\n"+by) + "\n"
	}
	first := ""
	for _, line := range strings.Split(block, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			first = line
			break
		}
	}
	key, _, _ := strings.Cut(first, ":")
	switch {
	case key == "version":
		return block
	case slices.Contains(rules.Keys()["file"], key):
		return "version: 1\n" + block
	case strings.Contains(key, "."):
		return "version: 1\ntables:\n" + indent("  ")
	}
	return "version: 1\ntables:\n  public.users:\n    columns:\n" + indent("      ")
}

// documentedTypes are the types of columns in the documentation, where the
// column isn't text.
var documentedTypes = map[string]string{
	"id": "int8", "user_id": "int8", "about_id": "int8", "date_of_birth": "date", "attributes": "jsonb", "payload": "jsonb", "signup_ip": "inet", "aliases": "_text",
	"cc_emails": "_text", "created_at": "timestamptz", "is_staff": "bool", "invoice": "xml",
	"home": "postal", "settings": "hstore", "flags": "hstore", "employed": "daterange",
}

// documentedCatalog is a database that has what a ruleset names.
func documentedCatalog(t testing.TB, rs *rules.Ruleset) *catalog.Catalog {
	t.Helper()
	compoundTypes()
	types["postal"] = &catalog.Type{OID: 16600, Schema: "public", Name: "postal", SQL: "postal", Kind: catalog.CompositeType, BinaryIO: true,
		Fields: []catalog.Field{{Name: "street", Type: types["text"], Mod: -1}, {Name: "city", Type: types["text"], Mod: -1}}}
	tables := map[catalog.Name][]string{}
	add := func(table catalog.Name, columns ...string) {
		for _, name := range columns {
			typ := documentedTypes[name]
			if typ == "" {
				typ = "text"
			}
			if spec := name + " " + typ; !slices.Contains(tables[table], spec) {
				tables[table] = append(tables[table], spec)
			}
		}
	}
	for name, table := range rs.Tables {
		add(name, "id")
		for _, c := range table.Columns {
			if !c.Wildcard {
				add(name, c.Name)
			}
		}
		if table.Column("id") == nil && table.Wildcard() == nil && table.Rows != rules.NoRows {
			tables[name] = tables[name][1:]
		}
	}
	for _, r := range rs.References {
		add(r.Table, r.Columns...)
		add(r.To, r.ToColumns...)
	}
	for _, a := range rs.Allow {
		add(a.Table, a.Column)
		if rs.Tables[a.Table] == nil { // a fragment: the table's rules stand elsewhere
			rs.Tables[a.Table] = &rules.Table{Name: a.Table, Rows: rules.NoRows, Pos: a.Pos}
		}
	}
	var defs []tableDef
	for name, columns := range tables {
		defs = append(defs, tableDef{name: name.String(), columns: columns, edit: func(t *catalog.Table) {
			if t.Column("id") != nil {
				t.PrimaryKey = []string{"id"}
				t.Unique = []catalog.UniqueIndex{{Name: "pk", Columns: t.PrimaryKey, Primary: true}}
			}
		}})
	}
	return newCatalog(t, defs...)
}
