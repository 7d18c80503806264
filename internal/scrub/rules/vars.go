package rules

import (
	"slices"

	"refresher/internal/fault"

	"github.com/goccy/go-yaml/ast"
)

// vars are the values that rules name by {var: NAME}. What a file says goes over what the files say that it includes.
type vars struct {
	values map[string]Value
	used   map[string]bool
}

// variables reads those of a file, before the files that it includes are read.
func (l *loader) variables(root ast.Node) {
	if l.vars.values == nil {
		l.vars.values, l.vars.used = map[string]Value{}, map[string]bool{}
	}
	mapping, _ := root.(*ast.MappingNode)
	if mapping == nil {
		return
	}
	for _, v := range mapping.Values {
		if v.Key == nil || v.Key.GetToken().Value != "vars" {
			continue
		}
		entries, _ := l.entries(v.Value, "vars", "{NAME: VALUE}")
		for _, e := range entries {
			value, ok := l.scalar(e.value)
			if !ok || value.Kind == Null || value.Text == "" {
				l.fail(e.pos, "the variable %s is a string, a number, true or false", e.key)
				continue
			}
			if _, given := l.vars.values[e.key]; !given {
				l.vars.values[e.key] = value
			}
		}
		return // a second one is reported by entries
	}
}

// unused reports variables of a file that nothing names, of it or of what it includes.
func (l *loader) unused(e entry) {
	entries, _ := (&reader{file: l.file}).entries(e.value, "", "") // its problems are said already
	for _, v := range entries {
		if !l.vars.used[v.key] {
			l.fail(v.pos, "no rule names the variable %s%s", v.key, fault.DidYouMean(v.key, l.vars.names(true)))
		}
	}
}

// names are those of the variables, or of those that rules name only.
func (v *vars) names(used bool) (list []string) {
	for name := range v.values {
		if !used || v.used[name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// parameter reads the value of a transform's parameter, which may be a variable.
func (l *loader) parameter(n ast.Node) Value {
	v := l.value(n)
	if v.Kind != Map || len(v.Parts) != 1 || v.Parts[0].Name != "var" || v.Parts[0].Value.Kind != String {
		return v
	}
	name := v.Parts[0].Value.Text
	value, ok := l.vars.values[name]
	if !ok {
		l.fail(v.Pos, "there is no variable %q%s: give it a value under vars", name,
			fault.DidYouMean(name, l.vars.names(false)))
	}
	l.vars.used[name] = true
	return value
}
