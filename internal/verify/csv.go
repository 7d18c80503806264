package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
)

// maxRecord is how long a row of CSV may be. A quote that nobody closed would
// otherwise swallow the rest of the file: from there on, it is text.
const maxRecord = 8 << 20

// csv looks through a file of CSV or TSV, cell by cell. A first row of names
// names the columns.
func (v *Verifier) csv(ctx context.Context, l *ledger, name, ext string, r io.Reader) error {
	in := &records{r: bufio.NewReaderSize(r, 64<<10), line: 1}
	in.comma = in.separator(ext)
	batches := make(chan *csvBatch)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		b := &csvBatch{}
		for first := true; ; first = false {
			err := in.next(b)
			if err == io.EOF || errors.Is(err, errLong) || len(b.data) >= batchBytes || first {
				b.header = first
				select {
				case batches <- b:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				b = &csvBatch{}
			}
			switch {
			case err == io.EOF:
				return nil
			case errors.Is(err, errLong):
				return in.rest(ctx, v, l, name)
			case err != nil:
				return err
			}
		}
	})
	c := &csvColumns{l: l, name: name}
	named := make(chan struct{})
	for range v.opts.Workers {
		group.Go(func() error {
			s := v.scanner()
			for b := range batches {
				if b.header {
					c.header(s, b)
					close(named)
					continue
				}
				select {
				case <-named:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				if err := c.scan(s, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// csvBatch is some rows, their cells one behind the other.
type csvBatch struct {
	data   []byte
	ends   []int   // of the cells in data
	rows   []int   // number of cells up to each row's end
	lines  []int64 // where each row begins
	header bool
}

func (b *csvBatch) cell(i int) []byte {
	from := 0
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.data[from:b.ends[i]]
}

// csvColumns are the columns of a file.
type csvColumns struct {
	l     *ledger
	name  string
	names []string
}

// header takes the first row for names if it looks like some. It is looked
// through in any case.
func (c *csvColumns) header(s *scanner, b *csvBatch) {
	seen := map[string]bool{}
	for i := range b.ends {
		cell := bytes.TrimSpace(bytes.TrimPrefix(b.cell(i), []byte("\xEF\xBB\xBF")))
		plain := len(cell) > 0 && len(cell) < 64 && !bytes.ContainsAny(cell, "@\n") && (cell[0] < '0' || cell[0] > '9') && !seen[string(cell)]
		seen[string(cell)] = true
		if !plain || s.finds(cell) {
			c.names = nil
			break
		}
		c.names = append(c.names, string(cell))
	}
	_ = c.scan(s, b)
}

func (c *csvColumns) column(i int) *tally {
	name := fmt.Sprintf("column %d", i+1)
	if i < len(c.names) {
		name = c.names[i]
	}
	return c.l.column(c.name, name, func(t *tally) { t.stats.Type, t.file = "text", true })
}

// maxColumns is how many columns a file can have of their own; the rest share one.
const maxColumns = 4096

func (c *csvColumns) scan(s *scanner, b *csvBatch) error {
	var found []*tally
	cell := 0
	for row, end := range b.rows {
		at := place{line: b.lines[row]}
		for i := 0; cell < end; i++ {
			for len(found) <= min(i, maxColumns) {
				found = append(found, c.column(len(found)).fresh())
			}
			s.cell(found[min(i, maxColumns)], at, b.cell(cell))
			cell++
		}
	}
	c.l.merge(int64(len(b.rows)), found)
	return s.err()
}

// records cuts CSV into rows (RFC 4180), forgiving what is not quite right.
type records struct {
	r     *bufio.Reader
	comma byte
	line  int64
	long  []byte // the beginning of a row that was too long
	from  int64  // and its line
}

var errLong = errors.New("a row is too long")

// separator is the character that the first line has most of.
func (in *records) separator(ext string) byte {
	if ext == ".tsv" {
		return '\t'
	}
	head, _ := in.r.Peek(4 << 10)
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	best, most := byte(','), 0
	for _, c := range []byte(",;\t|") {
		if n := bytes.Count(head, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}

// next appends a row.
func (in *records) next(b *csvBatch) error {
	start, cells, line := len(b.data), len(b.ends), in.line
	quoted, opened := false, false // within quotes; the cell began with one
	empty := true
	for {
		c, err := in.r.ReadByte()
		if err == io.EOF {
			if empty {
				return io.EOF
			}
			in.end(b, line)
			return nil
		}
		if err != nil {
			return err
		}
		empty = false
		if c == '\n' {
			in.line++
		}
		cellStart := start
		if len(b.ends) > cells {
			cellStart = b.ends[len(b.ends)-1]
		}
		switch {
		case quoted && c == '"':
			if next, _ := in.r.Peek(1); len(next) == 1 && next[0] == '"' {
				_, _ = in.r.ReadByte()
				b.data = append(b.data, '"')
			} else {
				quoted = false
			}
		case quoted:
			b.data = append(b.data, c)
		case c == '"' && len(b.data) == cellStart && !opened:
			quoted, opened = true, true
		case c == in.comma:
			b.ends = append(b.ends, len(b.data))
			opened = false
		case c == '\n':
			if n := len(b.data); n > cellStart && b.data[n-1] == '\r' {
				b.data = b.data[:n-1]
			}
			in.end(b, line)
			return nil
		default:
			b.data = append(b.data, c)
		}
		if len(b.data)-start > maxRecord {
			in.long, in.from = bytes.Clone(b.data[start:]), line
			b.data, b.ends = b.data[:start], b.ends[:cells]
			return errLong
		}
	}
}

func (in *records) end(b *csvBatch, line int64) {
	b.ends = append(b.ends, len(b.data))
	b.rows = append(b.rows, len(b.ends))
	b.lines = append(b.lines, line)
}

// rest looks through what is left as text.
func (in *records) rest(ctx context.Context, v *Verifier, l *ledger, name string) error {
	return v.textFrom(ctx, l, name, io.MultiReader(bytes.NewReader(in.long), in.r), in.from)
}
