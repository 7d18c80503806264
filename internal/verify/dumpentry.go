package verify

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// entryLine is what pg_dump and pg_restore write before a definition, from the archive's contents.
var entryLine = regexp.MustCompile(`^-- Name: (.*); Type: ([A-Z ]+); Schema: (.*); Owner: ?.*$`)

// named takes the line that names the definition which follows it.
func (d *dump) named(line []byte) error {
	if d.sql.Begun() || !bytes.HasPrefix(line, []byte("-- Name: ")) {
		return nil
	}
	m := entryLine.FindStringSubmatch(strings.TrimRight(string(line), "\r\n"))
	if m == nil {
		return nil
	}
	if err := d.flushText(); err != nil {
		return err
	}
	if d.names == nil {
		d.names = d.v.scanner()
	}
	d.entries++
	if d.entry = entryName(m[1], m[2], m[3]); d.names.finds([]byte(d.entry)) {
		d.entry = fmt.Sprintf("%s no. %d (its name is a finding)", strings.ToLower(m[2]), d.entries)
	}
	return d.names.err()
}

// entryName is how a finding calls an entry: "function public.f(text)", "comment on table public.t".
func entryName(name, kind, schema string) string {
	kind = strings.ToLower(kind)
	if kind == "comment" || kind == "acl" || kind == "security label" { // on TABLE t
		kind += " on"
		for {
			word, rest, ok := strings.Cut(name, " ")
			if !ok || word != strings.ToUpper(word) || strings.ContainsAny(word, `"(_.`) {
				break
			}
			kind, name = kind+" "+strings.ToLower(word), rest
		}
	}
	if schema != "-" && schema != "" {
		name = schema + "." + name
	}
	return kind + " " + name
}

// definition is what a finding in a definition names.
func (d *dump) definition() string {
	if d.entry == "" {
		return d.name
	}
	return d.entry
}
