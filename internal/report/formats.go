package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"

	"refresher/internal/verify"
)

// Verdict is what `refresher verify` found, in the shape of its JSON.
type Verdict struct {
	Target  string           `json:"target"`
	Passed  bool             `json:"passed"`
	Results []*verify.Result `json:"results"`
	Notes   []string         `json:"notes,omitempty"` // what was not checked, and why
}

// JSON writes the verdict as one document.
func (v *Verdict) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Text writes the verdict for people.
func (v *Verdict) Text(w io.Writer) error {
	for _, r := range v.Results {
		fmt.Fprintf(w, "%s: %s rows, %s\n", or(r.Subject, v.Target), Count(r.Rows), Size(r.Bytes))
		for _, c := range r.Checks {
			mark := "ok  "
			if !c.OK {
				mark = "FAIL"
			}
			fmt.Fprintf(w, "  %s  %-12s %s\n", mark, c.Name, c.Detail)
		}
		for _, f := range r.Findings {
			fmt.Fprintf(w, "        %s\n", f.String())
		}
	}
	for _, n := range v.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the verdict as JUnit XML: a suite a result, a case a check.
func (v *Verdict) JUnit(w io.Writer) error {
	all := junitSuites{Name: "refresher verify " + v.Target}
	for _, r := range v.Results {
		s := junitSuite{Name: or(r.Subject, v.Target), Time: fmt.Sprintf("%.3f", r.Duration.Seconds())}
		for _, c := range r.Checks {
			jc := junitCase{Name: c.Name, Class: "refresher." + s.Name}
			if !c.OK {
				text := c.Detail
				for _, f := range r.Findings {
					text += "\n" + f.String()
				}
				jc.Failure = &junitFailure{Message: c.Detail, Text: text}
				s.Failures++
			}
			s.Cases = append(s.Cases, jc)
			s.Tests++
		}
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// SARIF writes the verdict as SARIF 2.1.0 (OASIS), which code review tools show:
// a result a finding, with the table and column as its logical location.
func (v *Verdict) SARIF(w io.Writer, version string) error {
	type m = map[string]any
	rules, results := []m{}, []m{}
	seen := map[string]bool{}
	add := func(rule, text, level, place string, line int64) {
		if !seen[rule] {
			seen[rule] = true
			rules = append(rules, m{"id": rule, "shortDescription": m{"text": rule}})
		}
		r := m{"ruleId": rule, "level": level, "message": m{"text": text}}
		switch {
		case line > 0: // of a file
			r["locations"] = []m{
				{
					"physicalLocation": m{
						"artifactLocation": m{"uri": (&url.URL{Path: place}).String()},
						"region":           m{"startLine": line},
					},
				},
			}
		case place != "":
			r["locations"] = []m{{"logicalLocations": []m{{"fullyQualifiedName": place, "kind": "member"}}}}
		}
		results = append(results, r)
	}
	for _, r := range v.Results {
		for _, c := range r.Checks {
			if !c.OK {
				add("check/"+c.Name, c.Name+": "+c.Detail, "error", or(r.Subject, v.Target), 0)
			}
		}
		for _, f := range r.Findings {
			level := "error"
			if !f.Strong {
				level = "warning"
			}
			place := f.Table
			if f.Line == 0 {
				place += "." + f.Column
			}
			add(f.Kind+"/"+string(f.Class), f.String(), level, place, f.Line)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(m{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []m{{
			"tool":    m{"driver": m{"name": "refresher", "version": version, "rules": rules}},
			"results": results,
		}},
	})
}
