package discover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Limits of a sample, unless [Options] says otherwise.
const (
	sampleRows    = 400
	sampleTimeout = 10 * time.Second
	sampleBlocks  = 48    // of a large table: what TABLESAMPLE aims at
	smallTable    = 2_048 // blocks; a smaller table is read whole
	valueBytes    = 4_096 // of a value, the rest is not looked at
)

// sampler reads a few rows of each table.
type sampler struct {
	conn    *pgx.Conn
	rows    int
	timeout time.Duration
}

// values are the sampled values of a table as text, column by column; an array's
// elements count one by one.
type values map[string][]string

// read samples a table by itself and its children. A table that can't be read
// in time, or at all, gives none, and why.
func (s *sampler) read(ctx context.Context, cat *catalog.Catalog, t *catalog.Table) (v values, why string, err error) {
	v, err = s.query(ctx, t, s.sql(t, s.from(cat, t)))
	if err == nil && len(v) == 0 && blocks(cat, t) > smallTable {
		v, err = s.query(ctx, t, s.sql(t, t.Name.SQL()+" AS t")) // the blocks drawn held nothing
	}
	if err == nil {
		return v, "", nil
	}
	var pg *pgconn.PgError
	if ctx.Err() != nil || !errors.As(err, &pg) {
		return nil, "", client.Wrap(err, "sampling %s", t.Name)
	}
	switch pg.Code {
	case "42501": // insufficient_privilege
		return nil, "this role may not read it", nil
	case "57014": // query_canceled
		return nil, fmt.Sprintf("reading a sample took longer than %s", s.timeout), nil
	case "40001", "55P03": // conflict with recovery, lock_not_available
		return nil, "the replica cancelled the reading", nil
	}
	return nil, "reading a sample failed with SQLSTATE " + pg.Code, nil
}

// sql reads a sample as text.
func (s *sampler) sql(t *catalog.Table, from string) string {
	var cols []string
	for _, c := range t.Columns {
		if sampled(c) {
			cols = append(cols, fmt.Sprintf("left(%s, %d)", asText(c), valueBytes))
		}
	}
	return s.draw(strings.Join(cols, ", "), from)
}

// from draws a few blocks of a large table at random, and the same ones each time, so
// that two runs on one state agree.
func (s *sampler) from(cat *catalog.Catalog, t *catalog.Table) string {
	from := t.Name.SQL() + " AS t"
	if n := blocks(cat, t); n > smallTable {
		from += fmt.Sprintf(" TABLESAMPLE SYSTEM (%.6f) REPEATABLE (1)", 100*float64(sampleBlocks)/float64(n))
	}
	return from
}

// draw takes as many rows as the sample has, in an order that is the same each time.
func (s *sampler) draw(columns, from string) string {
	const drawn = "SELECT %s FROM (SELECT t.* FROM %s ORDER BY hashtextextended(t.ctid::text, t.tableoid::bigint) " +
		"LIMIT %d) AS t"
	return fmt.Sprintf(drawn, columns, from, s.rows)
}

// settings are those of a transaction that reads a sample.
func (s *sampler) settings() string {
	ms := s.timeout.Milliseconds()
	return fmt.Sprintf("SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; SET LOCAL search_path = ''", ms,
		ms)
}

// asText is a column as an expression of type text; bytes are shown as text if
// they are.
func asText(c *catalog.Column) string {
	if c.Type.Underlying().OID == catalog.ByteaOID {
		return "encode(substring(t." + catalog.Quote(c.Name) + "::bytea FROM 1 FOR 2048), CASE WHEN length(t." +
			catalog.Quote(c.Name) +
			"::bytea) IN (16, 20, 32) THEN 'hex' ELSE 'escape' END)"
	}
	return c.Type.AsText("t." + catalog.Quote(c.Name))
}

// sampled reports whether a column's values can say anything.
func sampled(c *catalog.Column) bool {
	t := c.Type.Underlying()
	switch t.OID {
	case catalog.BoolOID, catalog.TIDOID, catalog.OIDOID:
		return false
	}
	return t.Kind != catalog.PseudoType && t.Kind != catalog.EnumType
}

// blocks of a table and of all below it.
func blocks(cat *catalog.Catalog, t *catalog.Table) (n int64) {
	for _, u := range cat.Tables {
		if u == t || u.Root == t.Name || slices.Contains(u.Parents, t.Name) {
			n += u.Pages
		}
	}
	return n
}

// query runs in a transaction of its own, so that a failure leaves the session usable.
func (s *sampler) query(ctx context.Context, t *catalog.Table, sql string) (_ values, err error) {
	var cols []*catalog.Column
	for _, c := range t.Columns {
		if sampled(c) {
			cols = append(cols, c)
		}
	}
	if len(cols) == 0 {
		return values{}, nil
	}
	tx, err := s.conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, s.settings()); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sql, pgx.QueryExecModeExec)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	v := values{}
	for rows.Next() {
		for i, raw := range rows.RawValues() {
			if raw != nil {
				v.add(cols[i], string(raw))
			}
		}
	}
	return v, rows.Err()
}

func (v values) add(c *catalog.Column, text string) {
	if c.Type.Underlying().Kind != catalog.ArrayType {
		v[c.Name] = append(v[c.Name], text)
		return
	}
	v[c.Name] = append(v[c.Name], elements(text)...)
}

// elements of an array's text, at any depth. NULLs are left out.
func elements(text string) []string {
	var out []string
	var item strings.Builder
	quoted, in, escaped := false, false, false
	flush := func() {
		if s := item.String(); in && (quoted || !strings.EqualFold(s, "NULL")) && s != "" {
			out = append(out, s)
		}
		item.Reset()
		quoted, in = false, false
	}
	open := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case escaped:
			item.WriteByte(c)
			escaped = false
		case c == '\\':
			escaped, in = true, true
		case c == '"':
			open, quoted, in = !open, true, true
		case open:
			item.WriteByte(c)
		case c == '{' || c == '}' || c == ',':
			flush()
		default:
			item.WriteByte(c)
			in = true
		}
	}
	flush()
	return out
}
