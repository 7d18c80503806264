package discover

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// Draft is a ruleset made from a survey, complete and compiled: `refresher check`
// accepts it as it stands.
type Draft struct {
	s        *Survey
	tables   []*tableDraft
	byColumn map[*column]*columnDraft
	alone    bool     // no table names its subject
	leaving  bool     // tables whose rows would make staging act are to stay behind
	Warnings []string // the compiler's
	Packs    []string // builtin rulesets that the draft includes and that the given rules are
	// Stale are rules of the given ones for tables and columns that are gone: a run refuses them.
	Stale []fault.Problem
}

type tableDraft struct {
	table    *table
	none     string // why it has to say rows: none, "" if it doesn't
	left     string // why it says rows: none although its rows could be copied
	needed   string // why it would, if rows of other tables did not refer to its own
	columns  []*columnDraft
	subject  string // as in the rules, "" for none
	home     bool   // the subject is its own key
	existing bool   // it is in the rules already: only what is new is written
}

type columnDraft struct {
	column   *column
	choices  []choice
	at       int
	follows  bool // written as a comment: it takes the rule of the column it refers to
	existing bool
}

func (c *columnDraft) choice() choice { return c.choices[c.at] }

// draftFile is what positions in a draft's problems call it.
const draftFile = "draft"

// attempts bounds how often a draft is compiled: each one takes the next choice
// of every column whose rule was refused.
const attempts = 80

// Draft makes rules for every column that the given rules leave open; nil for all.
// The rules must be valid, and fit the catalog but for what they don't name.
func (s *Survey) Draft(existing *rules.Ruleset) (*Draft, error) { return s.draft(existing, nil) }

// trialRun names the columns whose rules don't fit, of a program and of the same one without
// subjects.
type trialRun func(d *Draft, program, alone *scrub.Program) ([]*column, error)

// draft compiles rules, and takes the next choice of what is refused: by the compiler, or by
// a trial of what compiles.
func (s *Survey) draft(existing *rules.Ruleset, refuted trialRun) (*Draft, error) {
	d := &Draft{s: s, byColumn: map[*column]*columnDraft{}}
	covered := existing
	if existing != nil {
		covered = scrub.Expand(existing, s.cat).Rules // by patterns and defaults, too
		d.Stale, existing = Gone(s.cat, covered), current(s.cat, existing)
	}
	for _, t := range s.tables {
		if td := d.table(t, covered); td != nil {
			d.tables = append(d.tables, td)
		}
	}
	d.subjects(covered)
	for range attempts {
		d.keys()
		text, places := d.render(true)
		program, again, err := d.compile(text, places, existing)
		switch {
		case err != nil:
			return nil, err
		case again, refuted == nil && d.leave():
			continue
		case refuted == nil:
			return d, nil
		}
		alone := program
		if slices.ContainsFunc(program.Tables(), func(p *scrub.TablePlan) bool { return p.Join != nil }) {
			alone = d.withoutJoins(existing)
		}
		wrong, err := refuted(d, program, alone)
		if err != nil {
			return nil, err
		}
		again = false
		for _, c := range wrong {
			again = d.refute(c) || again
		}
		if !again && !d.leave() {
			return d, nil
		}
	}
	return nil, errors.New("no ruleset that compiles was found for this database")
}

// refute takes the next choice for the rule that decides on a column.
func (d *Draft) refute(c *column) bool {
	cd := d.byColumn[d.s.owner(c)]
	if cd != nil && cd.follows {
		cd = d.byColumn[d.s.owner(d.s.owner(c).origin())]
	}
	if cd == nil || cd.existing {
		return false
	}
	dropped := false
	for _, l := range cd.leaves() { // which of them refused a value is not known
		if strings.HasPrefix(l.rule(), "{") || l.number && l.rule() != "" && l.rule() != keep {
			l.drop, dropped = true, true
		}
	}
	return dropped || d.next(cd)
}

// leaves are the paths of a column that is written path by path.
func (c *columnDraft) leaves() []*leaf {
	if !c.document() {
		return nil
	}
	return c.column.json.leaves
}

