package client

import (
	"regexp"
	"strings"
)

// maxLines is how many lines of a program's stderr an error repeats.
const maxLines = 8

// safeLines keeps what names a cause: lines that the program itself begins
// ("pg_restore: error: …", "pg_restore: from TOC entry …"), and of a failed
// statement ("Command was: …") the verb and the names of the object and the
// constraint. Everything else — DETAIL, CONTEXT, the rest of statements — can quote
// rows or constants and goes. Of the server's own message in a kept line, see safeText.
func safeLines(lines []string, rows bool) []string {
	var out []string
	for i, l := range lines {
		if m := command.FindStringSubmatch(l); m != nil {
			at := "at " + m[1]
			if i+1 < len(lines) {
				at += addConstraint.FindString(lines[i+1])
			}
			out = append(out, strings.Join(strings.Fields(at), " "))
			continue
		}
		tool, text, ok := strings.Cut(l, ": ")
		if !ok || (tool != Dump && tool != Restore) {
			continue
		}
		if text = safeLine(text, rows, raisedAfter(lines[i+1:])); text != "" {
			out = append(out, text)
		}
	}
	if len(out) > maxLines {
		out = append(out[:maxLines:maxLines], "and more")
	}
	return out
}

const ident = `(?:"(?:[^"]|"")*"|[a-z_0-9$]+)`

var (
	command       = regexp.MustCompile(`^Command was: ((?:CREATE|ALTER|COMMENT|REFRESH)(?: [A-Z]+)* ` + ident + `(?:\.` + ident + `)?)`)
	addConstraint = regexp.MustCompile(`^\s+ADD CONSTRAINT ` + ident)
)

// raisedAfter reports whether the lines after a message say that a function of the
// database's own was at work: then the message can be anything.
func raisedAfter(after []string) bool {
	for _, l := range after {
		if strings.HasPrefix(l, Dump+": ") || strings.HasPrefix(l, Restore+": ") || command.MatchString(l) {
			return false
		}
		if context, ok := strings.CutPrefix(l, "CONTEXT:  "); ok {
			return !strings.HasPrefix(context, "COPY ")
		}
	}
	return false
}

func safeLine(text string, rows, raised bool) string {
	switch {
	case strings.HasPrefix(text, "detail: server version"):
		return strings.TrimPrefix(text, "detail: ")
	case strings.HasPrefix(text, "detail:"), strings.HasPrefix(text, "hint:"), strings.HasPrefix(text, "while "),
		strings.HasPrefix(text, "warning: errors ignored"):
		return ""
	case strings.HasPrefix(text, "from TOC entry "):
		return "at " + tocObject(strings.TrimPrefix(text, "from TOC entry "))
	}
	for _, level := range []string{"ERROR:  ", "FATAL:  ", "PANIC:  "} {
		if _, msg, ok := strings.Cut(text, level); ok {
			if raised {
				return withheld
			}
			return safeText(msg, rows)
		}
	}
	if rows && strings.Contains(text, "COPY") {
		return "COPY failed"
	}
	return strings.TrimPrefix(text, "error: ")
}

// tocObject cuts the numbers and the owner off "3210; 2606 16411 CONSTRAINT users users_pkey alice".
func tocObject(entry string) string {
	_, rest, ok := strings.Cut(entry, "; ")
	words := strings.Split(rest, " ")
	if !ok || len(words) < 5 {
		return entry
	}
	return strings.Join(words[2:len(words)-1], " ")
}

// rejectedValue matches messages that quote a value wherever they come from
// (SQLSTATE class 22).
var rejectedValue = regexp.MustCompile(`(?i)invalid input|out of range|too long for|malformed|invalid .*(byte|hexadecimal|digit|escape|token)|cannot be cast|invalid value`)

// wellKnown matches messages that name objects, roles, files or resources only.
var wellKnown = regexp.MustCompile(`^(could not create unique index "|could not create exclusion constraint "|` +
	`insert or update on table "|update or delete on table "|duplicate key value violates|` +
	`check constraint "[^"]*" .*is violated by some row|column "[^"]*" .*contains null values|` +
	`new row for relation "|null value in column "|no partition of relation "|` +
	`permission denied|must be |role "[^"]*" |(relation|type|function|schema|column|constraint|database|extension|collation|language|operator|index|table|server|text search [a-z]+|access method|tablespace) .*(does not exist|already exists|is not available)|` +
	`could not (extend|write|open|read|create|access|fsync|resize|load|import|find)|No space left|out of memory|out of shared memory|` +
	`canceling statement due to|terminating (connection|background)|deadlock detected|the database system is|` +
	`sorry, too many clients|remaining connection slots|too many connections|password authentication failed|no pg_hba.conf entry|` +
	`extension "|unrecognized (configuration )?parameter|temporary file size exceeds|cannot execute|invalid snapshot|a snapshot-importing|` +
	`data type .* has no default operator class|index row size|unsupported )`)

const withheld = "the server refused the statement (its message is withheld, because it could quote a row; the " +
	"server's log has it)"

// safeText makes a server's message safe. With rows, only well-known messages
// pass: a function in an index or a constraint can raise anything.
func safeText(msg string, rows bool) string {
	switch {
	case rejectedValue.MatchString(msg):
		return "the server rejected a value"
	case rows && !wellKnown.MatchString(msg):
		return withheld
	}
	return msg
}
