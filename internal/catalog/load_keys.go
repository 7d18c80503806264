package catalog

import (
	"context"
	"regexp"
	"slices"
	"strconv"
)

func (l *loader) indexes(ctx context.Context) error {
	const q = `
		SELECT i.indrelid, c.relname, i.indisprimary, i.indnkeyatts, string_to_array(i.indkey::text, ' ')::int2[],
		       coalesce(i.indexprs::text, ''), coalesce(pg_get_expr(i.indpred, i.indrelid), '')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE i.indisunique AND i.indislive AND (i.indisvalid OR c.relkind = 'I') AND ` + userSchemas + `
		ORDER BY i.indrelid, NOT i.indisprimary, c.relname`
	var table uint32
	var u UniqueIndex
	var keys int16
	var key []int16
	var exprs string
	into := []any{&table, &u.Name, &u.Primary, &keys, &key, &exprs, &u.Predicate}
	return l.rows(ctx, q, into, func() error {
		t := l.byOID[table]
		if t == nil {
			return nil
		}
		found := u
		found.Expression = exprs != ""
		found.Columns = t.names(indexColumns(key[:keys], exprs))
		if found.Primary {
			t.PrimaryKey = found.Columns
		}
		t.Unique = append(t.Unique, found)
		return nil
	})
}

// varattno is a column reference in the printed form of an expression tree
// (src/backend/nodes/outfuncs.c, Var).
var varattno = regexp.MustCompile(`:varattno (\d+)`)

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
	for _, m := range varattno.FindAllStringSubmatch(exprs, -1) {
		n, err := strconv.ParseInt(m[1], 10, 16)
		if err == nil && !slices.Contains(nums, int16(n)) {
			nums = append(nums, int16(n))
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
