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
		k := exceptionKey{e.Table.String(), e.Column, e.Class}
		x := m[k]
		x.all = x.all || len(e.Values) == 0
		if x.values == nil {
			x.values = map[string]bool{}
		}
		for _, v := range e.Values {
			x.values[string(normal([]byte(v)))] = true
		}
		m[k] = x
	}
	return m
}

func normal(v []byte) []byte { return bytes.ToLower(bytes.TrimSpace(v)) }

// allow reports whether a value found in a column is a reviewed one. Survivors
// are allowed by listed values only.
func (m exceptions) allow(table, column, kind string, class pii.Class, value []byte) bool {
	if len(m) == 0 {
		return false
	}
	x, ok := m[exceptionKey{table, column, class}]
	if !ok {
		return false
	}
	return x.all && kind == Detection || x.values[strings.ToValidUTF8(string(normal(value)), "")]
}
