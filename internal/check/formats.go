package check

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"refresher/internal/report/ci"
	"refresher/internal/report/visible"
)

// Document is a result in the formats that `refresher check` prints.
type Document struct {
	*Result
	Pipeline string // whose result it is, where there are several
	Err      error  // why there is no result; only where there are several
	Strict   bool   // warnings fail the check, too
	Base     string // folder that the files' places are shown relative to
}

// Documents are the results of all pipelines that were checked: one, whose document names
// no pipeline, or several.
type Documents []*Document

// JSON writes one document: the result, or {"passed": …, "pipelines": […]}.
func (ds Documents) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if len(ds) == 1 && ds[0].Pipeline == "" {
		return enc.Encode(ds[0].shown())
	}
	type one struct {
		Pipeline string `json:"pipeline"`
		Error    string `json:"error,omitempty"` // it could not be checked
		*Result
	}
	all := struct {
		Passed    bool  `json:"passed"`
		Pipelines []one `json:"pipelines"`
	}{Passed: true}
	for _, d := range ds {
		if d.Err != nil {
			all.Pipelines = append(all.Pipelines, one{Pipeline: d.Pipeline, Error: d.Err.Error()})
		} else {
			all.Pipelines = append(all.Pipelines, one{Pipeline: d.Pipeline, Result: d.shown()})
		}
		all.Passed = all.Passed && d.Err == nil && d.Passed
	}
	return enc.Encode(all)
}

// shown is the result with files as seen from Base.
func (d *Document) shown() *Result {
	r := *d.Result
	r.Issues = slices.Clone(r.Issues)
	for i := range r.Issues {
		r.Issues[i].File = d.relative(r.Issues[i].File)
	}
	r.Patterns = slices.Clone(r.Patterns)
	for i := range r.Patterns {
		r.Patterns[i].File = d.relative(r.Patterns[i].File)
	}
	return &r
}

// Text writes the result for people.
func (d *Document) Text(w io.Writer) error {
	for _, i := range d.Issues {
		where := ""
		if i.File != "" {
			where = d.relative(i.File) + ": "
			if i.Line > 0 && !strings.HasPrefix(i.ID, "missing-") {
				where = fmt.Sprintf("%s:%d:%d: ", d.relative(i.File), i.Line, i.Col)
			}
		}
		if _, err := fmt.Fprintf(w, "%s: %s%s\n", i.Level, where, i.Message); err != nil {
			return err
		}
		if i.Paste != "" {
			if _, err := fmt.Fprintf(w, "    paste:   %s\n", i.Paste); err != nil {
				return err
			}
		}
	}
	if err := d.decisions(w); err != nil {
		return err
	}
	if slices.ContainsFunc(d.Issues, func(i Issue) bool { return i.Level == Error }) {
		return nil
	}
	wild := ""
	if d.Wildcard > 0 {
		wild = fmt.Sprintf(" (%d by a wildcard)", d.Wildcard)
	}
	_, err := fmt.Fprintf(w, "%s: every column has a rule: %d tables, %d columns, %d masked, %d kept%s\n",
		d.Database, d.Tables, d.Columns, d.Masked, d.Kept, wild)
	return err
}

// decisions writes what patterns decided, and what decided on each column if that was
// asked for.
func (d *Document) decisions(w io.Writer) error {
	for _, p := range d.Patterns {
		if len(p.Tables)+len(p.Columns) == 0 {
			continue // a note says so
		}
		if _, err := fmt.Fprintf(w, "pattern: %s:%d: %s\n", d.relative(p.File), p.Line, p.text); err != nil {
			return err
		}
	}
	for _, c := range d.Decisions {
		column, by := c.Table, ""
		if c.Column != "" {
			column += "." + c.Column
		}
		if c.Pattern != "" {
			by = fmt.Sprintf(", by %q", c.Pattern)
		}
		at := max(strings.LastIndexByte(c.Origin, ':'), 0)
		file, line := c.Origin[:at], strings.TrimPrefix(c.Origin[at:], ":")
		if _, err := fmt.Fprintf(w, "decided: %s: %s (%s:%s%s)\n", column, c.Rule, d.relative(file), line,
			by); err != nil {
			return err
		}
	}
	return nil
}

// fails reports whether an issue fails the check.
func (d *Document) fails(i Issue) bool { return i.Level == Error || d.Strict && i.Level == Warning }

// text is an issue's message with the line to paste.
func (i Issue) text() string {
	if i.Paste == "" {
		return i.Message
	}
	return i.Message + "\npaste:   " + i.Paste
}

// kinds are the kinds of issue, in the order of reports, with what each means.
var kinds = [...]struct{ id, text string }{
	{"missing-table", "A table without rules: a run would be refused."},
	{"missing-column", "A column without a rule: a run would be refused."},
	{"gone-table", "Rules for a table that is not there."},
	{"gone-column", "A rule for a column that is not there."},
	{"type", "A transform that cannot serve the column's type."},
	{"conflict", "Rules that cannot work together, or with the database's keys and indexes."},
	{"invalid-rule", "A rules file that cannot be understood."},
	{"changed-type", "A column whose type changed."},
	{"suspicious-keep", "A column that is kept although it looks like personal data."},
	{"gate", "Another gate that would refuse a run."},
	{"review", "A column that a pattern keeps and that came after its last review: a run would be refused."},
	{"pattern", "A pattern that fits nothing."},
	{"constraint", "A CHECK constraint that a fake could break."},
	{"hook", "A hook that can't do what it says."},
	{"synthetic", "Rows that can't be made up for a bucket."},
}

