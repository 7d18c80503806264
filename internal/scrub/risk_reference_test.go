package scrub_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
	"refresher/internal/verify/risk"
)

// keyTable describes the keys of a mapping, as the JSON Schema does.
func keyTable(t testing.TB, def string) string {
	var s struct {
		Defs map[string]struct {
			Required   []string
			Properties map[string]struct {
				Enum        []string
				Type        string
				Minimum     int
				Default     any
				Description string
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(scrub.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| key | values | default | meaning |\n|---|---|---|---|\n")
	for _, key := range rules.Keys()[def] {
		p := s.Defs[def].Properties[key]
		var values string
		switch {
		case len(p.Enum) > 0:
			values = "`" + strings.Join(p.Enum, "`, `") + "`"
		case p.Type == "integer":
			values = fmt.Sprintf("from %d on", p.Minimum)
		case p.Type == "object":
			values = "a mapping"
		case p.Type == "string":
			values = "a column"
		case strings.HasSuffix(key, "s") || key == "sensitive":
			values = "a list of columns"
		default:
			values = "`schema.table`"
		}
		start := ""
		switch {
		case p.Default != nil:
			start = fmt.Sprintf("`%v`", p.Default)
		case slices.Contains(s.Defs[def].Required, key):
			start = "**required**"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", key, values, start, p.Description)
	}
	return b.String()
}

func riskTable(t testing.TB) string { return keyTable(t, "risk") }

// hipaaTable lists the keys of the section, then the identifiers with the
// transforms whose class is one.
func hipaaTable(t testing.TB) string {
	by := map[string][]string{}
	for _, d := range transform.Definitions() {
		if key := risk.Identifier(d.Class); key != "" {
			by[key] = append(by[key], "`"+d.Name+"`")
		}
	}
	var b strings.Builder
	b.WriteString(keyTable(t, "hipaa"))
	b.WriteString("\n| | identifier | 45 CFR 164.514(b)(2)(i) | mapped by |\n|---|---|---|---|\n")
	for _, id := range risk.Matrix(false, nil, nil).Identifiers {
		with := strings.Join(by[id.Key], ", ")
		if with == "" {
			with = "declaration only"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", id.Letter, id.Key, id.Name, with)
	}
	return b.String()
}
