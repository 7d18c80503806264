package catalog

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

func (l *loader) sequences(ctx context.Context) error {
	const q = `
		SELECT n.nspname, c.relname, c.relpersistence::text,
		       coalesce(tn.nspname, ''), coalesce(t.relname, ''), coalesce(a.attname, '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace` + member + `
		LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
		     AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
		LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
		LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE c.relkind = 'S' AND c.relpersistence <> 't'
		  AND (e.oid IS NULL OR c.oid = ANY(e.extconfig) AND e.extname <> ALL($1)) AND ` + userSchemas
	var s Sequence
	var persistence, column string
	var owner Name
	into := []any{&s.Name.Schema, &s.Name.Name, &persistence, &owner.Schema, &owner.Name, &column}
	err := l.rows(ctx, q, into, func() error {
		found := s
		found.Persistence = persistence[0]
		if column != "" {
			found.OwnedBy = owner.String() + "." + rulePart(column)
		}
		l.cat.Sequences = append(l.cat.Sequences, &found)
		return nil
	}, Bound)
	slices.SortFunc(l.cat.Sequences, func(a, b *Sequence) int { return a.Name.Compare(b.Name) })
	return err
}

// matViews lists materialised views so that each comes after those it reads, be
// it directly or through plain views.
func (l *loader) matViews(ctx context.Context) error {
	const views = `
		SELECT c.oid, n.nspname, c.relname, c.relispopulated
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace` + member + `
		WHERE c.relkind = 'm' AND e.oid IS NULL AND ` + userSchemas + `
		ORDER BY n.nspname, c.relname`
	byOID := map[uint32]*MatView{}
	var order []uint32
	var oid uint32
	var v MatView
	err := l.rows(ctx, views, []any{&oid, &v.Name.Schema, &v.Name.Name, &v.Populated}, func() error {
		found := v
		byOID[oid], order = &found, append(order, oid)
		return nil
	})
	if err != nil || len(order) == 0 {
		return err
	}
	far := l.reachFar()
	reads, err := l.viewReads(ctx, far)
	if err != nil {
		return err
	}
	// Views can't be recursive over relations, so a depth-first walk needs no
	// more than a mark to end.
	blocked, err := l.reachOut(ctx)
	if err != nil {
		return err
	}
	reaches, seen := map[uint32]bool{}, map[uint32]bool{}
	for view := range blocked {
		reaches[view] = true
	}
	var visit func(uint32)
	visit = func(oid uint32) {
		if seen[oid] {
			return
		}
		seen[oid] = true
		for _, r := range reads[oid] {
			visit(r)
			reaches[oid] = reaches[oid] || reaches[r]
			if why := cmp.Or(far[r], blocked[r]); why != "" {
				blocked[oid] = why
			}
		}
		if m := byOID[oid]; m != nil {
			m.Blocked, m.Reaches = blocked[oid], reaches[oid]
			reaches[oid] = false // what reads it finds no rows
			if !m.Populated || m.Blocked != "" {
				blocked[oid] = "it reads " + m.Name.String() + ", which is not filled"
			}
			l.cat.MatViews = append(l.cat.MatViews, m)
		}
	}
	for _, oid := range order {
		visit(oid)
	}
	return nil
}

// reachFar says of the foreign tables, and of those that have one as a partition or
// child, why they can't be read in a copy of the database: credentials stay behind.
func (l *loader) reachFar() map[uint32]string {
	names := map[Name]*Table{}
	far := map[uint32]string{}
	for _, t := range l.byOID {
		names[t.Name] = t
	}
	var mark func(t *Table, why string)
	mark = func(t *Table, why string) {
		if t == nil || far[t.OID] != "" {
			return
		}
		far[t.OID] = why
		for _, p := range t.Parents {
			mark(names[p], why)
		}
	}
	for _, t := range l.cat.Tables {
		if t.Kind == Foreign {
			mark(t, "it reads foreign table "+t.Name.String())
		}
	}
	return far
}

// viewReads maps every view to the views that its query reads, and to those of the
// given tables that it reads.
func (l *loader) viewReads(ctx context.Context, tables map[uint32]string) (map[uint32][]uint32, error) {
	oids := []string{"0"}
	for oid := range tables {
		oids = append(oids, strconv.FormatUint(uint64(oid), 10))
	}
	q := `
		SELECT DISTINCT r.ev_class, d.refobjid
		FROM pg_rewrite r
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
		JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
		JOIN pg_class t ON t.oid = d.refobjid AND (t.relkind IN ('v', 'm') OR t.oid IN (` + strings.Join(oids, ", ") + `))
		WHERE d.refobjid <> r.ev_class ORDER BY 1, 2`
	reads := map[uint32][]uint32{}
	var view, read uint32
	err := l.rows(ctx, q, []any{&view, &read}, func() error {
		reads[view] = append(reads[view], read)
		return nil
	})
	return reads, err
}

func (l *loader) extensions(ctx context.Context) error {
	var name string
	return l.rows(ctx, `SELECT extname FROM pg_extension ORDER BY extname`, []any{&name}, func() error {
		l.cat.Extensions = append(l.cat.Extensions, name)
		return nil
	})
}
