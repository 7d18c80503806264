package verify

import (
	"bytes"
	"fmt"
	"slices"
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
	upTo   int64
	why    string
}

func newExceptions(list []Exception) exceptions {
	m := exceptions{}
	for _, e := range list {
		k := exceptionKey{e.Table.String(), e.Column, e.Class}
		if e.Objects != "" {
			k.table = objectsOf(e.Objects)
		}
		m.add(k, e.Values, len(e.Values) == 0 && e.UpTo == 0)
		if x := m[k]; e.UpTo > 0 {
			x.upTo, x.why = x.upTo+e.UpTo, e.Why
			m[k] = x
		}
		m.add(exceptionKey{class: e.Class}, e.Values, false)
	}
	return m
}

// objectsOf is a pattern of objects in the place of a table, whose name it can't be.
func objectsOf(pattern string) string { return "objects\x00" + pattern }

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
		k.table, k.column = t.ruledAs(), t.stats.Column
	}
	x, ok := m[k]
	if !ok {
		return false
	}
	return x.all && kind == Detection || x.values[strings.ToValidUTF8(string(normal(value)), "")]
}

// Accepted is a reviewed exception by number: findings of a class in a column that
// are no leak as long as they are no more than UpTo.
type Accepted struct {
	Table  string    `json:"table"`
	Column string    `json:"column"`
	Class  pii.Class `json:"class"`
	Found  int64     `json:"found"`
	UpTo   int64     `json:"up_to"`
	Why    string    `json:"why"`
}

// String says it in one line.
func (a Accepted) String() string {
	return fmt.Sprintf("%s.%s: %d findings of class %s, and the rules accept %d (%s)",
		a.Table, a.Column, a.Found, a.Class, a.UpTo, a.Why)
}

// limit is the exception by number for a class in a column, nil if there is none.
func (m exceptions) limit(t *tally, class pii.Class) *Accepted {
	if len(m) == 0 || t.schema || t.file {
		return nil
	}
	x := m[exceptionKey{t.ruledAs(), t.stats.Column, class}]
	if x.upTo == 0 {
		return nil
	}
	return &Accepted{Table: t.stats.Table, Column: t.stats.Column, Class: class, UpTo: x.upTo, Why: x.why}
}

// limits are the exceptions by number for a column, by class.
func (m exceptions) limits(t *tally) (list []*Accepted) {
	for k := range m {
		if k.table == t.ruledAs() && k.column == t.stats.Column {
			if a := m.limit(t, k.class); a != nil {
				list = append(list, a)
			}
		}
	}
	slices.SortFunc(list, func(a, b *Accepted) int { return strings.Compare(string(a.Class), string(b.Class)) })
	return list
}

// accept takes the findings of a class out, if there are no more than the rules
// accept, and counts them in any case.
func (t *tally) accept(a *Accepted) (within bool) {
	for i := range t.found {
		a.Found += t.found[i].byClass[a.Class]
	}
	if a.Found > a.UpTo {
		return false
	}
	t.stats.Excepted += a.Found
	if a.Class == pii.FullName {
		t.names.hits = nil
	}
	for i := range t.found {
		x := &t.found[i]
		x.n -= x.byClass[a.Class]
		delete(x.byClass, a.Class)
		x.kept = slices.DeleteFunc(x.kept, func(f Finding) bool { return f.Class == a.Class })
	}
	return true
}
