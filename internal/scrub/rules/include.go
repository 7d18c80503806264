package rules

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"refresher"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Builtin is how the name of a ruleset begins that comes with refresher.
const Builtin = "builtin:"

// Builtins are the names of the rulesets that come with refresher, without the prefix.
func Builtins() (names []string) {
	files, _ := fs.Glob(refresher.Rules, "rules/*.yaml")
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// ReadFile reads a rules file or a builtin.
func ReadFile(name string) ([]byte, error) {
	builtin, ok := strings.CutPrefix(name, Builtin)
	if !ok {
		return os.ReadFile(name)
	}
	if known := Builtins(); !slices.Contains(known, builtin) {
		return nil, fmt.Errorf("there is no builtin ruleset %q%s; there is %s", builtin,
			fault.DidYouMean(builtin, known),
			oneOf(known))
	}
	return refresher.Rules.ReadFile("rules/" + builtin + ".yaml")
}

// includes loads the files that a file includes, in their order.
func (l *loader) includes(root ast.Node) {
	mapping, _ := root.(*ast.MappingNode)
	if mapping == nil {
		return
	}
	for _, v := range mapping.Values {
		if v.Key == nil || v.Key.GetToken().Value != "include" {
			continue
		}
		list, ok := items(v.Value)
		if !ok {
			l.fail(l.pos(v.Value), "include is a list of rules files: write [builtin:NAME, FILE]")
		}
		for _, it := range list {
			if name, ok := l.str(it, "an included file"); ok {
				l.include(name, l.pos(it))
			}
		}
		return // a second one is reported by entries
	}
}

// include loads one file. A path is relative to the file that includes it.
func (l *loader) include(name string, at Pos) {
	builtin := strings.HasPrefix(name, Builtin)
	if !builtin && strings.HasPrefix(l.file, Builtin) {
		l.fail(at, "a builtin ruleset can include builtin ones only, and %s is none", name)
		return
	}
	if !builtin && !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(l.file), name)
	}
	chain := append(slices.Clone(l.chain), l.file)
	if i := slices.Index(chain, name); i >= 0 {
		l.fail(at, "the rules include themselves: %s", strings.Join(append(chain[i:], name), ", which includes "))
		return
	}
	text, err := ReadFile(name)
	if err != nil {
		what := "the included file " + name + " can't be read: "
		if builtin {
			what = ""
		}
		l.fail(at, "%s%s", what, cause(err))
		return
	}
	part := &loader{reader: reader{file: name}, rs: l.rs, top: l.top, chain: chain, vars: l.vars}
	part.load(text)
	l.problems = append(l.problems, part.problems...)
}

// over is t over what included files say of the same table: a column's later rule
// wins, and so does what is said of the rows.
func (t *Table) over(base *Table) *Table {
	if base == nil || t.Rows == NoRows {
		return t
	}
	if !t.rowsGiven && (base.Rows != NoRows || len(t.Columns) == 0) {
		t.Rows, t.When, t.Remember = base.Rows, base.When, t.Remember || base.Remember
	}
	if t.Subject == nil {
		t.Subject = base.Subject
	}
	t.Optional = t.Optional || base.Optional
	columns := slices.Clone(base.Columns)
	for _, c := range t.Columns {
		same := func(b *Column) bool { return b.Name == c.Name && b.Wildcard == c.Wildcard }
		if i := slices.IndexFunc(columns, same); i >= 0 {
			columns[i] = c
		} else {
			columns = append(columns, c)
		}
	}
	t.Columns = columns
	return t
}

// join adds what a file and its included files say to what files before it say.
// Nothing may be decided by both, unless it stands in a file that both include.
func (rs *Ruleset) join(l *loader) {
	twice := func(at, first Pos, format string, args ...any) bool {
		if first == (Pos{}) {
			return false
		}
		if at != first {
			l.fail(at, "%s is given twice, first at %s: remove one", fmt.Sprintf(format, args...), first)
		}
		return true
	}
	in := l.rs
	for name, t := range in.Tables {
		if other := rs.Tables[name]; other == nil || !twice(t.Pos, other.Pos, "table %s", name) {
			rs.Tables[name] = t
		}
	}
	for _, p := range in.Patterns {
		i := slices.IndexFunc(rs.Patterns, func(o *Pattern) bool { return o.Key == p.Key })
		if i < 0 || !twice(p.Pos, rs.Patterns[i].Pos, "pattern %s", p.Key) {
			rs.Patterns = append(rs.Patterns, p)
		}
	}
	if in.Defaults.Given && !twice(in.Defaults.Pos, rs.Defaults.Pos, "defaults") {
		rs.Defaults = in.Defaults
	}
	if in.LargeObjects.Pos != (Pos{}) && !twice(in.LargeObjects.Pos, rs.LargeObjects.Pos, "large_objects") {
		rs.LargeObjects = in.LargeObjects
	}
	if in.PRF.Pos != (Pos{}) && !twice(in.PRF.Pos, rs.PRF.Pos, "prf") {
		rs.PRF = in.PRF
	}
	if in.HIPAA.Given && !twice(in.HIPAA.Pos, rs.HIPAA.Pos, "hipaa") {
		rs.HIPAA = in.HIPAA
	}
	for _, o := range in.Objects {
		i := slices.IndexFunc(rs.Objects, func(other *Object) bool { return other.Pattern == o.Pattern })
		if i < 0 || !twice(o.Pos, rs.Objects[i].Pos, "objects %s", o.Pattern) {
			rs.Objects = append(rs.Objects, o)
		}
	}
	rs.References = joined(rs.References, in.References, func(r Reference) Pos { return r.Pos })
	rs.Allow = joined(rs.Allow, in.Allow, func(a Allow) Pos { return a.Pos })
	rs.MadeFor = joined(rs.MadeFor, in.MadeFor, func(m MadeFor) Pos { return m.Pos })
	rs.Risk = joined(rs.Risk, in.Risk, func(r Risk) Pos { return r.Pos })
}

// joined adds the items that are not there yet.
func joined[T any](list, more []T, pos func(T) Pos) []T {
	for _, item := range more {
		if !slices.ContainsFunc(list, func(have T) bool { return pos(have) == pos(item) }) {
			list = append(list, item)
		}
	}
	return list
}

// tableNames are the names of a ruleset's tables in order.
func tableNames(tables map[catalog.Name]*Table) []catalog.Name {
	names := make([]catalog.Name, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.SortFunc(names, catalog.Name.Compare)
	return names
}
