// Package sqltext cuts a file of SQL into its statements, each with the line
// it begins on, so that an error can name a place in the file.
//
// Statements end as they do for psql (src/fe_utils/psqlscan.l): at a semicolon
// outside of quotes, dollar quotes, comments, parentheses and the BEGIN ATOMIC
// body of a function. Strings are read with standard_conforming_strings on.
package sqltext

import (
	"fmt"
	"slices"
	"strings"
)

// Statement is one statement of a script, without its semicolon.
type Statement struct {
	Text  string // from its first word on
	Line  int    // 1-based, of that word
	words []string
}

// Problem is why a script can't run, and on which line.
type Problem struct {
	Line int // 1-based
	Text string
}

func (p *Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.Text) }

// maxWords is how many of a statement's first words are remembered.
const maxWords = 6

// Split cuts a script into statements; those that hold nothing but comments are
// left out. The error is a *[Problem]: something is opened and never closed.
func Split(script string) ([]Statement, error) {
	s := &splitter{text: script, line: 1}
	for s.pos < len(s.text) {
		if err := s.token(); err != nil {
			return nil, err
		}
	}
	s.end()
	return s.out, nil
}

type splitter struct {
	text string
	pos  int
	line int
	out  []Statement

	start  int // of the statement; valid if begun
	begun  bool
	first  int // its line
	words  []string
	parens int
	bodies int // depth of BEGIN ATOMIC, with the CASEs in it
}

// token reads one token, or one character of no meaning.
func (s *splitter) token() error {
	rest := s.text[s.pos:]
	switch c := rest[0]; {
	case c == '\n':
		s.line++
		s.pos++
	case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
		s.pos++
	case strings.HasPrefix(rest, "--"):
		n := strings.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest)
		}
		s.pos += n
	case strings.HasPrefix(rest, "/*"):
		return s.comment()
	case c == ';' && s.parens == 0 && s.bodies == 0:
		s.end()
		s.pos++
	case c == '\'':
		return s.quoted('\'', false)
	case c == '"':
		return s.quoted('"', false)
	case c == '$' && dollarTag(rest) != "":
		return s.dollar(dollarTag(rest))
	case wordStart(c):
		return s.word()
	default:
		s.begin()
		switch c {
		case '(':
			s.parens++
		case ')':
			s.parens = max(0, s.parens-1)
		}
		s.pos++
	}
	return nil
}

func (s *splitter) begin() {
	if !s.begun {
		s.begun, s.start, s.first = true, s.pos, s.line
	}
}

func (s *splitter) end() {
	if s.begun {
		s.out = append(s.out, Statement{Text: strings.TrimRight(s.text[s.start:s.pos], " \t\r\n\f\v"), Line: s.first, words: s.words})
	}
	s.begun, s.words, s.parens, s.bodies = false, nil, 0, 0
}

// skip moves over n bytes and counts their lines.
func (s *splitter) skip(n int) {
	s.line += strings.Count(s.text[s.pos:s.pos+n], "\n")
	s.pos += n
}

// comment skips a comment, with those nested in it.
func (s *splitter) comment() error {
	opened, depth, i := s.line, 0, s.pos
	for i < len(s.text) {
		switch {
		case strings.HasPrefix(s.text[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(s.text[i:], "*/"):
			i += 2
			if depth--; depth == 0 {
				s.skip(i - s.pos)
				return nil
			}
		default:
			i++
		}
	}
	return &Problem{opened, "a comment is opened by /* and never closed"}
}

// quoted skips a string or a quoted name; a quote in it is doubled or, with
// escapes, follows a backslash.
func (s *splitter) quoted(quote byte, escapes bool) error {
	s.begin()
	for i := s.pos + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\' && escapes:
			i++
		case c == quote && i+1 < len(s.text) && s.text[i+1] == quote:
			i++
		case c == quote:
			s.skip(i + 1 - s.pos)
			return nil
		}
	}
	return &Problem{s.line, fmt.Sprintf("a quote (%c) is opened and never closed", quote)}
}

