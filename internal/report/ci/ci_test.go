package ci_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"refresher/internal/report/ci"
)

// A rule that is not listed is listed by the writer, each result names the place of its
// rule in that list, and a path is a URI reference.
func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := ci.WriteSARIF(&b, ci.Log{Version: "1", Rules: []ci.Rule{{ID: "a", Name: "A", Text: "first"}}, Results: []ci.Result{
		{Rule: "late", Level: "error", Text: "x", File: "/tmp/a b.csv", Line: 3},
		{Rule: "a", Level: "note", Text: "y", Member: "public.t.c"},
		{Rule: "late", Level: "none", Text: "z"},
	}}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID, Name string } }
			}
			Results []struct {
				RuleIndex int
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	run := doc.Runs[0]
	if rules := run.Tool.Driver.Rules; len(rules) != 2 || rules[1].ID != "late" {
		t.Errorf("rules are %v", rules)
	}
	for i, want := range []int{1, 0, 1} {
		if run.Results[i].RuleIndex != want {
			t.Errorf("result %d names rule %d, want %d", i, run.Results[i].RuleIndex, want)
		}
	}
	place := run.Results[0].Locations[0].PhysicalLocation
	if place.ArtifactLocation.URI != "file:///tmp/a%20b.csv" || place.Region.StartLine != 3 || place.Region.StartColumn != 0 {
		t.Errorf("the place is %+v", place)
	}
	if run.Results[1].Locations[0].LogicalLocations[0].FullyQualifiedName != "public.t.c" || run.Results[2].Locations != nil {
		t.Errorf("results are %+v", run.Results)
	}
}

// The writer counts, and replaces what XML cannot hold.
func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	err := ci.WriteJUnit(&b, "all", ci.Suite{Name: "s", Duration: 1500 * time.Millisecond, Cases: []ci.Case{
		{Name: "ok", Class: "c"}, {Name: "bad\x01", Class: "c", Failure: &ci.Failure{Message: "<m>", Text: "t\x00]]>"}},
	}}, ci.Suite{Name: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Time string `xml:"time,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Tests != 2 || doc.Failures != 1 || doc.Suites[0].Time != "1.500" || !strings.Contains(b.String(), `bad\x`) {
		t.Errorf("%+v\n%s", doc, b.String())
	}
}
