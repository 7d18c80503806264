package check

import (
	"fmt"
	"slices"
	"strings"

	"refresher/internal/discover"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// sure is the confidence from which a name alone makes a kept column suspicious.
const sure = 0.8

// keeps lists columns that are kept although they look personal. A keep whose line
// says "# reviewed" was looked at.
func (c *checker) keeps(ruled map[catalog.Name]*rules.Table, cat *catalog.Catalog, survey *discover.Survey) {
	for name, t := range ruled {
		table := cat.Table(name)
		if table == nil || t.Rows == rules.NoRows {
			continue
		}
		for _, col := range table.Columns {
			rule := t.Column(col.Name)
			if rule == nil {
				rule = t.Wildcard()
			}
			if rule == nil || rule.Rule.Kind != rules.Scalar || rule.Rule.Transform != "keep" || c.reviewed(rule.Pos) ||
				c.allowed(name, col.Name) ||
				c.accepted(name, col.Name) {
				continue
			}
			f, held := survey.Suspicious(name, col.Name)
			if !held || f.Confidence < sure || f.Class == discover.Gender || f.Class == pii.None {
				continue
			}
			how := "is kept"
			if rule.Wildcard {
				how = `is kept by "*"`
			}
			c.at(rule.Pos, Issue{ID: "suspicious-keep", Level: Warning, Table: name.String(), Column: col.Name,
				Message: fmt.Sprintf("%s.%s %s, but %s (class %s, confidence %.2f): give it a transform, or write behind it # reviewed: WHY", name, col.Name, how, f.Reason, f.Class, f.Confidence)})
		}
	}
}

func (c *checker) reviewed(p rules.Pos) bool {
	lines := c.text(p.File)
	return p.Line >= 1 && p.Line <= len(lines) && strings.Contains(lines[p.Line-1], "# reviewed")
}

func (c *checker) allowed(t catalog.Name, column string) bool {
	return slices.ContainsFunc(c.Rules.Allow, func(a rules.Allow) bool { return a.Table == t && a.Column == column })
}
