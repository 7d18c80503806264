package scrub

import (
	"errors"
	"fmt"
	"runtime"

	"refresher/internal/postgres/copyfmt"
)

// pass writes a stretch of the stream as it is; a large one without copying it.
func (w *Writer) pass(b []byte) error {
	if len(b) >= flushAt {
		if err := w.flush(); err != nil {
			return err
		}
		if _, err := w.out.Write(b); err != nil {
			return outputError{err}
		}
		return nil
	}
	if w.buf = append(w.buf, b...); len(w.buf) >= flushAt {
		return w.flush()
	}
	return nil
}

// Close checks that the stream is complete and writes what is left. It doesn't
// close the output.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	err := w.parser.Close()
	w.row.Flush()
	if err == nil && w.plan.rewritten() {
		w.buf = copyfmt.AppendTrailer(w.buf, w.plan.Format)
	}
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		w.err = w.explain(err)
		return w.err
	}
	w.err = errClosed
	return nil
}

var errClosed = errors.New("the scrubbed stream is complete")

// outputError is an error of what the writer writes to, which needs no place.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	if _, err := w.out.Write(w.buf); err != nil {
		return outputError{err}
	}
	if w.buf = w.buf[:0]; cap(w.buf) > keepMax {
		w.buf = nil
	}
	return nil
}

// Refused is the column whose rule a value stopped the writer at, "" if none did.
func (w *Writer) Refused() string {
	var out outputError
	var stream *copyfmt.Error
	if w.err == nil || w.busy == nil || errors.As(w.err, &out) || errors.As(w.err, &stream) {
		return ""
	}
	return w.busy.name
}

// explain adds the place to an error of a row.
func (w *Writer) explain(err error) error {
	var out outputError
	var stream *copyfmt.Error
	switch {
	case errors.As(err, &out):
		return fmt.Errorf("writing rows of %s: %w", w.plan.Table.Name, out.error)
	case errors.As(err, &stream), w.busy == nil:
		return fmt.Errorf("scrubbing %s: %w", w.plan.Table.Name, err)
	}
	return fmt.Errorf("scrubbing %s, row %d, column %s (%s): %w", w.plan.Table.Name, w.Rows(), w.busy.name,
		w.busy.transform, err)
}

// panicked turns a panic into an error. Its text is left out, as it could hold
// a value, but for the runtime's own, which hold numbers and types.
func (w *Writer) panicked(p any) error {
	what := "a transform failed"
	if re, ok := p.(runtime.Error); ok {
		what = "a transform failed: " + re.Error()
	}
	if w.busy == nil {
		return fmt.Errorf("scrubbing %s, row %d: %s", w.plan.Table.Name, w.Rows(), what)
	}
	return w.explain(errors.New(what))
}
