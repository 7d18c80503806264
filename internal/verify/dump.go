package verify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/sqltext"
)

// script looks through an SQL script of pg_dump.
func (v *Verifier) script(ctx context.Context, name string, r io.Reader) (*Result, error) {
	return v.dump(ctx, name, func(_ context.Context, d *dump) error {
		_, err := io.Copy(d, r)
		return err
	})
}

// dump looks through a script that write writes.
func (v *Verifier) dump(ctx context.Context, name string, write func(context.Context, *dump) error) (*Result, error) {
	began, l := time.Now(), &ledger{}
	if err := v.dumped(ctx, l, name, write); err != nil {
		return nil, err
	}
	return v.result(name, began, l), nil
}

// dumped is dump into a ledger.
func (v *Verifier) dumped(ctx context.Context, l *ledger, name string, write func(context.Context, *dump) error) error {
	group, ctx := errgroup.WithContext(ctx)
	d := &dump{v: v, ledger: l, name: name, batches: make(chan batch), ctx: ctx, group: group}
	group.Go(func() (err error) {
		defer close(d.batches)
		defer func() { d.object.abandon(err) }()
		if err := write(ctx, d); err != nil {
			if d.err != nil {
				return d.err // which is why the writer could not go on
			}
			return err
		}
		return d.end()
	})
	for range v.opts.Workers {
		group.Go(d.scan)
	}
	return group.Wait()
}

const (
	batchBytes  = 256 << 10
	schemaBytes = 64 << 10
)

// dump takes pg_restore's output apart.
type dump struct {
	v       *Verifier
	ctx     context.Context // of the group, for Write
	group   *errgroup.Group
	ledger  *ledger
	name    string
	batches chan batch
	tail    []byte // of an unfinished line
	text    []byte // lines outside of COPY, not yet looked through
	copying bool
	at      batch // rows gathered for the next batch
	long    *long // a row that is too long to be one; nil: none is at hand

	entry     string // what the archive's contents call the definition at hand; empty: none was named
	entries   int    // definitions before
	names     *scanner
	sql       sqltext.Lexer
	tables    declared
	inserting *tally        // the table of an INSERT that goes on over lines
	object    *dumpedObject // a large object that is open; nil: none
	scanner   *scanner      // of large objects
	open      []byte        // a COPY statement that goes on over lines, as a name holds a newline

	err error
}

// batch is a stretch of whole rows of one table, or of schema text.
type batch struct {
	columns []*tally
	first   int64 // rows before
	rows    int64
	data    []byte
	whole   bool // data is one text
	piece   bool // data is a part of one field, escaped
}

// Write takes a stretch of pg_restore's output.
func (d *dump) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if d.long != nil {
			rest, err := d.goOn(b)
			if err != nil {
				d.err = err
				return 0, err
			}
			b = rest
			continue
		}
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			d.tail = append(d.tail, b...)
			if d.copying && len(d.tail) > longRow {
				if err := d.begin(); err != nil {
					d.err = err
					return 0, err
				}
			}
			break
		}
		line := b[:i+1]
		if len(d.tail) > 0 {
			d.tail = append(d.tail, line...)
			line = d.tail
		}
		if err := d.line(line); err != nil {
			d.err = err
			return 0, err
		}
		d.tail = d.tail[:0]
		b = b[i+1:]
	}
	return n, nil
}

// statement is the line, or nil while it is part of a COPY statement that goes on.
func (d *dump) statement(line []byte) []byte {
	if d.copying || d.inserting != nil || d.sql.Open() || d.sql.Begun() || len(d.open) == 0 && !beginsCopy(line) {
		return line
	}
	d.open = append(d.open, line...)
	var l sqltext.Lexer
	followSQL(&l, d.open)
	if (l.Open() || l.Begun()) && len(d.open) < schemaBytes {
		return nil
	}
	line, d.open = d.open, nil
	return line
}

func beginsCopy(line []byte) bool {
	return len(line) > 5 && bytes.EqualFold(line[:4], []byte("COPY")) &&
		bytes.IndexByte([]byte(" \t\r\n"), line[4]) >= 0
}

// line takes a line, in which several statements may stand.
func (d *dump) line(line []byte) error {
	for len(line) > 0 {
		n := len(line)
		if !d.copying {
			n = firstStatement(d.sql, line)
		}
		if err := d.part(line[:n]); err != nil {
			return err
		}
		line = line[n:]
	}
	return nil
}

// part takes a line, or the part of one that ends a statement.
func (d *dump) part(line []byte) error {
	if line = d.statement(line); line == nil {
		return nil
	}
	end := string(line) == "\\.\n"
	if d.copying {
		if end {
			d.copying = false
			return d.flush()
		}
		d.at.data = append(d.at.data, line...)
		d.at.rows++
		if len(d.at.data) >= batchBytes {
			return d.flush()
		}
		return nil
	}
	if end {
		return fault.BadInput("%s: not looked through, since it has an end of data without its beginning", d.name)
	}
	if d.sql.Open() || d.sql.Begun() || d.inserting != nil || !beginsCopy(line) {
		return d.noCopy(line)
	}
	c, ok := copyFrom(string(line))
	if !ok {
		return d.noCopy(line)
	}
	return d.beginCopy(c)
}

