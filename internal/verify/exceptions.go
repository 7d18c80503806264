package verify

import (
	"bytes"
	"strings"

	"refresher/internal/pii"
)

// exceptions are looked up by place and class. The listed values are compared
// in memory and never printed.
type exceptions map[exceptionKey]exception

type exceptionKey struct {
	table, column string
	class         pii.Class
}

type exception struct {
	all    bool // every detection of the class
	values map[string]bool
}

func newExceptions(list []Exception) exceptions {
	m := exceptions{}
	for _, e := range list {
		m.add(exceptionKey{e.Table.String(), e.Column, e.Class}, e.Values, len(e.Values) == 0)
		m.add(exceptionKey{class: e.Class}, e.Values, false)
	}
	return m
}

func (m exceptions) add(k exceptionKey, values []string, all bool) {
	x := m[k]
	x.all = x.all || all
	if x.values == nil {
		x.values = map[string]bool{}
	}
	for _, v := range values {
		x.values[string(normal([]byte(v)))] = true
	}
	m[k] = x
}

func normal(v []byte) []byte { return bytes.ToLower(bytes.TrimSpace(v)) }

// allow reports whether a value found in a column is a reviewed one. Survivors
// are allowed by listed values only; a definition and a file's text, which no rule
// can name, may hold what is listed for any column.
func (m exceptions) allow(t *tally, kind string, class pii.Class, value []byte) bool {
	if len(m) == 0 {
		return false
	}
	k := exceptionKey{class: class}
	if !t.schema && !t.file {
		k.table, k.column = t.stats.Table, t.stats.Column
	}
	x, ok := m[k]
	if !ok {
		return false
	}
	return x.all && kind == Detection || x.values[strings.ToValidUTF8(string(normal(value)), "")]
}
