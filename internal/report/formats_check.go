package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"refresher/internal/check"
)

// Check is what `refresher check` found, in the formats that CI reads.
type Check struct {
	*check.Result
	Strict bool
	Base   string // folder that the files' places are shown relative to
}

// JSON writes the result as one document.
func (c *Check) JSON(w io.Writer) error {
	r := *c.Result
	r.Issues = slices.Clone(r.Issues)
	for i := range r.Issues {
		r.Issues[i].File = c.relative(r.Issues[i].File)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Text writes the result for people.
func (c *Check) Text(w io.Writer) error {
	for _, i := range c.Issues {
		where := ""
		if i.File != "" {
			where = c.relative(i.File) + ": "
			if i.Line > 0 && !strings.HasPrefix(i.ID, "missing-") {
				where = fmt.Sprintf("%s:%d:%d: ", c.relative(i.File), i.Line, i.Col)
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
	if slices.ContainsFunc(c.Issues, func(i check.Issue) bool { return i.Level == check.Error }) {
		return nil
	}
	wild := ""
	if c.Wildcard > 0 {
		wild = fmt.Sprintf(" (%d by a wildcard)", c.Wildcard)
	}
	_, err := fmt.Fprintf(w, "%s: every column has a rule: %d tables, %d columns, %d masked, %d kept%s\n", c.Database, c.Tables, c.Columns, c.Masked, c.Kept, wild)
	return err
}

// counts reports whether an issue fails the check.
func (c *Check) counts(i check.Issue) bool {
	return i.Level == check.Error || c.Strict && i.Level == check.Warning
}

// message is an issue's text with the line to paste.
func message(i check.Issue) string {
	if i.Paste == "" {
		return i.Message
	}
	return i.Message + "\npaste:   " + i.Paste
}

// checks are the kinds of issue and what each says, in order.
var checks = []struct{ id, says string }{
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
	{"constraint", "A CHECK constraint that a fake could break."},
}

// JUnit writes the result as JUnit XML: a case a kind of issue, and one for each issue
// that fails.
func (c *Check) JUnit(w io.Writer) error {
	s := junitSuite{Name: "refresher check " + c.Database, Time: "0.000"}
	for _, kind := range checks {
		n := 0
		for _, i := range c.Issues {
			if i.ID != kind.id || !c.counts(i) {
				continue
			}
			n++
			place := ""
			if i.File != "" {
				place = fmt.Sprintf("%s:%d:%d: ", c.relative(i.File), i.Line, i.Col)
			}
			s.Cases = append(s.Cases, junitCase{Name: strings.TrimSpace(kind.id + " " + subject(i)), Class: "refresher.check",
				Failure: &junitFailure{Message: valid(i.Message), Text: valid(place + message(i))}})
		}
		s.Failures += n
		if n == 0 {
			s.Cases = append(s.Cases, junitCase{Name: kind.id, Class: "refresher.check"})
		}
	}
	s.Tests = len(s.Cases)
	all := junitSuites{Name: "refresher check", Tests: s.Tests, Failures: s.Failures, Suites: []junitSuite{s}}
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

func subject(i check.Issue) string {
	switch {
	case i.Column != "":
		return valid(i.Table + "." + i.Column)
	case i.Table != "":
		return valid(i.Table)
	case i.Line > 0:
		return fmt.Sprintf("line %d", i.Line)
	}
	return ""
}

// valid leaves out what XML 1.0 has no way to write.
func valid(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, s)
}

// SARIF writes the result as SARIF 2.1.0 (OASIS), with each issue at its line of the
// rules and the table and column beside it.
func (c *Check) SARIF(w io.Writer, version string) error {
	type m = map[string]any
	kinds, index := []m{}, map[string]int{}
	for n, k := range checks {
		index[k.id] = n
		kinds = append(kinds, m{"id": "check/" + k.id, "name": camel(k.id), "shortDescription": m{"text": k.says}})
	}
	results := []m{}
	for _, i := range c.Issues {
		r := m{"ruleId": "check/" + i.ID, "ruleIndex": index[i.ID], "level": string(i.Level), "message": m{"text": message(i)}}
		if c.counts(i) {
			r["level"] = "error"
		}
		location := m{}
		if i.File != "" {
			physical := m{"artifactLocation": m{"uri": uri(c.relative(i.File))}}
			if i.Line > 0 {
				physical["region"] = m{"startLine": i.Line, "startColumn": max(1, i.Col)}
			}
			location["physicalLocation"] = physical
		}
		if name := subject(i); name != "" && i.Table != "" {
			location["logicalLocations"] = []m{{"fullyQualifiedName": name, "kind": "member"}}
		}
		if len(location) > 0 {
			r["locations"] = []m{location}
		}
		results = append(results, r)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(m{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []m{{
			"tool":       m{"driver": m{"name": "refresher", "version": version, "rules": kinds}},
			"columnKind": "unicodeCodePoints",
			"results":    results,
		}},
	})
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
func (c *Check) relative(file string) string {
	if c.Base == "" || !filepath.IsAbs(file) {
		return filepath.ToSlash(file)
	}
	rel, err := filepath.Rel(c.Base, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}

// uri is a path as a URI reference (RFC 3986).
func uri(path string) string {
	u := url.URL{Path: path}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}

// GitHub writes the result as workflow commands, which GitHub Actions shows at the
// lines of a pull request.
func (c *Check) GitHub(w io.Writer) error {
	for _, i := range c.Issues {
		command := string(i.Level)
		switch {
		case c.counts(i):
			command = "error"
		case i.Level == check.Note:
			command = "notice"
		}
		var props []string
		if i.File != "" {
			props = append(props, "file="+property(c.relative(i.File)))
			if i.Line > 0 {
				props = append(props, fmt.Sprintf("line=%d,col=%d", i.Line, max(1, i.Col)))
			}
		}
		props = append(props, "title="+property("refresher check: "+i.ID))
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", command, strings.Join(props, ","), data(message(i))); err != nil {
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