func (d *Draft) table(t *table, existing *rules.Ruleset) *tableDraft {
	td := &tableDraft{table: t}
	var has *rules.Table
	if existing != nil {
		has = existing.Tables[t.Name]
	}
	switch {
	case t.Kind == catalog.Foreign:
		return nil
	case existing != nil && existing.Tables[t.Root] != nil && existing.Tables[t.Root].Rows == rules.NoRows:
		return nil
	case t.Name == t.Root && d.s.cat.InRecovery && t.Persistence == 'u':
		if has != nil {
			return nil
		}
		td.none = "unlogged: a standby has no rows of it"
		return td
	case t.Name != t.Root && d.s.cat.InRecovery && t.Persistence == 'u':
		return nil
	}
	td.existing = has != nil
	for _, c := range t.columns {
		if c.Generated || d.s.owner(c) != c {
			continue
		}
		cd := &columnDraft{column: c, choices: c.choices()}
		cd.existing = has != nil && (has.Column(c.Name) != nil || has.Wildcard() != nil)
		td.columns = append(td.columns, cd)
		d.byColumn[c] = cd
	}
	if len(td.columns) == 0 && (t.Name != t.Root || len(t.columns) > 0 && td.existing) {
		return nil
	}
	return td
}

// copied reports whether a table's rows are copied.
func (d *Draft) copied(t *table) bool {
	root := d.s.byName[t.Root]
	return t.Kind != catalog.Foreign && root != nil && !(d.s.cat.InRecovery && root.Persistence == 'u')
}

// keys leaves columns that refer to others to the rule of those, where that is
// more than keep, and gives them the same keep otherwise.
func (d *Draft) keys() {
	for _, td := range d.tables {
		for _, cd := range td.columns {
			c := cd.column
			cd.follows = false
			if c.to == nil || !d.copied(c.to.table) {
				continue
			}
			o := d.byColumn[d.s.owner(d.s.owner(c).origin())]
			if o == nil || o == cd {
				continue
			}
			if o.choice().rule == keep {
				cd.choices, cd.at = []choice{{keep, ""}}, 0
				continue
			}
			cd.follows = true
		}
	}
}

// withoutJoins is the draft with the rules that exist, compiled so that a table can be
// scrubbed without rows of others; nil if those rules need the subjects that are left out.
func (d *Draft) withoutJoins(existing *rules.Ruleset) *scrub.Program {
	d.alone = true
	text, _ := d.render(true)
	d.alone = false
	rs, err := rules.Parse(draftFile, []byte(text))
	if err != nil {
		return nil
	}
	if existing != nil {
		rs = merge(existing, rs)
	}
	program, err := scrub.Compile(withoutSubjects(rs), d.s.cat, make([]byte, 32))
	if err != nil {
		return nil
	}
	return program
}

// withoutSubjects is a ruleset whose tables can be scrubbed without rows of others.
func withoutSubjects(rs *rules.Ruleset) *rules.Ruleset {
	out := *rs
	out.Tables = map[catalog.Name]*rules.Table{}
	for name, t := range rs.Tables {
		own := *t
		own.Subject = nil
		out.Tables[name] = &own
	}
	return &out
}

// compile tries a draft, takes the next choice of what is refused, and reports
// whether anything changed.
func (d *Draft) compile(text string, places map[int]any, existing *rules.Ruleset) (p *scrub.Program, again bool,
	err error) {
	rs, err := rules.Parse(draftFile, []byte(text))
	if err != nil {
		again, err = d.retry(err, places)
		return nil, again, err
	}
	if existing != nil {
		rs = merge(existing, rs)
	}
	program, err := scrub.Compile(rs, d.s.cat, make([]byte, 32)) // compiling draws nothing from the key
	if err == nil {
		d.Warnings = program.Warnings()
		return program, false, nil
	}
	again, err = d.retry(err, places)
	return nil, again, err
}

