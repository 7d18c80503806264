package synthetic

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Policy says what may be released.
type Policy struct {
	Method
	// Values reports whether values of a column may be released: its rules keep them, and they identify nobody.
	Values func(table catalog.Name, column string) bool
	// Class is what a column holds by its rules, empty if they don't say.
	Class func(table catalog.Name, column string) pii.Class
	// People reports whether a table's rows are people. With k, a value of another table that refers to it is
	// released only if k of them have it.
	People func(table catalog.Name) bool
}

const (
	maxValues = 100 // of a column
	maxLength = 64  // of a value, in characters

	// ofValues is by how much a row changes the counts of a column: it is filled, and has one value.
	ofValues = 2
)

// Measure counts the rows of a scrubbed database by a connection with refresher's own settings.
func Measure(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, p Policy) (*Statistics, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	s := &Statistics{Method: p.Method}
	for _, t := range made(cat) {
		m := &measuring{conn: conn, policy: p, table: t, detector: detect.New().Words()}
		measured, err := m.measure(ctx, cat)
		if err != nil {
			return nil, err
		}
		s.Tables = append(s.Tables, *measured)
	}
	return s, nil
}

// made are the tables of which rows are made: all but partitions, foreign tables and those that extensions fill.
func made(cat *catalog.Catalog) (list []*catalog.Table) {
	for _, t := range cat.Tables {
		if !t.IsPartition && t.Kind != catalog.Foreign && t.Extension == "" {
			list = append(list, t)
		}
	}
	return list
}

type measuring struct {
	conn     *pgx.Conn
	policy   Policy
	table    *catalog.Table
	detector *detect.Detector
	releaser
	people string // SQL of how many people the rows of a group are of
}

func (m *measuring) measure(ctx context.Context, cat *catalog.Catalog) (*Table, error) {
	out := &Table{Name: m.table.Name.String()}
	keys := ownKeys(m.table)
	referring := map[string]bool{}
	m.people = "count(*)"
	for _, k := range keys {
		for _, c := range k.Columns {
			referring[c] = true
		}
		if to := cat.Table(k.RefTable); to != nil && m.policy.People(to.Root) {
			m.people = "least(" + m.people + ", count(DISTINCT (" + m.columns(k.Columns) + ")))"
		}
	}
	var columns []*catalog.Column
	histograms := 1 + len(keys)
	for _, c := range m.table.Columns {
		if c.Generated {
			continue
		}
		columns = append(columns, c)
		if !referring[c.Name] && (!c.NotNull || m.policy.Values(m.table.Name, c.Name)) {
			histograms++
		}
	}
	leaves := partitions(cat, m.table)
	if len(leaves) > 0 {
		histograms++
	}
	m.releaser = releaser{Method: m.policy.Method, each: m.policy.Epsilon / float64(histograms)}
	out.Each = m.each
	rows, err := m.countAll(ctx)
	if err != nil {
		return nil, err
	}
	out.Rows = m.count(rows, rows, 1)
	for _, c := range columns {
		col := Column{Name: c.Name, Class: m.policy.Class(m.table.Name, c.Name), Filled: out.Rows}
		if !referring[c.Name] {
			if err := m.column(ctx, c, &col); err != nil {
				return nil, err
			}
		}
		out.Columns = append(out.Columns, col)
	}
	for _, k := range keys {
		key, err := m.key(ctx, k)
		if err != nil {
			return nil, err
		}
		out.Keys = append(out.Keys, *key)
	}
	for _, leaf := range leaves {
		n, err := leaf.CountRows(ctx, m.conn)
		if err != nil {
			return nil, err
		}
		out.Partitions = append(out.Partitions, Part{leaf.Name.String(), m.count(n, n, 1)})
	}
	return out, nil
}

// ownKeys are the foreign keys that are none of a partition's copies, one for each list of columns.
func ownKeys(t *catalog.Table) (keys []catalog.ForeignKey) {
	for _, k := range t.ForeignKeys {
		same := func(o catalog.ForeignKey) bool { return slices.Equal(o.Columns, k.Columns) }
		if !k.Inherited && !slices.ContainsFunc(keys, same) {
			keys = append(keys, k)
		}
	}
	return keys
}

// partitions are those of a table that hold rows.
func partitions(cat *catalog.Catalog, t *catalog.Table) (leaves []*catalog.Table) {
	if t.Kind != catalog.Partitioned {
		return nil
	}
	for _, leaf := range cat.Tables {
		if leaf.Root == t.Name && leaf.IsPartition && leaf.HoldsRows() {
			leaves = append(leaves, leaf)
		}
	}
	return leaves
}

