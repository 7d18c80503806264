package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	batchBytes = 256 << 10 // of records that a worker takes at once
	maxRecord  = 32 << 20  // bytes of the longest record
)

// errTooLong is a record of which more than one can't be held in memory.
var errTooLong = fmt.Errorf("a record of more than %d MiB", maxRecord>>20)

// scrubber scrubs whole records and appends what each output gets to its buffer.
type scrubber interface {
	scrub(in []byte, out [][]byte) (rows int64, err error)
}

// recordError is what is wrong in a record.
type recordError struct {
	row    int64 // from 1, the header not counted
	column string
	err    error
}

func (e *recordError) Error() string {
	if e.column == "" {
		return fmt.Sprintf("row %d: %v", e.row, e.err)
	}
	return fmt.Sprintf("row %d, column %s: %v", e.row, e.column, e.err)
}

func (e *recordError) Unwrap() error { return e.err }

// batch is a stretch of whole records on its way.
type batch struct {
	in   []byte
	out  [][]byte
	rows int64
	err  error
	done chan struct{}
}

// pump reads records, has them scrubbed by several workers, and writes them in their order.
// cut returns how much of a stretch is whole records, 0 if none is. Memory is bounded by some
// batches a worker, and by the longest record.
func pump(ctx context.Context, in io.Reader, cut func([]byte) int, workers []scrubber,
	outs []io.Writer) (rows int64, err error) {
	pool := sync.Pool{New: func() any { return &batch{out: make([][]byte, len(outs))} }}
	group, ctx := errgroup.WithContext(ctx)
	jobs, order := make(chan *batch), make(chan *batch, 2*len(workers))
	group.Go(func() error {
		defer close(jobs)
		defer close(order)
		return readBatches(in, cut, func(whole []byte) error {
			b := pool.Get().(*batch)
			b.in, b.done = append(b.in[:0], whole...), make(chan struct{})
			for _, to := range []chan *batch{order, jobs} {
				select {
				case to <- b:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			return nil
		})
	})
	for _, w := range workers {
		group.Go(func() error {
			for b := range jobs {
				for i := range b.out {
					b.out[i] = b.out[i][:0]
				}
				b.rows, b.err = w.scrub(b.in, b.out)
				close(b.done)
			}
			return nil
		})
	}
	group.Go(func() error {
		for b := range order {
			select {
			case <-b.done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			var record *recordError
			if errors.As(b.err, &record) {
				record.row += rows
			}
			if b.err != nil {
				return b.err
			}
			for i, w := range outs {
				if _, err := w.Write(b.out[i]); err != nil {
					return err
				}
			}
			rows += b.rows
			pool.Put(b)
		}
		return nil
	})
	err = group.Wait()
	return rows, err
}

// readBatches cuts what it reads into stretches of whole records. The last one need not end
// as records do.
func readBatches(in io.Reader, cut func([]byte) int, send func([]byte) error) error {
	buf, n := make([]byte, batchBytes), 0
	for {
		k, err := in.Read(buf[n:])
		n += k
		switch {
		case errors.Is(err, io.EOF):
			if n > 0 {
				return send(buf[:n])
			}
			return nil
		case err != nil:
			return err
		case n < len(buf):
			continue
		}
		whole := cut(buf)
		switch {
		case whole > 0:
			if err := send(buf[:whole]); err != nil {
				return err
			}
			n = copy(buf, buf[whole:])
			if len(buf) > batchBytes && n < batchBytes {
				buf = append(make([]byte, 0, batchBytes), buf[:n]...)[:batchBytes]
			}
		case len(buf) >= maxRecord:
			return errTooLong
		default:
			buf = append(buf, make([]byte, len(buf))...)
		}
	}
}

// cutLines cuts behind the last line break.
func cutLines(b []byte) int { return bytes.LastIndexByte(b, '\n') + 1 }

// cutQuoted cuts behind the last line break that stands outside of quotes: before it, quotes
// come in pairs (RFC 4180, 2.5 to 2.7).
func cutQuoted(b []byte) int {
	open := bytes.Count(b, []byte{'"'})&1 == 1
	for end := len(b); ; {
		at := bytes.LastIndexByte(b[:end], '\n')
		if at < 0 {
			return 0
		}
		if bytes.Count(b[at:end], []byte{'"'})&1 == 1 {
			open = !open
		}
		if !open {
			return at + 1
		}
		end = at
	}
}
