package ci

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"refresher/internal/report/visible"
)

// Suite is one thing that was tested.
type Suite struct {
	Name     string
	Duration time.Duration
	Cases    []Case
}

// Case is one test of a suite.
type Case struct {
	Name    string
	Class   string   // groups cases, as in refresher.check
	Failure *Failure // nil: it passed
}

// Failure says why a case failed: in a line, and in full.
type Failure struct{ Message, Text string }

// The elements of JUnit XML.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes suites as JUnit XML, and counts their cases. Control
// characters, which XML 1.0 cannot hold, are shown as escapes.
func WriteJUnit(w io.Writer, name string, suites ...Suite) error {
	all := junitSuites{Name: visible.Line(name)}
	for _, s := range suites {
		out := junitSuite{Name: visible.Line(s.Name), Tests: len(s.Cases), Time: fmt.Sprintf("%.3f", s.Duration.Seconds())}
		for _, c := range s.Cases {
			jc := junitCase{Name: visible.Line(c.Name), Class: visible.Line(c.Class)}
			if c.Failure != nil {
				out.Failures++
				jc.Failure = &junitFailure{Message: visible.Line(c.Failure.Message), Text: visible.Text(c.Failure.Text)}
			}
			out.Cases = append(out.Cases, jc)
		}
		all.Tests, all.Failures = all.Tests+out.Tests, all.Failures+out.Failures
		all.Suites = append(all.Suites, out)
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
