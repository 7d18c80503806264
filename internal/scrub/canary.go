package scrub

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/transform"
	"refresher/internal/verify/canary"
)

// Identity is a canary's identity that can be looked for as a source's is.
type Identity struct {
	Class  pii.Class
	Text   string
	Table  string
	Column string
}

// Rehearse sends canaries through the writer before the first row: the rows of
// somebody who doesn't exist, with a value in every place that the rules mask.
// What comes out is judged and thrown away: neither the output nor the writer's
// counts know of it, and nothing is fingerprinted. Each rule of a list has its
// rows, under any condition; one more has those that the conditions choose.
//
// It also returns some of the canaries' identities, for verification to look for.
func (w *Writer) Rehearse(seed []byte) (canary.Table, []Identity, error) {
	h := &rehearsal{w: w, plan: w.plan, src: canary.NewSource(seed), tally: canary.NewTally(w.plan.Table.Name.String())}
	if !w.plan.Masked() {
		return h.tally.Table(), nil, nil
	}
	out, fp := w.out, w.row.Fingerprints
	defer func() {
		w.out, w.row.Fingerprints, w.forced, w.busy = out, fp, nil, nil
		w.dropped = 0
		for i := range w.cells {
			w.cells[i].kept = 0
		}
	}()
	w.row.Fingerprints = nil
	h.announce()
	trials := h.trials()
	for range maxRehearsals {
		for _, t := range trials {
			if err := h.try(t); err != nil {
				return canary.Table{}, nil, fmt.Errorf("sending canaries through %s: %w", w.plan.Table.Name, err)
			}
		}
		if !h.tally.Doubtful() {
			break
		}
	}
	return h.tally.Table(), h.identities, nil
}

// maxRehearsals is how often canaries are sent where all may have come out by
// chance, as noise of one euro leaves some amounts as they are.
const maxRehearsals = 15

// rehearsal makes the canaries of one table.
type rehearsal struct {
	w          *Writer
	plan       *TablePlan
	src        *canary.Source
	tally      *canary.Tally
	identities []Identity
	turn       int // rows made
}

// trial is one canary: what its conditions say, and whether columns that are
// kept hold something.
type trial struct {
	forced []verdict // nil: what they really say
	filled bool
	exact  bool // the rule that counts is known
}

// trials cover every rule: that for which no condition holds three times, since
// some transforms may show a value by chance, the others twice.
func (h *rehearsal) trials() []trial {
	conditions := len(h.plan.conditions)
	usual := make([]verdict, conditions)
	for i := range usual {
		usual[i] = doesNot
	}
	first := 0
	if h.plan.filter != nil {
		usual[0], first = holds, 1
	}
	list := []trial{{usual, true, true}, {usual, false, true}, {usual, true, true}}
	for i := first; i < conditions; i++ {
		one := slices.Clone(usual)
		one[i] = holds
		list = append(list, trial{one, true, true}, trial{one, false, true})
	}
	if conditions > 0 {
		list = append(list, trial{nil, true, false})
	}
	return list
}

// announce lists the masked columns.
func (h *rehearsal) announce() {
	for i := range h.plan.cells {
		cp := &h.plan.cells[i]
		why := ""
		if transform.FamilyOf(h.plan.Columns[cp.at].Type) == transform.FamilyOther && cp.op.kind == transform.KindMask {
			why = "its type has few values: what comes out may be what went in"
		}
		h.tally.Column(cp.at, canary.Column{Column: cp.name, Transform: cp.transform, Class: string(cp.op.class()), Why: why})
	}
}

// try makes a canary's row and sends it through. A value that its transform
// refuses is left out: a real one would have stopped the run.
func (h *rehearsal) try(t trial) error {
	var refused []int
	for {
		row, err := h.row(t, refused)
		if err != nil {
			return err
		}
		o, at, err := h.send(t, row)
		if at >= 0 && !slices.Contains(refused, at) {
			refused = append(refused, at)
			continue
		}
		if err != nil && !t.exact {
			return nil // a condition can't be asked of an invented row
		}
		if err != nil {
			return err
		}
		h.follow(row)
		h.tally.Judge(row, o)
		for _, at := range refused { // counted, too
			if at < len(h.plan.Columns) {
				h.tally.Refuse(at)
			}
		}
		return nil
	}
}

// send puts one row through the writer. at is the column whose transform took
// no such value, -1 if all did.
func (h *rehearsal) send(t trial, row *canary.Row) (o *canary.Outcome, at int, err error) {
	wire, err := h.encode(row)
	if err != nil {
		return nil, -1, err
	}
	w := h.w
	var flushed bytes.Buffer
	w.out, w.forced = &flushed, t.forced
	dropped := w.dropped
	kept := make([]int64, len(w.cells))
	for i := range w.cells {
		kept[i] = w.cells[i].kept
	}
	at, err = w.one(wire)
	made := append(flushed.Bytes(), w.buf...) // the header, then the row, of which much may be flushed
	w.buf = copyfmt.AppendHeader(w.buf[:0], w.plan.Format)
	if err != nil || at >= 0 {
		return nil, at, err
	}
	o = &canary.Outcome{Dropped: w.dropped > dropped}
	for i := range w.cells {
		if w.cells[i].kept > kept[i] {
			o.Kept = append(o.Kept, w.cells[i].at)
		}
	}
	if o.Dropped {
		return o, -1, nil
	}
	o.Fields, err = h.decode(made)
	return o, -1, err
}

