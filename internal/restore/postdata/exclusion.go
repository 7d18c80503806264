package postdata

import (
	"context"
	"fmt"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

// PostgreSQL 17 lets a partitioned table have exclusion constraints, and pg_dump
// writes them as it writes primary keys: one of the parent ONLY, one of each
// partition, and ATTACH PARTITION for their indexes. That last the server refuses
// (CompareIndexInfo takes no two exclusion constraints for equal), so that no
// such dump can be restored. Adding it to the whole tree does the same: each
// partition gets its own, only of a name that the server chooses.
var (
	exclusionShape = shape(`^ALTER TABLE (?:ONLY )?` + qualified + `\s+(ADD CONSTRAINT (` + part +
		`) EXCLUDE )`)
	attachShape = shape(`^ALTER INDEX ` + qualified + ` ATTACH PARTITION ` + qualified + `$`)
)

// exclusion is a constraint, its names as they are written.
type exclusion struct{ table, name string }

// inherited is an exclusion constraint that a partition gets with its parent's.
type inherited struct{ child, parent exclusion }

// withoutAttached takes the exclusion constraints that partitions have from their
// parents out of a script, lets the parents' go to the whole tree, and returns
// what the partitions' shall be called.
func withoutAttached(statements []sqltext.Statement) (out []sqltext.Statement, names []inherited) {
	of := map[catalog.Name]exclusion{} // by the name of the index
	at := make([]catalog.Name, len(statements))
	for i, st := range statements {
		if m := exclusionShape().FindStringSubmatch(st.Text); m != nil {
			at[i] = indexOf(m[1], m[3])
			of[at[i]] = exclusion{m[1], m[3]}
		}
	}
	parent, child := map[catalog.Name]bool{}, map[catalog.Name]bool{}
	for _, st := range statements {
		if up, down, ok := attached(st.Text); ok && of[up] != (exclusion{}) {
			parent[up], child[down] = true, true
			names = append(names, inherited{of[down], of[up]})
		}
	}
	if len(names) == 0 {
		return statements, nil
	}
	for i, st := range statements {
		if _, down, ok := attached(st.Text); ok && child[down] || child[at[i]] {
			continue
		}
		if parent[at[i]] {
			m := exclusionShape().FindStringSubmatchIndex(st.Text)
			st.Text = "ALTER TABLE " + of[at[i]].table + " " + st.Text[m[4]:]
		}
		out = append(out, st)
	}
	return out, names
}

func attached(text string) (parent, child catalog.Name, ok bool) {
	m := attachShape().FindStringSubmatch(text)
	if m == nil {
		return parent, child, false
	}
	parent, err := catalog.ParseName(m[1])
	if err != nil {
		return parent, child, false
	}
	child, err = catalog.ParseName(m[2])
	return parent, child, err == nil
}

// indexOf names the index of a constraint: it lies in the schema of its table.
func indexOf(table, constraint string) catalog.Name {
	t, err := catalog.ParseName(table)
	if err != nil {
		return catalog.Name{}
	}
	n, _ := catalog.ParseName(catalog.Quote(t.Schema) + "." + constraint)
	return n
}

// rename gives the partitions' exclusion constraints the names that they have in
// the source. All get a passing name first: two of them may have to change places.
func (p *runner) rename(ctx context.Context, names []inherited) error {
	const find = `
		WITH RECURSIVE tree AS (
			SELECT oid, conrelid, conname FROM pg_catalog.pg_constraint WHERE contype = 'x' AND conrelid = $1::text::regclass
				AND quote_ident(conname) = $2
			UNION ALL SELECT c.oid, c.conrelid, c.conname FROM pg_catalog.pg_constraint c JOIN tree ON c.conparentid = tree.oid
		)
		SELECT quote_ident(conname) FROM tree WHERE conrelid = $3::text::regclass`
	above := map[exclusion]exclusion{}
	for _, n := range names {
		above[n.child] = n.parent
	}
	var first, then []string
	for i, n := range names {
		root := n.parent
		for up, ok := above[root]; ok; up, ok = above[root] {
			root = up
		}
		var is string
		if err := p.Sessions[0].QueryRow(ctx, find, root.table, root.name, n.child.table).Scan(&is); err != nil {
			return client.Wrap(err, "%s: looking for constraint %s of %s", p.Doing, n.child.name, n.child.table)
		}
		if is != n.child.name {
			rename := "ALTER TABLE " + n.child.table + " RENAME CONSTRAINT "
			passing := fmt.Sprintf("refresher_%d", i)
			first = append(first, rename+is+" TO "+passing)
			then = append(then, rename+passing+" TO "+n.child.name)
		}
	}
	if err := p.serially(ctx, first); err != nil {
		return err
	}
	return p.serially(ctx, then)
}
