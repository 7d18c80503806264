package preview

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/rivo/uniseg"

	"refresher/internal/report/visible"
)

// Options say what a page is drawn on.
type Options struct {
	Width  int  // in characters of a terminal; 0: 80
	Colour bool // ECMA-48 colours; without them changed cells still carry a mark
	Lines  int  // most lines a value may take; 0: all
}

// The marks between a value and what it becomes.
const (
	markChanged = "→" // changed
	markSame    = "=" // has a rule, yet came out as it was
	markKept    = " "
)

type style uint8

const (
	stylePlain style = iota
	styleFaint
	styleBold
	styleBefore // what will be gone
	styleAfter  // what comes in its place
	styleSame
	styleEscape // stands for a character that isn't sent
	styleNote
)

// sgr are the parameters of ECMA-48's SELECT GRAPHIC RENDITION.
var sgr = [...]string{stylePlain: "", styleFaint: "2", styleBold: "1", styleBefore: "31", styleAfter: "32", styleSame: "33", styleEscape: "35", styleNote: "2"}

// Render draws the page.
func (p *Page) Render(w io.Writer, o Options) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	d := &drawing{out: bufio.NewWriter(w), Options: o, columns: p.Columns}
	d.measure(len(title(len(p.Rows), len(p.Rows))))
	d.head(p)
	for i, row := range p.Rows {
		d.row(i+1, len(p.Rows), row)
	}
	d.foot(p)
	return d.out.Flush()
}

// drawing is a page on its way to a terminal.
type drawing struct {
	Options
	out     *bufio.Writer
	columns []Column

	name, rule, value int // widths; rule is 0 if there is no room for it
	stacked           bool
	same              bool // some value with a transform came out as it was
}

const (
	indent    = 2
	gap       = 2
	gutter    = 5  // around the mark
	maxName   = 26 // longer ones are shortened
	maxRule   = 16
	wantCell  = 26 // below this, the rules' names make room
	leastCell = 22 // below this, before stands above after
)

// measure lays out the columns of the page; title is how wide a row's is.
func (d *drawing) measure(title int) {
	name, rule := title, len("rule")
	for _, c := range d.columns {
		name, rule = max(name, uniseg.StringWidth(c.Name)), max(rule, uniseg.StringWidth(c.Rule))
	}
	d.name, d.rule = min(name, maxName, max(title, d.Width/4)), min(rule, maxRule)
	room := func() int { return (d.Width - indent - d.name - gap - d.rule - gap - gutter) / 2 }
	if room() < wantCell {
		d.rule = -gap
	}
	d.value = room()
	if d.value < leastCell {
		d.stacked = true
		d.value = max(10, d.Width-2*indent-2)
	}
}

func (d *drawing) head(p *Page) {
	masked := 0
	for _, c := range p.Columns {
		if c.Masked {
			masked++
		}
	}
	d.paint(styleBold, clean(p.Table.String(), d.Width))
	switch {
	case p.RowsNone:
		fmt.Fprintf(d.out, "\nThe rules say rows: none, so no row of this table is copied.\n")
		return
	case len(p.Rows) == 0:
		fmt.Fprintf(d.out, "\nThe table has no rows. ")
	default:
		fmt.Fprintf(d.out, "\n%s%s. ", count(len(p.Rows), "row"), of(p))
	}
	fmt.Fprintf(d.out, "%s, %d with a transform.\n", count(len(p.Columns), "column"), masked)
	if p.RowsWhen != "" {
		fmt.Fprintf(d.out, "Only rows for which this holds are copied: %s\n", clean(p.RowsWhen, max(20, d.Width-43)))
	}
}