func (m *measuring) from() string {
	if m.table.Kind == catalog.Partitioned {
		return m.table.Name.SQL() + " AS t"
	}
	return m.table.Only()
}

func (m *measuring) columns(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = "t." + catalog.Quote(n)
	}
	return strings.Join(list, ", ")
}

func (m *measuring) failed(err error, column string) error {
	return client.Wrap(err, "counting rows of %s by %s", m.table.Name, column)
}

func (m *measuring) countAll(ctx context.Context) (n int64, err error) {
	err = m.conn.QueryRow(ctx, "SELECT count(*) FROM "+m.from()).Scan(&n)
	return n, client.Wrap(err, "counting the rows of %s", m.table.Name)
}

// column counts the NULLs of a column, and its values where they may be released.
func (m *measuring) column(ctx context.Context, c *catalog.Column, out *Column) error {
	values := m.policy.Values(m.table.Name, c.Name)
	if c.NotNull && !values {
		return nil
	}
	var rows, nulls, people, peopleNulls int64
	ref := "t." + catalog.Quote(c.Name)
	sql := "SELECT count(*), " + m.people + " FROM " + m.from() + " WHERE " + ref
	err := m.conn.QueryRow(ctx, sql+" IS NULL").Scan(&nulls, &peopleNulls)
	if err == nil {
		err = m.conn.QueryRow(ctx, sql+" IS NOT NULL").Scan(&rows, &people)
	}
	if err != nil {
		return m.failed(err, c.Name)
	}
	sensitivity := 1.0
	if values {
		sensitivity = ofValues
	}
	out.Nulls, out.Filled = m.count(nulls, peopleNulls, sensitivity), m.count(rows, people, sensitivity)
	if !values {
		return nil
	}
	kind := kindOf(c.Type)
	switch labels, grid := kind.labels(c.Type), kind.grid(); {
	case labels != nil:
		return m.labels(ctx, c, labels, out)
	case m.K > 0 && (kind == text || kind == whole):
		if err := m.values(ctx, c, out); err != nil || kind == text {
			return err
		}
		if covered(out) {
			return nil
		}
		out.Values = nil
		return m.bins(ctx, c, grid, kind, out)
	case grid != nil:
		return m.bins(ctx, c, grid, kind, out)
	}
	return nil
}

// covered reports whether the released values are most of a column's.
func covered(c *Column) bool {
	var n int64
	for _, v := range c.Values {
		n += v.Rows
	}
	return 10*n >= 9*c.Filled
}

// labels counts the values of a type that has few.
func (m *measuring) labels(ctx context.Context, c *catalog.Column, labels []string, out *Column) error {
	rows, groups := make([]int64, len(labels)), make([]int64, len(labels))
	err := m.histogram(ctx, c.Type.AsText("t."+catalog.Quote(c.Name)), c.Name, nil, func(label string, n, of int64) {
		if i := slices.Index(labels, label); i >= 0 {
			rows[i], groups[i] = n, of
		}
	})
	if err != nil {
		return err
	}
	m.counts(rows, groups, ofValues)
	for i, label := range labels {
		if rows[i] > 0 {
			out.Values = append(out.Values, Value{label, rows[i]})
		}
	}
	return nil
}

// values are the most frequent texts or whole numbers of a column. Which there are says the data, so this is
// not for noise.
func (m *measuring) values(ctx context.Context, c *catalog.Column, out *Column) error {
	ref := c.Type.AsText("t." + catalog.Quote(c.Name))
	sql := fmt.Sprintf(" HAVING least(count(*), %s) >= %d AND length(%s) <= %d ORDER BY 2 DESC, (%s) COLLATE \"C\""+
		" LIMIT %d", m.people, m.K, ref, maxLength, ref, maxValues)
	err := m.histogram(ctx, ref, c.Name, &sql, func(value string, n, of int64) {
		if len(m.detector.Scan(nil, []byte(value))) == 0 {
			if n = m.count(n, of, ofValues); n > 0 {
				out.Values = append(out.Values, Value{value, n})
			}
		}
	})
	return err
}

