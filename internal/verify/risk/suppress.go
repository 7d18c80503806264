package risk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// maxRounds bounds how often one set's suppression is looked at again because of
// another's. What is still below then is refused by verification.
const maxRounds = 20

// Suppress takes out what is below the thresholds of the sets that say so, before
// indexes, constraints and triggers are there. It notes in specs what it did, and
// returns how many rows of each table are gone.
//
// With [Values] the quasi-identifiers of such classes' rows become NULL, all of
// them. Those rows are a class themselves, of people of whom it is known only that
// they are in no other; where it is too small in its turn, the smallest class that
// is left joins it. With [Rows] the rows go. Rows of other tables that point at
// them by a foreign key lose the reference if it can be NULL, and go too if not.
//
// cat is the source's catalog. It all happens in one transaction.
func Suppress(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, specs []Spec) (map[catalog.Name]int64, error) {
	s := suppression{conn: conn, cat: cat, removed: map[catalog.Name]int64{}, touched: map[catalog.Name]bool{}}
	if err := s.run(ctx, specs); err != nil {
		var pe *client.Error
		if errors.As(err, &pe) && strings.HasPrefix(pe.Code, "23") {
			return nil, &fault.Refusal{Gate: "risk", Reason: "rows can't be suppressed as the rules say, because a " +
				"constraint forbids it", Problems: []fault.Problem{{Text: err.Error()}}}
		}
		return nil, err
	}
	for name := range s.touched { // what stood there is gone for good, not only from sight
		if _, err := conn.Exec(ctx, "VACUUM "+name.SQL()); err != nil {
			return nil, client.Wrap(err, "vacuuming %s after its suppression", name)
		}
	}
	return s.removed, nil
}

type suppression struct {
	conn    *pgx.Conn
	cat     *catalog.Catalog
	removed map[catalog.Name]int64
	touched map[catalog.Name]bool
}

func (s *suppression) run(ctx context.Context, specs []Spec) (err error) {
	if err := s.exec(ctx, "starting to suppress", "BEGIN; SET LOCAL work_mem = '"+workMem+"'; SET LOCAL "+
		"row_security = off; SET LOCAL client_min_messages = warning; SET LOCAL search_path = "+s.path()); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = s.conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	for range maxRounds {
		changed := false
		for i := range specs {
			if specs[i].Below != Hide {
				continue
			}
			n, err := s.suppress(ctx, &specs[i])
			if err != nil {
				return err
			}
			changed = changed || n > 0
		}
		if !changed {
			break
		}
	}
	return s.exec(ctx, "suppressing", "COMMIT")
}

// path is a search path that has the operators of every type of the catalog.
// pg_catalog comes before it in any case.
func (s *suppression) path() string {
	seen, list := map[string]bool{}, []string{}
	for _, t := range s.cat.Tables {
		for _, c := range t.Columns {
			if schema := c.Type.Underlying().Schema; schema != "pg_catalog" && !seen[schema] {
				seen[schema] = true
				list = append(list, catalog.Quote(schema))
			}
		}
	}
	return strings.Join(append(list, "pg_temp"), ", ")
}

// suppress takes out what is below one set's thresholds now.
func (s *suppression) suppress(ctx context.Context, spec *Spec) (int64, error) {
	if spec.suppressed == nil {
		spec.suppressed = &Suppressed{How: spec.Suppress}
	}
	done := spec.suppressed
	n, err := s.take(ctx, spec, spec.victimsSQL())
	if err != nil {
		return 0, err
	}
	if spec.Suppress == Values {
		more, err := s.fill(ctx, spec)
		if err != nil {
			return 0, err
		}
		n += more
	}
	if n == 0 {
		return 0, nil
	}
	done.Rounds++
	done.Rows += n
	s.touched[spec.Table] = true
	if spec.Suppress == Rows {
		return n, s.follow(ctx, spec)
	}
	return n, nil
}

// fill adds the smallest class to those that became NULL until they are enough.
func (s *suppression) fill(ctx context.Context, spec *Spec) (n int64, err error) {
	for {
		short := false
		err := s.conn.QueryRow(ctx, spec.shortSQL()).Scan(&short)
		if err != nil {
			return n, client.Wrap(err, "counting what is suppressed of %s", spec)
		}
		if !short {
			return n, nil
		}
		more, err := s.take(ctx, spec, spec.smallestSQL())
		if err != nil || more == 0 { // nothing is left to join
			return n, err
		}
		n += more
	}
}

// take makes NULL, or removes, the rows that a query names by tableoid and ctid.
func (s *suppression) take(ctx context.Context, spec *Spec, victims string) (int64, error) {
	doing := "suppressing classes of " + spec.String()
	for _, sql := range []string{
		"CREATE TEMP TABLE refresher_victims ON COMMIT DROP AS " + victims,
		"ANALYZE refresher_victims",
	} {
		if err := s.exec(ctx, doing, sql); err != nil {
			return 0, err
		}
	}
	var n int64
	var err error
	const match = "t.ctid = v.row AND t.tableoid = v.rel"
	if spec.Suppress == Rows {
		n, err = s.remove(ctx, spec.Table, fmt.Sprintf("DELETE FROM %s AS t USING refresher_victims AS v WHERE %s",
			spec.Table.SQL(), match))
	} else {
		var set []string
		for _, c := range spec.QuasiIdentifiers {
			set = append(set, catalog.Quote(c.Name)+" = NULL")
		}
		tag, e := s.conn.Exec(ctx, fmt.Sprintf("UPDATE %s AS t SET %s FROM refresher_victims AS v WHERE %s",
			spec.Table.SQL(), strings.Join(set, ", "), match))
		n, err = tag.RowsAffected(), e
	}
	if err != nil {
		return 0, client.Wrap(err, "%s", doing)
	}
	return n, s.exec(ctx, doing, "DROP TABLE refresher_victims")
}

