// Package sqltext reads SQL without understanding it: a [Lexer] cuts it into tokens,
// [Split] a file into its statements, each with the line it begins on, so that an
// error can name a place in the file.
//
// Statements end as they do for psql (src/fe_utils/psqlscan.l): at a semicolon
// outside of quotes, dollar quotes, comments, parentheses and the BEGIN ATOMIC
// body of a function. Strings are read with standard_conforming_strings on.
package sqltext

import (
	"bytes"
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

// Split cuts a script into statements; those that hold nothing but comments are
// left out. The error is a *[Problem]: something is opened and never closed.
func Split(script string) ([]Statement, error) {
	var out []Statement
	var l Lexer
	line, start, first := 1, -1, 0 // of the statement
	add := func(end int, words []string) {
		if start >= 0 {
			out = append(out, Statement{strings.TrimRight(script[start:end], " \t\r\n\f\v"), first, words})
		}
		start = -1
	}
	text := []byte(script)
	for pos := 0; pos < len(text); {
		words := l.Words()
		kind, n := l.Next(text[pos:])
		if l.Open() {
			return nil, &Problem{line, unclosed[l.open]}
		}
		if kind == End {
			add(pos, words)
		} else if kind != Blank && start < 0 {
			start, first = pos, line
		}
		line += bytes.Count(text[pos:pos+n], []byte{'\n'})
		pos += n
	}
	add(len(script), l.Words())
	return out, nil
}

// unclosed says what is open where a script ends.
var unclosed = map[byte]string{
	'*': "a comment is opened by /* and never closed", '$': "a dollar quote is opened and never closed",
	'\'': "a quote (') is opened and never closed", 'e': "a quote (') is opened and never closed",
	'"': `a quote (") is opened and never closed`,
}

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
			return verb + ": the file runs in one transaction, which is committed after it; to undo a part, use " +
				"ROLLBACK TO a savepoint"
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

// NamePattern and QualifiedPattern are regular expressions of a name, and of a name with its schema (a group), as
// pg_dump writes them: in double quotes where they need them.
const (
	NamePattern      = `(?:"(?:[^"]|"")+"|[^\s.,;()"]+)`
	QualifiedPattern = `(` + NamePattern + `\.` + NamePattern + `)`
)