// of says how many rows there are, if that is known and more than are shown.
func of(p *Page) string {
	if n := math.Round(p.Estimate); n > float64(len(p.Rows)) {
		return " of about " + visible.Count(int64(n))
	}
	return ""
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (d *drawing) row(i, of int, r Row) {
	d.out.WriteByte('\n')
	d.space(indent)
	switch {
	case d.stacked:
		d.paint(styleBold, title(i, of))
	default:
		d.paint(styleBold, fit(title(i, of), d.name))
		d.space(gap)
		if d.rule > 0 {
			d.paint(styleFaint, fit("rule", d.rule))
			d.space(gap)
		}
		d.paint(styleFaint, fit("production", d.value+gutter)+"staging")
	}
	d.out.WriteByte('\n')
	if r.After == nil {
		d.space(indent)
		d.paint(styleNote, "left behind: the condition on rows does not hold")
		d.out.WriteString("\n")
	}
	for j, c := range d.columns {
		var after *Cell
		if r.After != nil {
			after = &r.After[j]
		}
		d.cell(c, r.Before[j], after)
	}
}

func title(i, of int) string { return fmt.Sprintf("row %d of %d", i, of) }

// cell draws one value beside what it becomes, or above it.
func (d *drawing) cell(c Column, before Cell, after *Cell) {
	m := mark{markKept, stylePlain}
	var b, a []glyph
	switch {
	case after == nil:
		b = d.glyphs(before, styleBefore)
	case *after != before:
		m = mark{markChanged, styleAfter}
		b, a = d.changed(c, before, *after)
	case c.Masked && strings.ContainsFunc(before.Text, wordy): // NULL, "" and {} say nothing
		d.same = true
		m = mark{markSame, styleSame}
		b, a = d.glyphs(before, stylePlain), d.glyphs(*after, stylePlain)
	default:
		b, a = d.glyphs(before, styleFaint), d.glyphs(*after, styleFaint)
	}
	left, right := wrap(b, d.value, d.Lines), wrap(a, d.value, d.Lines)
	if d.stacked {
		d.stack(c, m, left, right)
		return
	}
	name, rule := c.Name, c.Rule
	for i := range max(len(left), len(right)) {
		d.pair(name, rule, m, at(left, i), at(right, i))
		name, rule, m = "", "", mark{markKept, stylePlain}
	}
}

func at(lines [][]glyph, i int) []glyph {
	if i < len(lines) {
		return lines[i]
	}
	return nil
}

// mark is what stands between a value and what it becomes.
type mark struct {
	sign  string
	style style
}

// pair draws one line of a value beside one of what it becomes.
func (d *drawing) pair(name, rule string, m mark, left, right []glyph) {
	defer func() { _ = d.out.WriteByte('\n') }() // Flush reports errors
	if name == "" && len(left)+len(right) == 0 {
		return
	}
	d.space(indent)
	d.out.WriteString(fit(name, d.name))
	d.space(gap)
	if d.rule > 0 {
		d.paint(styleFaint, fit(rule, d.rule))
		d.space(gap)
	}
	d.line(left)
	if m.sign == markKept && len(right) == 0 {
		return
	}
	d.space(d.value - cells(left) + gutter/2)
	d.paint(m.style, m.sign)
	if len(right) > 0 {
		d.space(gutter / 2)
		d.line(right)
	}
}

// stack draws a value above what it becomes, for narrow terminals.
func (d *drawing) stack(c Column, m mark, before, after [][]glyph) {
	d.space(indent)
	label := c.Name
	if c.Rule != "keep" {
		label += " (" + c.Rule + ")"
	}
	d.out.WriteString(clean(label, d.Width-indent))
	d.out.WriteByte('\n')
	if m.sign != markChanged {
		d.lines(before, m)
		return
	}
	d.lines(before, mark{markKept, stylePlain})
	d.lines(after, m)
}

// lines draws a value with a mark before its first line.
func (d *drawing) lines(list [][]glyph, m mark) {
	for _, l := range list {
		d.space(indent)
		d.paint(m.style, m.sign)
		d.space(1)
		d.line(l)
		d.out.WriteByte('\n')
		m.sign = markKept
	}
}

// changed are two values that differ, with what they share left plain.
func (d *drawing) changed(c Column, before, after Cell) (b, a []glyph) {
	if before.plain() && after.plain() {
		x, y := difference(before.Text, after.Text, c.Inside)
		return paintPieces(x, styleBefore), paintPieces(y, styleAfter)
	}
	return d.glyphs(before, styleBefore), d.glyphs(after, styleAfter)
}

func paintPieces(list []piece, st style) (g []glyph) {
	for _, p := range list {
		if p.common {
			g = glyphs(g, p.text, stylePlain)
		} else {
			g = glyphs(g, p.text, st)
		}
	}
	return g
}

// plain reports whether the text can be shown as it is: it isn't NULL, can't be
// taken for it, and doesn't begin or end in a blank that nobody would see.
func (c Cell) plain() bool {
	return !c.Null && c.Text != "" && c.Text != "NULL" && strings.Trim(c.Text, " ") == c.Text
}

func (d *drawing) glyphs(c Cell, st style) []glyph {
	switch {
	case c.Null:
		return glyphs(nil, "NULL", styleFaint)
	case c.plain():
		return glyphs(nil, c.Text, st)
	}
	return glyphs(nil, `"`+c.Text+`"`, st)
}

// foot explains the marks that the page used.
func (d *drawing) foot(p *Page) {
	if len(p.Generated) > 0 && !p.RowsNone {
		fmt.Fprintf(d.out, "\nNot shown, as PostgreSQL computes them again: %s.\n",
			clean(strings.Join(p.Generated, ", "), 1000))
	}
	if len(p.Rows) == 0 {
		return
	}
	between := "   "
	if d.stacked {
		between = "\n"
	}
	d.out.WriteByte('\n')
	d.paint(styleAfter, markChanged)
	d.out.WriteString(" changed" + between)
	if d.same {
		d.paint(styleSame, markSame)
		d.out.WriteString(" came out as it was" + between)
	}
	d.out.WriteString("no mark: kept\n")
}

func (d *drawing) space(n int) {
	for range n {
		d.out.WriteByte(' ')
	}
}

func (d *drawing) paint(st style, s string) {
	if !d.Colour || sgr[st] == "" || strings.TrimSpace(s) == "" {
		d.out.WriteString(s)
		return
	}
	fmt.Fprintf(d.out, "\x1b[%sm%s\x1b[0m", sgr[st], s)
}

// line draws glyphs, a stretch of one style at a time.
func (d *drawing) line(g []glyph) {
	for len(g) > 0 {
		n := 1
		for n < len(g) && g[n].style == g[0].style {
			n++
		}
		var b strings.Builder
		for _, x := range g[:n] {
			b.WriteString(x.text)
		}
		d.paint(g[0].style, b.String())
		g = g[n:]
	}
}