// remove runs a DELETE and counts what is gone, by the table that held it.
func (s *suppression) remove(ctx context.Context, table catalog.Name, sql string) (int64, error) {
	rows, err := s.conn.Query(ctx, "WITH gone AS ("+sql+" RETURNING t.tableoid AS rel) "+
		"SELECT n.nspname::text, c.relname::text, count(*) FROM gone JOIN pg_class AS c ON c.oid = gone.rel JOIN "+
		"pg_namespace AS n ON n.oid = c.relnamespace GROUP BY 1, 2")
	if err != nil {
		return 0, err
	}
	var from catalog.Name
	var n, all int64
	_, err = pgx.ForEachRow(rows, []any{&from.Schema, &from.Name, &n}, func() error {
		s.removed[from] += n
		all += n
		return nil
	})
	if all > 0 {
		s.touched[table] = true
	}
	return all, err
}

func (s *suppression) exec(ctx context.Context, doing, sql string) error {
	_, err := s.conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return client.Wrap(err, "%s", doing)
}

// victimsSQL names the rows of classes below the thresholds. Rows whose
// quasi-identifiers are all NULL show nothing more that could be taken.
func (s *Spec) victimsSQL() string {
	small := []string{fmt.Sprintf("%s < %d", s.size(), s.MinK)}
	for i := range s.Sensitive {
		small = append(small, fmt.Sprintf("max(l%d) OVER same < %d", i+1, s.MinL))
	}
	where := "small"
	if s.Suppress == Values {
		where += " AND NOT hidden"
	}
	return fmt.Sprintf("SELECT rel, row FROM (SELECT rel, row, hidden, %s AS small FROM (%s) AS x WINDOW same AS "+
		"(PARTITION BY %s)) AS y WHERE %s",
		strings.Join(small, " OR "), s.ranked(), positions(len(s.QuasiIdentifiers)), where)
}

// ranked are the table's rows with their quasi-identifiers, and numbers that run
// through the different values of a class.
func (s *Spec) ranked() string {
	list := []string{"t.tableoid AS rel", "t.ctid AS row", s.hidden() + " AS hidden"}
	for i, c := range s.QuasiIdentifiers {
		list = append(list, fmt.Sprintf("t.%s AS q%d", catalog.Quote(c.Name), i+1))
	}
	rank := func(column, as string) {
		list = append(list, fmt.Sprintf("dense_rank() OVER (PARTITION BY %s ORDER BY t.%s) AS %s", s.keys(),
			catalog.Quote(column), as))
	}
	if s.Person != "" {
		rank(s.Person, "k")
	}
	for i, c := range s.Sensitive {
		rank(c.Name, fmt.Sprintf("l%d", i+1))
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + s.Table.SQL() + " AS t"
}

// size is the size of a row's class, of what ranked names.
func (s *Spec) size() string {
	if s.Person != "" {
		return "max(k) OVER same"
	}
	return "count(*) OVER same"
}

// hidden is whether a row shows none of the set's columns.
func (s *Spec) hidden() string {
	var list []string
	for _, c := range s.QuasiIdentifiers {
		list = append(list, "t."+catalog.Quote(c.Name)+" IS NULL")
	}
	return "(" + strings.Join(list, " AND ") + ")"
}

// shortSQL says whether the rows that show nothing are a class below the thresholds.
func (s *Spec) shortSQL() string {
	different := func(column string) string {
		c := "t." + catalog.Quote(column)
		return fmt.Sprintf("count(DISTINCT %s) + CASE WHEN bool_or(%s IS NULL) THEN 1 ELSE 0 END", c, c)
	}
	size := "count(*)"
	if s.Person != "" {
		size = different(s.Person)
	}
	short := []string{fmt.Sprintf("%s < %d", size, s.MinK)}
	for _, c := range s.Sensitive {
		short = append(short, fmt.Sprintf("%s < %d", different(c.Name), s.MinL))
	}
	return fmt.Sprintf("SELECT count(*) > 0 AND (%s) FROM %s AS t WHERE %s", strings.Join(short, " OR "), s.Table.SQL(),
		s.hidden())
}

// smallestSQL names the rows of the smallest class that shows something.
func (s *Spec) smallestSQL() string {
	q := positions(len(s.QuasiIdentifiers))
	return fmt.Sprintf("SELECT rel, row FROM (SELECT rel, row, dense_rank() OVER (ORDER BY size, %s) AS place FROM "+
		"(SELECT rel, row, hidden, %s AS size, %s FROM (%s) AS x WINDOW same AS (PARTITION BY %s)) AS y WHERE NOT "+
		"hidden) AS z WHERE place = 1",
		q, s.size(), q, s.ranked(), q)
}