func (s *splitter) dollar(tag string) error {
	s.begin()
	n := strings.Index(s.text[s.pos+len(tag):], tag)
	if n < 0 {
		return &Problem{s.line, "a dollar quote is opened and never closed"}
	}
	s.skip(n + 2*len(tag))
	return nil
}

// dollarTag is the $…$ at the head of s, "" if there is none.
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			return s[:i+1]
		case !wordStart(c) && (i == 1 || !digit(c)):
			return ""
		}
	}
	return ""
}

func (s *splitter) word() error {
	s.begin()
	n := 1
	for s.pos+n < len(s.text) && (wordStart(s.text[s.pos+n]) || digit(s.text[s.pos+n]) || s.text[s.pos+n] == '$') {
		n++
	}
	w := strings.ToUpper(s.text[s.pos : s.pos+n])
	if w == "E" && s.pos+n < len(s.text) && s.text[s.pos+n] == '\'' {
		s.pos += n
		return s.quoted('\'', true)
	}
	s.pos += n
	s.body(w)
	if len(s.words) < maxWords || w == "STDIN" || w == "STDOUT" {
		s.words = append(s.words, w)
	}
	return nil
}

// body follows the depth of a function's BEGIN ATOMIC … END, as psql does.
func (s *splitter) body(w string) {
	routine := len(s.words) > 0 && s.words[0] == "CREATE" &&
		(slices.Contains(s.words[:min(2, len(s.words))], "FUNCTION") || slices.Contains(s.words[:min(2, len(s.words))], "PROCEDURE") ||
			len(s.words) > 3 && s.words[1] == "OR" && (s.words[3] == "FUNCTION" || s.words[3] == "PROCEDURE"))
	switch {
	case !routine || s.parens > 0:
	case w == "BEGIN", w == "CASE" && s.bodies > 0:
		s.bodies++
	case w == "END" && s.bodies > 0:
		s.bodies--
	}
}

func wordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// OneTransaction finds the statements that can't run in a transaction which the
// caller began and will commit: those that end it, psql's own commands, and COPY
// from or to the client. What the server itself refuses there it is left to.
func OneTransaction(statements []Statement) []*Problem {
	var out []*Problem
	for _, st := range statements {
		if text := st.unfit(); text != "" {
			out = append(out, &Problem{st.Line, text})
		}
	}
	return out
}

func (st Statement) unfit() string {
	if strings.HasPrefix(st.Text, `\`) {
		return `a psql command (\…): only SQL can be run`
	}
	if len(st.words) == 0 {
		return ""
	}
	verb, then := st.words[0], ""
	if len(st.words) > 1 {
		then = st.words[1]
	}
	switch verb {
	case "BEGIN", "START", "COMMIT", "END", "ABORT":
		return verb + ": the file runs in one transaction, which begins before it and is committed after it"
	case "ROLLBACK":
		if then != "TO" && !(slices.Contains([]string{"WORK", "TRANSACTION"}, then) && len(st.words) > 2 && st.words[2] == "TO") {
			return verb + ": the file runs in one transaction, which is committed after it; to undo a part, use ROLLBACK TO a savepoint"
		}
	case "PREPARE":
		if then == "TRANSACTION" {
			return "PREPARE TRANSACTION: the file runs in one transaction, which is committed after it"
		}
	case "COPY":
		if slices.Contains(st.words, "STDIN") || slices.Contains(st.words, "STDOUT") {
			return "COPY from or to the client: there is none; use INSERT"
		}
	}
	return ""
}

// Object names the statement by its first words, which hold no value: CREATE
// UNIQUE INDEX, and the name where it isn't quoted.
func (st Statement) Object() string {
	return strings.ToLower(strings.Join(st.words[:min(maxWords, len(st.words))], " "))
}

// LineAt is the line of the script on which a character of the statement stands,
// by its 1-based position as the server reports it; 0 is the statement's first.
func (st Statement) LineAt(position int) int {
	if position <= 0 {
		return st.Line
	}
	n := 1
	for i := range st.Text {
		if n >= position {
			return st.Line + strings.Count(st.Text[:i], "\n")
		}
		n++
	}
	return st.Line + strings.Count(st.Text, "\n")
}
