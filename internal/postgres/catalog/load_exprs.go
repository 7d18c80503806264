package catalog

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// varattno is a column reference in the printed form of an expression tree, and
// nullTest one of which nothing is asked but whether it is NULL
// (src/backend/nodes/outfuncs.c, Var and NullTest).
var (
	varattno = regexp.MustCompile(`:varattno (\d+)`)
	nullTest = regexp.MustCompile(`\{NULLTEST :arg \{VAR :varno \d+ :varattno (\d+)`)
)

// allColumns are the numbers of all columns that an expression tree reads; 0 is
// the whole row.
func allColumns(tree string) []int16 { return numbersIn(varattno, tree) }

// treeColumns tells the columns whose values a tree looks at from those of which
// it asks no more than whether they are NULL.
func treeColumns(tree string) (reads, nulls []int16) {
	nulls = numbersIn(nullTest, tree)
	reads = numbersIn(varattno, nullTest.ReplaceAllLiteralString(tree, ""))
	nulls = slices.DeleteFunc(nulls, func(n int16) bool { return slices.Contains(reads, n) })
	return reads, nulls
}

func numbersIn(re *regexp.Regexp, tree string) []int16 {
	var nums []int16
	for _, m := range re.FindAllStringSubmatch(tree, -1) {
		n, err := strconv.ParseInt(m[1], 10, 16)
		if err == nil && !slices.Contains(nums, int16(n)) {
			nums = append(nums, int16(n))
		}
	}
	return nums
}

// splitTrees cuts a list of expression trees, "({…} {…})", into its members.
func splitTrees(list string) []string {
	var trees []string
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '\\': // escapes what follows
			i++
		case '{':
			if depth == 0 {
				start = i
			}
			depth++
		case '}':
			if depth--; depth == 0 {
				trees = append(trees, list[start:i+1])
			}
		}
	}
	return trees
}

func (l *loader) notValid(ctx context.Context) error {
	const q = `
		SELECT conrelid, conname FROM pg_constraint WHERE NOT convalidated AND conrelid <> 0
		UNION ALL
		SELECT i.indrelid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relkind = 'I' AND NOT i.indisvalid
		ORDER BY 2`
	var table uint32
	var name string
	return l.rows(ctx, q, []any{&table, &name}, func() error {
		if t := l.byOID[table]; t != nil {
			t.NotValid = append(t.NotValid, name)
		}
		return nil
	})
}

// checks reads the constraints of tables, where they were made, and of domains.
func (l *loader) checks(ctx context.Context) error {
	const q = `
		SELECT k.conrelid, k.contypid, k.conname, pg_get_constraintdef(k.oid, true), k.conbin::text
		FROM pg_constraint k WHERE k.contype = 'c' AND (k.conislocal OR k.contypid <> 0) ORDER BY k.conname`
	var table, typ uint32
	var c Check
	var tree string
	return l.rows(ctx, q, []any{&table, &typ, &c.Name, &c.Expr, &tree}, func() error {
		found := c
		if t := l.types[typ]; t != nil {
			t.Checks = append(t.Checks, found)
		}
		if t := l.byOID[table]; t != nil {
			reads, _ := treeColumns(tree)
			found.Reads = t.names(reads)
			t.Checks = append(t.Checks, found)
		}
		return nil
	})
}

func (l *loader) generated(ctx context.Context) error {
	const q = `
		SELECT a.attrelid, a.attnum, pg_get_expr(d.adbin, d.adrelid), d.adbin::text
		FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attgenerated <> '' AND NOT a.attisdropped`
	var table uint32
	var num int16
	var expr, tree string
	return l.rows(ctx, q, []any{&table, &num, &expr, &tree}, func() error {
		t := l.byOID[table]
		if t == nil {
			return nil
		}
		for _, c := range t.Columns {
			if c.Num == num {
				c.As, c.From = expr, t.names(allColumns(tree))
			}
		}
		return nil
	})
}

func (l *loader) partitionKeys(ctx context.Context) error {
	const q = `SELECT p.partrelid, string_to_array(p.partattrs::text, ' ')::int2[], coalesce(p.partexprs::text, '') FROM pg_partitioned_table p`
	var table uint32
	var key []int16
	var exprs string
	return l.rows(ctx, q, []any{&table, &key, &exprs}, func() error {
		if t := l.byOID[table]; t != nil {
			t.PartitionBy = t.names(indexColumns(key, exprs))
		}
		return nil
	})
}

// searches reads what tsvector_update_trigger is told: column, configuration, columns of text.
func (l *loader) searches(ctx context.Context) error {
	const q = `
		SELECT t.tgrelid, p.proname::text, t.tgargs FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
		WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('tsvector_update_trigger', 'tsvector_update_trigger_column')
		ORDER BY t.tgrelid, t.tgname`
	var table uint32
	var function string
	var raw []byte
	return l.rows(ctx, q, []any{&table, &function, &raw}, func() error {
		args := strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
		t := l.byOID[table]
		if t == nil || len(args) < 3 {
			return nil
		}
		s := Search{Column: args[0], Config: args[1], From: args[2:]}
		if function == "tsvector_update_trigger_column" {
			s.Config, s.ConfigColumn = "", args[1]
		}
		t.Search = append(t.Search, s)
		return nil
	})
}
