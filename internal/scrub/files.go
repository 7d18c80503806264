package scrub

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
)

// File is what files of one kind, which stand beside the database, look like: their
// columns as those of a table, and the rules for them. The table's name must be none of the
// database's.
type File struct {
	Table *catalog.Table
	Rules *rules.Table
}

// addFiles lets files take part in compiling. Patterns and defaults of the database's
// rules don't decide on them, so what has no rule here has none.
func (c *compiler) addFiles(files []File) {
	if len(files) == 0 {
		return
	}
	c.files = map[catalog.Name]File{}
	rs, cat := *c.rs, *c.cat
	rs.Tables = map[catalog.Name]*rules.Table{}
	for name, t := range c.rs.Tables {
		rs.Tables[name] = t
	}
	cat.Tables = slices.Clone(cat.Tables)
	for _, f := range files {
		c.files[f.Table.Name] = f
		cat.Tables = append(cat.Tables, f.Table)
		rs.Tables[f.Table.Name] = f.Rules
	}
	slices.SortFunc(cat.Tables, func(a, b *catalog.Table) int { return a.Name.Compare(b.Name) })
	c.rs, c.cat = &rs, &cat
}

// checkFiles refuses what only a server's rows can have: nothing is joined in of the person
// that rows of files are about.
func (c *compiler) checkFiles() {
	for name, f := range c.files {
		s := c.subjects[name]
		if s == nil || s.home == nil || c.address(s.home) == nil {
			continue
		}
		for _, col := range f.Table.Columns {
			ch := c.choice(f.Table, col.Name)
			named := func(o *op) bool { return o.follow && o.class() != pii.Date }
			if ch != nil && ch.op != nil && ch.op.some(named) {
				c.fail(ch.pos, "%s shows the name of the address that %s has, which objects don't know: name a "+
					"column of that address as the subject, or write subject: false here", ch, s.home.table.Name)
			}
		}
	}
}

// planned are the plans of tables, and those of files by name.
type planned struct {
	tables []*TablePlan
	files  map[catalog.Name]*TablePlan
}

// apart tells what belongs to the database from what belongs to files.
func (c *compiler) apart(files []File) (planned, []Decision) {
	p, decisions := planned{tables: c.plans(), files: map[catalog.Name]*TablePlan{}}, c.decisions()
	for _, f := range files {
		name := f.Table.Name
		for _, tp := range p.tables {
			if tp.Table.Name == name {
				p.files[name] = tp
			}
		}
		p.tables = slices.DeleteFunc(p.tables, func(tp *TablePlan) bool { return tp.Table.Name == name })
		decisions = slices.DeleteFunc(decisions, func(d Decision) bool { return d.Table == name })
	}
	return p, decisions
}

// FilePlan is the plan of files that were compiled under a name, nil if there is none.
func (p *Program) FilePlan(name catalog.Name) *TablePlan { return p.files[name] }

// CellError is why a value can't be masked. It doesn't say which value.
type CellError struct {
	Column    string
	Transform string
	Err       error
}

func (e *CellError) Error() string {
	return fmt.Sprintf("column %s (%s): %v", e.Column, e.Transform, e.Err)
}

func (e *CellError) Unwrap() error { return e.Err }

// Rows scrubs rows one at a time, in the plan's format, for those who have them in
// another form than a COPY stream. One goroutine uses it at a time.
type Rows struct {
	w   *Writer
	in  []byte
	out rowBuffer
	row [][]byte
}

// rowBuffer takes what a writer flushes.
type rowBuffer struct{ b []byte }

func (r *rowBuffer) Write(p []byte) (int, error) {
	r.b = append(r.b, p...)
	return len(p), nil
}

// NewRows returns a scrubber of tp's rows, which must be of binary format. fp collects
// the fingerprints of what is masked; it may be nil.
func (p *Program) NewRows(tp *TablePlan, fp *fingerprint.Collector) *Rows {
	r := &Rows{}
	r.w = p.NewWriter(tp, &r.out, fp)
	r.in = copyfmt.AppendHeader(nil, tp.Format)
	return r
}

// Writer is the writer within, for [Writer.Rehearse] and what it counts.
func (r *Rows) Writer() *Writer { return r.w }

// Scrub returns the fields of a row, nil for NULL, as they may be seen. They are valid
// until the next call. An error ends the rows; that of a value is a *[CellError].
func (r *Rows) Scrub(fields [][]byte) ([][]byte, error) {
	if !r.w.plan.rewritten() {
		return fields, nil
	}
	if len(r.in) > 0 { // the first row: what comes out has a header, too
		r.w.buf = r.w.buf[:0]
	}
	r.in = copyfmt.AppendRow(r.in, r.w.plan.Format, fields)
	_, err := r.w.Write(r.in)
	if r.in = r.in[:0]; err != nil {
		if within := errors.Unwrap(err); r.w.busy != nil && within != nil {
			err = &CellError{r.w.busy.name, r.w.busy.transform, within}
		}
		return nil, err
	}
	if len(r.out.b) == 0 {
		r.cut(r.w.buf, len(fields))
		r.w.buf = r.w.buf[:0]
		return r.row, nil
	}
	r.out.b = append(r.out.b, r.w.buf...) // a row so large that the writer wrote it on
	r.cut(r.out.b, len(fields))
	r.w.buf, r.out.b = r.w.buf[:0], nil
	return r.row, nil
}

// cut takes a row of binary format apart, which the writer made.
func (r *Rows) cut(b []byte, n int) {
	r.row, b = r.row[:0], b[2:]
	for range n {
		size := int32(binary.BigEndian.Uint32(b))
		if b = b[4:]; size < 0 {
			r.row = append(r.row, nil)
			continue
		}
		r.row, b = append(r.row, b[:size:size]), b[size:]
	}
}

// Close ends the rows.
func (r *Rows) Close() error {
	r.in = copyfmt.AppendTrailer(r.in, r.w.plan.Format)
	if _, err := r.w.Write(r.in); err != nil {
		return err
	}
	return r.w.Close()
}
