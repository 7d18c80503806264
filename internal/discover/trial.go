package discover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// widestRow is the size in bytes from which a row is left out of a trial.
const widestRow = 64 << 10

// DraftOn is [Survey.Draft], tried on rows of the database: a rule that a sampled value
// doesn't fit, or whose fakes break a CHECK constraint or a domain, is replaced by the next
// one that its column could have. The rows go through a [scrub.Writer], as in a run, and are
// dropped.
func (s *Survey) DraftOn(ctx context.Context, conn *pgx.Conn, existing *rules.Ruleset) (*Draft, error) {
	t := trial{ctx: ctx, sampler: sampler{conn: conn, rows: sampleRows, timeout: sampleTimeout},
		passed: map[catalog.Name]bool{}}
	return s.draft(existing, t.refuted)
}

// trial runs a draft over samples.
type trial struct {
	sampler
	ctx    context.Context
	passed map[catalog.Name]bool // tables whose rules all sampled rows fit
}

// refuted are the columns whose rules don't fit. One is found a table and call.
func (t *trial) refuted(d *Draft, program, alone *scrub.Program) ([]*column, error) {
	var out []*column
	for i, tp := range program.Tables() {
		name := tp.Table.Name
		if t.passed[name] || !tp.Masked() || d.s.byName[name] == nil {
			continue
		}
		p := program
		if tp.Join != nil { // a trial has no rows of other tables
			if alone == nil {
				continue
			}
			p, tp = alone, alone.Tables()[i]
		}
		wrong, err := t.table(d, p, tp)
		if err != nil {
			return nil, err
		}
		t.passed[name] = len(wrong) == 0
		for _, c := range wrong {
			out = append(out, d.s.byName[name].column(c))
		}
	}
	return out, nil
}

// table runs a table's rules over a sample and names the columns that don't fit. A table
// that can't be read is not tried; what was said of its sample says why.
func (t *trial) table(d *Draft, program *scrub.Program, tp *scrub.TablePlan) (wrong []string, err error) {
	tx, err := t.conn.BeginTx(t.ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, client.Wrap(err, "trying the draft on %s", tp.Table.Name)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.ctx)) }()
	var pg *pgconn.PgError
	if _, err := tx.Exec(t.ctx, t.settings()); err != nil {
		return nil, client.Wrap(err, "trying the draft on %s", tp.Table.Name)
	}
	var sample bytes.Buffer
	_, err = t.conn.PgConn().CopyTo(t.ctx, &sample, t.copySQL(d.s.cat, tp))
	switch {
	case errors.As(err, &pg):
		return nil, nil
	case err != nil:
		return nil, client.Wrap(err, "trying the draft on %s", tp.Table.Name)
	}
	rows := &maskedRows{plan: tp}
	w := program.NewWriter(tp, rows.parser(), nil)
	_, err = w.Write(sample.Bytes())
	if err == nil {
		err = w.Close()
	}
	if c := w.Refused(); c != "" {
		return []string{c}, nil
	}
	if err != nil || len(rows.columns) == 0 {
		return nil, err
	}
	masked := map[string]bool{}
	for _, c := range d.s.byName[tp.Table.Name].columns {
		masked[c.Name] = d.transform(d.s.owner(c)) != keep
	}
	return t.broken(tx, rows, masked)
}

func (t *trial) copySQL(cat *catalog.Catalog, tp *scrub.TablePlan) string {
	cols := make([]string, len(tp.Columns))
	for i, c := range tp.Columns {
		cols[i] = "t." + catalog.Quote(c.Name)
	}
	from := t.from(cat, tp.Table) + fmt.Sprintf(" WHERE pg_column_size(t.*) < %d", widestRow)
	return fmt.Sprintf("COPY (%s) TO STDOUT (FORMAT %s)", t.draw(strings.Join(cols, ", "), from), tp.Format)
}

// maskedRows are the values that constraints look at, column by column, as text.
type maskedRows struct {
	plan    *scrub.TablePlan
	columns map[string][]*string
}

