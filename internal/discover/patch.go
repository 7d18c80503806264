package discover

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// Patch is what the rules in files lack, as a unified diff that patch -p0 and git
// apply -p0 take; empty if they lack nothing. Rules for new columns go behind the
// last column of their table, new tables to the end of the last file's tables. What
// the files say already, comments and layout among it, stays as it is.
func (d *Draft) Patch(files []string, existing *rules.Ruleset) ([]byte, error) {
	edits, err := d.edits(files, existing)
	if err != nil {
		return nil, err
	}
	return d.diff(files, edits)
}

// edits are the files with the rules that they lack put in.
func (d *Draft) edits(files []string, existing *rules.Ruleset) (map[string]*edit, error) {
	edits := map[string]*edit{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fault.BadInput("%s can't be read", f)
		}
		edits[f] = &edit{file: f, lines: splitLines(text), open: len(text) > 0 && text[len(text)-1] != '\n'}
	}
	if len(files) == 0 {
		return nil, fault.BadInput("there is no rules file to patch")
	}
	last := edits[files[len(files)-1]]
	for _, td := range d.tables {
		if !td.open() {
			continue
		}
		have := existing.Tables[td.table.Name]
		if have == nil || edits[have.Pos.File] == nil { // an included file is not ours to change
			last.appendTable(d, td)
			continue
		}
		edits[have.Pos.File].addColumns(d, td, have)
	}
	return edits, nil
}

// diff is the edits as a patch that was compiled.
func (d *Draft) diff(files []string, edits map[string]*edit) ([]byte, error) {
	var out bytes.Buffer
	for _, f := range files {
		edits[f].diff(&out)
	}
	return out.Bytes(), d.proves(files, edits)
}

// proves compiles what the patched files say.
func (d *Draft) proves(files []string, edits map[string]*edit) error {
	var all *rules.Ruleset
	for _, f := range files {
		rs, err := rules.Parse(f, []byte(strings.Join(edits[f].result(), "")))
		if err != nil {
			return fmt.Errorf("this layout of rules can't be patched by a program; discover --all prints "+
				"everything: %w", err)
		}
		if all == nil {
			all = rs
			continue
		}
		m := merge(all, rs)
		m.References, m.Allow = append(m.References, rs.References...), append(m.Allow, rs.Allow...)
		all = m
	}
	if _, err := scrub.Compile(current(d.s.cat, all), d.s.cat, make([]byte, 32)); err != nil {
		return fmt.Errorf("the patched rules don't compile: %w", err)
	}
	return nil
}

// edit is a file with lines put in, or put in the place of others.
type edit struct {
	file  string
	lines []string // each with its newline
	open  bool     // the last line has none in the file
	at    []change
}

// change puts lines in before line `before` (from 0), in the place of `drop` lines.
type change struct {
	before, drop int
	lines        []string
}

func splitLines(text []byte) []string {
	lines := strings.SplitAfter(string(text), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
		lines[n-1] += "\n"
	}
	return lines
}

func (e *edit) insert(before int, lines []string) {
	e.at = append(e.at, change{before: before, lines: lines})
}

// addColumns puts new columns of a table behind those that are there.
func (e *edit) addColumns(d *Draft, td *tableDraft, have *rules.Table) {
	if n := len(have.Columns); n > 0 {
		line := have.Columns[n-1].Pos.Line - 1
		if prefix := e.lines[line][:have.Columns[n-1].Pos.Col-1]; strings.TrimSpace(prefix) == "" {
			e.insert(e.end(line, len(prefix)), d.columnLines(td, prefix))
			return
		}
		if e.inline(td, have.Columns[n-1].Pos) {
			return
		}
	}
	// A table of one line, or without columns: written anew as a block is beyond a patch.
	prefix := strings.Repeat(" ", have.Pos.Col-1)
	l := &lines{places: map[int]any{}}
	l.add(nil, "%s# review: these belong under the columns of %s:", prefix, comment(td.table.Table.Name.String()))
	for _, line := range d.columnLines(td, prefix+"#   ") {
		l.add(nil, "%s", strings.TrimSuffix(line, "\n"))
	}
	e.insert(e.end(have.Pos.Line-1, len(prefix)), strings.SplitAfter(strings.TrimSuffix(l.b.String(), "\n")+"\n", "\n"))
}

// inline puts columns before the first of a mapping in braces.
func (e *edit) inline(td *tableDraft, pos rules.Pos) bool {
	first := pos
	line := e.lines[first.Line-1]
	open := strings.LastIndexByte(line[:first.Col-1], '{')
	if open < 0 {
		return false
	}
	// The opening brace nearest before a key that is not the first one's may be
	// another's; the result is parsed before it is printed.
	var add strings.Builder
	for _, cd := range td.columns {
		if cd.existing || cd.follows {
			continue
		}
		rule := cd.choice().rule
		if cd.document() {
			rule = "{json: {}}"
		}
		fmt.Fprintf(&add, "%s: %s, ", scalar(ruleKey(cd.column.Name)), rule)
	}
	changed := line[:open+1] + add.String() + strings.TrimLeft(line[open+1:], " ")
	e.at = append(e.at, change{before: first.Line - 1, drop: 1, lines: []string{changed}})
	return true
}

