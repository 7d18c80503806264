package verify

import (
	"regexp"
	"strings"

	"refresher/internal/postgres/catalog"
)

// declared follows the CREATE TABLE statements of a dump, for the columns that
// can hold nothing but dates and times.
type declared struct {
	table string // whose columns follow; empty: none
	dates map[[2]string]bool
}

var (
	createTable = regexp.MustCompile(`^CREATE (?:UNLOGGED |FOREIGN )?TABLE (.*)`)
	// a user's own type has its schema before it
	dateType = regexp.MustCompile(`^ (?:date|time|timestamp|interval)(?:[ ,(]|$)`)
)

// DatesOnly reports whether a type, by its SQL name, can hold nothing but dates and times.
func DatesOnly(sqlType string) bool { return dateType.MatchString(" " + sqlType) }

func (t *declared) line(line []byte) {
	text := strings.TrimRight(string(line), "\r\n")
	if m := createTable.FindStringSubmatch(text); m != nil {
		t.table = ""
		if name, rest, ok := tableName(m[1]); ok && strings.HasPrefix(rest, " (") {
			t.table = label(name)
		}
		return
	}
	column, ok := strings.CutPrefix(text, "    ")
	if t.table == "" || !ok {
		t.table = ""
		return
	}
	if name, rest, ok := identifier(column); ok && dateType.MatchString(rest) {
		if t.dates == nil {
			t.dates = map[[2]string]bool{}
		}
		t.dates[[2]string{t.table, name}] = true
	}
}

// tableName reads the name of a table. A script that a person wrote may leave its
// schema out.
func tableName(s string) (name catalog.Name, rest string, ok bool) {
	if name.Name, rest, ok = identifier(s); !ok || !strings.HasPrefix(rest, ".") {
		return name, rest, ok
	}
	name.Schema = name.Name
	name.Name, rest, ok = identifier(rest[1:])
	return name, rest, ok
}

// label is a table's name as far as it is known.
func label(name catalog.Name) string {
	if name.Schema == "" {
		return name.Name
	}
	return name.String()
}

// identifier reads one SQL identifier as pg_dump writes it.
func identifier(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.IndexAny(s, `., ()"`)
		if i <= 0 {
			return "", "", false
		}
		return s[:i], s[i:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return b.String(), s[i+1:], true
	}
	return "", "", false
}
