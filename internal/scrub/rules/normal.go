package rules

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/prf"
)

// Hash is the SHA-256, in hex, of what the ruleset says, without regard to order,
// layout and comments of its files. Two rulesets of one hash mask alike.
func (rs *Ruleset) Hash() string {
	tables := map[string]any{}
	for name, t := range rs.Tables {
		tables[name.String()] = t.normal()
	}
	all := map[string]any{
		"tables": tables,
		"references": sorted(rs.References, func(r Reference) any {
			return []any{r.Table.String(), r.Columns, r.To.String(), r.ToColumns, r.When.Text}
		}),
		"allow": sorted(rs.Allow, func(a Allow) any {
			values := slices.Sorted(slices.Values(a.Values))
			if a.Objects != "" {
				return []any{a.Objects, a.Column, a.Class, values, a.Why, a.UpTo, "objects"}
			}
			if a.UpTo > 0 {
				return []any{a.Table.String(), a.Column, a.Class, values, a.Why, a.UpTo}
			}
			return []any{a.Table.String(), a.Column, a.Class, values, a.Why}
		}),
	}
	if len(rs.Risk) > 0 {
		all["risk"] = sorted(rs.Risk, Risk.normal)
	}
	if len(rs.Patterns) > 0 {
		all["patterns"] = sorted(rs.Patterns, func(p *Pattern) any {
			if p.Table != nil {
				return []any{p.Key, p.Table.normal()}
			}
			return []any{p.Key, p.Rule.normal()}
		})
	}
	if rs.Defaults.Given {
		defaults := map[string]any{}
		for _, d := range rs.Defaults.all() {
			defaults[d.name()] = d.Rule.normal()
		}
		all["defaults"] = defaults
	}
	if len(rs.Objects) > 0 {
		all["objects"] = sorted(rs.Objects, func(o *Object) any { return o.normal() })
	}
	if rs.HIPAA.Given {
		all["hipaa"] = rs.HIPAA.normal()
	}
	if rs.LargeObjects.Keep {
		all["large_objects"] = "keep"
	}
	if rs.PRF.Name != prf.HMAC { // which all rules had before there was another
		all["prf"] = cmp.Or(rs.PRF.Name, prf.Names()[0])
	}
	sum := sha256.Sum256(encode(all))
	return hex.EncodeToString(sum[:])
}

func (t *Table) normal() map[string]any {
	columns := map[string]any{}
	for _, c := range t.Columns {
		columns[columnKey(c)] = c.Rule.normal()
	}
	m := map[string]any{"rows": t.Rows, "when": t.When.Text, "columns": columns, "subject": t.Subject.normal()}
	if t.Remember {
		m["remember"] = true
	}
	return m
}

// sorted is what each item of a list says, in an order of its own.
func sorted[T any](list []T, normal func(T) any) []string {
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = string(encode(normal(item)))
	}
	slices.Sort(out)
	return out
}

// columnKey tells the wildcard from a column whose name is an asterisk.
func columnKey(c *Column) string {
	if c.Wildcard {
		return "wildcard"
	}
	return "column " + c.Name
}

func (r *Rule) normal() any {
	m := map[string]any{"kind": r.Kind.String(), "transform": r.Transform, "when": r.When.Text}
	params := map[string]any{}
	for _, p := range r.Params {
		params[p.Name] = p.Value.normal()
	}
	m["params"] = params
	parts := map[string]any{}
	for _, p := range r.Parts {
		parts[p.Name] = p.Rule.normal()
	}
	m["parts"] = parts
	if r.Class != "" {
		m["class"] = r.Class
	}
	if r.Elem != nil {
		m["elem"] = r.Elem.normal()
	}
	cases := make([]any, len(r.Cases))
	for i, c := range r.Cases {
		cases[i] = c.normal()
	}
	m["cases"] = cases
	return m
}

func (v Value) normal() any {
	items := make([]any, len(v.Items))
	for i, it := range v.Items {
		items[i] = it.normal()
	}
	parts := map[string]any{}
	for _, p := range v.Parts {
		parts[p.Name] = p.Value.normal()
	}
	return []any{v.Kind, v.Text, items, parts}
}

// encode is JSON with the keys of maps in order.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("rules: " + err.Error()) // maps of strings always encode
	}
	return b
}

// Equal reports whether two rules say the same, wherever they stand.
func Equal(a, b *Rule) bool { return bytes.Equal(encode(a.normal()), encode(b.normal())) }

// Equal reports whether two values are the same, wherever they stand.
func (v Value) Equal(w Value) bool { return bytes.Equal(encode(v.normal()), encode(w.normal())) }

// Hash is 48 bits of the SHA-256, in hex, of what the value says.
func (v Value) Hash() string {
	sum := sha256.Sum256(encode(v.normal()))
	return hex.EncodeToString(sum[:6])
}

func (s *Subject) normal() any {
	if s == nil {
		return nil
	}
	return []any{s.Column, s.Domain, s.Fallback, s.Home}
}

// normal is what the hash takes of a set.
func (r Risk) normal() any {
	return []any{r.Table.String(), columnNames(r.QuasiIdentifiers), columnNames(r.Sensitive), r.Person.Name,
		r.MinK, r.MinL, r.Below, r.Suppress}
}

func (h *HIPAA) normal() any {
	absent, columns := map[string]string{}, map[string]any{}
	for _, a := range h.Absent {
		absent[a.Identifier] = a.Why
	}
	for _, c := range h.Columns {
		columns[c.Table.String()+"."+catalog.Quote(c.Column)] = c.Identifiers
	}
	return []any{absent, columns, h.Gaps}
}