// parser collects the rows that a writer makes.
func (m *maskedRows) parser() io.Writer {
	codecs := map[int]value.Codec{}
	for i, c := range m.plan.Columns {
		looked := c.Type.Kind == catalog.DomainType ||
			slices.ContainsFunc(m.plan.Table.Checks,
				func(k catalog.Check) bool { return slices.Contains(k.Reads, c.Name) })
		if codec := value.For(c.Type, m.plan.Format); looked && codec != nil {
			codecs[i] = codec
		}
	}
	m.columns = map[string][]*string{}
	return copyfmt.NewParser(m.plan.Format, len(m.plan.Columns), func(fields [][]byte) error {
		for i, codec := range codecs {
			name := m.plan.Columns[i].Name
			if fields[i] == nil {
				m.columns[name] = append(m.columns[name], nil)
				continue
			}
			text, err := codec.AppendText(nil, fields[i])
			if err != nil {
				return err
			}
			s := string(text)
			m.columns[name] = append(m.columns[name], &s)
		}
		return nil
	})
}

// broken asks the server whether the masked rows keep the table's constraints, and names
// the columns of those that they break.
func (t *trial) broken(tx pgx.Tx, m *maskedRows, masked map[string]bool) ([]string, error) {
	tp := m.plan
	for _, c := range tp.Columns {
		if c.Type.Kind != catalog.DomainType || m.columns[c.Name] == nil || !masked[c.Name] {
			continue
		}
		ok, err := t.holds(tx, m, []*catalog.Column{c}, "true")
		if err != nil || !ok {
			return []string{c.Name}, err
		}
	}
	for _, check := range tp.Table.Checks {
		var cols []*catalog.Column
		var blamed []string
		for _, c := range tp.Columns {
			if slices.Contains(check.Reads, c.Name) && m.columns[c.Name] != nil {
				if cols = append(cols, c); masked[c.Name] {
					blamed = append(blamed, c.Name)
				}
			}
		}
		// One that is not valid is made after the rows are there, and looks at none of them.
		expr, isCheck := strings.CutPrefix(check.Expr, "CHECK ")
		isCheck = isCheck && !strings.HasSuffix(expr, " NOT VALID")
		if len(blamed) == 0 || !isCheck || len(cols) < len(check.Reads) {
			continue
		}
		ok, err := t.holds(tx, m, cols, expr)
		if err != nil || !ok {
			return blamed, err
		}
	}
	return nil, nil
}

// holds reports whether no row makes the condition false, and every value is of its
// column's type.
func (t *trial) holds(tx pgx.Tx, m *maskedRows, cols []*catalog.Column, condition string) (bool, error) {
	var args []any
	var arrays, names, casts, quoted []string
	for i, c := range cols {
		args = append(args, m.columns[c.Name])
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		names = append(names, fmt.Sprintf("c%d", i))
		quoted = append(quoted, catalog.Quote(c.Name))
		casts = append(casts, fmt.Sprintf("CAST(u.c%d AS %s) AS %s", i, c.Type.SQL, catalog.Quote(c.Name)))
	}
	sub, err := tx.Begin(t.ctx) // an error leaves the transaction usable
	if err != nil {
		return false, err
	}
	defer func() { _ = sub.Rollback(context.WithoutCancel(t.ctx)) }()
	var broken bool
	// The values are counted, so that the server can't leave out the casts.
	const asked = "SELECT coalesce(bool_or((%s) IS FALSE), false) AND count(ROW(%s)) >= 0 " +
		"FROM (SELECT %s FROM unnest(%s) AS u (%s) OFFSET 0) AS t"
	sql := fmt.Sprintf(asked, condition, strings.Join(quoted, ", "), strings.Join(casts, ", "),
		strings.Join(arrays, ", "), strings.Join(names, ", "))
	err = sub.QueryRow(t.ctx, sql, args...).Scan(&broken)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && slices.Contains([]string{"23514", "23502", "22001"}, pg.Code):
		return false, nil // a domain's own constraint, or its width
	case errors.As(err, &pg): // the constraint needs more than these columns, or rights that this role has not
		return true, nil
	case err != nil:
		return false, client.Wrap(err, "asking for the constraints of %s", m.plan.Table.Name)
	}
	return !broken, nil
}
