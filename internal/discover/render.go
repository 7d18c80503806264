package discover

import (
	"fmt"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// YAML is the draft as a rules file.
func (d *Draft) YAML() string {
	text, _ := d.render(false)
	return text
}

// lines writes lines and knows where it stands.
type lines struct {
	b      strings.Builder
	n      int
	places map[int]any
}

func (l *lines) add(what any, format string, args ...any) {
	l.n++
	if what != nil {
		l.places[l.n] = what
	}
	fmt.Fprintf(&l.b, format+"\n", args...)
}

// render writes the draft, without what exists already, and says what stands at
// each line.
func (d *Draft) render(bare bool) (string, map[int]any) {
	l := &lines{places: map[int]any{}}
	if !bare {
		d.head(l)
	}
	l.add(nil, "version: 1")
	if !bare && len(d.Packs) > 0 {
		l.add(nil, "include: [%s]", rules.Builtin+strings.Join(d.Packs, ", "+rules.Builtin))
	}
	l.add(nil, "")
	open := slices.ContainsFunc(d.tables, func(t *tableDraft) bool { return t.open() })
	if !open {
		l.add(nil, "tables: {}")
		return l.b.String(), l.places
	}
	l.add(nil, "tables:")
	for _, td := range d.tables {
		switch {
		case !td.open(), td.table.Root != td.table.Table.Name && d.leaves(td.table):
		case bare && td.left != "":
			l.add(td, "  %s: {rows: none}", scalar(td.table.Table.Name.String()))
		default:
			l.add(nil, "")
			d.writeTable(l, td)
		}
	}
	return l.b.String(), l.places
}

// open reports whether anything is to be written of a table.
func (t *tableDraft) open() bool {
	if !t.existing {
		return true
	}
	return slices.ContainsFunc(t.columns, func(c *columnDraft) bool { return !c.existing })
}

func (d *Draft) head(l *lines) {
	masked, kept, review, empty := 0, 0, 0, 0
	for _, td := range d.tables {
		if td.left != "" {
			review, empty = review+1, empty+1
			continue
		}
		for _, cd := range td.columns {
			switch {
			case d.transform(cd.column) == keep:
				kept++
			default:
				masked++
			}
			if d.review(cd) != "" {
				review++
			}
		}
	}
	l.add(nil, "# yaml-language-server: $schema=schema.json")
	l.add(nil, "# Drafted by refresher discover for database %s: %d tables, %d columns masked, %d kept.",
		comment(d.s.cat.Database), len(d.tables), masked, kept)
	if empty > 0 {
		l.add(nil, "# %d tables stay empty, since their rows would make staging act on others.", empty)
	}
	l.add(nil, "# A draft is a proposal. Read every table before the first run, and above all the")
	l.add(nil, "# %d lines marked \"review:\"; then look at the result with refresher preview TABLE.", review)
}

func (d *Draft) writeTable(l *lines, td *tableDraft) {
	key := scalar(td.table.Table.Name.String())
	if td.none != "" {
		l.add(td, "  %s: {rows: none}   # %s", key, td.none)
		return
	}
	if td.left != "" {
		d.writeLeft(l, td)
		return
	}
	l.add(td, "  %s:", key)
	if td.needed != "" {
		l.add(nil, "    # review: %s; they are copied, since rows of other tables refer to them.", comment(td.needed))
	}
	if td.subject != "" && !d.alone {
		l.add(td, "    subject: %s", td.subject)
	}
	if slices.ContainsFunc(td.columns, func(c *columnDraft) bool { return !c.follows && !c.existing }) {
		l.add(nil, "    columns:")
	} else {
		l.add(nil, "    columns: {}")
	}
	for _, cd := range td.columns {
		if !cd.existing {
			d.writeColumn(l, cd, "      ")
		}
	}
	for _, c := range td.table.columns {
		if c.Generated && d.s.owner(c) == c {
			l.add(nil, "      # %s is generated: PostgreSQL computes it again", comment(c.Name))
		}
	}
}

func (d *Draft) writeColumn(l *lines, cd *columnDraft, indent string) {
	c := cd.column
	key := scalar(ruleKey(c.Name))
	if cd.follows {
		l.add(cd, "%s# %s takes the rule of %s, to which it refers", indent, comment(c.Name),
			comment(c.origin().where()))
		return
	}
	tail := ""
	if r := d.review(cd); r != "" {
		tail = "   # review: " + comment(r)
	}
	if !cd.document() {
		l.add(cd, "%s%s: %s%s", indent, key, cd.choice().rule, tail)
		return
	}
	var listed []*leaf
	for _, leaf := range c.json.leaves {
		if leaf.rule() != "" {
			listed = append(listed, leaf)
		}
	}
	if len(listed) == 0 {
		l.add(cd, "%s%s: {json: {}}%s", indent, key, tail)
		return
	}
	l.add(cd, "%s%s:%s", indent, key, tail)
	l.add(cd, "%s  json:", indent)
	for _, leaf := range listed {
		l.add(leaf, "%s    %s: %s", indent, scalar(leaf.path), leaf.rule())
	}
	if c.Type.Underlying().OID != catalog.JSONOID && c.Type.Underlying().OID != catalog.JSONBOID {
		l.add(cd, "%s  invalid: redact", indent)
	}
}

// review is what a person should look at, "" where the draft is sure.
func (d *Draft) review(cd *columnDraft) string {
	c := cd.column
	switch r := cd.choice().review; {
	case cd.follows:
		return ""
	case cd.document() && c.class != pii.None && c.score < sure:
		return c.reason
	case cd.document() && slices.ContainsFunc(c.json.leaves, func(l *leaf) bool { return l.once && l.rule() == keep }):
		return "a configuration: plain words, short numbers, true and false stay, others are redacted"
	case cd.document() && c.class == pii.None:
		return "the paths seen hold nothing personal; others are redacted"
	case cd.document():
		return ""
	case r != "" && c.class != pii.None:
		return fmt.Sprintf("%s (%s)", r, c.reason)
	case r != "":
		return r
	case c.class != pii.None && c.score < sure:
		return fmt.Sprintf("%s (confidence %.2f)", c.reason, c.score)
	case c.class == pii.None && c.score < 0.5:
		return "kept, but " + c.reason
	case c.unknown() && cd.choice().rule == keep:
		return "kept, but nothing is known of it: no value was seen, and its name says nothing"
	}
	return ""
}

// unknown reports text or bytes of which neither name nor values say anything.
func (c *column) unknown() bool {
	if c.family == transform.FamilyBytea {
		return c.class == pii.None && !c.surrogate()
	}
	return c.silent && c.key == nil && !c.surrogate() && !c.array && c.Type.Underlying().Kind == catalog.BaseType &&
		slices.Contains([]transform.Family{transform.FamilyText, transform.FamilyXML}, c.family) &&
		(!isWording(c.Name) || c.unbounded())
}

// comment makes a text safe for the rest of a line.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, s)
}

