package check

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// odd is a result with everything that formats must escape.
func odd() *Document {
	return &Document{Base: "/src/app", Result: &Result{Database: "app & \"co\"", Issues: []Issue{
		{ID: "missing-column", Level: Error, Table: "public.users", Column: "nick,name", File: "/src/app/rules/a b,c.yaml", Line: 3, Col: 5,
			Message: "public.users.nick,name (text) has no rule", Paste: "'nick,name': username   # review: 50 % sure"},
		{ID: "missing-table", Level: Error, Table: `"Odd Schema"."<T>"`, File: "/src/app/rules/a b,c.yaml", Line: 9, Col: 1, Message: `"Odd Schema"."<T>" has no rules`, Paste: `'"Odd Schema"."<T>"': {rows: none}`},
		{ID: "gone-column", Level: Error, Table: "public.users", Column: "x]]>\x01y", File: "/elsewhere/r.yaml", Line: 4, Col: 7, Message: "there is no column \"x]]>\x01y\""},
		{ID: "suspicious-keep", Level: Warning, Table: "public.users", Column: "ssn", File: "/src/app/rules/a b,c.yaml", Line: 5, Col: 7, Message: "public.users.ssn is kept: 100%\r\nsure"},
		{ID: "constraint", Level: Note, Message: "a CHECK <looks> at it"},
	}}}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-update writes it):\n%s", path, d)
	}
}

func TestFormats(t *testing.T) {
	c := odd()
	clean := &Document{Result: &Result{Database: "app", Passed: true, Tables: 3, Columns: 12, Masked: 4, Kept: 8, Wildcard: 1, Issues: []Issue{}}}
	for name, write := range map[string]func(*Document, io.Writer) error{
		"text":      (*Document).Text,
		"json":      func(d *Document, w io.Writer) error { return Documents{d}.JSON(w) },
		"junit.xml": func(d *Document, w io.Writer) error { return Documents{d}.JUnit(w) },
		"github":    func(d *Document, w io.Writer) error { return Documents{d}.GitHub(w) },
		"sarif":     func(d *Document, w io.Writer) error { return Documents{d}.SARIF(w, "1.2.3") },
	} {
		for which, c := range map[string]*Document{"odd": c, "clean": clean} {
			var b bytes.Buffer
			if err := write(c, &b); err != nil {
				t.Fatal(err)
			}
			golden(t, which+"."+name, b.Bytes())
		}
	}
}

// Several pipelines make one document in each format, in which each is told apart; one
// that could not be checked says why.
func TestFormatsOfSeveral(t *testing.T) {
	docs := Documents{odd(), {Pipeline: "mlflow", Result: &Result{Database: "mlflow", Passed: true, Issues: []Issue{}}},
		{Pipeline: "metabase", Err: errors.New("the source can't be reached")}}
	docs[0].Pipeline = "app"
	formats := map[string]func(io.Writer) error{"json": docs.JSON, "junit.xml": docs.JUnit, "github": docs.GitHub,
		"sarif": func(w io.Writer) error { return docs.SARIF(w, "1.2.3") }}
	for name, write := range formats {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, "several."+name, b.Bytes())
	}
}

func TestJUnitIsWellFormed(t *testing.T) {
	var b bytes.Buffer
	if err := (Documents{odd()}).JUnit(&b); err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(&b)
	failures, cases := 0, 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			switch e.Name.Local {
			case "failure":
				failures++
			case "testcase":
				cases++
			case "testsuites":
				if got := fmt.Sprint(e.Attr); !strings.Contains(got, "{{ tests} 15}") || !strings.Contains(got, "{{ failures} 3}") {
					t.Errorf("counts: %s", got)
				}
			}
		}
	}
	if failures != 3 || cases != 15 { // twelve kinds without an issue that counts, and three issues
		t.Errorf("%d failures in %d cases", failures, cases)
	}
}

// The parts of the SARIF 2.1.0 schema (OASIS) that a result of ours has: what is
// required, of which type, with which values.
func TestSARIFFitsItsSchema(t *testing.T) {
	c := odd()
	c.Strict = true
	var b bytes.Buffer
	if err := (Documents{c}).SARIF(&b, "1.2.3"); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			ColumnKind string
			Tool       struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID, Name         string
						ShortDescription struct{ Text string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation *struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn int }
					}
					LogicalLocations []struct{ FullyQualifiedName, Kind string }
				}
			}
		}
	}
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != "2.1.0" || !strings.Contains(doc.Schema, "sarif-2.1.0") || len(doc.Runs) != 1 {
		t.Fatalf("%+v", doc)
	}
	run := doc.Runs[0]
	if run.ColumnKind != "unicodeCodePoints" || run.Tool.Driver.Name == "" || len(run.Results) != len(c.Issues) {
		t.Errorf("%+v", run.Tool)
	}
	for i, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" {
			t.Errorf("result %d: %+v", i, r)
		}
		switch r.Level {
		case "none", "note", "warning", "error":
		default:
			t.Errorf("level %q", r.Level)
		}
		if want := c.Issues[i].File != ""; want != (len(r.Locations) == 1 && r.Locations[0].PhysicalLocation != nil) {
			t.Errorf("result %d has no place", i)
		}
		for _, l := range r.Locations {
			p := l.PhysicalLocation
			if p == nil {
				continue
			}
			u, err := url.Parse(p.ArtifactLocation.URI)
			if err != nil || strings.Contains(p.ArtifactLocation.URI, " ") || p.Region.StartLine < 1 || p.Region.StartColumn < 1 {
				t.Errorf("place %+v: %v", p, err)
			}
			if c.Issues[i].File == "/src/app/rules/a b,c.yaml" && (u.Scheme != "" || u.Path != "rules/a b,c.yaml") {
				t.Errorf("%q is not below the working folder", p.ArtifactLocation.URI)
			}
		}
	}
	if run.Results[3].Level != "error" {
		t.Error("under strict a warning is an error")
	}
}
