package verify

import (
	"bytes"
	"strings"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/sqltext"
)

// followSQL has a lexer follow an SQL script line by line, but for psql's own commands.
func followSQL(l *sqltext.Lexer, line []byte) {
	if !l.Begun() && !l.Open() && len(line) > 0 && line[0] == '\\' {
		return
	}
	for len(line) > 0 {
		_, n := l.Next(line)
		line = line[n:]
	}
}

// firstStatement is the length of what stands in a line up to the end of the first statement
// that ends there, with the blanks behind it; all of it if none does.
func firstStatement(l sqltext.Lexer, line []byte) int {
	i := bytes.IndexByte(line, ';')
	if i < 0 || len(bytes.TrimSpace(line[i+1:])) == 0 || !l.Begun() && !l.Open() && line[0] == '\\' {
		return len(line)
	}
	ended := false
	for pos := 0; pos < len(line); {
		kind, n := l.Next(line[pos:])
		if ended && (kind != sqltext.Blank || l.Open()) {
			return pos
		}
		ended = ended || kind == sqltext.End
		pos += n
	}
	return len(line)
}

// copyStatement is a COPY from the client.
type copyStatement struct {
	table   catalog.Name
	columns []string // nil: not said
	plain   bool     // in text format, as pg_dump writes it
}

// copyFrom reads `COPY schema.table (column, …) FROM STDIN …`.
func copyFrom(statement string) (c copyStatement, ok bool) {
	tokens := sqltext.Tokens(statement)
	is := func(i int, word string) bool {
		return i < len(tokens) && tokens[i].Kind == sqltext.Word && strings.EqualFold(tokens[i].Text, word)
	}
	name := func(i int) string {
		if i >= len(tokens) {
			return ""
		}
		if tokens[i].Kind == sqltext.Word {
			return strings.ToLower(tokens[i].Text)
		}
		return tokens[i].Value()
	}
	if !is(0, "copy") || len(tokens) < 5 || tokens[len(tokens)-1].Kind != sqltext.End {
		return c, false
	}
	at := 2
	if c.table.Name = name(1); tokens[2].Text == "." {
		c.table, at = catalog.Name{Schema: name(1), Name: name(3)}, 4
	}
	if at < len(tokens) && tokens[at].Text == "(" {
		for at++; at < len(tokens) && tokens[at].Text != ")"; at++ {
			if tokens[at].Text != "," {
				c.columns = append(c.columns, name(at))
			}
		}
		at++
	}
	if !is(at, "from") || !is(at+1, "stdin") {
		return c, false
	}
	c.plain = at+3 == len(tokens)
	return c, true
}

// dataStatement reports a line that begins a statement which brings rows, and the
// table of an INSERT, as far as it can be read ("" else).
func dataStatement(line []byte) (table string, ok bool) {
	text := line[:min(len(line), 1<<10)]
	var l sqltext.Lexer
	for len(text) > 0 {
		before := l
		kind, n := l.Next(text)
		if kind != sqltext.Blank {
			break
		}
		if text = text[n:]; l.Open() { // within a comment
			return "", false
		}
		l = before
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	switch strings.ToUpper(word) {
	case "UPDATE", "MERGE", "DELETE", "VALUES", "WITH", "EXECUTE", "CALL":
		return "", true
	case "INSERT":
	case "SELECT":
		return "", valueCall().MatchString(rest)
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