// Key is a name as a key of a rules file, quoted where YAML needs it.
func Key(s string) string { return scalar(s) }

// scalar is a text as a YAML key or value, quoted where YAML could read it as
// something else.
func scalar(s string) string {
	safe := s != ""
	quote := false
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '.')) {
			safe = false
		}
		quote = quote || r < 0x20 || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xa0
	}
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		safe = false
	}
	switch {
	case quote:
		return doubleQuoted(s)
	case safe:
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r >= 0x7f && r < 0xa1 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// left is why the rows of a table had better stay behind, "" where nothing speaks for it:
// rules.txt knows queues, outboxes and the like, whose rows would make staging act.
func (t *table) left() string {
	if t.Name != t.Root || t.Kind == catalog.Foreign {
		return ""
	}
	if r := columnRules().find("left", &subject{name: &name{}, in: t.name, table: t}); r != nil {
		return r.reason
	}
	return ""
}

// leave has the tables whose rows would make staging act stay behind, after rules for all of
// their columns were found; it reports whether there are any. A table to whose rows those of
// another refer is given back by the compiler.
func (d *Draft) leave() bool {
	if d.leaving {
		return false
	}
	d.leaving = true
	some := false
	for _, td := range d.tables {
		if td.none == "" && !td.existing {
			td.left = td.table.left()
			some = some || td.left != ""
		}
	}
	return some
}

// leaves reports whether a table's rows stay behind, though they could be copied.
func (d *Draft) leaves(t *table) bool {
	return slices.ContainsFunc(d.tables, func(td *tableDraft) bool {
		return td.left != "" && td.table.Table.Name == t.Root
	})
}

// writeLeft writes that a table's rows stay behind, why, and the rules that copy them.
func (d *Draft) writeLeft(l *lines, td *tableDraft) {
	l.add(nil, "  # review: %s.", comment(td.left))
	l.add(nil, "  # To keep them, put the rules below in the place of this one.")
	l.add(td, "  %s: {rows: none}", scalar(td.table.Table.Name.String()))
	copied := *td
	copied.left = ""
	rules := &lines{places: map[int]any{}}
	d.writeTable(rules, &copied)
	for line := range strings.Lines(rules.b.String()) {
		l.add(nil, "  # %s", strings.TrimSuffix(line[2:], "\n"))
	}
}
