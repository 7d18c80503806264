package discover

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// Leak is what a run's verification found in one column that the rules keep, or
// mask too little.
type Leak struct {
	Table   catalog.Name
	Column  string
	Classes []pii.Class // the classes of what was found, the commonest first
	Count   int64       // how many values
}

// PatchRun is Patch with, beside it, other rules for the columns in which a run
// found personal data; reviews say what a patch can't change, one sentence each.
// A rule is replaced by one of the class that was found, if the column holds
// nothing else, or by one that leaves nothing of the value. Every rule is compiled
// before it is proposed.
func (d *Draft) PatchRun(files []string, existing *rules.Ruleset, run string, found []Leak) (patch []byte,
	reviews []string, err error) {
	edits, err := d.edits(files, existing)
	if err != nil {
		return nil, nil, err
	}
	existing = current(d.s.cat, existing)
	for _, f := range found {
		if review := d.remedy(edits, existing, run, f); review != "" {
			reviews = append(reviews, review)
		}
	}
	patch, err = d.diff(files, edits)
	return patch, reviews, err
}

// remedy edits one column's rule; review says why it could not.
func (d *Draft) remedy(edits map[string]*edit, existing *rules.Ruleset, run string, f Leak) (review string) {
	where := f.Table.String() + "." + f.Column
	owner := d.decides(f.Table, f.Column)
	if owner == nil {
		return fmt.Sprintf("%s: the source has no such column any more", where)
	}
	table := existing.Tables[owner.table.Root]
	if table == nil || table.Column(owner.Name) == nil {
		return fmt.Sprintf("%s: the rules name the column by a pattern: write a rule of its own", where)
	}
	have := table.Column(owner.Name)
	if edits[have.Pos.File] == nil {
		return fmt.Sprintf("%s: its rule stands in the included file %s: write one of its own", where, have.Pos.File)
	}
	rule := d.fitting(existing, owner, have.Rule, f.Classes)
	if rule == "" {
		return fmt.Sprintf("%s: no other rule fits the column: leave its rows behind, or list what is meant "+
			"under allow:",
			where)
	}
	note := fmt.Sprintf("review: run %s found %d × %s here", run, f.Count, classList(f.Classes))
	if !edits[have.Pos.File].replace(have, rule, note) {
		return fmt.Sprintf("%s: its rule shares a line with others: write %s", where, rule)
	}
	return ""
}

// decides is the column whose rule decides on a column; nil if there is no such column.
func (d *Draft) decides(table catalog.Name, name string) *column {
	if t := d.s.byName[table]; t != nil {
		if c := t.column(name); c != nil {
			return d.s.owner(c.origin())
		}
	}
	return nil
}

// fitting is the first rule for a column that the compiler takes, "" if there is none.
func (d *Draft) fitting(existing *rules.Ruleset, c *column, have *rules.Rule, classes []pii.Class) string {
	for _, rule := range c.remedies(have, classes) {
		same := have.Kind == rules.Scalar && len(have.Params) == 0 && rule == have.Transform
		if !same && d.compiles(existing, c, rule) {
			return rule
		}
	}
	return ""
}

// Remedies returns a function that proposes, for a column in which classes of personal data
// were found although the rules decide on it, the line to write: the one that PatchRun
// writes. It proposes "" where no rule fits. Rows are not read.
func Remedies(cat *catalog.Catalog, rs *rules.Ruleset) func(table, column string, classes []pii.Class) string {
	existing := current(cat, scrub.Expand(rs, cat).Rules)
	d, err := Names(cat).Draft(existing)
	return func(table, column string, classes []pii.Class) string {
		name, cause := catalog.ParseName(table)
		if err != nil || cause != nil {
			return ""
		}
		owner := d.decides(name, column)
		if owner == nil || existing.Tables[owner.table.Root] == nil {
			return ""
		}
		ruled := existing.Tables[owner.table.Root]
		have := ruled.Column(owner.Name)
		if have == nil {
			have = ruled.Wildcard()
		}
		if have == nil {
			return ""
		}
		rule := d.fitting(existing, owner, have.Rule, classes)
		if rule == "" {
			return ""
		}
		line := scalar(ruleKey(owner.Name)) + ": " + rule
		if root := owner.table.Root; root != name || owner.Name != column {
			line = scalar(root.String()) + ": {columns: {" + line + "}}"
		}
		return line
	}
}

