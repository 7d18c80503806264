// Package ci writes results in the formats that continuous integration reads: SARIF
// for code review tools and JUnit XML for test reports. It knows nothing of what was
// checked; [refresher/internal/check] and [refresher/internal/report] fill its types.
package ci

import (
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"

	"refresher/internal/report/visible"
)

// Log is one run of a tool as SARIF 2.1.0 (OASIS) has it.
type Log struct {
	Version  string // of refresher
	Category string // tells the runs of one file apart; empty: there is one
	Rules    []Rule // what can be found; a result's rule that is not listed is added
	Results  []Result
}

// Rule is a kind of result.
type Rule struct {
	ID   string // as in results
	Name string // for people; may be empty
	Text string // what it means, in a sentence; empty: the ID
}

// Result is one thing that was found.
type Result struct {
	Rule  string // the ID of its rule
	Level string // "error", "warning", "note" or "none"
	Text  string
	// File is a path, shown as a URI reference (RFC 3986). Line and Col count from 1;
	// 0 means that there is none.
	File      string
	Line, Col int64
	// Member is the table and column, or another name of what it is about.
	Member string
}

// WriteSARIF writes logs as one JSON document. Control characters are shown as escapes, since
// code review tools show texts as they stand.
func WriteSARIF(w io.Writer, logs ...Log) error {
	runs := make([]map[string]any, len(logs))
	for i, l := range logs {
		runs[i] = l.run()
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs,
	})
}

func (l Log) run() map[string]any {
	type m = map[string]any
	kinds, index := []m{}, map[string]int{}
	add := func(r Rule) {
		kind := m{"id": r.ID, "shortDescription": m{"text": cmp.Or(r.Text, r.ID)}}
		if r.Name != "" {
			kind["name"] = r.Name
		}
		index[r.ID] = len(kinds)
		kinds = append(kinds, kind)
	}
	for _, r := range l.Rules {
		add(r)
	}
	results := []m{}
	for _, r := range l.Results {
		if _, listed := index[r.Rule]; !listed {
			add(Rule{ID: r.Rule})
		}
		result := m{"ruleId": r.Rule, "ruleIndex": index[r.Rule], "level": r.Level,
			"message": m{"text": visible.Text(r.Text)}}
		if place := r.location(); len(place) > 0 {
			result["locations"] = []m{place}
		}
		results = append(results, result)
	}
	run := m{
		"tool":       m{"driver": m{"name": "refresher", "version": l.Version, "rules": kinds}},
		"columnKind": "unicodeCodePoints",
		"results":    results,
	}
	if l.Category != "" { // SARIF 2.1.0, 3.17.3: a category ends with a slash
		run["automationDetails"] = m{"id": l.Category + "/"}
	}
	return run
}

func (r Result) location() map[string]any {
	type m = map[string]any
	place := m{}
	if r.File != "" {
		physical := m{"artifactLocation": m{"uri": uri(r.File)}}
		region := m{}
		if r.Line > 0 {
			region["startLine"] = r.Line
		}
		if r.Line > 0 && r.Col > 0 {
			region["startColumn"] = r.Col
		}
		if len(region) > 0 {
			physical["region"] = region
		}
		place["physicalLocation"] = physical
	}
	if r.Member != "" {
		place["logicalLocations"] = []m{{"fullyQualifiedName": visible.Line(r.Member), "kind": "member"}}
	}
	return place
}

// uri is a path as a URI reference.
func uri(path string) string {
	u := url.URL{Path: path}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
