package rules

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"refresher/internal/fault"
)

// Object is what the rules say of the objects whose keys a pattern fits: files that
// stand beside the database in a bucket.
//
//	objects:
//	  "**/*.csv":              {columns: {uid: keep, email: email, note: text}}
//	  "events/**/*.jsonl.gz":  {columns: {who: {json: {email: email}}, at: keep}}
//	  "exports/{email}.csv":   {columns: {email: email, plan: keep}}
//	  "tmp/**":                {rows: none}
//
// In a pattern ** stands for any part of a key, * for any part of a name between two
// slashes, and {COLUMN} for a value of that column in such a name. A folder that is called
// NAME=VALUE holds a value of the column NAME, in any pattern.
type Object struct {
	Pattern   string
	Rows      Rows        // NoRows: the objects stay behind
	Subject   *Subject    // whom rows are about; nil: not said
	Columns   []*Column   // columns of a CSV or Parquet file, members of a JSON line, values in the key
	Delimiter byte        // of a CSV file; 0: a tab in .tsv, else a comma
	Header    []ColumnRef // names of the columns of a CSV file that has no header; empty: it has one
	Pos       Pos

	match  *regexp.Regexp
	names  []string // of the match's groups
	weight [2]int   // letters named, and wildcards, of which fewer are more specific
}

// Column returns the rule of a column, of the wildcard if none names it; nil if there is none.
func (o *Object) Column(name string) *Column {
	t := Table{Columns: o.Columns}
	if c := t.Column(name); c != nil {
		return c
	}
	return t.Wildcard()
}

// KeyValue is a value of a column that stands in a key.
type KeyValue struct {
	Column     string
	Start, End int // in the key
}

// Values are the values that a key holds, in the order in which they stand there; nil if
// the pattern doesn't fit.
func (o *Object) Values(key string) (values []KeyValue, fits bool) {
	at := o.match.FindStringSubmatchIndex(key)
	if at == nil {
		return nil, false
	}
	for i, name := range o.names {
		values = append(values, KeyValue{name, at[2*i+2], at[2*i+3]})
	}
	start := 0
	for _, part := range strings.SplitAfter(key, "/") {
		folder, isFolder := strings.CutSuffix(part, "/")
		name, value, ok := strings.Cut(folder, "=")
		from := start + len(name) + 1
		taken := slices.ContainsFunc(values, func(v KeyValue) bool {
			return v.Start < start+len(folder) && v.End > start
		})
		if isFolder && ok && name != "" && !taken {
			values = append(values, KeyValue{name, from, from + len(value)})
		}
		start += len(part)
	}
	slices.SortFunc(values, func(a, b KeyValue) int { return cmp.Compare(a.Start, b.Start) })
	return values, true
}

// ObjectFor is what the rules say of the object with a key: by the pattern that names most
// of it, then by the one with fewer wildcards. It is nil if no pattern fits; two that are
// alike are an error.
func (rs *Ruleset) ObjectFor(key string) (*Object, error) {
	var best *Object
	var rival *Object
	for _, o := range rs.Objects {
		if !o.match.MatchString(key) {
			continue
		}
		switch {
		case best == nil || o.weight[0] > best.weight[0], o.weight[0] == best.weight[0] && o.weight[1] < best.weight[1]:
			best, rival = o, nil
		case o.weight == best.weight:
			rival = o
		}
	}
	if rival != nil {
		return nil, fmt.Errorf("the patterns %q and %q both fit, and neither names more of it: make one more specific",
			best.Pattern, rival.Pattern)
	}
	return best, nil
}

// objects reads the rules of objects.
func (l *loader) objects(e entry) {
	if v, ok := l.scalar(e.value); ok && v.Kind == Null {
		return
	}
	entries, _ := l.entries(e.value, "objects", `"PATTERN: {columns: …}"`)
	for _, e := range entries {
		o := &Object{Pattern: e.key, Pos: e.pos}
		if err := o.compile(); err != nil {
			l.fail(e.pos, "%q is no pattern of keys: %v", e.key, err)
		}
		l.object(e, o)
		i := slices.IndexFunc(l.rs.Objects, func(other *Object) bool { return other.Pattern == o.Pattern })
		if i >= 0 {
			l.rs.Objects[i] = o // what a file says goes over what it includes
			continue
		}
		l.rs.Objects = append(l.rs.Objects, o)
	}
}