func (d *Draft) retry(err error, places map[int]any) (bool, error) {
	changed := false
	var input *fault.Input
	if errors.As(err, &input) {
		done := map[any]bool{}
		for _, p := range input.Problems {
			what := places[p.Line]
			if p.File != draftFile || what == nil || done[what] {
				continue
			}
			done[what] = true
			changed = d.next(what) || changed
		}
	}
	var refusal *fault.Refusal
	if errors.As(err, &refusal) {
		for _, td := range d.tables {
			for _, cd := range td.columns {
				without := func(p fault.Problem) bool {
					return p.Table == td.table.Table.Name.String() && p.Column == cd.column.Name
				}
				if cd.follows && slices.ContainsFunc(refusal.Problems, without) {
					cd.column.to, changed = nil, true
				}
			}
		}
	}
	for _, td := range d.tables {
		if !changed && td.subject != "" { // it may be at odds with what is written elsewhere
			td.subject, changed = "", true
		}
	}
	if !changed {
		return false, fmt.Errorf("the draft doesn't compile: %w", err)
	}
	return true, nil
}

// next takes the next choice for what stands at a line.
func (d *Draft) next(what any) bool {
	switch w := what.(type) {
	case *tableDraft:
		if w.left != "" {
			w.left, w.needed = "", w.left
			return true
		}
		if w.subject == "" {
			return false
		}
		w.subject = ""
	case *leaf:
		w.drop = true
	case *columnDraft:
		if w.column.json != nil && w.at == 0 && w.document() {
			w.column.json = nil
			w.choices = append([]choice{{"{json: {}}", "all of it is redacted: list the paths that may stay"}}, w.choices...)
			return true
		}
		if w.at+1 >= len(w.choices) {
			return false
		}
		w.at++
	default:
		return false
	}
	return true
}

// document reports whether the column is written path by path.
func (c *columnDraft) document() bool {
	j := c.column.json
	return j != nil && c.at == 0 && len(j.leaves) > 0 && !c.column.array
}

// merge is a ruleset of both; where a table is in both, the columns of both.
func merge(a, b *rules.Ruleset) *rules.Ruleset {
	m := *a
	m.Tables = map[catalog.Name]*rules.Table{}
	for n, t := range a.Tables {
		m.Tables[n] = t
	}
	for n, t := range b.Tables {
		if have := m.Tables[n]; have != nil {
			both := *have
			both.Columns = append(slices.Clone(have.Columns), t.Columns...)
			t = &both
		}
		m.Tables[n] = t
	}
	return &m
}

// transform names what the draft does with a column, in a word.
func (d *Draft) transform(c *column) string {
	cd := d.byColumn[c]
	if cd == nil || d.leaves(c.table) {
		return "rows: none"
	}
	if cd.follows {
		if o := d.byColumn[d.s.owner(d.s.owner(c).origin())]; o != nil && o != cd {
			return d.transform(o.column)
		}
	}
	if cd.document() {
		return "json"
	}
	rule := strings.Trim(cd.choice().rule, `"`)
	if inner, ok := strings.CutPrefix(rule, "{transform: "); ok {
		rule, _, _ = strings.Cut(strings.TrimSuffix(inner, "}"), ",")
	} else if strings.HasPrefix(rule, "{") {
		rule, _, _ = strings.Cut(rule[1:], ":")
	}
	return rule
}

// Line is the draft's rule for a column as a line to paste, "" if there is none.
func (d *Draft) Line(t catalog.Name, column string) string {
	for _, td := range d.tables {
		for _, cd := range td.columns {
			if td.table.Table.Name == t && cd.column.Name == column {
				rule := cd.choice().rule
				switch {
				case cd.follows:
					rule = keep
				case cd.document():
					rule = "{json: {}}"
				}
				line := scalar(ruleKey(column)) + ": " + rule
				switch r := d.review(cd); {
				case r != "" && !cd.follows:
					line += "   # review: " + comment(r)
				// its name doesn't say that it is harmless
				case rule == keep && !cd.follows && cd.column.score < found+0.2:
					line += "   # only if it holds nothing personal"
				}
				return line
			}
		}
	}
	return ""
}
