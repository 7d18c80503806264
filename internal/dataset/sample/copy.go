package sample

import (
	"context"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// Loader takes the sampled rows: a database with the same tables and no foreign
// keys yet. CopyIn reads r, a COPY stream of the columns (which can be none), to
// its end and returns the number of rows.
type Loader interface {
	CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format, r io.Reader) (int64, error)
}

// Shaper is a [Loader] that wants rows of some tables in a form of its own: in that format, and with the columns of
// a join behind theirs.
type Shaper interface {
	Shape(table catalog.Name) (f copyfmt.Format, join *catalog.Join, ok bool)
}

// Copy streams the sampled rows to dst, one table (or partition) after the other,
// and returns how many they were. Generated columns are left to dst.
func (s *Sample) Copy(ctx context.Context, dst Loader) (int64, error) {
	var total int64
	var tables []*catalog.Table
	for _, e := range s.entities {
		tables = append(tables, e.leaves...)
	}
	for _, t := range slices.Concat(catalog.Configuration(tables)) {
		n, err := s.copyTable(ctx, s.of[t.Name], t, dst)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

func (s *Sample) copyTable(ctx context.Context, e *entity, t *catalog.Table, dst Loader) (int64, error) {
	var cols []string
	format, list := copyfmt.Binary, ""
	for _, c := range t.Columns {
		if c.Generated {
			continue
		}
		if len(cols) > 0 {
			list += ", "
		}
		list += "t." + catalog.Quote(c.Name)
		cols = append(cols, c.Name)
		if !value.Binary(c.Type) {
			format = copyfmt.Text
		}
	}
	clause := ""
	if shaper, ok := dst.(Shaper); ok {
		if f, join, ok := shaper.Shape(t.Name); ok {
			format = f
			if join != nil {
				var columns string
				columns, clause = join.SQL()
				list += ", " + columns
			}
		}
	}
	sql := fmt.Sprintf("COPY (SELECT %s FROM ONLY %s AS t JOIN %s AS s ON s.rel = %s::regclass AND s.tid = t.ctid%s "+
		"ORDER BY s.tid) TO STDOUT (FORMAT %s)",
		list, t.Name.SQL(), e.set, catalog.Literal(t.Name.SQL()), clause, format)
	r, w := io.Pipe()
	var sent, loaded int64
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		tag, err := s.conn.PgConn().CopyTo(ctx, w, sql)
		sent = tag.RowsAffected()
		err = client.Wrap(err, "reading the sample of %s", t.Name)
		w.CloseWithError(err)
		return err
	})
	group.Go(func() error {
		var err error
		loaded, err = dst.CopyIn(ctx, t.Name, cols, format, r)
		err = client.Wrap(err, "loading the sample of %s", t.Name)
		r.CloseWithError(err)
		return err
	})
	if err := group.Wait(); err != nil {
		return 0, err
	}
	if loaded != sent {
		return 0, fmt.Errorf("loading the sample of %s: %d rows were sent and %d arrived", t.Name, sent, loaded)
	}
	return loaded, nil
}
