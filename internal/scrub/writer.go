package scrub

import (
	"bytes"
	"io"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/condition"
	"refresher/internal/scrub/prose"
	"refresher/internal/scrub/transform"
)

const (
	flushAt = 128 << 10 // bytes collected before they are written on
	keepMax = 1 << 20   // a buffer that a huge row grew beyond this is let go
)

// Writer scrubs one COPY stream of a table: what is written to it arrives,
// scrubbed, at its output. One goroutine uses it at a time. After an error it
// accepts nothing more.
type Writer struct {
	plan   *TablePlan
	out    io.Writer
	parser *copyfmt.Parser
	row    transform.Row
	cells  []boundCell
	joined []boundCell // whose results only the row's free text sees

	evals    []*condition.Eval // of the plan's conditions
	verdicts []verdict         // what they said of the row at hand
	dropping []remembered      // columns of rows that stay behind
	dropped  int64

	scrub  func(*copyfmt.Row) error // what the parser calls for each row
	forced []verdict                // of a canary: what its conditions say

	start int // where in buf the row at hand begins
	buf   []byte
	side  []byte // what cells of the first pass made, in tables with free text
	busy  *boundCell
	from  []fingerprint.Column // of each field, if fingerprints are taken
	err   error
}

// boundCell is a column's plan with the writer's own cell.
type boundCell struct {
	*columnPlan
	rewrite  transform.Cell
	from, to int // what the first pass made: side[from:to]

	cases  []boundCell
	chosen *boundCell // by the first pass; nil: the value stays
	kept   int64      // values that a case of keep let pass
}

// NewWriter returns a writer for the COPY stream, in tp's format, of tp's
// columns. fp collects the fingerprints of what is masked; it may be nil.
func (p *Program) NewWriter(tp *TablePlan, out io.Writer, fp *fingerprint.Collector) *Writer {
	w := &Writer{plan: tp, out: out}
	if !tp.rewritten() {
		w.parser = copyfmt.NewRawParser(tp.Format, tp.Fields(), nil)
		return w
	}
	w.row = transform.Row{PRF: p.key.Function(), Fingerprints: fp, Detector: detect.New()}
	if fp != nil {
		for _, c := range tp.Columns {
			w.from = append(w.from, fp.Column(tp.Table.Name.String()+"."+c.Name))
		}
	}
	if tp.text {
		w.row.Known = &prose.Known{}
	}
	if tp.person != nil {
		w.row.Person = &transform.Person{Plan: tp.person, Of: &w.row}
	}
	w.cells, w.joined = w.bind(tp.cells), w.bind(tp.joined)
	fn := w.onePass
	if tp.order != nil {
		w.row.Made = w.made
	}
	if tp.text || tp.order != nil {
		fn = w.twoPass
	}
	if len(tp.conditions) > 0 {
		w.err = w.bindConditions()
		fn = w.conditional(fn)
	}
	w.scrub = fn
	w.parser = copyfmt.NewRawParser(tp.Format, tp.Fields(), func(r *copyfmt.Row) error {
		err := fn(r)
		if err != nil && w.busy != nil && transform.IsUnfit(err) { // while the row is there
			err = w.unfit(err)
		}
		return err
	})
	w.buf = copyfmt.AppendHeader(make([]byte, 0, flushAt+flushAt/4), tp.Format)
	return w
}

func (w *Writer) bind(plans []columnPlan) []boundCell {
	cells := make([]boundCell, len(plans))
	for i := range plans {
		cells[i] = boundCell{columnPlan: &plans[i], cases: w.bind(plans[i].cases)}
		if plans[i].make != nil {
			cells[i].rewrite = plans[i].make(&w.row)
		}
	}
	return cells
}

// Rows is the number of rows scrubbed so far.
func (w *Writer) Rows() int64 { return w.parser.Rows() }

// Write takes any stretch of the stream.
func (w *Writer) Write(b []byte) (n int, err error) {
	if w.err != nil {
		return 0, w.err
	}
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, w.panicked(p)
			w.err = err
		}
	}()
	n, err = w.parser.Write(b)
	if err == nil && !w.plan.rewritten() { // nothing to mask: the stream passes as it is
		err = w.pass(b)
	}
	if err != nil {
		w.err = w.explain(err)
	}
	return n, w.err
}

// onePass rewrites a row of a table without free text.
func (w *Writer) onePass(r *copyfmt.Row) error {
	w.before(r)
	next := 0
	for i := range w.cells {
		c := &w.cells[i]
		if r.Null(c.at) {
			continue
		}
		w.enter(c)
		if len(c.cases) > 0 {
			var err error
			if c, err = w.choose(r, c); err != nil {
				return err
			}
			if c == nil {
				continue
			}
		}
		w.buf = append(w.buf, r.Span(next, c.at)...)
		next = c.at + 1
		if err := w.cell(r, c); err != nil {
			return err
		}
	}
	return w.after(r, next)
}

// enter notes which column is at hand, for errors and for what is fingerprinted.
func (w *Writer) enter(c *boundCell) {
	w.busy = c
	w.at(c.at)
}

// at notes which field fingerprints are taken of.
func (w *Writer) at(field int) {
	if fp := w.row.Fingerprints; fp != nil {
		fp.From(w.from[field])
	}
}

