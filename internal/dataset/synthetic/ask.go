package synthetic

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/sqltext"
)

// candidates is how many values of a column are drawn to be tried.
const candidates = 2000

// question is a constraint that reads one column and is not understood.
type question struct {
	at    int // column
	name  string
	sql   string // the condition
	built bool   // it names nothing but PostgreSQL's own functions and types
}

// Ask has the server try values of columns that a constraint reads which is not understood, and returns the options
// with those that it takes as the column's values. conn is to a database with the functions and types of the
// constraints. Where the server can't say, the options stay as they are: it will when rows come. A column of which no
// value is taken is a *fault.Refusal.
func Ask(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, bounds map[catalog.Name]string, stats *Statistics,
	o Options) (Options, error) {
	return ask(ctx, conn, cat, bounds, stats, o, func(*table, question) bool { return true })
}

// ask asks the questions that may be answered now.
func ask(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, bounds map[catalog.Name]string, stats *Statistics,
	o Options, now func(*table, question) bool) (Options, error) {
	g, err := build(cat, bounds, stats, o, nil)
	if err != nil {
		return o, err
	}
	tables := map[catalog.Name]TableOptions{}
	maps.Copy(tables, o.Tables)
	for _, t := range g.tables {
		if t.rows == 0 {
			continue
		}
		for _, q := range t.questions() {
			c := t.columns[q.at]
			if !now(t, q) {
				continue
			}
			drawn := t.candidates(q)
			values, sure := taken(ctx, conn, c, q, drawn)
			if !sure || len(values) == len(drawn) {
				continue
			}
			if len(values) == 0 {
				return o, refuse(t, "column "+c.name,
					"has a constraint, %s, that takes none of %d values that were drawn", q.name, len(drawn))
			}
			c.domain.list = values
			table := tables[t.cat.Name]
			table.Values = maps.Clone(table.Values)
			if table.Values == nil {
				table.Values = map[string][]string{}
			}
			table.Values[c.name] = values
			tables[t.cat.Name] = table
		}
	}
	o.Tables = tables
	return o, nil
}

// questions are the constraints of a table, and of its columns' domains, that read one column that is drawn, and that
// can't be evaluated.
func (t *table) questions() (list []question) {
	add := func(name string, k catalog.Check, domain bool) {
		at := t.index(name)
		if at < 0 || t.unitOf[at].fk != nil || t.unitOf[at].how == linked || !t.columns[at].made() ||
			t.understands(at, parseCheck(k.Expr)) {
			return
		}
		q := question{at: at, name: k.Name}
		if q.sql, q.built = conditionOf(k.Expr), true; domain {
			q.sql = withColumn(q.sql, catalog.Quote(name))
		}
		for _, t := range sqltext.Tokens(q.sql) {
			q.built = q.built && t.Text != "."
		}
		list = append(list, q)
	}
	for _, c := range t.cat.Columns {
		for typ := c.Type; typ != nil && typ.Kind == catalog.DomainType; typ = typ.Base {
			for _, k := range typ.Checks {
				add(c.Name, k, true)
			}
		}
	}
	for _, k := range t.cat.Checks {
		if len(k.Reads) == 1 {
			add(k.Reads[0], k, false)
		}
	}
	return list
}

// understands reports whether a condition on a column can be evaluated, as some values tell.
func (t *table) understands(at int, e *expr) bool {
	r := row{t: t, cells: make([]cell, len(t.columns))}
	v := evaluator{value: func(string) datum { return r.datum(t.columns[at].name) }}
	for _, value := range t.draws(at, 20) {
		r.cells[at] = cell{text: []byte(value)}
		if v.eval(e).is == notKnown {
			return false
		}
	}
	return true
}

// draws are different values of a column: drawn as for rows, or counted where rows must differ.
func (t *table) draws(at, n int) (values []string) {
	c := t.columns[at]
	if c.domain.list != nil {
		return c.domain.list
	}
	counted := t.counts(c)
	drawn := map[string]bool{}
	for i := range n {
		var value string
		if d := c.source.digest(uint64(i), -5); !counted {
			value = string(c.draw(&d))
		} else if value = string(c.nth(uint64(i))); uint64(i) >= c.capacity() {
			break
		}
		if !drawn[value] {
			drawn[value] = true
			values = append(values, value)
		}
	}
	return values
}

// counts reports whether the values of a column may have to differ.
func (t *table) counts(c *column) bool {
	return slices.ContainsFunc(t.cat.Unique,
		func(x catalog.UniqueIndex) bool { return slices.Contains(x.Columns, c.name) })
}

// candidates are the values that are tried for a question: more where rows must differ.
func (t *table) candidates(q question) []string {
	n := candidates
	if t.counts(t.columns[q.at]) {
		n = max(n, int(min(t.rows*4, 25*candidates)))
	}
	return t.draws(q.at, n)
}

// conditionOf is the condition of a constraint.
func conditionOf(check string) string {
	check = strings.TrimPrefix(check, "CHECK ")
	for _, end := range []string{" NOT ENFORCED", " NOT VALID", " NO INHERIT"} {
		check = strings.TrimSuffix(check, end)
	}
	return check
}

// withColumn is a domain's condition on a column.
func withColumn(condition, column string) string {
	var b strings.Builder
	var l sqltext.Lexer
	for text := []byte(condition); len(text) > 0; {
		kind, n := l.Next(text)
		if kind == sqltext.Word && strings.EqualFold(string(text[:n]), "VALUE") {
			b.WriteString(column)
		} else {
			b.Write(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// taken are the candidates for a column that the server takes, in a transaction that can't write; sure is false if it
// doesn't say.
func taken(ctx context.Context, conn *pgx.Conn, c *column, q question, drawn []string) (values []string, sure bool) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, false
	}
	defer func() { _ = tx.Rollback(ctx) }() // nothing was written
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = '30s'"); err != nil {
		return nil, false
	}
	typ := c.typ.SQL
	if c.typ.OID == catalog.BPCharOID {
		typ = "pg_catalog.bpchar" // without a length it is of one character
	}
	rows, err := tx.Query(ctx, `SELECT "the candidate" FROM (SELECT c AS "the candidate", n AS "its place", c::`+typ+" AS "+
		catalog.Quote(c.name)+` FROM unnest($1::text[]) WITH ORDINALITY AS u (c, n)) AS t WHERE (`+q.sql+
		`) IS NOT FALSE ORDER BY "its place"`, drawn)
	if err != nil {
		return nil, false
	}
	values, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return values, err == nil
}
