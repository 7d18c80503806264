// Package visible makes text safe to show: names of tables and columns, file names and
// servers' messages come from elsewhere, and may hold escape sequences that a terminal obeys,
// line breaks that forge a line of a log, or characters that reverse the order of reading.
//
//	visible.Line("a\x1b[2Jb\nc")   // a\x1b[2Jb\x0ac
//	visible.Text("a\x1b[2Jb\nc")   // the same, but a line break stays one
//	w := visible.NewWriter(os.Stderr)
//
// Everything that refresher prints for people goes through one of the three: the terminal and
// CI logs through [Writer], SARIF, JUnit and HTML through [Text] or [Line].
package visible

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Line shows control and format characters, line breaks too, as escapes such as \x1b and \u202e.
func Line(s string) string { return escape(s, "") }

// Text is [Line] for texts of several lines: line feed and tab stay.
func Text(s string) string { return escape(s, "\n\t") }

func escape(s, keep string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strings.ContainsRune(keep, r) || !hidden(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// hidden reports whether a character acts instead of being seen: control characters (Cc),
// line and paragraph separators (Zl, Zp), and what changes the direction of reading (UAX #9).
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r < 0x200e:
		return false
	}
	return unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r)
}

// Writer passes on text: control characters but line feeds and tabs are escaped. Its caller
// does not cut a character in two. Several goroutines may use it.
type Writer struct {
	mu     sync.Mutex
	w      io.Writer
	page   bool // lines are no commands there
	inLine bool // something but spaces stands in the current line
}

// NewWriter makes a Writer for a terminal or a log: no line can be a command to a CI system,
// either.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// NewPageWriter makes a Writer for a page that a browser shows.
func NewPageWriter(w io.Writer) *Writer { return &Writer{w: w, page: true} }

// Write escapes b and writes it. The count it returns is of b.
func (w *Writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out strings.Builder
	for line := range strings.Lines(Text(string(b))) {
		if !w.inLine && !w.page {
			line = defused(line)
		}
		w.inLine = !strings.HasSuffix(line, "\n") && (w.inLine || strings.TrimSpace(line) != "")
		out.WriteString(line)
	}
	if _, err := io.WriteString(w.w, out.String()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// defused escapes the first character of a workflow command: GitHub's and Forgejo's runners
// obey lines that begin with "::" after spaces, Azure's and GitHub's older ones "##[" and "##vso[".
func defused(line string) string {
	text := strings.TrimLeft(line, " \t")
	for _, command := range []string{"::", "##[", "##vso["} {
		if strings.HasPrefix(text, command) {
			return line[:len(line)-len(text)] + fmt.Sprintf(`\x%02x`, text[0]) + text[1:]
		}
	}
	return line
}
