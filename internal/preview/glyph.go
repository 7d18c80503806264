package preview

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// glyph is what a terminal shows as one unit: a grapheme cluster, or the escape
// of a character that must not reach a terminal.
type glyph struct {
	text  string
	width int // in cells of the terminal; of a line break 0
	style style
}

// newline breaks a line where the value has a line break.
const newline = "\n"

// glyphs cuts a value up; no control or formatting character is left in it.
func glyphs(dst []glyph, s string, st style) []glyph {
	state := -1
	for len(s) > 0 {
		var cluster string
		var width int
		cluster, s, width, state = uniseg.FirstGraphemeClusterInString(s, state)
		switch {
		case cluster == "\n" || cluster == "\r\n":
			dst = append(dst, glyph{newline, 0, st})
		case width > 0 && harmless(cluster):
			dst = append(dst, glyph{cluster, width, st})
		default:
			dst = escape(dst, cluster)
		}
	}
	return dst
}

// harmless reports whether a terminal only draws a cluster.
func harmless(cluster string) bool {
	for _, c := range cluster {
		switch {
		case c == utf8.RuneError, unicode.IsControl(c), unicode.Is(unicode.Zl, c), unicode.Is(unicode.Zp, c),
			unicode.Is(unicode.Co, c):
			return false
		case unicode.Is(unicode.Cf, c) && c != '\u200d': // the joiner makes emoji families
			return false
		}
	}
	return true
}

func escape(dst []glyph, cluster string) []glyph {
	for len(cluster) > 0 {
		c, n := utf8.DecodeRuneInString(cluster)
		var text string
		switch {
		case c == '\t':
			text = `\t`
		case c == '\r':
			text = `\r`
		case c == utf8.RuneError && n == 1:
			text = fmt.Sprintf(`\x%02x`, cluster[0])
		case c < 0x80:
			text = fmt.Sprintf(`\x%02x`, c)
		case c <= 0xffff:
			text = fmt.Sprintf(`\u%04x`, c)
		default:
			text = fmt.Sprintf(`\U%08x`, c)
		}
		dst = append(dst, glyph{text, len(text), styleEscape})
		cluster = cluster[n:]
	}
	return dst
}

// wrap breaks glyphs into lines of at most width cells, at spaces where it can.
// If there are more than limit lines (0: no limit), the last one says how many
// characters are left out.
func wrap(g []glyph, width, limit int) [][]glyph {
	var lines [][]glyph
	for len(g) > 0 {
		if limit > 0 && len(lines) == limit {
			return shorten(lines, len(g), width)
		}
		n, next := lineEnd(g, width)
		lines = append(lines, g[:n])
		g = g[next:]
	}
	if len(lines) == 0 {
		lines = [][]glyph{nil}
	}
	return lines
}

// lineEnd is how many glyphs go on a line, and where the next line starts.
func lineEnd(g []glyph, width int) (n, next int) {
	used := 0 // and n, next are the last good place for a break
	for i := range g {
		if g[i].text == newline {
			return i, i + 1
		}
		if used += g[i].width; used > width && i > 0 {
			if g[i].text == " " {
				return i, i + 1
			}
			if next > 0 && wordWidth(g[next:], width) <= width {
				return n, next
			}
			return i, i
		}
		switch {
		case g[i].text == " ":
			n, next = i, i+1
		case breaksAfter(g[i].text):
			n, next = i+1, i+1
		}
	}
	return len(g), len(g)
}

// breaksAfter lists signs after which a line may end.
func breaksAfter(s string) bool {
	switch s {
	case ",", ";", "/", "&", "?", "|":
		return true
	}
	return false
}

// wordWidth is how wide what comes before the next good place for a break is;
// anything above limit may be reported as limit+1.
func wordWidth(g []glyph, limit int) int {
	w := 0
	for i := range g {
		if g[i].text == " " || g[i].text == newline {
			break
		}
		if w += g[i].width; w > limit || breaksAfter(g[i].text) {
			break
		}
	}
	return w
}

// shorten makes room on the last line for how much is missing.
func shorten(lines [][]glyph, missing, width int) [][]glyph {
	last := lines[len(lines)-1]
	for {
		note := fmt.Sprintf(" … %d more", missing)
		if cells(last)+uniseg.StringWidth(note) <= width || len(last) == 0 {
			line := append([]glyph(nil), last...)
			lines[len(lines)-1] = append(line, glyph{note, uniseg.StringWidth(note), styleNote})
			return lines
		}
		last = last[:len(last)-1]
		missing++
	}
}

func cells(g []glyph) int {
	n := 0
	for i := range g {
		n += g[i].width
	}
	return n
}

// fit shortens a label to width cells, and pads it to that.
func fit(s string, width int) string {
	s = clean(s, width)
	return s + strings.Repeat(" ", max(0, width-uniseg.StringWidth(s)))
}

// clean shortens a label to width cells.
func clean(s string, width int) string {
	line := glyphs(nil, strings.ReplaceAll(s, newline, " "), stylePlain)
	if cells(line) > width {
		for len(line) > 0 && cells(line) > width-1 {
			line = line[:len(line)-1]
		}
		line = append(line, glyph{"…", 1, stylePlain})
	}
	var b strings.Builder
	for _, g := range line {
		b.WriteString(g.text)
	}
	return b.String()
}