func (l *loader) object(e entry, o *Object) {
	given := l.named(e.value, "objects "+o.Pattern, "an entry of objects",
		"{columns: {COLUMN: TRANSFORM}} or {rows: none}", l.objectFields(o))
	if given == nil {
		return
	}
	if at, ok := given["columns"]; ok && o.Rows == NoRows {
		l.fail(at, "the objects %s have rows: none, so no rule for their columns is ever used: remove one of the two",
			o.Pattern)
	}
	if _, ok := given["columns"]; !ok && o.Rows != NoRows {
		l.fail(e.pos, "the objects %s have no columns: write {columns: {COLUMN: TRANSFORM}} or {rows: none}", o.Pattern)
	}
	if s := o.Subject; s != nil && o.Rows != NoRows {
		for _, name := range []string{s.Column, s.Fallback} {
			if name != "" && o.Column(name) == nil {
				l.fail(s.Pos, "the subject of the objects %s is in the column %q, which has no rule: write one "+
					"under its columns", o.Pattern, name)
			}
		}
	}
	for _, name := range o.names {
		if o.Rows != NoRows && o.Column(name) == nil {
			l.fail(e.pos, "the pattern %s names the column %q, which has no rule: write one under its columns",
				o.Pattern, name)
		}
	}
}

func (l *loader) objectFields(o *Object) []field {
	return []field{
		{"columns", false, func(e entry) {
			t := &Table{called: "objects " + o.Pattern}
			l.tableColumns(t, e.value)
			o.Columns = t.Columns
		}},
		{"subject", false, func(e entry) {
			t := &Table{called: "objects " + o.Pattern}
			l.subject(t, e)
			o.Subject = t.Subject
		}},
		{"rows", false, func(e entry) {
			var choice string
			if l.choice(&choice, []string{"all", "none"})(e); choice == "none" {
				o.Rows = NoRows
			}
		}},
		{"delimiter", false, func(e entry) {
			s, ok := l.str(e.value, e.key)
			switch {
			case !ok:
			case len(s) != 1 || strings.ContainsAny(s, "\"\r\n") || s[0] >= utf8.RuneSelf:
				l.fail(l.pos(e.value), "delimiter is one character of ASCII, and no quote or line break")
			default:
				o.Delimiter = s[0]
			}
		}},
		{"header", false, l.distinct(&o.Header)},
	}
}

// compile reads the pattern.
func (o *Object) compile() error {
	var expr strings.Builder
	expr.WriteString(`\A`)
	for rest := o.Pattern; rest != ""; {
		n := 1
		switch {
		case strings.HasPrefix(rest, "**/"):
			n = 3
			expr.WriteString(`(?s:.*/)?`)
			o.weight[1] += 2
		case strings.HasPrefix(rest, "**"):
			n = 2
			expr.WriteString(`(?s:.*)`)
			o.weight[1] += 2
		case rest[0] == '*':
			expr.WriteString(`[^/]*`)
			o.weight[1]++
		case rest[0] == '{':
			end := strings.IndexByte(rest, '}')
			if end < 2 || strings.ContainsAny(rest[1:end], "{/,") {
				return errors.New("a { begins the name of a column, as in {email}, whose value stands there")
			}
			if slices.Contains(o.names, rest[1:end]) {
				return fmt.Errorf("{%s} stands in it twice", rest[1:end])
			}
			o.names, n = append(o.names, rest[1:end]), end+1
			expr.WriteString(`([^/]+)`)
			o.weight[1]++
		default:
			for n < len(rest) && !strings.ContainsRune("*{", rune(rest[n])) {
				n++
			}
			expr.WriteString(regexp.QuoteMeta(rest[:n]))
			o.weight[0] += n
		}
		rest = rest[n:]
	}
	if o.Pattern == "" || strings.HasPrefix(o.Pattern, "/") {
		o.match = regexp.MustCompile(`\z.`)
		return errors.New("a key begins with a name, not with a slash")
	}
	if !utf8.ValidString(o.Pattern) {
		o.match = regexp.MustCompile(`\z.`)
		return errors.New("it is not UTF-8")
	}
	expr.WriteString(`\z`)
	o.match = regexp.MustCompile(expr.String())
	return nil
}

func (o *Object) normal() any {
	columns := map[string]any{}
	for _, c := range o.Columns {
		columns[columnKey(c)] = c.Rule.normal()
	}
	if o.Subject != nil {
		return []any{o.Pattern, o.Rows, columns, o.Delimiter, columnNames(o.Header), o.Subject.normal()}
	}
	return []any{o.Pattern, o.Rows, columns, o.Delimiter, columnNames(o.Header)}
}

// MissingColumn says that an object has a column without a rule; object names it.
func (o *Object) MissingColumn(object, column string) fault.Problem {
	return fault.Problem{Kind: fault.NoColumnRule, Table: object, Column: column,
		Text: fmt.Sprintf("object %s has a column %q that the rules of %q (%s) don't name", object, column, o.Pattern,
			o.Pos),
		Fix: fmt.Sprintf("add it under columns there, with what happens to it:   %q: keep", column)}
}
