package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/report/signature"
)

const schemaFile = "../../docs/report.schema.json"

// The JSON Schema of report.json is made of the Go types and their comments, so
// that it can't say anything else.
func TestTheSchemaIsThatOfTheTypes(t *testing.T) {
	g := &generator{defs: map[string]any{}, comments: map[string]map[string]string{}, t: t}
	root := g.object(reflect.TypeFor[Report]())
	for k, v := range map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:refresher:report:1",
		"title": "A run's report (report.json)", "$defs": g.defs,
	} {
		root[k] = v
	}
	enum := func(def, field string, values ...any) {
		object := root
		if def != "" {
			object = g.defs[def].(map[string]any)
		}
		p, ok := object["properties"].(map[string]any)[field].(map[string]any)
		if !ok {
			t.Fatalf("%s has no %s", def, field)
		}
		p["enum"] = values
	}
	enum("", "format", Format)
	enum("", "outcome", fault.Done, fault.Refused, fault.Failed, fault.Invalid, fault.Stopped, fault.Skipped, fault.Lost, fault.Running)
	enum("Signing", "algorithm", "Ed25519")
	enum("Signing", "origin", "derived", "configured")
	enum("Table", "rows_mode", "all", "none", "when", "preserved", HookMode)
	enum("Hook", "kind", "sql", "exec", "http", "redis")
	enum("Hook", "when", BeforePromote, AfterPromote)
	enum("verify.Finding", "kind", "survivor", "detection")
	enum("TableDrift", "change", "added", "removed", "rows")
	enum("Remain", "verdict", Passed, Leaks, Unknown)
	enum("ColumnDrift", "change", "added", "removed", "retyped")
	enum("risk.HIPAA", "status", "mapped", "absent", "unmapped")
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(schemaFile); err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("docs/report.schema.json is not that of the types: go test ./internal/report -update (%v)", err)
	}
}

func TestReportsFollowTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	check := func(doc []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	var last []byte
	for name, r := range map[string]*Report{"full": sample(), "refused early": {Run: "r", Outcome: fault.Refused}} {
		doc := signed(t, r).Document
		if err := check(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "full" {
			last = doc
		}
	}
	for _, edit := range [][2]string{
		{`"outcome":"refused"`, `"outcome":"fine"`}, {`"format":1`, `"format":2`}, {`"run":"`, `"run2":"`},
		{`"survivors":1`, `"survivors":"1"`}, {`"survivors":1`, `"survivors":1.5`}, {`"started":"2026-`, `"started":"26-`}, {`"warnings":[`, `"warnings":null,"x":[`},
	} {
		changed := strings.Replace(string(last), edit[0], edit[1], 1)
		if changed == string(last) || check([]byte(changed)) == nil {
			t.Errorf("%s instead of %s is no matter to the schema", edit[1], edit[0])
		}
	}
}

func signed(t *testing.T, r *Report) *Signed {
	t.Helper()
	s, err := signature.Derive(secret.KeyOf([]byte("the key of a test, as Derive takes any")))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Sign(s); err != nil {
		t.Fatal(err)
	}
	return r.Signed
}

// generator turns types into JSON Schema.
type generator struct {
	defs     map[string]any
	comments map[string]map[string]string // of a package: Type and Type.Field to text
	t        *testing.T
}

func (g *generator) schema(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "pattern": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`}
	case reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "integer", "description": "nanoseconds"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.schema(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.schema(t.Elem())}
	case reflect.Struct:
		name := defName(t)
		if _, done := g.defs[name]; !done {
			g.defs[name] = nil // a type may hold itself
			g.defs[name] = g.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	g.t.Fatalf("%s has no JSON Schema", t)
	return nil
}

// defName tells types of other packages by their package.
func defName(t reflect.Type) string {
	if p := filepath.Base(t.PkgPath()); p != "report" {
		return p + "." + t.Name()
	}
	return t.Name()
}

func (g *generator) object(t reflect.Type) map[string]any {
	comments := g.of(t)
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if !f.IsExported() || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			g.t.Fatalf("%s.%s has no name in JSON", t, f.Name)
		}
		p := g.schema(f.Type)
		if text := comments[t.Name()+"."+f.Name]; text != "" {
			p["description"] = text
		}
		properties[name] = p
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return map[string]any{
		"type":                 "object",
		"description":          comments[t.Name()],
		"properties":           properties,
		"required":             required,
		"additionalProperties": false,
	}
}

// of reads the comments of a type's package.
func (g *generator) of(t reflect.Type) map[string]string {
	if c := g.comments[t.PkgPath()]; c != nil {
		return c
	}
	c := map[string]string{}
	g.comments[t.PkgPath()] = c
	files, err := filepath.Glob("../../" + strings.TrimPrefix(t.PkgPath(), "refresher/") + "/*.go")
	if err != nil || len(files) == 0 {
		g.t.Fatalf("no source of %s (%v)", t.PkgPath(), err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			g.t.Fatal(err)
		}
		for _, d := range tree.Decls {
			types, ok := d.(*ast.GenDecl)
			if !ok || types.Tok != token.TYPE {
				continue
			}
			for _, s := range types.Specs {
				spec := s.(*ast.TypeSpec)
				object, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				c[spec.Name.Name] = text(types.Doc)
				for _, f := range object.Fields.List {
					for _, name := range f.Names {
						c[spec.Name.Name+"."+name.Name] = text(f.Comment)
					}
				}
			}
		}
	}
	return c
}

func text(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