func classList(classes []pii.Class) string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

// remedies are rules for a column in which classes were found under a rule, the
// one that keeps most of the column's use first.
func (c *column) remedies(have *rules.Rule, classes []pii.Class) []string {
	var out []string
	if have.Kind == rules.JSON {
		out = append(out, narrower(have))
	}
	if c.family == transform.FamilyJSON && !c.array {
		return append(out, "{json: {}}", `"null"`)
	}
	if c.Type.Underlying().Name == "hstore" {
		return append(out, "{hstore: {}}", `"null"`)
	}
	for _, class := range classes {
		if len(classes) == 1 && (c.class == class || c.family != transform.FamilyText) {
			for _, rule := range native(class) {
				out = append(out, c.wrap(rule))
			}
		}
	}
	for _, rule := range []string{"lorem", "token", "bytes"} {
		out = append(out, c.wrap(rule))
	}
	return append(out, `"null"`)
}

// narrower is a JSON rule without the paths that keep a value or read it as prose:
// what they name is redacted. Numbers and booleans stay.
func narrower(have *rules.Rule) string {
	var parts []string
	for _, p := range have.Parts {
		r := p.Rule
		d := transform.Named(r.Transform)
		if r.Kind != rules.Scalar || len(r.Params) > 0 || d == nil || d.Kind == transform.KindKeep ||
			d.Kind == transform.KindText {
			continue
		}
		parts = append(parts, flow(p.Name)+": "+r.Transform)
	}
	return "{json: {" + strings.Join(parts, ", ") + "}, other: keep}"
}

// flow is a string of YAML in a mapping in braces, which takes JSON's.
func flow(s string) string {
	b, _ := json.Marshal(s) // of a string
	return string(b)
}

// compiles reports whether the ruleset compiles with another rule for a column.
func (d *Draft) compiles(existing *rules.Ruleset, c *column, rule string) bool {
	text := fmt.Sprintf("version: 1\ntables: {%s: {columns: {%s: %s}}}\n", flow(c.table.Root.String()), flow(c.Name),
		rule)
	one, err := rules.Parse("remedy", []byte(text))
	if err != nil {
		return false
	}
	changed := *existing
	changed.Tables = map[catalog.Name]*rules.Table{}
	for name, t := range existing.Tables {
		changed.Tables[name] = t
	}
	table := *existing.Tables[c.table.Root]
	table.Columns = slices.Clone(table.Columns)
	column := one.Tables[c.table.Root].Columns[0]
	if i := slices.IndexFunc(table.Columns, func(have *rules.Column) bool { return have.Name == c.Name }); i >= 0 {
		table.Columns[i] = column
	} else {
		table.Columns = append(table.Columns, column)
	}
	changed.Tables[c.table.Root] = &table
	drafted, _ := d.render(true)
	rest, err := rules.Parse(draftFile, []byte(drafted))
	if err != nil {
		return false
	}
	_, err = scrub.Compile(merge(&changed, rest), d.s.cat, make([]byte, 32))
	return err == nil
}

// replace writes another rule in a column's place, with a comment; false if the
// rule doesn't stand on lines of its own.
func (e *edit) replace(have *rules.Column, rule, note string) bool {
	line := have.Pos.Line - 1
	prefix := e.lines[line][:have.Pos.Col-1]
	if strings.TrimSpace(prefix) != "" {
		return false
	}
	end := e.end(line, len(prefix))
	text := fmt.Sprintf("%s%s: %s # %s\n", prefix, scalar(ruleKey(have.Name)), rule, note)
	e.at = append(e.at, change{before: line, drop: end - line, lines: []string{text}})
	return true
}

// SortLeaks puts them in the order of tables and columns.
func SortLeaks(found []Leak) {
	slices.SortFunc(found, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(a.Table.String(), b.Table.String()), cmp.Compare(a.Column, b.Column))
	})
}
