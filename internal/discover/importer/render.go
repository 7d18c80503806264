package importer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

// YAML is the ruleset: tables in the order in which the file names them, a comment
// on each line that says what it was, and "# review:" where a person must look.
func (r *Rules) YAML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Read from %s: the rules of %s. %d of %d have a counterpart.\n", r.Source, r.Tool,
		r.Translated(), len(r.Columns))
	b.WriteString("# Columns that it does not name have no rule yet: refresher discover prints them as a patch.\n")
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "# review: %s\n", n)
	}
	b.WriteString("version: 1\ntables:\n")
	for _, table := range r.tables() {
		r.writeTable(&b, table)
	}
	return b.String()
}

func (r *Rules) tables() []catalog.Name {
	var names []catalog.Name
	for _, c := range r.Columns {
		if !slices.Contains(names, c.Table) {
			names = append(names, c.Table)
		}
	}
	return names
}

func (r *Rules) writeTable(b *strings.Builder, table catalog.Name) {
	key := yamlKey(table.String())
	of := slices.DeleteFunc(slices.Clone(r.Columns), func(c Column) bool { return c.Table != table })
	if i := slices.IndexFunc(of, func(c Column) bool { return c.Name == "" }); i >= 0 {
		fmt.Fprintf(b, "  %s: %s # %s\n", key, of[i].Rule, of[i].From)
		return
	}
	fmt.Fprintf(b, "  %s:\n    columns:\n", key)
	rules, said := 0, map[string]bool{}
	for _, c := range of {
		said[c.Name], rules = said[c.Name] || c.Rule != "", rules+len(c.Rule)
	}
	if rules == 0 {
		b.WriteString("      {}\n")
	}
	last := map[string]int{} // a later rule of a column wins, as it does in those tools
	for i, c := range of {
		if c.Rule != "" {
			last[c.Name] = i
		}
	}
	for i, c := range of {
		from := c.From
		if c.Line > 0 {
			from = fmt.Sprintf("%s, line %d", from, c.Line)
		}
		switch {
		case c.Rule == "" || last[c.Name] != i:
			fmt.Fprintf(b, "      # review: %s: %s (%s)\n", comment(c.Name),
				comment(cmp.Or(c.Review, "said again below")), comment(from))
		case c.Review != "":
			fmt.Fprintf(b, "      %s: %s # review: %s (%s)\n", yamlKey(c.Name), c.Rule, comment(c.Review),
				comment(from))
		default:
			fmt.Fprintf(b, "      %s: %s # %s\n", yamlKey(c.Name), c.Rule, comment(from))
		}
	}
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.$]*$`)

// yamlKey writes a key as YAML reads it back: words that are booleans or null in
// some version of YAML are quoted.
func yamlKey(s string) string {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~":
		return quote(s)
	}
	if plainKey.MatchString(s) {
		return s
	}
	return quote(s)
}

// comment is a text on one line.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