// cell appends what replaces one field.
func (w *Writer) cell(r *copyfmt.Row, c *boundCell) (err error) {
	if c.null {
		if _, err = c.rewrite(nil, r.Field(c.at)); err == nil {
			w.buf = r.AppendField(w.buf, c.at, nil)
		}
		return err
	}
	w.buf = r.Begin(w.buf)
	start := len(w.buf)
	field := r.Field(c.at)
	w.buf = c.roomFor(w.buf, field)
	if w.buf, err = c.rewrite(w.buf, field); err == nil {
		w.buf = r.End(w.buf, start, c.at)
	}
	return err
}

// twoPass first rewrites the columns that hold identifiers, so that they are
// known when free text is rewritten.
func (w *Writer) twoPass(r *copyfmt.Row) (err error) {
	w.before(r)
	if w.row.Known != nil {
		w.row.Known.Reset()
	}
	w.side = w.side[:0]
	for i := range w.cells {
		if w.plan.order != nil {
			i = w.plan.order[i]
		}
		c := &w.cells[i]
		if r.Null(c.at) {
			continue
		}
		w.enter(c)
		if len(c.cases) > 0 {
			if c.chosen, err = w.choose(r, c); err != nil {
				return err
			}
			if c = c.chosen; c == nil {
				continue
			}
		}
		if c.late {
			continue
		}
		if c.null { // free text must know what was there
			if _, err = c.rewrite(nil, r.Field(c.at)); err != nil {
				return err
			}
			continue
		}
		c.from = len(w.side)
		field := r.Field(c.at)
		w.side = c.roomFor(w.side, field)
		if w.side, err = c.rewrite(w.side, field); err != nil {
			return err
		}
		c.to = len(w.side)
	}
	if err := w.meetJoined(r); err != nil {
		return err
	}
	next := 0
	for i := range w.cells {
		c := &w.cells[i]
		if r.Null(c.at) {
			continue
		}
		if len(c.cases) > 0 {
			if c = c.chosen; c == nil {
				continue
			}
		}
		w.enter(c)
		w.buf = append(w.buf, r.Span(next, c.at)...)
		next = c.at + 1
		switch {
		case c.null:
			w.buf = r.AppendField(w.buf, c.at, nil)
			continue
		case c.late:
			if err := w.cell(r, c); err != nil {
				return err
			}
			continue
		}
		w.buf = r.Begin(w.buf)
		start := len(w.buf)
		w.buf = r.End(append(w.buf, w.side[c.from:c.to]...), start, c.at)
	}
	if cap(w.side) > keepMax {
		w.side = nil
	}
	return w.after(r, next)
}

// roomFor makes room in dst for what replaces a huge field, at once: a buffer that
// grows step by step is there twice.
func (c *columnPlan) roomFor(dst, field []byte) []byte {
	n := len(field)
	if n < keepMax {
		return dst
	}
	if c.op != nil && c.op.kind == transform.KindJSON { // where short words are redacted, it grows
		return slices.Grow(dst, n+n/2)
	}
	return slices.Grow(dst, n+n/16)
}

// meetJoined makes what another table knows of the row's subject known to its
// free text. It is fingerprinted where it is at home.
func (w *Writer) meetJoined(r *copyfmt.Row) (err error) {
	fp := w.row.Fingerprints
	w.row.Fingerprints = nil
	for i := range w.joined {
		c := &w.joined[i]
		if r.Null(c.at) {
			continue
		}
		w.busy = c
		end := len(w.side)
		w.side, err = c.rewrite(w.side, r.Field(c.at))
		if w.side = w.side[:end]; err != nil {
			break
		}
	}
	w.row.Fingerprints = fp
	return err
}

// before begins a row. It fingerprints the full name that a row holds in two columns.
func (w *Writer) before(r *copyfmt.Row) {
	w.busy, w.start, w.row.Raw = nil, len(w.buf), r
	if w.row.Person != nil {
		w.row.Person.Meet()
	}
	if w.row.Fingerprints == nil || w.plan.first < 0 || w.keeps(r, w.plan.first) || w.keeps(r, w.plan.last) {
		return
	}
	first, last := bytes.TrimSpace(r.Field(w.plan.first)), bytes.TrimSpace(r.Field(w.plan.last))
	if len(first) == 0 || len(last) == 0 {
		return
	}
	w.row.Text = append(append(append(w.row.Text[:0], first...), ' '), last...)
	w.at(w.plan.first)
	w.row.Fingerprints.Add(pii.FullName, w.row.Text)
}

func (w *Writer) after(r *copyfmt.Row, next int) error {
	w.busy = nil
	w.buf = append(w.buf, r.Span(next, len(w.plan.Columns))...)
	if w.plan.Join != nil {
		w.buf = r.Cut(w.buf, w.start, len(w.plan.Columns))
	}
	if len(w.buf) < flushAt {
		return nil
	}
	return w.flush()
}

// made finds what the first pass made of a column.
func (w *Writer) made(at int) (wire []byte, null bool) {
	i := w.plan.cellAt[at]
	if i < 0 {
		return w.row.Raw.Field(at), w.row.Raw.Null(at)
	}
	c := &w.cells[i]
	if w.row.Raw.Null(at) {
		return nil, true
	}
	if len(c.cases) > 0 {
		if c = c.chosen; c == nil {
			return w.row.Raw.Field(at), false
		}
	}
	if c.null {
		return nil, true
	}
	return w.side[c.from:c.to], false
}
