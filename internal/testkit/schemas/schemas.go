// Package schemas makes random databases: schemas of tables that refer to each other in all ways that foreign keys
// allow, and rows for them.
package schemas

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

// World is a random database: self-references, cycles, keys of two columns, keys to unique columns, keys that
// are a part of the primary key, references by the row, partitions, and tables without a primary key.
type World struct {
	Tables []*Table
	Keys   []*Key
	Rows   []*Row // all, numbered by uid
}

// Table is a table of a world. All have columns uid, a, b, at, code, kind and about, and one for each column of a key.
type Table struct {
	Name       string
	PrimaryKey []string // none: no primary key
	Unique     bool     // has a unique column code
	Parts      int      // hash partitions, 0: none
	Rows       []*Row
}

// Key is a foreign key.
type Key struct {
	From, To   *Table
	Columns    []string
	RefColumns []string
	Inner      bool   // its column is one of the primary key: never NULL
	When       string // no constraint, but a reference of rows with this kind
}

// Row is a row of a table.
type Row struct {
	UID    int
	Table  *Table
	Values map[string]string // no entry: NULL
}

// Random makes a world of so many tables.
func Random(r *rand.Rand, tables int) *World {
	w := new(World)
	for i := range tables {
		t := &Table{Name: fmt.Sprintf("t%d", i)}
		switch r.IntN(6) {
		case 0:
			t.Unique = true
		case 1, 2:
			t.PrimaryKey = []string{"a", "b"}
		default:
			t.PrimaryKey, t.Unique = []string{"a"}, true
		}
		if t.PrimaryKey != nil && r.IntN(3) == 0 {
			t.Parts, t.Unique = 1+r.IntN(3), false
		}
		w.Tables = append(w.Tables, t)
	}
	w.addInner(r)
	for i := range r.IntN(2 * len(w.Tables)) {
		k := &Key{From: w.pick(r), To: w.pick(r)}
		if k.To.Unique && r.IntN(2) == 0 || k.To.PrimaryKey == nil {
			k.RefColumns = []string{"code"}
			if !k.To.Unique {
				continue
			}
		} else {
			k.RefColumns = k.To.PrimaryKey
		}
		for j := range k.RefColumns {
			k.Columns = append(k.Columns, fmt.Sprintf("f%d_%d", i, j))
		}
		w.Keys = append(w.Keys, k)
	}
	w.addByKind(r)
	w.fill(r)
	return w
}

func (w *World) pick(r *rand.Rand) *Table { return w.Tables[r.IntN(len(w.Tables))] }

// addInner makes some primary keys that hold a foreign key.
func (w *World) addInner(r *rand.Rand) {
	targets := slices.DeleteFunc(slices.Clone(w.Tables), func(t *Table) bool { return len(t.PrimaryKey) != 1 })
	if len(targets) == 0 {
		return
	}
	for _, t := range w.Tables {
		if len(t.PrimaryKey) == 2 && t.Parts == 0 && r.IntN(2) == 0 {
			t.PrimaryKey = []string{"owner", "a"}
			w.Keys = append(w.Keys, &Key{
				From: t, To: targets[r.IntN(len(targets))], Columns: []string{"owner"}, RefColumns: []string{"a"}, Inner: true,
			})
		}
	}
}

// addByKind makes some tables refer to one table or another by the row, without a constraint.
func (w *World) addByKind(r *rand.Rand) {
	for _, t := range w.Tables {
		if r.IntN(5) > 0 {
			continue
		}
		for range 2 {
			to := w.pick(r)
			same := func(k *Key) bool { return k.From == t && k.When == to.Name }
			if len(to.PrimaryKey) == 1 && !slices.ContainsFunc(w.Keys, same) {
				w.Keys = append(w.Keys, &Key{From: t, To: to, Columns: []string{"about"}, RefColumns: to.PrimaryKey, When: to.Name})
			}
		}
	}
}