// end is the line behind the block that begins at a line with an indent.
func (e *edit) end(line, indent int) int {
	last := line
	for i := line + 1; i < len(e.lines); i++ {
		text := strings.TrimRight(e.lines[i], " \t\r\n")
		if text == "" {
			continue
		}
		if in := len(text) - len(strings.TrimLeft(text, " ")); in <= indent {
			break
		}
		last = i
	}
	return last + 1
}

// appendTable puts a table behind the last one.
func (e *edit) appendTable(d *Draft, td *tableDraft) {
	l := &lines{places: map[int]any{}}
	l.add(nil, "")
	d.writeTable(l, td)
	at, indent := e.tables()
	text := strings.SplitAfter(strings.TrimSuffix(l.b.String(), "\n"), "\n")
	for i := range text {
		text[i] = strings.TrimSuffix(text[i], "\n") + "\n"
		if extra := indent - 2; extra > 0 && text[i] != "\n" {
			text[i] = strings.Repeat(" ", extra) + text[i]
		}
	}
	if at < 0 {
		at = len(e.lines)
		if !slices.ContainsFunc(e.at, func(c change) bool { return c.before == at && c.drop == 0 }) {
			text = append([]string{"tables:\n"}, text...)
		}
	}
	e.insert(at, text)
}

// tables is the line behind the tables of the file, and their indent; -1 if it has none.
func (e *edit) tables() (at, indent int) {
	for i, line := range e.lines {
		rest, ok := strings.CutPrefix(line, "tables:")
		if !ok {
			continue
		}
		if rest = strings.TrimSpace(rest); rest == "{}" || strings.HasPrefix(rest, "{} #") {
			e.at = append(e.at, change{before: i, drop: 1, lines: []string{"tables:\n"}})
			e.lines = slices.Clone(e.lines)
			return i + 1, 2
		}
		end := e.end(i, 0)
		for _, l := range e.lines[i+1 : end] {
			if text := strings.TrimLeft(l, " "); strings.TrimSpace(text) != "" && text[0] != '#' {
				return end, len(l) - len(text)
			}
		}
		return end, 2
	}
	return -1, 2
}

// columnLines are the rules of a table's new columns.
func (d *Draft) columnLines(td *tableDraft, indent string) []string {
	l := &lines{places: map[int]any{}}
	for _, cd := range td.columns {
		if !cd.existing {
			d.writeColumn(l, cd, indent)
		}
	}
	out := strings.SplitAfter(l.b.String(), "\n")
	return out[:len(out)-1]
}

func (e *edit) sorted() []change {
	seen := map[int]bool{}
	var at []change
	for _, c := range e.at {
		if c.drop > 0 && seen[c.before] {
			continue // said already
		}
		seen[c.before] = seen[c.before] || c.drop > 0
		at = append(at, c)
	}
	slices.SortStableFunc(at, func(a, b change) int { return a.before - b.before })
	if last := len(e.lines) - 1; e.open { // what comes behind a line without a newline changes that line
		for i := range at {
			if at[i].before == last+1 && at[i].drop == 0 {
				at[i] = change{last, 1, append([]string{e.lines[last]}, at[i].lines...)}
				break
			}
		}
	}
	return at
}

func (e *edit) result() []string {
	var out []string
	from := 0
	for _, c := range e.sorted() {
		out = append(out, e.lines[from:max(from, c.before)]...)
		out = append(out, c.lines...)
		from = max(from, c.before+c.drop)
	}
	return append(out, e.lines[from:]...)
}

// diff writes the edits as a unified diff with three lines of context.
func (e *edit) diff(w *bytes.Buffer) {
	const context = 3
	at := e.sorted()
	if len(at) == 0 {
		return
	}
	name := filepath.ToSlash(e.file)
	fmt.Fprintf(w, "--- %s\n+++ %s\n", name, name)
	added := 0
	for i := 0; i < len(at); {
		j := i + 1
		for j < len(at) && at[j].before-(at[j-1].before+at[j-1].drop) <= 2*context {
			j++
		}
		start := max(0, at[i].before-context)
		end := min(len(e.lines), at[j-1].before+at[j-1].drop+context)
		var body strings.Builder
		line, plus := start, 0
		for _, c := range at[i:j] {
			for ; line < c.before; line++ {
				body.WriteString(" " + e.lines[line] + e.mark(line))
			}
			for range c.drop {
				body.WriteString("-" + e.lines[line] + e.mark(line))
				line, plus = line+1, plus-1
			}
			for _, l := range c.lines {
				body.WriteString("+" + l)
				plus++
			}
		}
		for ; line < end; line++ {
			body.WriteString(" " + e.lines[line] + e.mark(line))
		}
		was, from := end-start, start+1
		if was == 0 {
			from = start
		}
		fmt.Fprintf(w, "@@ -%d,%d +%d,%d @@\n%s", from, was, start+1+added, was+plus, body.String())
		added += plus
		i = j
	}
}

// mark follows a line that has no newline.
func (e *edit) mark(line int) string {
	if e.open && line == len(e.lines)-1 {
		return "\\ No newline at end of file\n"
	}
	return ""
}
