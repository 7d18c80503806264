package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report/visible"
)

// check makes a Check that holds if there are no problems.
func check(name, detail string, problems []string) Check {
	slices.Sort(problems)
	return Check{Name: name, OK: len(problems) == 0, Detail: detail, problems: fault.Problems(problems)}
}

// spec is what the rules decided for a table: by its own name, else by its root's.
func (db *database) spec(t *catalog.Table) *Table {
	if s := db.specs[t.Name]; s != nil {
		return s
	}
	return db.specs[t.Root]
}

// coverage compares the database with the rules, both ways.
func (db *database) coverage() Check {
	var problems []string
	columns := 0
	for _, t := range db.cat.Tables {
		spec := db.spec(t)
		if spec == nil {
			// A partitioned table holds no rows, its partitions do; and staging's template may
			// have an extension that production has not.
			if t.Kind != catalog.Partitioned && t.Extension == "" {
				problems = append(problems, fmt.Sprintf("%s: no rule names this table", t.Name))
			}
			continue
		}
		problems = append(problems, uncovered(t, spec)...)
		columns += len(spec.Columns)
	}
	for name := range db.specs {
		if db.cat.Table(name) == nil {
			problems = append(problems, fmt.Sprintf("%s: the rules name it, but there is no such table", name))
		}
	}
	return check("coverage", fmt.Sprintf("%d tables, %d columns, each with its rule", len(db.specs), columns), problems)
}

func uncovered(t *catalog.Table, spec *Table) (problems []string) {
	ruled := map[string]bool{}
	for _, c := range spec.Columns {
		ruled[c.Name] = true
		if t.Column(c.Name) == nil {
			problems = append(problems, fmt.Sprintf("%s.%s: the rules name it, but there is no such column", t.Name,
				c.Name))
		}
	}
	if spec.RowsNone || spec.Rest {
		return problems // no row, so nothing in any column; or a rule for all others
	}
	for _, c := range t.Columns {
		// A generated column is computed from columns that have rules.
		if !ruled[c.Name] && !c.Generated {
			problems = append(problems, fmt.Sprintf("%s.%s: no rule names this column", t.Name, c.Name))
		}
	}
	return problems
}

// rowCounts compares each table's own rows with those that left the source.
func (db *database) rowCounts() Check {
	var problems []string
	known, rows := 0, int64(0)
	for _, t := range db.cat.Tables {
		spec := db.specs[t.Name]
		if spec == nil || !t.HoldsRows() || spec.RowsNone || spec.SourceRows < 0 {
			continue
		}
		known++
		n := db.counts[t.Name]
		rows += n
		if n != spec.SourceRows {
			problems = append(problems, fmt.Sprintf("%s: %s rows where %s left the source", t.Name, visible.Count(n),
				visible.Count(spec.SourceRows)))
		}
	}
	if known == 0 {
		return check("rows", "the source's row counts are not known here", nil)
	}
	return check("rows", fmt.Sprintf("%s rows in %d tables, as many as left the source", visible.Count(rows), known),
		problems)
}

// empty checks the tables whose rows stay behind.
func (db *database) empty() Check {
	var problems []string
	n := 0
	for _, t := range db.cat.Tables {
		if spec := db.spec(t); spec != nil && spec.RowsNone && t.HoldsRows() {
			n++
			if rows := db.counts[t.Name]; rows > 0 {
				problems = append(problems, fmt.Sprintf("%s: %d rows, but its rule is rows: none", t.Name, rows))
			}
		}
	}
	return check("empty", fmt.Sprintf("%d tables of rows: none", n), problems)
}

// constraints checks that what the schema promises of the rows is true.
func (db *database) constraints(ctx context.Context, conn *pgx.Conn) (Check, error) {
	var problems []string
	each := func(what, sql string, use func(name catalog.Name, object string)) error {
		rows, err := conn.Query(ctx, sql)
		if err != nil {
			return client.Wrap(err, "reading %s of database %q", what, db.cfg.Database)
		}
		var n catalog.Name
		var object string
		_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &object}, func() error { use(n, object); return nil })
		return client.Wrap(err, "reading %s of database %q", what, db.cfg.Database)
	}
	const user = ` n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'`
	total, alike, unready := 0, 0, 0
	err := each("the constraints", `
		SELECT n.nspname, c.relname, CASE WHEN k.convalidated THEN '' ELSE k.conname END
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE`+user, func(name catalog.Name, constraint string) {
		total++
		if constraint == "" {
			return
		}
		if spec := db.specs[name]; spec != nil && slices.Contains(spec.NotValid, constraint) {
			alike++
			return
		}
		problems = append(problems, fmt.Sprintf("%s: constraint %q is not validated", name, constraint))
	})
	if err != nil {
		return Check{}, err
	}
	err = each("the indexes", `
		SELECT n.nspname, c.relname, ic.relname
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
		JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND`+user, func(name catalog.Name, index string) {
		if spec := db.specs[name]; spec != nil && slices.Contains(spec.NotValid, index) {
			unready++
			return
		}
		problems = append(problems, fmt.Sprintf("%s: index %q is not valid", name, index))
	})
	if err != nil {
		return Check{}, err
	}
	detail := fmt.Sprintf("%d constraints validated, all indexes valid", total-alike)
	if unready > 0 {
		detail = fmt.Sprintf("%d constraints validated, all indexes valid but %d that are not in the source either",
			total-alike, unready)
	}
	if alike > 0 {
		detail += fmt.Sprintf("; %d NOT VALID as in the source", alike)
	}
	return check("constraints", detail, problems), nil
}
