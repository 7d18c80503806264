package importer

import (
	"fmt"
	"strings"

	"refresher/internal/postgres/sqltext"
)

// token is a word, a quoted name, a string or one sign of a SQL statement.
type token struct {
	text   string // without quotes
	quoted bool
}

type tokenList []token

// tokens cuts a statement; comments are left out.
func tokens(s string) (list tokenList) {
	for _, t := range sqltext.Tokens(s) {
		list = append(list, token{t.Value(), t.Kind == sqltext.String || t.Kind == sqltext.Name})
	}
	return list
}

// words reports whether the list begins with these key words.
func (l tokenList) words(words ...string) bool {
	if len(l) < len(words) {
		return false
	}
	for i, w := range words {
		if l[i].quoted || !strings.EqualFold(l[i].text, w) {
			return false
		}
	}
	return true
}

// name reads a name with its schema, folded to lower case where it is not quoted.
func (l tokenList) name() (parts []string, rest tokenList) {
	for len(l) > 0 {
		text := l[0].text
		if !l[0].quoted {
			text = strings.ToLower(text)
		}
		parts, l = append(parts, text), l[1:]
		if len(l) == 0 || l[0].quoted || l[0].text != "." {
			break
		}
		l = l[1:]
	}
	return parts, l
}

// arguments cuts a list at its commas, outside of quotes and brackets, and takes
// quotes and casts away.
func arguments(s string) (args []string) {
	var l sqltext.Lexer
	depth, start := 0, 0
	for pos := 0; pos < len(s); {
		_, n := l.Next([]byte(s[pos:]))
		switch s[pos : pos+n] {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case ",":
			if depth == 0 {
				args, start = append(args, unquote(s[start:pos])), pos+1
			}
		}
		pos += n
	}
	if last := strings.TrimSpace(s[start:]); last != "" || len(args) > 0 {
		args = append(args, unquote(last))
	}
	return args
}

// unquote takes quotes and a cast from a constant; other expressions stay.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if list := tokens(s); len(list) > 0 && list[0].quoted && s[0] != '"' &&
		(len(list) == 1 || list[1].text == ":") {
		return list[0].text
	}
	return s
}

func (r *Rules) note(line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	r.Notes = append(r.Notes, text)
}
