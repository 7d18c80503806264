package importer

import (
	"fmt"
	"strings"
)

// token is a word, a quoted name, a string or one sign of a SQL statement.
type token struct {
	text   string // without quotes
	quoted bool
}

type tokenList []token

// tokens cuts a statement; comments are left out.
func tokens(s string) tokenList {
	var list tokenList
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		switch c := s[0]; {
		case strings.HasPrefix(s, "--"):
			_, s, _ = strings.Cut(s, "\n")
		case strings.HasPrefix(s, "/*"):
			_, s, _ = strings.Cut(s, "*/")
		case c == '\'' || c == '"':
			end := closing(s, c)
			list = append(list, token{strings.ReplaceAll(s[1:end], string([]byte{c, c}), string(c)), true})
			s = s[min(end+1, len(s)):]
		case c == '$' && dollarEnd(s) > 0:
			end := dollarEnd(s)
			tag := s[:strings.IndexByte(s[1:], '$')+2]
			list = append(list, token{s[len(tag) : end-len(tag)], true})
			s = s[end:]
		case isWord(c):
			n := 1
			for n < len(s) && isWord(s[n]) {
				n++
			}
			list = append(list, token{s[:n], false})
			s = s[n:]
		default:
			list = append(list, token{s[:1], false})
			s = s[1:]
		}
	}
	return list
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// closing is the index of the quote that ends s, which begins with one; a doubled
// quote ends nothing.
func closing(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i
	}
	return len(s)
}

// dollarEnd is the length of the dollar-quoted string that s begins with; 0 if it
// begins with none.
func dollarEnd(s string) int {
	n := strings.IndexByte(s[1:], '$')
	if n < 0 || strings.ContainsAny(s[1:n+1], " \t\n'\"(),") {
		return 0
	}
	tag := s[:n+2]
	end := strings.Index(s[len(tag):], tag)
	if end < 0 {
		return 0
	}
	return len(tag) + end + len(tag)
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
func arguments(s string) []string {
	var args []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '"':
			i += closing(s[i:], s[i])
		case '$':
			if n := dollarEnd(s[i:]); n > 0 {
				i += n - 1
			}
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				args, start = append(args, unquote(s[start:i])), i+1
			}
		}
	}
	if last := strings.TrimSpace(s[min(start, len(s)):]); last != "" || len(args) > 0 {
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
