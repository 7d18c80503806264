package schemafile

import (
	"regexp"
	"strings"
)

// copyIn is a COPY that data follow, as pg_dump writes it: on one line.
var copyIn = regexp.MustCompile(`(?i)^\s*COPY\s.*\sFROM\s+STDIN\b.*;\s*$`)

// withoutPsql empties the lines that only psql understands: its own commands
// (\connect, \restrict, …) and the rows that follow COPY … FROM stdin, with the
// COPY itself. Lines keep their numbers. include is the first \i or \ir, which can't
// be followed.
func withoutPsql(script string) (sql, include string) {
	lines := strings.Split(strings.ReplaceAll(script, "\r\n", "\n"), "\n")
	rows := false
	for i, line := range lines {
		switch {
		case rows:
			rows = line != `\.`
		case copyIn.MatchString(line):
			rows = true
		case strings.HasPrefix(line, `\`):
			if f := strings.Fields(line); len(f) > 1 && include == "" && (f[0] == `\i` || f[0] == `\ir` ||
				f[0] == `\include` || f[0] == `\include_relative`) {
				include = f[0] + " " + f[1]
			}
		default:
			continue
		}
		lines[i] = ""
	}
	return strings.Join(lines, "\n"), include
}
