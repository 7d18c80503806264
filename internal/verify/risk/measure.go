package risk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// workMem is what the server may use for one grouping before it goes to disk.
const workMem = "64MB"

// Measure counts the classes of every set, in the transaction that conn is in or
// outside of any. What it sends back is figures only: how many classes there are
// of each size.
func Measure(ctx context.Context, conn *pgx.Conn, specs []Spec) ([]*Result, error) {
	if len(specs) > 0 {
		if _, err := conn.Exec(ctx, "SELECT pg_catalog.set_config('work_mem', '"+workMem+"', true)"); err != nil {
			return nil, client.Wrap(err, "preparing to count classes")
		}
	}
	results := make([]*Result, 0, len(specs))
	for i := range specs {
		r, err := measure(ctx, conn, &specs[i])
		if err != nil {
			return nil, client.Wrap(err, "counting the classes of %s", &specs[i])
		}
		results = append(results, r)
	}
	return results, nil
}

func measure(ctx context.Context, conn *pgx.Conn, s *Spec) (*Result, error) {
	began := time.Now()
	r := &Result{
		Table: s.Table.String(), QuasiIdentifiers: s.QuasiIdentifiers, Person: s.Person, MinK: s.MinK, MinL: s.MinL,
		Below: s.Below, Origin: s.Origin, Suppressed: s.suppressed, Sensitive: []Diversity{},
	}
	sizes, err := distribution(ctx, conn, s.sizesSQL())
	if err != nil {
		return r, err
	}
	r.count(sizes)
	for _, c := range s.Sensitive {
		values, err := distribution(ctx, conn, s.valuesSQL(c.Name))
		if err != nil {
			return r, err
		}
		r.Sensitive = append(r.Sensitive, diversity(c.Name, s.MinL, values))
	}
	r.OK = len(r.Problems()) == 0
	r.Passed = r.OK || s.Below == Inform
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// group counts the classes of one size.
type group struct{ size, classes, rows int64 }

func distribution(ctx context.Context, conn *pgx.Conn, sql string) ([]group, error) {
	rows, err := conn.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, err
	}
	groups, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g group, err error) {
		return g, row.Scan(&g.size, &g.classes, &g.rows)
	})
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.size, b.size) })
	return groups, err
}

// keys are the set's columns as SQL, comma-separated.
func (s *Spec) keys() string {
	var list []string
	for _, c := range s.QuasiIdentifiers {
		list = append(list, "t."+catalog.Quote(c.Name))
	}
	return strings.Join(list, ", ")
}

// names are the positions of n columns of an inner query: q1, q2, ….
func positions(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("q%d", i+1)
	}
	return strings.Join(list, ", ")
}

// sizesSQL counts classes by size: size, classes, rows. A class's size is its
// rows, or its different persons.
func (s *Spec) sizesSQL() string {
	if s.Person != "" {
		return s.valuesSQL(s.Person)
	}
	return fmt.Sprintf("SELECT n, count(*), (n * count(*))::int8 FROM (SELECT count(*) AS n FROM %s AS t GROUP BY "+
		"%s) AS c GROUP BY n",
		s.Table.SQL(), s.keys())
}

// valuesSQL counts classes by how many different values of a column they hold.
func (s *Spec) valuesSQL(column string) string {
	var q []string
	for i, c := range s.QuasiIdentifiers {
		q = append(q, fmt.Sprintf("t.%s AS q%d", catalog.Quote(c.Name), i+1))
	}
	v := "t." + catalog.Quote(column)
	return fmt.Sprintf("SELECT n, count(*), sum(r)::int8 FROM (SELECT count(*) AS n, sum(r) AS r FROM "+
		"(SELECT %s, count(*) AS r FROM %s AS t GROUP BY %s, %s) AS p GROUP BY %s) AS c GROUP BY n",
		strings.Join(q, ", "), s.Table.SQL(), s.keys(), v, positions(len(q)))
}

// count fills in what the sizes of classes say.
func (r *Result) count(sizes []group) {
	members := int64(0)
	r.Sizes = []Size{}
	for _, g := range sizes {
		if r.K == 0 {
			r.K = g.size
		}
		if g.size == 1 {
			r.Singletons = g.classes
		}
		if g.size < r.MinK {
			r.ClassesBelow += g.classes
			r.RowsBelow += g.rows
		}
		r.Rows += g.rows
		r.Classes += g.classes
		members += g.size * g.classes
		r.addSize(g)
	}
	if r.K > 0 {
		r.HighestRisk = 1 / float64(r.K)
		r.AverageRisk = float64(r.Classes) / float64(members)
	}
}

// sizeSteps are the lower ends of the sizes that reports show.
var sizeSteps = []int64{1, 2, 3, 5, 10, 20, 50, 100, 1000}

func (r *Result) addSize(g group) {
	i := len(sizeSteps) - 1
	for i > 0 && g.size < sizeSteps[i] {
		i--
	}
	from, to := sizeSteps[i], int64(0)
	if i+1 < len(sizeSteps) {
		to = sizeSteps[i+1] - 1
	}
	if n := len(r.Sizes); n == 0 || r.Sizes[n-1].From != from {
		r.Sizes = append(r.Sizes, Size{From: from, To: to})
	}
	last := &r.Sizes[len(r.Sizes)-1]
	last.Classes += g.classes
	last.Rows += g.rows
}

func diversity(column string, least int64, values []group) Diversity {
	d := Diversity{Column: column}
	for _, g := range values {
		if d.L == 0 {
			d.L = g.size
		}
		if g.size < least {
			d.ClassesBelow += g.classes
			d.RowsBelow += g.rows
		}
	}
	return d
}
