package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"refresher/internal/report/visible"

	"refresher/internal/report/ci"
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

// Text writes the verdict for people: its checks, and the first finding of each column,
// or all that were kept.
func (v *Verdict) Text(w io.Writer, all bool) error {
	for _, r := range v.Results {
		fmt.Fprintf(w, "%s: %s rows, %s\n", cmp.Or(r.Subject, v.Target), visible.Count(r.Rows), visible.Size(r.Bytes))
		for _, c := range r.Checks {
			mark := "ok  "
			if !c.OK {
				mark = "FAIL"
			}
			fmt.Fprintf(w, "  %s  %-12s %s\n", mark, c.Name, c.Detail)
		}
		WriteFindings(w, r, all)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	return nil
}

// WriteFindings writes the findings of a result a line each: all that were kept, or the
// first of each column.
func WriteFindings(w io.Writer, r *verify.Result, all bool) {
	said := map[string]bool{}
	for _, f := range r.Findings {
		if at := f.Table + "\x00" + f.Column; all || !said[at] {
			said[at] = true
			fmt.Fprintf(w, "        %s\n", f.String())
		}
	}
}

// JUnit writes the verdict as JUnit XML: a suite a result, a case a check.
func (v *Verdict) JUnit(w io.Writer) error {
	var suites []ci.Suite
	for _, r := range v.Results {
		s := ci.Suite{Name: cmp.Or(r.Subject, v.Target), Duration: r.Duration}
		for _, c := range r.Checks {
			jc := ci.Case{Name: c.Name, Class: "refresher." + s.Name}
			if !c.OK {
				text := c.Detail
				for _, f := range r.Findings {
					text += "\n" + f.String()
				}
				jc.Failure = &ci.Failure{Message: c.Detail, Text: text}
			}
			s.Cases = append(s.Cases, jc)
		}
		suites = append(suites, s)
	}
	return ci.WriteJUnit(w, "refresher verify "+v.Target, suites...)
}

// SARIF writes the verdict as SARIF 2.1.0 (OASIS), which code review tools show: a result
// for each failed check and each finding. What is not in a file is placed in the target, as
// such tools refuse a result without a file, with table and column as its logical location.
func (v *Verdict) SARIF(w io.Writer, version string) error {
	log := ci.Log{Version: version}
	for _, r := range v.Results {
		subject := cmp.Or(r.Subject, v.Target)
		for _, c := range r.Checks {
			if !c.OK {
				log.Results = append(log.Results, ci.Result{Rule: "check/" + c.Name, Level: "error", Text: c.Name + ": " + c.Detail,
					File: v.Target, Member: subject})
			}
		}
		for _, f := range r.Findings {
			result := ci.Result{Rule: f.Kind + "/" + string(f.Class), Level: "error", Text: f.String(), File: v.Target, Member: f.Table}
			if !f.Strong {
				result.Level = "warning"
			}
			if f.Column != "" {
				result.Member += "." + f.Column
			}
			if f.Line > 0 {
				result.File, result.Line, result.Member = f.Table, f.Line, ""
			}
			log.Results = append(log.Results, result)
		}
	}
	return ci.WriteSARIF(w, log)
}
