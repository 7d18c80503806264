package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"
)

// lines are some whole lines of JSON.
type lines struct {
	data  []byte
	first int64 // number of the first
}

// jsonRows looks through JSON lines, member by member: each is a cell of its column.
func (v *Verifier) jsonRows(ctx context.Context, t *tableRows, r io.Reader) error {
	batches := make(chan lines)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		return cutLines(bufio.NewReaderSize(r, 64<<10), func(b lines) error {
			select {
			case batches <- b:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	})
	for range v.opts.Workers {
		group.Go(func() error {
			j := &jsonScan{t: t, s: v.scanner(), found: map[string]*tally{}}
			for b := range batches {
				if err := j.batch(b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// cutLines reads whole lines in batches, however long one is.
func cutLines(r *bufio.Reader, emit func(lines) error) error {
	b := lines{first: 1}
	next := int64(1)
	for {
		part, err := r.ReadSlice('\n')
		b.data = append(b.data, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		next++
		if len(b.data) >= batchBytes || err != nil {
			if eerr := emit(b); eerr != nil {
				return eerr
			}
			b = lines{first: next}
		}
		if err != nil {
			return nil
		}
	}
}

// jsonScan looks through lines for one goroutine.
type jsonScan struct {
	t     *tableRows
	s     *scanner
	found map[string]*tally // of the batch at hand
	text  string
	raw   json.RawMessage
}

func (j *jsonScan) batch(b lines) error {
	clear(j.found)
	d := json.NewDecoder(bytes.NewReader(b.data))
	d.UseNumber()
	rows, line, counted := int64(0), b.first, int64(0)
	for {
		at := d.InputOffset()
		line += int64(bytes.Count(b.data[counted:at], newline))
		counted = at
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || token != json.Delim('{') {
			return brokenRows(j.t.file, line)
		}
		line += int64(bytes.Count(b.data[counted:d.InputOffset()], newline))
		counted = d.InputOffset()
		if err := j.object(d, place{line: line}); err != nil {
			return brokenRows(j.t.file, line)
		}
		rows++
	}
	found := make([]*tally, 0, len(j.found))
	for _, t := range j.found {
		found = append(found, t)
	}
	j.t.ledger.merge(rows, found)
	return j.s.err()
}

// object looks through the members of an object, of which the brace was read.
func (j *jsonScan) object(d *json.Decoder, at place) error {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if err := d.Decode(&j.raw); err != nil {
			return err
		}
		if string(j.raw) == "null" {
			j.column(name)
			continue
		}
		cell := []byte(j.raw)
		if cell[0] == '"' {
			if err := json.Unmarshal(j.raw, &j.text); err != nil {
				return err
			}
			cell = []byte(j.text)
		}
		j.s.cell(j.column(name), at, cell)
	}
	_, err := d.Token()
	return err
}

func (j *jsonScan) column(name string) *tally {
	t := j.found[name]
	if t == nil {
		t = j.t.column(j.s, name).fresh()
		j.found[name] = t
	}
	return t
}