func (w *World) fill(r *rand.Rand) {
	for _, t := range w.Tables {
		least := 0
		if slices.ContainsFunc(w.Keys, func(k *Key) bool { return k.Inner && k.To == t }) {
			least = 1
		}
		for i := range max(least, r.IntN(60)) {
			row := &Row{UID: len(w.Rows), Table: t, Values: map[string]string{
				"uid": fmt.Sprint(len(w.Rows)), "a": fmt.Sprint(i), "b": fmt.Sprint(r.IntN(3)), "code": fmt.Sprintf("c'%d", i)}}
			if r.IntN(4) > 0 {
				row.Values["at"] = fmt.Sprint(r.IntN(20))
			}
			t.Rows = append(t.Rows, row)
			w.Rows = append(w.Rows, row)
		}
	}
	for _, k := range w.Keys {
		for _, from := range k.From.Rows {
			if k.When != "" && from.Values["kind"] != "" {
				continue // refers to the other
			}
			if len(k.To.Rows) == 0 || !k.Inner && r.IntN(3) == 0 {
				if len(k.Columns) == 2 && r.IntN(2) == 0 {
					from.Values[k.Columns[0]] = "7" // MATCH SIMPLE: one NULL and there is no reference
				}
				continue
			}
			to := k.To.Rows[r.IntN(len(k.To.Rows))]
			for j := range k.Columns {
				from.Values[k.Columns[j]] = to.Values[k.RefColumns[j]]
			}
			if k.When != "" {
				from.Values["kind"] = k.When
			}
		}
	}
}

// Schema is SQL of the tables, with primary keys, unique columns and partitions.
func (w *World) Schema() string {
	var b strings.Builder
	for _, t := range w.Tables {
		fmt.Fprintf(&b, "CREATE TABLE %s (uid int NOT NULL, a int NOT NULL, b bigint NOT NULL, at int, code text, "+
			"kind text, about text", t.Name)
		for _, k := range w.Keys {
			if k.From != t || k.When != "" {
				continue
			}
			for j, c := range k.Columns {
				// a and b of another type than what they point at
				typ := map[string]string{"a": "bigint", "b": "int", "code": "text", "owner": "bigint"}[k.RefColumns[j]]
				fmt.Fprintf(&b, ", %s %s", c, typ)
			}
		}
		if t.PrimaryKey != nil {
			fmt.Fprintf(&b, ", PRIMARY KEY (%s)", strings.Join(t.PrimaryKey, ", "))
		}
		if t.Unique {
			b.WriteString(", UNIQUE (code)")
		}
		b.WriteString(")")
		if t.Parts > 0 {
			b.WriteString(" PARTITION BY HASH (a)")
		}
		b.WriteString(";\n")
		for p := range t.Parts {
			fmt.Fprintf(&b, "CREATE TABLE %s_%d PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d);\n",
				t.Name, p, t.Name, t.Parts, p)
		}
	}
	return b.String()
}

// Inserts is SQL of the rows.
func (w *World) Inserts() string {
	var b strings.Builder
	for _, t := range w.Tables {
		for _, r := range t.Rows {
			cols := slices.Sorted(maps.Keys(r.Values))
			vals := make([]string, len(cols))
			for i, c := range cols {
				vals[i] = catalog.Literal(r.Values[c])
			}
			fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES (%s);\n",
				t.Name, strings.Join(cols, ", "), strings.Join(vals, ", "))
		}
	}
	return b.String()
}

// Constraints are those of the keys; what refers by the row has none.
func (w *World) Constraints() string {
	var b strings.Builder
	for i, k := range w.Keys {
		if k.When == "" {
			fmt.Fprintf(&b, "ALTER TABLE %s ADD CONSTRAINT k%d FOREIGN KEY (%s) REFERENCES %s (%s);\n",
				k.From.Name, i, strings.Join(k.Columns, ", "), k.To.Name, strings.Join(k.RefColumns, ", "))
		}
	}
	return b.String()
}

// References are what rules declare.
func (w *World) References() (refs []catalog.Reference) {
	for _, k := range w.Keys {
		if k.When != "" {
			refs = append(refs, catalog.Reference{Table: public(k.From.Name), Columns: k.Columns, To: public(k.To.Name),
				ToColumns: k.RefColumns, When: `t."kind" = ` + catalog.Literal(k.When)})
		}
	}
	return refs
}

// Refers is the row that r references by k, nil if none.
func (k *Key) Refers(r *Row) *Row {
	if k.When != "" && r.Values["kind"] != k.When {
		return nil
	}
	for _, to := range k.To.Rows {
		match := true
		for j := range k.Columns {
			v, ok := r.Values[k.Columns[j]]
			match = match && ok && v == to.Values[k.RefColumns[j]]
		}
		if match {
			return to
		}
	}
	return nil
}

func public(name string) catalog.Name { return catalog.Name{Schema: "public", Name: name} }
