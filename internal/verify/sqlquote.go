package verify

import (
	"bytes"
	"strings"
)

// sqlState follows an SQL script line by line, as far as it takes to tell where a
// statement begins and ends: quotes ('…', E'…', "…", $tag$…$tag$) and comments
// (PostgreSQL's manual, section 4.1). The zero value stands before a statement.
type sqlState struct {
	quote   byte   // ' or ", e for E'…', $, or * for a comment; 0: none
	tag     []byte // of $: what ends it
	depth   int    // of *: comments nest
	within  bool   // a statement has begun, and not ended
	escaped bool   // of e: a backslash stands before
}

// line takes the next line.
func (q *sqlState) line(b []byte) {
	if !q.within && q.quote == 0 && len(b) > 0 && b[0] == '\\' {
		return // of psql
	}
	for i := 0; i < len(b); i++ {
		if q.quote != 0 {
			i = q.quoted(b, i)
			continue
		}
		switch c := b[i]; c {
		case ' ', '\t', '\r', '\n':
		case ';':
			q.within = false
		case '\'':
			q.within, q.quote = true, c
			if i > 0 && b[i-1]|0x20 == 'e' && (i == 1 || !inName(b[i-2])) {
				q.quote = 'e'
			}
		case '"':
			q.within, q.quote = true, c
		case '$':
			q.within = true
			if tag := dollarTag(b[i:]); tag != nil && (i == 0 || !inName(b[i-1])) {
				q.quote, q.tag = c, append(q.tag[:0], tag...)
				i += len(tag) - 1
			}
		case '-':
			if i+1 < len(b) && b[i+1] == c {
				return
			}
			q.within = true
		case '/':
			if i+1 < len(b) && b[i+1] == '*' {
				q.quote, q.depth = '*', 1
				i++
				continue
			}
			q.within = true
		default:
			q.within = true
		}
	}
}

// quoted takes what stands at b[i], within quotes or a comment, and returns the
// last byte of that.
func (q *sqlState) quoted(b []byte, i int) int {
	c := b[i]
	switch q.quote {
	case '$':
		k := bytes.Index(b[i:], q.tag)
		if k < 0 {
			return len(b)
		}
		q.quote = 0
		return i + k + len(q.tag) - 1
	case '*':
		switch {
		case c == '*' && i+1 < len(b) && b[i+1] == '/':
			if q.depth--; q.depth == 0 {
				q.quote = 0
			}
			return i + 1
		case c == '/' && i+1 < len(b) && b[i+1] == '*':
			q.depth++
			return i + 1
		}
		return i
	case 'e':
		switch {
		case q.escaped:
			q.escaped = false
			return i
		case c == '\\':
			q.escaped = true
			return i
		case c != '\'':
			return i
		}
	default:
		if c != q.quote {
			return i
		}
	}
	// A quote: a doubled one goes on. Its second half is never in the next line.
	if i+1 < len(b) && b[i+1] == c {
		return i + 1
	}
	q.quote = 0
	return i
}

// dollarTag is the $tag$ that text begins with, nil if it begins with none.
func dollarTag(text []byte) []byte {
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			return text[:i+1]
		case !inName(c) || i == 1 && c-'0' < 10:
			return nil
		}
	}
	return nil
}

// inName reports a byte of an identifier that is not quoted.
func inName(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c-'0' < 10 || c == '_' || c >= 0x80
}

// dataStatement reports a line that begins a statement which brings rows, and the
// table of an INSERT, as far as it can be read ("" else).
func dataStatement(line []byte) (table string, ok bool) {
	text := strings.TrimLeft(string(line[:min(len(line), 1<<10)]), " \t")
	word, rest, _ := strings.Cut(strings.TrimRight(text, "\r\n"), " ")
	switch strings.ToUpper(word) {
	case "UPDATE", "MERGE", "DELETE", "VALUES", "WITH", "EXECUTE", "CALL":
		return "", true
	case "INSERT":
	case "SELECT":
		return "", objectCall.MatchString(rest)
	default:
		return "", false
	}
	into, rest, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(into, "INTO") {
		return "", true
	}
	name, _, ok := tableName(rest)
	if !ok {
		return "", true
	}
	return label(name), true
}