// bins counts the values of a column in the intervals of its type.
func (m *measuring) bins(ctx context.Context, c *catalog.Column, grid []string, k kind, out *Column) error {
	rows, groups := make([]int64, len(grid)-1), make([]int64, len(grid)-1)
	edges := catalog.Literal("{" + strings.Join(grid, ",") + "}")
	sql := fmt.Sprintf("pg_catalog.width_bucket(t.%s::%s, %s::%s[])::text", catalog.Quote(c.Name), k.scale(), edges,
		k.scale())
	err := m.histogram(ctx, sql, c.Name, nil, func(bucket string, n, of int64) {
		var at int
		if _, err := fmt.Sscan(bucket, &at); err == nil && at > 0 && at < len(grid) {
			rows[at-1], groups[at-1] = n, of
		}
	})
	if err != nil {
		return err
	}
	m.counts(rows, groups, ofValues)
	for i, n := range rows {
		if n > 0 {
			out.Bins = append(out.Bins, Interval{grid[i], grid[i+1], n})
		}
	}
	return nil
}

// histogram counts rows, and the people that they are of, by an expression.
func (m *measuring) histogram(ctx context.Context, expr, column string, having *string,
	each func(value string, rows, people int64)) error {
	sql := "SELECT " + expr + ", count(*), " + m.people + " FROM " + m.from() + " WHERE t." + catalog.Quote(column) +
		" IS NOT NULL GROUP BY 1"
	if having != nil {
		sql += *having
	}
	rows, err := m.conn.Query(ctx, sql)
	if err != nil {
		return m.failed(err, column)
	}
	defer rows.Close()
	for rows.Next() {
		var value *string
		var n, people int64
		if err := rows.Scan(&value, &n, &people); err != nil {
			return m.failed(err, column)
		}
		if value != nil {
			each(*value, n, people)
		}
	}
	return m.failed(rows.Err(), column)
}

// key counts parents by how many rows refer to them. A row that is added or removed moves its parent from one count
// to the next, and counts itself: three in all.
func (m *measuring) key(ctx context.Context, k catalog.ForeignKey) (*Key, error) {
	out := &Key{Columns: k.Columns, To: k.RefTable.String()}
	null := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		null[i] = "t." + catalog.Quote(c) + " IS NULL"
	}
	condition := strings.Join(null, " OR ")
	var nulls, filled int64
	err := m.conn.QueryRow(ctx, "SELECT count(*) FILTER (WHERE "+condition+"), count(*) FILTER (WHERE NOT ("+condition+
		")) FROM "+m.from()).Scan(&nulls, &filled)
	if err != nil {
		return nil, m.failed(err, k.Name)
	}
	out.Nulls, out.Filled = m.count(nulls, nulls, 3), m.count(filled, filled, 3)
	counts := make([]int64, fans)
	powers := make([]string, fans)
	for i := range powers {
		powers[i] = fmt.Sprint(1 << i)
	}
	rows, err := m.conn.Query(ctx, "SELECT pg_catalog.width_bucket(n, '{"+strings.Join(powers, ",")+
		"}'::bigint[]) - 1, count(*) FROM (SELECT count(*) AS n FROM "+m.from()+" WHERE NOT ("+condition+") GROUP BY "+
		m.columns(k.Columns)+") AS x GROUP BY 1")
	if err != nil {
		return nil, m.failed(err, k.Name)
	}
	defer rows.Close()
	for rows.Next() {
		var at int
		var n int64
		if err := rows.Scan(&at, &n); err != nil {
			return nil, m.failed(err, k.Name)
		}
		counts[at] = n
	}
	if err := rows.Err(); err != nil {
		return nil, m.failed(err, k.Name)
	}
	for at, n := range counts {
		if n = m.count(n, n, 3); n > 0 {
			out.Fans = append(out.Fans, Fan{Least: 1 << at, Most: 2<<at - 1, Rows: n})
		}
	}
	return out, nil
}

// fans is how many counts of children there are: 1, 2 to 3, 4 to 7 and so on.
const fans = 24

// Bounds are the constraints of partitions, as SQL. Like the catalog they are the schema's.
func Bounds(ctx context.Context, conn *pgx.Conn) (map[catalog.Name]string, error) {
	rows, err := conn.Query(ctx, `SELECT n.nspname::text, c.relname::text,
		coalesce(pg_catalog.pg_get_partition_constraintdef(c.oid), '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition`)
	if err != nil {
		return nil, client.Wrap(err, "reading the bounds of partitions")
	}
	defer rows.Close()
	bounds := map[catalog.Name]string{}
	for rows.Next() {
		var n catalog.Name
		var sql string
		if err := rows.Scan(&n.Schema, &n.Name, &sql); err != nil {
			return nil, client.Wrap(err, "reading the bounds of partitions")
		}
		bounds[n] = sql
	}
	return bounds, client.Wrap(rows.Err(), "reading the bounds of partitions")
}
