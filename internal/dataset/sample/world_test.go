package sample_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

// A world is a random database: self-references, cycles, keys of two columns, keys to unique columns, keys that
// are a part of the primary key, references by the row, partitions, and tables without a primary key.
type world struct {
	tables []*table
	keys   []*fkey
	rows   []*row // all, numbered by uid
}

type table struct {
	name   string
	pk     []string // none: no primary key
	unique bool     // has a unique column code
	parts  int      // hash partitions, 0: none
	rows   []*row
}

type fkey struct {
	from, to *table
	cols     []string
	refs     []string
	inner    bool   // its column is one of the primary key: never NULL
	when     string // no constraint, but a reference of rows with this kind
}

type row struct {
	uid    int
	table  *table
	values map[string]string // no entry: NULL
}

func randomWorld(r *rand.Rand, tables int) *world {
	w := new(world)
	for i := range tables {
		t := &table{name: fmt.Sprintf("t%d", i)}
		switch r.IntN(6) {
		case 0:
			t.unique = true
		case 1, 2:
			t.pk = []string{"a", "b"}
		default:
			t.pk, t.unique = []string{"a"}, true
		}
		if t.pk != nil && r.IntN(3) == 0 {
			t.parts, t.unique = 1+r.IntN(3), false
		}
		w.tables = append(w.tables, t)
	}
	w.addInner(r)
	for i := range r.IntN(2 * len(w.tables)) {
		k := &fkey{from: w.pick(r), to: w.pick(r)}
		if k.to.unique && r.IntN(2) == 0 || k.to.pk == nil {
			k.refs = []string{"code"}
			if !k.to.unique {
				continue
			}
		} else {
			k.refs = k.to.pk
		}
		for j := range k.refs {
			k.cols = append(k.cols, fmt.Sprintf("f%d_%d", i, j))
		}
		w.keys = append(w.keys, k)
	}
	w.addByKind(r)
	w.fill(r)
	return w
}

func (w *world) pick(r *rand.Rand) *table { return w.tables[r.IntN(len(w.tables))] }

// addInner makes some primary keys that hold a foreign key.
func (w *world) addInner(r *rand.Rand) {
	targets := slices.DeleteFunc(slices.Clone(w.tables), func(t *table) bool { return len(t.pk) != 1 })
	if len(targets) == 0 {
		return
	}
	for _, t := range w.tables {
		if len(t.pk) == 2 && t.parts == 0 && r.IntN(2) == 0 {
			t.pk = []string{"owner", "a"}
			w.keys = append(w.keys, &fkey{
				from: t, to: targets[r.IntN(len(targets))], cols: []string{"owner"}, refs: []string{"a"}, inner: true,
			})
		}
	}
}

// addByKind makes some tables refer to one table or another by the row, without a constraint.
func (w *world) addByKind(r *rand.Rand) {
	for _, t := range w.tables {
		if r.IntN(5) > 0 {
			continue
		}
		for range 2 {
			to := w.pick(r)
			if len(to.pk) == 1 && !slices.ContainsFunc(w.keys, func(k *fkey) bool { return k.from == t && k.when == to.name }) {
				w.keys = append(w.keys, &fkey{from: t, to: to, cols: []string{"about"}, refs: to.pk, when: to.name})
			}
		}
	}
}

