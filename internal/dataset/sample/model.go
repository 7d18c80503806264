package sample

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// entity is one table for the sampler: an ordinary table, or a partitioned one
// together with all its partitions.
type entity struct {
	root   *catalog.Table
	leaves []*catalog.Table // where rows live
	set    string           // temporary table of the picked rows
	last   int64            // highest number in set
	known  int64            // highest number in set when it was last analysed
	rows   int64            // in set
}

// key is foreign key from rows of fk to rows of ref.
type key struct {
	from, to   *entity
	fk, ref    *catalog.Table // the constraint's own ends: a root, or one partition
	cols, refs []string
	eq         []string // operator of each pair: ref column OPERATOR fk column
	asText     []bool   // of each pair: types that have no operator are compared as text
	when       string   // SQL of the rows of fk that refer to ref; "": all
	loose      bool     // others seem to, too: the key is followed up only
	limit      Children // of the rows of fk that come with one of ref
	number     string   // in a set's column edge: from 1
	down, up   int64    // up to which number of the set of to (down), of from (up), this key was followed
}

// side is one end of a key in a statement.
type side struct {
	alias  string
	table  *catalog.Table
	entity *entity
}

func (k *key) referencing() side { return side{"t", k.fk, k.from} }
func (k *key) referenced() side  { return side{"r", k.ref, k.to} }

// join is the condition between alias r (referenced) and alias t (referencing).
func (k *key) join() string {
	conds := make([]string, len(k.cols))
	for i := range k.cols {
		cast := ""
		if k.asText != nil && k.asText[i] {
			cast = "::pg_catalog.text"
		}
		conds[i] = "r." + catalog.Quote(k.refs[i]) + cast + " " + k.eq[i] + " t." + catalog.Quote(k.cols[i]) + cast
	}
	if k.when != "" {
		conds = append(conds, "("+k.when+")")
	}
	return strings.Join(conds, " AND ")
}

// order says which of the rows of fk come first.
func (k *key) order() string {
	t := k.from.root
	if k.limit.Order == Random {
		return "pg_catalog.sha256(pg_catalog.convert_to(" + keyText(t, "t") + ", 'UTF8'))"
	}
	direction, list := " ASC NULLS LAST", ""
	if k.limit.Order == Newest {
		direction = " DESC NULLS LAST"
	}
	list = "t." + catalog.Quote(k.limit.by(t)) + direction
	for _, c := range t.PrimaryKey {
		list += ", t." + catalog.Quote(c) + direction
	}
	if len(t.PrimaryKey) == 0 {
		list += ", " + keyText(t, "t") + ` COLLATE "C"` + direction
	}
	return list
}

// edge is what people call the key.
func (k *key) edge() Edge {
	return Edge{Table: k.from.root.Name, Columns: k.cols, To: k.to.root.Name}
}

type model struct {
	entities []*entity
	of       map[catalog.Name]*entity // by any relation of the entity
	keys     []*key
}

func load(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, o Options) (*model, error) {
	m := &model{of: map[catalog.Name]*entity{}}
	for _, t := range cat.Tables {
		if t.IsPartition || t.Kind == catalog.Foreign {
			continue
		}
		e := &entity{root: t, set: fmt.Sprintf("pg_temp.refresher_sample_%d", len(m.entities))}
		if t.HoldsRows() {
			e.leaves = []*catalog.Table{t}
		}
		m.entities = append(m.entities, e)
		m.of[t.Name] = e
	}
	for _, t := range cat.Tables {
		if e := m.of[t.Root]; t.IsPartition && e != nil {
			m.of[t.Name] = e
			if t.HoldsRows() {
				e.leaves = append(e.leaves, t)
			}
		}
	}
	if err := m.loadKeys(ctx, conn, cat); err != nil {
		return nil, err
	}
	for _, r := range o.References {
		m.declare(cat, r)
	}
	for i, k := range m.keys {
		k.number, k.limit = decimal(int64(i+1)), o.limitOf(k.from.root.Name, k.cols)
	}
	return m, nil
}

