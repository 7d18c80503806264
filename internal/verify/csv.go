package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"

	"golang.org/x/sync/errgroup"

	"refresher/internal/pii/detect"
)

// maxRecord is how long a row of CSV may be. A quote that nobody closed would
// otherwise swallow the rest of the file: from there on, it is text.
const maxRecord = 8 << 20

// csv looks through a file of CSV or TSV, cell by cell. A first row of names
// names the columns.
func (v *Verifier) csv(ctx context.Context, l *ledger, name, ext string, r io.Reader) error {
	in := &records{r: bufio.NewReaderSize(r, 64<<10), line: 1, most: maxRecord}
	in.comma = in.separator(ext)
	return v.records(ctx, in, &csvColumns{l: l, name: name})
}

// records looks through the rows of a file.
func (v *Verifier) records(ctx context.Context, in *records, c *csvColumns) error {
	batches := make(chan *csvBatch)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		b := &csvBatch{header: true}
		for {
			err := in.next(b)
			if errors.Is(err, io.EOF) || errors.Is(err, errLong) || len(b.data) >= batchBytes {
				select {
				case batches <- b:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				b = &csvBatch{}
			}
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.Is(err, errLong):
				return in.rest(ctx, v, c.l, c.name)
			case err != nil:
				return err
			}
		}
	})
	named := make(chan struct{})
	for range v.opts.Workers {
		group.Go(func() error {
			s := v.scanner()
			for b := range batches {
				if b.header {
					if c.table == nil {
						c.header(s, b)
					} else {
						c.declared(s, b)
					}
					close(named)
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
	header bool    // the first of them may be names
	skip   int     // of the first rows, which are none of data
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
	names []string // as they may be printed; empty: by number
	hints []string // what the first row says of each

	table *tableRows // the file is a part of this table, its first row are the names; nil: unknown
}

// declared takes the first row for what it is in a part of a table: the names of its columns.
func (c *csvColumns) declared(s *scanner, b *csvBatch) {
	if len(b.rows) == 0 {
		return
	}
	for i := range b.rows[0] {
		c.table.column(s, string(b.cell(i)))
	}
	b.skip = 1
}

// header takes the first row for names if it looks like some, and prints them if
// the rows below show that it is a header: cells of data are not for printing.
func (c *csvColumns) header(s *scanner, b *csvBatch) {
	if len(b.rows) == 0 {
		return
	}
	seen := map[string]bool{}
	var cells []string
	for i := range b.rows[0] {
		cell := bytes.TrimSpace(bytes.TrimPrefix(b.cell(i), []byte("\xEF\xBB\xBF")))
		plain := len(cell) > 0 && len(cell) < 64 && !bytes.ContainsAny(cell, "@\n") &&
			(cell[0] < '0' || cell[0] > '9') && !seen[string(cell)]
		seen[string(cell)] = true
		if !plain || s.finds(cell) {
			return
		}
		cells = append(cells, string(cell))
	}
	if c.hints = cells; !b.belowNames() {
		return
	}
	c.names = make([]string, len(cells))
	for i, cell := range cells {
		if columnName.MatchString(cell) {
			c.names[i] = cell
		}
	}
}

var (
	columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	noValue    = regexp.MustCompile(`(?i)^(null|none|nil|n_?a|nan|undefined|unknown|true|false|t|f)$`)
)

// belowNames reports whether the rows show that the first one is of names: a column
// holds numbers, dates or addresses below a word, and nothing else. Words with
// capital letters, as names have them, need more of those.
func (b *csvBatch) belowNames() bool {
	first := b.rows[0]
	values, other := make([]int, first), make([]bool, first)
	for row := 1; row < len(b.rows); row++ {
		from := b.rows[row-1]
		for i := from; i < min(b.rows[row], from+first); i++ {
			if cell := bytes.TrimSpace(b.cell(i)); len(cell) > 0 && !noValue.Match(cell) {
				if isValue(cell) {
					values[i-from]++
				} else {
					other[i-from] = true
				}
			}
		}
	}
	enough := 1
	if names := b.data[:b.ends[first-1]]; !bytes.Equal(names, bytes.ToLower(names)) {
		enough = 3
	}
	for i := range first {
		name := bytes.TrimPrefix(b.cell(i), []byte("\xEF\xBB\xBF"))
		if values[i] >= enough && !other[i] && !isValue(name) && columnName.Match(name) && !noValue.Match(name) {
			return true
		}
	}
	return false
}

// isValue reports a cell that is no name: a number, a date, an address, a code.
func isValue(cell []byte) bool {
	digits := 0
	for _, c := range cell {
		if c == '@' {
			return true
		}
		if c-'0' < 10 {
			digits++
		}
	}
	return digits >= 4 || digits > 0 && bytes.IndexByte([]byte("0123456789+-(."), cell[0]) >= 0
}

func (c *csvColumns) column(i int) *tally {
	if c.table != nil {
		return c.table.numbered(i)
	}
	name, hint := fmt.Sprintf("column %d", i+1), ""
	if i < len(c.hints) {
		hint = c.hints[i]
	}
	if i < len(c.names) && c.names[i] != "" {
		name = c.names[i]
	}
	return c.l.column(c.name, name, func(t *tally) {
		t.stats.Type, t.file = "text", true
		t.context = detect.ContextOf(hint)
	})
}

// maxColumns is how many columns a file can have of their own; the rest share one.
const maxColumns = 4096

func (c *csvColumns) scan(s *scanner, b *csvBatch) error {
	var found []*tally
	cell := 0
	for row, end := range b.rows {
		at := place{line: b.lines[row]}
		if row < b.skip {
			cell = end
			continue
		}
		for i := 0; cell < end; i++ {
			for len(found) <= min(i, maxColumns) {
				found = append(found, c.column(len(found)).fresh())
			}
			s.cell(found[min(i, maxColumns)], at, b.cell(cell))
			cell++
		}
	}
	c.l.merge(int64(len(b.rows)-b.skip), found)
	return s.err()
}

// records cuts CSV into rows (RFC 4180), forgiving what is not quite right.
type records struct {
	r     *bufio.Reader
	comma byte
	line  int64
	most  int    // bytes that a row may have
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
		if len(b.data)-start > in.most {
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