func (w *world) fill(r *rand.Rand) {
	for _, t := range w.tables {
		least := 0
		if slices.ContainsFunc(w.keys, func(k *fkey) bool { return k.inner && k.to == t }) {
			least = 1
		}
		for i := range max(least, r.IntN(60)) {
			row := &row{uid: len(w.rows), table: t, values: map[string]string{
				"uid": fmt.Sprint(len(w.rows)), "a": fmt.Sprint(i), "b": fmt.Sprint(r.IntN(3)), "code": fmt.Sprintf("c'%d", i)}}
			if r.IntN(4) > 0 {
				row.values["at"] = fmt.Sprint(r.IntN(20))
			}
			t.rows = append(t.rows, row)
			w.rows = append(w.rows, row)
		}
	}
	for _, k := range w.keys {
		for _, from := range k.from.rows {
			if k.when != "" && from.values["kind"] != "" {
				continue // refers to the other
			}
			if len(k.to.rows) == 0 || !k.inner && r.IntN(3) == 0 {
				if len(k.cols) == 2 && r.IntN(2) == 0 {
					from.values[k.cols[0]] = "7" // MATCH SIMPLE: one NULL and there is no reference
				}
				continue
			}
			to := k.to.rows[r.IntN(len(k.to.rows))]
			for j := range k.cols {
				from.values[k.cols[j]] = to.values[k.refs[j]]
			}
			if k.when != "" {
				from.values["kind"] = k.when
			}
		}
	}
}

func (w *world) schema() string {
	var b strings.Builder
	for _, t := range w.tables {
		fmt.Fprintf(&b, "CREATE TABLE %s (uid int NOT NULL, a int NOT NULL, b bigint NOT NULL, at int, code text, "+
			"kind text, about text", t.name)
		for _, k := range w.keys {
			if k.from != t || k.when != "" {
				continue
			}
			for j, c := range k.cols {
				// a and b of another type than what they point at
				typ := map[string]string{"a": "bigint", "b": "int", "code": "text", "owner": "bigint"}[k.refs[j]]
				fmt.Fprintf(&b, ", %s %s", c, typ)
			}
		}
		if t.pk != nil {
			fmt.Fprintf(&b, ", PRIMARY KEY (%s)", strings.Join(t.pk, ", "))
		}
		if t.unique {
			b.WriteString(", UNIQUE (code)")
		}
		b.WriteString(")")
		if t.parts > 0 {
			b.WriteString(" PARTITION BY HASH (a)")
		}
		b.WriteString(";\n")
		for p := range t.parts {
			fmt.Fprintf(&b, "CREATE TABLE %s_%d PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d);\n", t.name, p,
				t.name, t.parts, p)
		}
	}
	return b.String()
}

func (w *world) inserts() string {
	var b strings.Builder
	for _, t := range w.tables {
		for _, r := range t.rows {
			cols := slices.Sorted(maps.Keys(r.values))
			vals := make([]string, len(cols))
			for i, c := range cols {
				vals[i] = catalog.Literal(r.values[c])
			}
			fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES (%s);\n", t.name, strings.Join(cols, ", "), strings.Join(vals, ", "))
		}
	}
	return b.String()
}

// constraints are those of the keys; what refers by the row has none.
func (w *world) constraints() string {
	var b strings.Builder
	for i, k := range w.keys {
		if k.when == "" {
			fmt.Fprintf(&b, "ALTER TABLE %s ADD CONSTRAINT k%d FOREIGN KEY (%s) REFERENCES %s (%s);\n",
				k.from.name, i, strings.Join(k.cols, ", "), k.to.name, strings.Join(k.refs, ", "))
		}
	}
	return b.String()
}

// references are what rules declare.
func (w *world) references() (refs []catalog.Reference) {
	for _, k := range w.keys {
		if k.when != "" {
			refs = append(refs, catalog.Reference{Table: name(k.from.name), Columns: k.cols, To: name(k.to.name),
				ToColumns: k.refs, When: `t."kind" = ` + catalog.Literal(k.when)})
		}
	}
	return refs
}

// target is the row that r references by k, nil if none.
func (k *fkey) target(r *row) *row {
	if k.when != "" && r.values["kind"] != k.when {
		return nil
	}
	for _, to := range k.to.rows {
		match := true
		for j := range k.cols {
			v, ok := r.values[k.cols[j]]
			match = match && ok && v == to.values[k.refs[j]]
		}
		if match {
			return to
		}
	}
	return nil
}