// beginCopy prepares for the rows of a COPY. Those in another format than pg_dump's, or of
// columns that the statement doesn't name, are looked through as the text they are.
func (d *dump) beginCopy(c copyStatement) error {
	if err := d.flushText(); err != nil {
		return err
	}
	d.copying = true
	d.at = batch{}
	table := c.table
	if !c.plain || c.columns == nil {
		d.at.whole, d.at.columns = true, []*tally{d.ledger.column(label(table), "", func(*tally) {})}
	}
	if c.plain {
		for _, c := range c.columns {
			d.at.columns = append(d.at.columns, d.ledger.column(label(table), c, func(t *tally) {
				if d.tables.dates[[2]string{label(table), c}] {
					t.context = detect.Context{} // by its type it is a date, as in a database, under any name
				}
			}))
		}
	}
	return nil
}

// noCopy takes a line that begins no COPY.
func (d *dump) noCopy(line []byte) error {
	if !d.sql.Open() && !d.sql.Begun() && d.inserting == nil {
		if ok, err := d.objectLine(line); ok || err != nil {
			return err
		}
	}
	if ok, err := d.insert(line); ok || err != nil {
		return err
	}
	if !d.sql.Open() {
		if err := d.named(line); err != nil {
			return err
		}
		d.tables.line(line)
	}
	followSQL(&d.sql, line)
	d.text = append(d.text, line...)
	if n := len(d.text); n >= schemaBytes && (!d.sql.Begun() || n >= 16*schemaBytes) {
		return d.flushText()
	}
	return nil
}

// insert takes a line of a statement that brings rows, and of others false: in a
// script of pg_dump --inserts, or one that a person wrote.
func (d *dump) insert(line []byte) (bool, error) {
	if d.inserting == nil {
		if d.sql.Begun() || d.sql.Open() {
			return false, nil
		}
		table, ok := dataStatement(line)
		if !ok {
			return false, nil
		}
		if table == "" {
			d.inserting = d.ledger.column(d.name, "statements", func(*tally) {})
		} else {
			d.inserting = d.ledger.column(table, "", func(*tally) {})
		}
	}
	d.at.columns = []*tally{d.inserting}
	d.at.data = append(d.at.data, line...)
	if followSQL(&d.sql, line); !d.sql.Begun() && !d.sql.Open() {
		d.inserting = nil
	}
	if d.inserting != nil && len(d.at.data) < batchBytes {
		return true, nil
	}
	return true, d.flushInsert()
}

// flushInsert hands over the lines of a statement that brings rows.
func (d *dump) flushInsert() error {
	b := d.at
	d.at = batch{}
	if len(b.data) == 0 {
		return nil
	}
	b.whole = true
	return d.send(b)
}

// end is called when pg_restore has ended well.
func (d *dump) end() error {
	if d.copying {
		return fault.BadInput("%s: not looked through to its end, since the data of a table has none: it "+
			"was cut short", d.name)
	}
	if len(d.tail) > 0 { // a last line without its end
		if _, err := d.Write(newline); err != nil {
			return err
		}
	}
	if d.copying || d.inserting != nil || d.sql.Open() || d.object != nil {
		return fault.BadInput("%s: not looked through to its end, since a statement has none: it was cut short", d.name)
	}
	d.text = append(d.text, d.open...)
	return d.flushText()
}

// flush hands the gathered rows over.
func (d *dump) flush() error {
	b := d.at
	d.at.first, d.at.rows, d.at.data = b.first+b.rows, 0, nil
	if b.rows == 0 {
		return nil
	}
	return d.send(b)
}

func (d *dump) flushText() error {
	if len(d.text) == 0 {
		return nil
	}
	t := d.ledger.column(d.definition(), "", asDefinition)
	b := batch{columns: []*tally{t}, data: d.text}
	d.text = nil
	return d.send(b)
}

func (d *dump) send(b batch) error {
	select {
	case d.batches <- b:
		return nil
	case <-d.ctx.Done():
		return context.Cause(d.ctx)
	}
}

// scan looks through batches until there are no more.
func (d *dump) scan() error {
	s := d.v.scanner()
	for b := range d.batches {
		found := make([]*tally, len(b.columns))
		for i, t := range b.columns {
			found[i] = t.fresh()
		}
		if b.piece {
			if err := s.lookPiece(found[0], b); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			d.ledger.merge(0, found)
			continue
		}
		if len(found) == 0 { // rows without columns
			d.ledger.merge(b.rows, nil)
			continue
		}
		if b.rows == 0 || b.whole {
			s.cell(found[0], place{}, b.data)
			if found[0].schema {
				s.credentials(found[0], b.data)
			}
			if b.whole {
				b.rows = max(1, b.rows)
			}
			d.ledger.merge(b.rows, found)
			continue
		}
		at := place{row: b.first}
		parser := copyfmt.NewParser(copyfmt.Text, len(found), func(fields [][]byte) error {
			at.row++
			for i, f := range fields {
				if f != nil {
					s.cell(found[i], at, f)
				}
			}
			return nil
		})
		_, err := parser.Write(b.data)
		if err == nil {
			err = parser.Close()
		}
		if err != nil {
			return fault.BadInput("%s: not looked through, since the rows of a table are damaged: %v", d.name, err)
		}
		if err = s.err(); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		d.ledger.merge(b.rows, found)
	}
	return nil
}

// asDefinition prepares the tally of schema text.
func asDefinition(t *tally) { t.schema, t.stats.Type = true, "definition" }
