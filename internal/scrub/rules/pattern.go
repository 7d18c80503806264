package rules

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Pattern is what the rules say of all tables, or of all columns, that its key
// fits. In a key * stands for any characters of one part; a part in quotes is
// taken literally.
//
//	"public.qrtz_*": {rows: none}     tables: schema.table
//	"*.updated_by": username          columns: table.column, in any schema
//	"public.*.note": text             columns: schema.table.column
type Pattern struct {
	Key   string
	Table *Table // of a pattern for tables; nil for one for columns
	Rule  *Rule  // of a pattern for columns
	Pos   Pos
	Top   string // the rules file that includes the pattern's file, or is it

	schema, table, column glob
}

// Defaults decide on columns of which nothing else in the rules says anything.
// What a column's name says it holds comes before its type.
type Defaults struct {
	Given   bool
	Classes []Default // by class
	Types   []Default // by type, as SQL writes it
	Other   *Default  // nil: no default
	Pos     Pos
	Top     string // see [Pattern]
}

// Default is the rule for one class or type.
type Default struct {
	Of   string // classes, types or other
	Key  string // the class or type
	Rule *Rule
	Pos  Pos
}

// glob is a part of a pattern: the texts between its asterisks.
type glob []string

func (g glob) fits(name string) bool {
	if len(g) == 1 {
		return g[0] == name
	}
	rest, ok := strings.CutPrefix(name, g[0])
	last := len(g) - 1
	for _, middle := range g[1:last] {
		var found bool
		if _, rest, found = strings.Cut(rest, middle); !found {
			return false
		}
	}
	return ok && strings.HasSuffix(rest, g[last])
}

// exact is the weight of a name without an asterisk; no identifier has as many characters.
const exact = 1 << 10

// weight says how specific a part is: how many characters it names.
func (g glob) weight() int {
	if len(g) == 1 {
		return exact
	}
	return len(strings.Join(g, ""))
}

// isPattern reports whether a key holds an asterisk outside of quotes.
func isPattern(key string) bool {
	quoted := false
	for _, c := range key {
		if c == '"' {
			quoted = !quoted
		}
		if c == '*' && !quoted {
			return true
		}
	}
	return false
}

// globs reads the parts of a pattern's key.
func globs(key string) (parts []glob, ok bool) {
	for rest := key; ; {
		var part glob
		if strings.HasPrefix(rest, `"`) {
			end := 1
			for end < len(rest) && (rest[end] != '"' || strings.HasPrefix(rest[end+1:], `"`)) {
				if rest[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(rest) {
				return nil, false
			}
			name, _ := unquote(rest[:end+1])
			part, rest = glob{name}, rest[end+1:]
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			part, rest = strings.Split(rest[:end], "*"), rest[end:]
			if end == 0 || strings.ContainsAny(part[0]+part[len(part)-1], " \t\r\n\"") {
				return nil, false
			}
		}
		parts = append(parts, part)
		if rest == "" {
			return parts, len(parts) <= 3
		}
		if rest[0] != '.' {
			return nil, false
		}
		rest = rest[1:]
	}
}

// pattern reads an entry of tables whose key is a pattern.
func (l *loader) pattern(e entry) {
	parts, ok := globs(e.key)
	if !ok || len(parts) < 2 {
		l.fail(e.pos,
			"%q is no pattern: write SCHEMA.TABLE for tables, TABLE.COLUMN or SCHEMA.TABLE.COLUMN for columns, "+
				"with * for any characters", e.key)
		return
	}
	p := &Pattern{Key: e.key, Pos: e.pos, Top: l.top}
	if l.saysOfTables(e.value) {
		if len(parts) != 2 {
			l.fail(e.pos, "%q is a pattern for columns, and takes one rule; for tables write SCHEMA.TABLE", e.key)
			return
		}
		p.schema, p.table = parts[0], parts[1]
		p.Table = l.table(e, e.key)
	} else {
		if len(parts) == 2 {
			parts = append([]glob{{"", ""}}, parts...)
		}
		p.schema, p.table, p.column = parts[0], parts[1], parts[2]
		if p.Rule = l.columnRule(e.value, e.pos, "columns "+e.key); p.Rule == nil {
			return
		}
	}
	i := slices.IndexFunc(l.rs.Patterns, func(o *Pattern) bool {
		return o.Key == p.Key &&
			(o.Table == nil) == (p.Table == nil)
	})
	if i < 0 {
		l.rs.Patterns = append(l.rs.Patterns, p)
		return
	}
	if p.Table != nil {
		p.Table = p.Table.over(l.rs.Patterns[i].Table)
	}
	l.rs.Patterns[i] = p
}

// saysOfTables reports whether a pattern's value is what tables take: a mapping
// without a rule's shape.
func (l *loader) saysOfTables(n ast.Node) bool {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return false
	}
	return !slices.ContainsFunc(values, func(v *ast.MappingValueNode) bool {
		return v.Key != nil && slices.Contains(shapeKeys(), v.Key.GetToken().Value)
	})
}

func (p *Pattern) fitsTable(n catalog.Name) bool {
	return p.schema.fits(n.Schema) && p.table.fits(n.Name)
}

// tableWeight says how specific a pattern is as to tables.
func (p *Pattern) tableWeight() int { return p.schema.weight() + p.table.weight() }

func (l *loader) defaults(e entry) {
	l.rs.Defaults = Defaults{Given: true, Pos: e.pos, Top: l.top} // a later file has its own
	const shape = "{classes: {CLASS: TRANSFORM}, types: {TYPE: TRANSFORM}, other: TRANSFORM}"
	l.mapping(e.value, "defaults", shape, l.defaultFields(&l.rs.Defaults))
}

func (l *loader) defaultFields(d *Defaults) []field {
	return []field{
		{"classes", false, func(e entry) {
			d.Classes = l.defaultRules(e)
			for _, c := range d.Classes {
				if !slices.Contains(Classes(), c.Key) {
					l.fail(c.Pos, "%q is no class%s; there is %s", c.Key, fault.DidYouMean(c.Key, Classes()),
						oneOf(Classes()))
				}
			}
		}},
		{"types", false, func(e entry) { d.Types = l.defaultRules(e) }},
		{"other", false, func(e entry) {
			if r := l.columnRule(e.value, e.pos, "all other columns"); r != nil {
				d.Other = &Default{"other", "", r, e.pos}
			}
		}},
	}
}

func (l *loader) defaultRules(e entry) (list []Default) {
	entries, _ := l.entries(e.value, e.key, "{"+strings.ToUpper(strings.TrimSuffix(e.key, "s"))+": TRANSFORM}")
	for _, d := range entries {
		if r := l.columnRule(d.value, d.pos, "columns of "+d.key); r != nil {
			list = append(list, Default{e.key, d.key, r, d.pos})
		}
	}
	return list
}

// typeNames are other names of types.
func typeName(s string) string {
	base, array := strings.CutSuffix(strings.TrimSpace(s), "[]")
	for _, alias := range [...][2]string{
		{"varchar", "character varying"}, {"char", "character"}, {"int", "integer"}, {"int4", "integer"}, {"int8",
			"bigint"},
		{"int2", "smallint"}, {"bool", "boolean"}, {"float8", "double precision"}, {"float4", "real"}, {"decimal",
			"numeric"},
		{"timestamptz", "timestamp with time zone"}, {"timestamp", "timestamp without time zone"},
		{"timetz", "time with time zone"}, {"time", "time without time zone"},
	} {
		if base == alias[0] {
			base = alias[1]
		}
	}
	if array {
		base += "[]"
	}
	return base
}