// JUnit writes the results as JUnit XML: a suite a pipeline, in it a case a kind of
// issue, and one for each issue that fails.
func (ds Documents) JUnit(w io.Writer) error {
	suites := make([]ci.Suite, len(ds))
	for i, d := range ds {
		suites[i] = d.suite()
	}
	return ci.WriteJUnit(w, "refresher check", suites...)
}

func (d *Document) suite() ci.Suite {
	s := ci.Suite{Name: "refresher check"}
	if d.Pipeline != "" {
		s.Name += " " + d.Pipeline + ":"
	}
	if d.Err != nil {
		s.Cases = []ci.Case{{Name: "error", Class: "refresher.check",
			Failure: &ci.Failure{Message: "it could not be checked", Text: d.Err.Error()}}}
		return s
	}
	s.Name += " " + d.Database
	for _, kind := range kinds {
		failed := false
		for _, i := range d.Issues {
			if i.ID != kind.id || !d.fails(i) {
				continue
			}
			failed = true
			place := ""
			if i.File != "" {
				place = fmt.Sprintf("%s:%d:%d: ", d.relative(i.File), i.Line, i.Col)
			}
			s.Cases = append(s.Cases, ci.Case{Name: strings.TrimSpace(kind.id + " " + i.subject()),
				Class:   "refresher.check",
				Failure: &ci.Failure{Message: i.Message, Text: place + i.text()}})
		}
		if !failed {
			s.Cases = append(s.Cases, ci.Case{Name: kind.id, Class: "refresher.check"})
		}
	}
	return s
}

// subject is the table, the column or the line that an issue is about.
func (i Issue) subject() string {
	switch {
	case i.Column != "":
		return i.Table + "." + i.Column
	case i.Table != "":
		return i.Table
	case i.Line > 0:
		return fmt.Sprintf("line %d", i.Line)
	}
	return ""
}

// SARIF writes the results as SARIF 2.1.0, a run a pipeline, with each issue at its line of
// the rules and the table and column beside it. version is refresher's.
func (ds Documents) SARIF(w io.Writer, version string) error {
	logs := make([]ci.Log, len(ds))
	for i, d := range ds {
		logs[i] = d.log(version)
	}
	return ci.WriteSARIF(w, logs...)
}

func (d *Document) log(version string) ci.Log {
	log := ci.Log{Version: version}
	if d.Pipeline != "" {
		log.Category = "refresher check " + d.Pipeline
	}
	for _, k := range kinds {
		log.Rules = append(log.Rules, ci.Rule{ID: "check/" + k.id, Name: camel(k.id), Text: k.text})
	}
	if d.Err != nil {
		log.Results = []ci.Result{{Rule: "check/error", Level: "error", Text: d.Err.Error()}}
		return log
	}
	for _, i := range d.Issues {
		r := ci.Result{Rule: "check/" + i.ID, Level: string(i.Level), Text: i.text()}
		if d.fails(i) {
			r.Level = "error"
		}
		if i.File != "" {
			r.File, r.Line, r.Col = d.relative(i.File), int64(i.Line), int64(max(1, i.Col))
		}
		if i.Table != "" {
			r.Member = i.subject()
		}
		log.Results = append(log.Results, r)
	}
	return log
}

// camel writes gone-table as GoneTable, the way SARIF names rules for people.
func camel(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// relative shows a file as seen from Base, if it lies below.
func (d *Document) relative(file string) string {
	if d.Base == "" || !filepath.IsAbs(file) {
		return filepath.ToSlash(file)
	}
	rel, err := filepath.Rel(d.Base, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}

// GitHub writes the results as workflow commands, which GitHub Actions shows at the
// lines of a pull request.
func (ds Documents) GitHub(w io.Writer) error {
	for _, d := range ds {
		if err := d.gitHub(w); err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) gitHub(w io.Writer) error {
	if d.Err != nil {
		_, err := fmt.Fprintf(w, "::error title=%s::%s\n", property("refresher check "+d.Pipeline),
			data(visible.Text(d.Err.Error())))
		return err
	}
	for _, i := range d.Issues {
		command := string(i.Level)
		switch {
		case d.fails(i):
			command = "error"
		case i.Level == Note:
			command = "notice"
		}
		var props []string
		if i.File != "" {
			props = append(props, "file="+property(d.relative(i.File)))
			if i.Line > 0 {
				props = append(props, fmt.Sprintf("line=%d,col=%d", i.Line, max(1, i.Col)))
			}
		}
		props = append(props, "title="+property("refresher check: "+i.ID))
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", command, strings.Join(props, ","),
			data(visible.Text(i.text()))); err != nil {
			return err
		}
	}
	return nil
}

// data escapes the message of a workflow command, and property a parameter of it,
// as GitHub's own toolkit does.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
