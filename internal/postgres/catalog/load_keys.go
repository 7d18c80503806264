package catalog

import (
	"context"
	"slices"
)

func (l *loader) indexes(ctx context.Context) error {
	// to_jsonb hides that indnullsnotdistinct is new in 15.
	const q = `
		SELECT i.indrelid, c.relname, i.indisprimary, i.indisunique, i.indnkeyatts, string_to_array(i.indkey::text, ' ')::int2[],
		       coalesce(i.indexprs::text, ''), coalesce(pg_get_expr(i.indpred, i.indrelid), ''), coalesce(i.indpred::text, ''),
		       coalesce((to_jsonb(i)->>'indnullsnotdistinct')::bool, false),
		       (SELECT array_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k),
		       (SELECT array_agg(coalesce(NOT o.collisdeterministic, false) ORDER BY k)
		        FROM unnest(string_to_array(i.indcollation::text, ' ')::oid[]) WITH ORDINALITY n(oid, k) LEFT JOIN pg_collation o ON o.oid = n.oid)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE (i.indisunique OR i.indisexclusion) AND i.indislive AND (i.indisvalid OR c.relkind = 'I') AND ` + userSchemas + `
		ORDER BY i.indrelid, NOT i.indisprimary, c.relname`
	var table uint32
	var u UniqueIndex
	var unique bool
	var keys int16
	var key []int16
	var exprs, predicate string
	var defs []string
	var folds []bool
	into := []any{&table, &u.Name, &u.Primary, &unique, &keys, &key, &exprs, &u.Predicate, &predicate, &u.NullsNotDistinct, &defs, &folds}
	return l.rows(ctx, q, into, func() error {
		t := l.byOID[table]
		if t == nil {
			return nil
		}
		found := u
		found.Expression = exprs != ""
		found.Columns = t.names(indexColumns(key[:keys], exprs))
		found.Keys = t.indexKeys(key[:keys], exprs, defs, folds)
		reads, nulls := treeColumns(predicate)
		found.PredicateReads, found.PredicateNulls = t.names(reads), t.names(nulls)
		if found.Primary {
			t.PrimaryKey = found.Columns
		}
		if unique {
			t.Unique = append(t.Unique, found)
		} else {
			t.Exclusions = append(t.Exclusions, found)
		}
		return nil
	})
}

// indexKeys describes each key: a number of 0 is the next of the expressions.
func (t *Table) indexKeys(key []int16, exprs string, defs []string, folds []bool) []IndexKey {
	trees := splitTrees(exprs)
	var keys []IndexKey
	for i, num := range key {
		k := IndexKey{}
		if i < len(defs) {
			k.Expr = defs[i]
		}
		if i < len(folds) {
			k.Folds = folds[i]
		}
		switch {
		case num != 0:
			k.Reads = t.names([]int16{num})
			if len(k.Reads) == 1 {
				k.Column = k.Reads[0]
			}
		case len(trees) > 0:
			k.Reads = t.names(allColumns(trees[0]))
			trees = trees[1:]
		}
		keys = append(keys, k)
	}
	return keys
}

// indexColumns are the numbers of the columns an index's key reads: the plain
// ones in key order, then those of its expressions. A key of 0 is an expression;
// a reference to column 0 is the whole row.
func indexColumns(key []int16, exprs string) []int16 {
	var nums []int16
	for _, k := range key {
		if k != 0 {
			nums = append(nums, k)
		}
	}
	for _, n := range allColumns(exprs) {
		if !slices.Contains(nums, n) {
			nums = append(nums, n)
		}
	}
	return nums
}

// names turns column numbers into names; 0 stands for every column.
func (t *Table) names(nums []int16) []string {
	var names []string
	for _, n := range nums {
		for _, c := range t.Columns {
			if (c.Num == n || n == 0) && !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

func (l *loader) foreignKeys(ctx context.Context) error {
	// A constraint of a partitioned table is cloned for each referencing partition,
	// which is listed, and for each referenced partition, which is internal.
	const q = `
		SELECT k.conrelid, k.conname, k.conkey, k.confrelid, k.confkey, k.convalidated, k.conparentid <> 0
		FROM pg_constraint k LEFT JOIN pg_constraint parent ON parent.oid = k.conparentid
		WHERE k.contype = 'f' AND (k.conparentid = 0 OR parent.confrelid = k.confrelid)
		ORDER BY k.conrelid, k.conname`
	var table, refTable uint32
	var f ForeignKey
	var key, refKey []int16
	return l.rows(ctx, q, []any{&table, &f.Name, &key, &refTable, &refKey, &f.Validated, &f.Inherited}, func() error {
		t, ref := l.byOID[table], l.byOID[refTable]
		if t == nil || ref == nil {
			return nil
		}
		found := f
		found.Table, found.RefTable = t.Name, ref.Name
		found.Columns, found.RefColumns = t.keyNames(key), ref.keyNames(refKey)
		t.ForeignKeys = append(t.ForeignKeys, found)
		return nil
	})
}

// keyNames turns column numbers into names one for one: unlike names it keeps a
// column that a key names twice.
func (t *Table) keyNames(nums []int16) []string {
	names := make([]string, 0, len(nums))
	for _, n := range nums {
		if i := slices.IndexFunc(t.Columns, func(c *Column) bool { return c.Num == n }); i >= 0 {
			names = append(names, t.Columns[i].Name)
		}
	}
	return names
}
