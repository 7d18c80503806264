package schemafile

import (
	"strings"
	"unicode"
)

// statement is one SQL statement and the line that it begins in, from 1.
type statement struct {
	text string
	line int
}

// split cuts a script as psql would: at semicolons outside quotes, comments,
// parentheses and the bodies of SQL functions. psql's own commands (\connect,
// \restrict, …) and the data of COPY … FROM stdin are left out. include names an \i
// or \ir that stands in it, which can't be followed.
func split(sql string) (out []statement, include string) {
	s := scanner{text: strings.ReplaceAll(sql, "\r\n", "\n"), line: 1}
	for s.i < len(s.text) {
		if st := s.statement(); st.text != "" {
			out = append(out, st)
		}
	}
	return out, s.include
}

type scanner struct {
	text    string
	i, line int
	include string
}

// statement reads to the next semicolon, or the end.
func (s *scanner) statement() statement {
	start, first := -1, 0
	parens, bodies := 0, 0
	var words []string // the first few, in upper case
	end := func(at int) statement {
		if start < 0 {
			return statement{}
		}
		return statement{strings.TrimSpace(s.text[start:at]), first}
	}
	for s.i < len(s.text) {
		c := s.text[s.i]
		if start < 0 && s.meta() {
			continue
		}
		space := c == ' ' || c == '\n' || c == '\t' || c == '\f'
		comment := strings.HasPrefix(s.text[s.i:], "--") || strings.HasPrefix(s.text[s.i:], "/*")
		if start < 0 && !space && !comment {
			start, first = s.i, s.line
		}
		switch {
		case comment:
			s.comment()
		case c == '\'':
			s.quoted('\'', s.i > 0 && (s.text[s.i-1] == 'E' || s.text[s.i-1] == 'e') && !(s.i > 1 && isWord(s.text[s.i-2])))
		case c == '"':
			s.quoted('"', false)
		case c == '$':
			s.dollar()
		case c == ';' && parens == 0 && bodies == 0:
			st := end(s.i)
			s.advance(1)
			if copiesIn(st.text) {
				s.data()
				return statement{}
			}
			return st
		case c == '(' || c == '[':
			parens++
			s.advance(1)
		case c == ')' || c == ']':
			parens = max(0, parens-1)
			s.advance(1)
		case isWord(c):
			w := strings.ToUpper(s.word())
			if len(words) < 4 {
				words = append(words, w)
			}
			bodies = body(words, w, bodies)
		default:
			s.advance(1)
		}
	}
	return end(len(s.text))
}

// body counts how deep a BEGIN ATOMIC … END of a function is nested.
func body(words []string, w string, depth int) int {
	routine := len(words) > 1 && words[0] == "CREATE" && (words[1] == "FUNCTION" || words[1] == "PROCEDURE" ||
		len(words) > 3 && words[1] == "OR" && words[2] == "REPLACE" && (words[3] == "FUNCTION" || words[3] == "PROCEDURE"))
	switch {
	case !routine:
		return 0
	case w == "BEGIN", depth > 0 && w == "CASE":
		return depth + 1
	case depth > 0 && w == "END":
		return depth - 1
	}
	return depth
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (s *scanner) word() string {
	start := s.i
	for s.i < len(s.text) && (isWord(s.text[s.i]) || s.text[s.i] == '$') {
		s.i++
	}
	return s.text[start:s.i]
}

func (s *scanner) advance(n int) {
	for ; n > 0 && s.i < len(s.text); n-- {
		if s.text[s.i] == '\n' {
			s.line++
		}
		s.i++
	}
}

// to goes behind the next occurrence of what, or to the end.
func (s *scanner) to(what string) {
	if n := strings.Index(s.text[s.i:], what); n >= 0 {
		s.advance(n + len(what))
		return
	}
	s.advance(len(s.text) - s.i)
}

// meta skips a command of psql, which takes its line.
func (s *scanner) meta() bool {
	if s.text[s.i] != '\\' {
		return false
	}
	start := s.i
	s.to("\n")
	if f := strings.Fields(s.text[start:s.i]); len(f) > 1 && (f[0] == `\i` || f[0] == `\ir` || f[0] == `\include` || f[0] == `\include_relative`) && s.include == "" {
		s.include = f[0] + " " + f[1]
	}
	return true
}

// comment skips one; those in /* */ nest.
func (s *scanner) comment() {
	if s.text[s.i] == '-' {
		s.to("\n")
		return
	}
	for depth := 0; s.i < len(s.text); {
		switch {
		case strings.HasPrefix(s.text[s.i:], "/*"):
			depth++
			s.advance(2)
		case strings.HasPrefix(s.text[s.i:], "*/"):
			s.advance(2)
			if depth--; depth == 0 {
				return
			}
		default:
			s.advance(1)
		}
	}
}

func (s *scanner) quoted(q byte, escapes bool) {
	s.advance(1)
	for s.i < len(s.text) {
		switch c := s.text[s.i]; {
		case escapes && c == '\\':
			s.advance(2)
		case c == q && s.i+1 < len(s.text) && s.text[s.i+1] == q:
			s.advance(2)
		case c == q:
			s.advance(1)
			return
		default:
			s.advance(1)
		}
	}
}

// dollar skips a dollar-quoted string, or a lone dollar.
func (s *scanner) dollar() {
	rest := s.text[s.i+1:]
	n := strings.IndexByte(rest, '$')
	if n < 0 || n > 63 || n > 0 && rest[0] >= '0' && rest[0] <= '9' || strings.ContainsFunc(rest[:n], func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		s.advance(1)
		return
	}
	tag := s.text[s.i : s.i+n+2]
	s.advance(len(tag))
	s.to(tag)
}

// copiesIn reports whether a statement is followed by data.
func copiesIn(sql string) bool {
	w := strings.Fields(strings.ToUpper(sql))
	if len(w) == 0 || w[0] != "COPY" {
		return false
	}
	for i := range w[:len(w)-1] {
		if w[i] == "FROM" && strings.TrimSuffix(w[i+1], ";") == "STDIN" {
			return true
		}
	}
	return false
}

// data skips rows to the line \. that ends them.
func (s *scanner) data() {
	s.to("\n")
	for s.i < len(s.text) {
		start := s.i
		s.to("\n")
		if strings.TrimRight(s.text[start:s.i], "\n") == `\.` {
			return
		}
	}
}