// one parses and scrubs one row by itself, as Write does.
func (w *Writer) one(stream []byte) (at int, err error) {
	at = -1
	defer func() {
		if p := recover(); p != nil {
			err = w.panicked(p)
		}
		if err != nil && w.busy != nil {
			at, err = w.busy.at, nil
		}
	}()
	w.busy = nil
	p := copyfmt.NewRawParser(w.plan.Format, w.plan.Fields(), w.scrub)
	_, err = p.Write(stream)
	return at, err
}

// encode writes a canary as the server would.
func (h *rehearsal) encode(row *canary.Row) ([]byte, error) {
	fields := make([][]byte, len(row.Fields))
	for i, text := range row.Fields {
		if text == nil {
			continue
		}
		var err error
		if fields[i], err = value.For(h.column(i).Type, h.plan.Format).AppendWire([]byte{}, []byte(*text)); err != nil {
			return nil, err
		}
	}
	return copyfmt.AppendRow(copyfmt.AppendHeader(nil, h.plan.Format), h.plan.Format, fields), nil
}

// column is that of a field, also of one that is joined in.
func (h *rehearsal) column(i int) *catalog.Column {
	if n := len(h.plan.Columns); i >= n {
		return h.plan.Join.Columns[i-n]
	}
	return h.plan.Columns[i]
}

var errNoRow = errors.New("the writer made no row of a canary")

// decode reads the row that the writer made.
func (h *rehearsal) decode(made []byte) (fields []*string, err error) {
	p := copyfmt.NewParser(h.plan.Format, len(h.plan.Columns), func(wires [][]byte) error {
		fields = make([]*string, len(wires))
		for i, wire := range wires {
			if wire == nil {
				continue
			}
			text := wire // of a type without a codec, which is kept or NULL
			if codec := value.For(h.plan.Columns[i].Type, h.plan.Format); codec != nil {
				if text, err = codec.AppendText(nil, wire); err != nil {
					return err
				}
			}
			s := string(text)
			fields[i] = &s
		}
		return nil
	})
	if _, err := io.Copy(p, bytes.NewReader(made)); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, errNoRow
	}
	return fields, nil
}

// follow notes identities that are unlike any of production's: what else holds
// one must have been a canary.
func (h *rehearsal) follow(row *canary.Row) {
	const enough = 3 // a table
	for _, p := range row.Plants {
		switch p.Class {
		case pii.Email, pii.FullName, pii.IBAN, pii.Token:
			if p.Whole && !p.Inside && p.Mode == canary.Nothing && len(h.identities) < enough {
				h.identities = append(h.identities, Identity{Class: p.Class, Text: p.Text,
					Table: h.plan.Table.Name.String(), Column: h.plan.Columns[p.Column].Name})
			}
		}
	}
}

// row makes a canary. Columns in skip stay NULL.
func (h *rehearsal) row(t trial, skip []int) (*canary.Row, error) {
	h.turn++
	row := &canary.Row{Fields: make([]*string, h.plan.Fields())}
	b := &canaryRow{h: h, row: row}
	for i := range row.Fields {
		if t.filled {
			b.fill(i)
		}
	}
	var late []func() error
	for i := range h.plan.cells {
		cp := &h.plan.cells[i]
		row.Fields[cp.at] = nil
		if slices.Contains(skip, cp.at) {
			continue
		}
		o, place := cp.chosen(t)
		if o == nil || o.kind == transform.KindKeep {
			o = cp.op.usual() // the conditions decide, or it will be let pass
		}
		put := func() error { return b.put(cp.at, o, place, t.exact || len(cp.cases) == 0) }
		if o.needsKnown() {
			late = append(late, put)
			continue
		}
		if err := put(); err != nil {
			return nil, err
		}
	}
	for i := range h.plan.joined {
		if cp := &h.plan.joined[i]; !slices.Contains(skip, cp.at) {
			if err := b.join(cp); err != nil {
				return nil, err
			}
		}
	}
	for _, put := range late { // prose names who is in the row
		if err := put(); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// chosen is the rule that a trial's conditions lead to, and what a report calls it.
func (cp *columnPlan) chosen(t trial) (*op, string) {
	if len(cp.cases) == 0 {
		return cp.op, ""
	}
	for i := range cp.cases {
		c := &cp.cases[i]
		if t.forced != nil && (c.when == always || t.forced[c.when] == holds) {
			return c.op, fmt.Sprintf("rule %d of %d", i+1, len(cp.cases))
		}
	}
	return nil, ""
}
