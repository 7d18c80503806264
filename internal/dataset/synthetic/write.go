package synthetic

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Loader takes the rows: a database with the same tables and no foreign keys yet. CopyIn reads r, a COPY stream of the
// columns (which can be none), to its end and returns the number of rows.
type Loader interface {
	CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format, r io.Reader) (int64, error)
}

// Copy streams the rows to dst, table by table, and returns how many they were. What the server refuses, because a
// constraint wasn't understood, is a *fault.Refusal.
func (g *Generator) Copy(ctx context.Context, dst Loader) (total int64, err error) {
	for _, t := range g.tables {
		if t.rows == 0 {
			continue
		}
		n, err := t.copy(ctx, dst)
		if err != nil {
			return total, Explain(err, t.cat)
		}
		total += n
	}
	return total, nil
}

func (t *table) copy(ctx context.Context, dst Loader) (rows int64, err error) {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	r, w := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := t.write(w)
		w.CloseWithError(err)
		return err
	})
	group.Go(func() error {
		var err error
		rows, err = dst.CopyIn(ctx, t.cat.Name, names, copyfmt.Text, r)
		r.CloseWithError(err)
		return err
	})
	return rows, group.Wait()
}

// write writes the rows in COPY's text format.
func (t *table) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for n := range t.rows {
		r := t.row(n)
		for i := range t.columns {
			c, err := r.at(i)
			if err != nil {
				return err
			}
			if i > 0 {
				_ = out.WriteByte('\t') // Flush returns its error
			}
			if c.null {
				_, _ = out.WriteString(`\N`)
				continue
			}
			for _, b := range c.text {
				switch b {
				case '\\':
					_, _ = out.WriteString(`\\`)
				case '\t':
					_, _ = out.WriteString(`\t`)
				case '\n':
					_, _ = out.WriteString(`\n`)
				case '\r':
					_, _ = out.WriteString(`\r`)
				default:
					_ = out.WriteByte(b)
				}
			}
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Explain turns the server's refusal of invented rows into a *fault.Refusal that names the table, which is the one
// given (nil: not known) if the server doesn't say another, and the constraint with its columns; other errors stay.
// SQLSTATE class 23 is of constraints, class 22 of values that a type refuses.
func Explain(err error, t *catalog.Table) error {
	var server *client.Error
	if !errors.As(err, &server) || !strings.HasPrefix(server.Code, "22") && !strings.HasPrefix(server.Code, "23") {
		return err
	}
	var table catalog.Name
	var checks []catalog.Check
	if t != nil {
		table, checks = t.Name, t.Checks
	}
	if server.Table != "" {
		table = catalog.Name{Schema: cmp.Or(server.Schema, table.Schema), Name: server.Table}
	}
	what := "column " + server.Column
	if server.Constraint != "" {
		what = "constraint " + server.Constraint
	}
	for _, k := range checks {
		if k.Name == server.Constraint && len(k.Reads) > 0 {
			what += " (of " + strings.Join(k.Reads, ", ") + ")"
		}
	}
	return fault.Refuse("synthetic", "invented rows break %s of %s (SQLSTATE %s), which is not understood; "+
		"give the table rows: 0, or list values for its columns, under synthetic.tables", what, table, server.Code)
}