// declare adds a key that is none in the database.
func (m *model) declare(cat *catalog.Catalog, r catalog.Reference) {
	k := &key{fk: cat.Table(r.Table), ref: cat.Table(r.To), from: m.of[r.Table], to: m.of[r.To], cols: r.Columns,
		refs: r.ToColumns, when: r.When, loose: r.Loose}
	if k.from == nil || k.to == nil {
		return // a table without rows here
	}
	for i := range k.cols {
		k.eq = append(k.eq, "OPERATOR(pg_catalog.=)")
		a, b := k.fk.Column(k.cols[i]), k.ref.Column(k.refs[i])
		k.asText = append(k.asText, a == nil || b == nil || !direct(a.Type, b.Type))
	}
	m.keys = append(m.keys, k)
}

// direct reports whether values can be compared as they are, so that an
// index helps.
func direct(a, b *catalog.Type) bool {
	whole := []string{"smallint", "integer", "bigint"}
	texts := []string{"text", "character varying"}
	for _, alike := range [][]string{whole, texts, {"uuid"}, {"numeric"}} {
		if slices.Contains(alike, a.SQL) && slices.Contains(alike, b.SQL) {
			return true
		}
	}
	return false
}

// A constraint on or to a partitioned table has a copy for each partition, which
// conparentid tells apart; those follow from the first.
const keysQuery = `
SELECT c.conname::text, n.nspname::text, r.relname::text, fn.nspname::text, fr.relname::text,
  ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(num, ord)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY k.ord),
  ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(num, ord)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num ORDER BY k.ord),
  ARRAY(SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname) FROM unnest(c.conpfeqop) WITH ORDINALITY k(op, ord)
        JOIN pg_operator o ON o.oid = k.op JOIN pg_namespace s ON s.oid = o.oprnamespace ORDER BY k.ord)
FROM pg_constraint c
JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
JOIN pg_class fr ON fr.oid = c.confrelid JOIN pg_namespace fn ON fn.oid = fr.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0
ORDER BY 2, 3, 1`

func (m *model) loadKeys(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog) error {
	rows, err := conn.Query(ctx, keysQuery)
	if err != nil {
		return client.Wrap(err, "reading the foreign keys")
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var fk, ref catalog.Name
		k := new(key)
		if err := rows.Scan(&name, &fk.Schema, &fk.Name, &ref.Schema, &ref.Name, &k.cols, &k.refs, &k.eq); err != nil {
			return client.Wrap(err, "reading the foreign keys")
		}
		k.fk, k.ref, k.from, k.to = cat.Table(fk), cat.Table(ref), m.of[fk], m.of[ref]
		if ofExtension(cat, fk) || ofExtension(cat, ref) {
			continue // CREATE EXTENSION fills that table in the sample's database
		}
		if k.from == nil || k.to == nil {
			return fmt.Errorf("foreign key %q of %s ends at a table that the catalog read before does not have; "+
				"was the schema changed meanwhile?", name, fk)
		}
		m.keys = append(m.keys, k)
	}
	return client.Wrap(rows.Err(), "reading the foreign keys")
}

func ofExtension(cat *catalog.Catalog, n catalog.Name) bool {
	return slices.ContainsFunc(cat.ExtensionTables, func(t catalog.ExtensionTable) bool { return t.Name == n })
}

// rowsOf is the FROM item of the rows of t, of a partitioned table those of its
// partitions. (No foreign key has a foreign partition at either end.)
func rowsOf(t *catalog.Table, alias string) string {
	if t.Kind == catalog.Partitioned {
		return t.Name.SQL() + " AS " + alias
	}
	return strings.TrimSuffix(t.Only(), "t") + alias
}

// rootless are the entities that no chain of down steps, then up steps, reaches
// from a root.
func (m *model) rootless(isRoot, isWhole map[*entity]bool) []*entity {
	down := map[*entity]bool{}
	for e := range isRoot {
		down[e] = true
	}
	firm := slices.DeleteFunc(slices.Clone(m.keys), func(k *key) bool { return k.loose })
	followed := slices.DeleteFunc(slices.Clone(firm), func(k *key) bool { return k.limit.Limit == 0 })
	spread(followed, down, func(k *key) (src, dst *entity) { return k.to, k.from })
	spread(firm, down, func(k *key) (src, dst *entity) { return k.from, k.to })
	var out []*entity
	for _, e := range m.entities {
		if !down[e] && !isWhole[e] {
			out = append(out, e)
		}
	}
	return out
}

func spread(keys []*key, reached map[*entity]bool, ends func(*key) (src, dst *entity)) {
	for grew := true; grew; {
		grew = false
		for _, k := range keys {
			if src, dst := ends(k); reached[src] && !reached[dst] {
				reached[dst], grew = true, true
			}
		}
	}
}
