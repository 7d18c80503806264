package fingerprint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What a store gives away is a sequence of frames: a kind, a number that says more of it, how
// many bytes follow, and those. Numbers are little-endian.
const (
	frameColumns = 1 + iota // names of columns, as origins number them, in JSON
	frameGrams              // records of a partition, whose number comes with it
	frameHeads
	frameOrigins
	frameMade    // words of the table of fakes: the place and the bits of each
	frameSummary // in JSON; it comes last
)

// frameRecords is how many records or words a frame holds at most.
const frameRecords = 1 << 13

// summary is what a store knows of what it gives away beside the hashes.
type summary struct {
	Stats   [len(classes)]Stats
	Numbers map[int][]byte // registers of the sketch by length
	Mixed   uint64
}

// Export moves what the store has collected to w, for [Store.Import] in another process, and
// keeps none of it. The collectors must be closed. What goes out are keyed hashes, and names of
// columns. A value that was added before an Export is not added again after it, so that
// after an error the store must not be used any more. The store must be a kept one
// ([NewKeptStore]): the hashes of others mean something in one process only.
func (s *Store) Export(w io.Writer) error {
	if !s.words.keyed {
		return errors.New("the fingerprints of a store that is not kept can't leave the process")
	}
	out := &frames{w: w}
	if err := out.json(frameColumns, s.named); err != nil {
		return err
	}
	for _, sp := range []struct {
		kind byte
		*spill
	}{{frameGrams, s.grams}, {frameHeads, s.heads}, {frameOrigins, s.origins}} {
		for p := range sp.parts {
			if err := sp.drain(p, func(recs []uint64) error { return out.put(sp.kind, uint32(p), recs) }); err != nil {
				return err
			}
		}
	}
	if err := s.made.drain(func(pairs []uint64) error { return out.put(frameMade, 0, pairs) }); err != nil {
		return err
	}
	s.mu.Lock()
	sum := summary{Stats: s.stats, Numbers: map[int][]byte{}, Mixed: s.mixed}
	for length, r := range s.numbers {
		if r != nil {
			sum.Numbers[length] = r[:]
		}
	}
	s.stats, s.numbers, s.mixed = [len(classes)]Stats{}, sketch{}, 0
	s.mu.Unlock()
	return out.json(frameSummary, sum)
}

// Import adds what another kept store of the same key exported. Adding it twice changes nothing
// but the counts of [Store.Stats].
func (s *Store) Import(r io.Reader) error {
	if !s.words.keyed {
		return errors.New("a store that is not kept can't take the fingerprints of another process")
	}
	var columns []Column // of this store, by those of the other
	for {
		kind, part, data, err := readFrame(r)
		if err != nil {
			return fmt.Errorf("reading fingerprints of another process: %w", err)
		}
		switch kind {
		case frameColumns:
			var names []string
			if err := json.Unmarshal(data, &names); err != nil {
				return fmt.Errorf("reading fingerprints of another process: %w", err)
			}
			for _, name := range names {
				columns = append(columns, s.column(name))
			}
		case frameSummary:
			return s.add(data)
		default:
			if err := s.take(kind, part, records(data), columns); err != nil {
				return err
			}
		}
	}
}

// take adds the records of a frame.
func (s *Store) take(kind byte, part uint32, recs []uint64, columns []Column) error {
	switch {
	case kind == frameGrams && int(part) < len(s.grams.parts):
		return s.grams.write(int(part), recs)
	case kind == frameHeads && int(part) < len(s.heads.parts):
		return s.heads.write(int(part), recs)
	case kind == frameOrigins && part == 0:
		for i, r := range recs {
			n := int(r & originMask)
			if n == 0 || n > len(columns) {
				return errors.New("fingerprints of another process name a column that they do not list")
			}
			recs[i] = r&^originMask | uint64(columns[n-1])
		}
		return s.origins.write(0, recs)
	case kind == frameMade:
		return s.made.merge(recs)
	}
	return fmt.Errorf("fingerprints of another process hold a frame of kind %d, part %d, which this version does "+
		"not know", kind, part)
}

func (s *Store) add(data []byte) error {
	var sum summary
	if err := json.Unmarshal(data, &sum); err != nil {
		return fmt.Errorf("reading fingerprints of another process: %w", err)
	}
	var numbers sketch
	for length, registers := range sum.Numbers {
		if length < 0 || length >= len(numbers) || len(registers) != 1<<sketchBits {
			return errors.New("fingerprints of another process hold a sketch of another form")
		}
		numbers[length] = (*[1 << sketchBits]uint8)(registers)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, st := range sum.Stats {
		s.stats[i].Added += st.Added
		s.stats[i].Fictional += st.Fictional
		s.stats[i].Short += st.Short
	}
	s.numbers.merge(&numbers)
	s.mixed |= sum.Mixed
	return nil
}

// drain hands over the records of a partition and forgets them.
func (s *spill) drain(p int, put func([]uint64) error) error {
	part := &s.parts[p]
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.n == 0 {
		return nil
	}
	buf := make([]uint64, min(part.n, frameRecords))
	for at := int64(0); at < part.n; {
		recs := buf[:min(int64(len(buf)), part.n-at)]
		if _, err := part.f.ReadAt(asBytes(recs), at*8); err != nil {
			return fmt.Errorf("reading spilled fingerprints: %w", err)
		}
		if err := put(recs); err != nil {
			return err
		}
		at += int64(len(recs))
	}
	part.n = 0
	return nil
}

// drain hands over the words of the table that have bits, each with its place before it, and
// clears them.
func (m *made) drain(put func(pairs []uint64) error) error {
	var pairs []uint64
	for i := range m.words {
		bits := m.words[i].Swap(0)
		if bits == 0 {
			continue
		}
		if pairs = append(pairs, uint64(i), bits); len(pairs) == frameRecords {
			if err := put(pairs); err != nil {
				return err
			}
			pairs = pairs[:0]
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return put(pairs)
}

// merge adds words of another table.
func (m *made) merge(pairs []uint64) error {
	m.add(nil) // makes the table
	for ; len(pairs) > 1; pairs = pairs[2:] {
		if pairs[0] >= uint64(len(m.words)) {
			return errors.New("fingerprints of another process hold a table of fakes of another size")
		}
		m.words[pairs[0]].Or(pairs[1])
	}
	return nil
}

// frames writes frames.
type frames struct {
	w   io.Writer
	buf []byte
}

func (f *frames) put(kind byte, part uint32, recs []uint64) error {
	f.buf = f.buf[:0]
	for _, r := range recs {
		f.buf = binary.LittleEndian.AppendUint64(f.buf, r)
	}
	return f.bytes(kind, part, f.buf)
}

func (f *frames) json(kind byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing fingerprints for another process: %w", err)
	}
	return f.bytes(kind, 0, data)
}

func (f *frames) bytes(kind byte, part uint32, data []byte) error {
	head := append(make([]byte, 0, frameHead), kind)
	head = binary.LittleEndian.AppendUint32(head, part)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(data)))
	if _, err := f.w.Write(head); err != nil {
		return err
	}
	_, err := f.w.Write(data)
	return err
}

const (
	frameHead = 9
	// maxFrame is more than any frame has: names of 65,535 columns are some megabytes.
	maxFrame = 64 << 20
)

func readFrame(r io.Reader) (kind byte, part uint32, data []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, nil, noEnd(err)
	}
	kind, part = head[0], binary.LittleEndian.Uint32(head[1:])
	size := binary.LittleEndian.Uint32(head[5:])
	if size > maxFrame {
		return 0, 0, nil, fmt.Errorf("a frame of %d bytes", size)
	}
	var body bytes.Buffer // grows with what is there: the size may be wrong
	if _, err := io.CopyN(&body, r, int64(size)); err != nil {
		return 0, 0, nil, noEnd(err)
	}
	return kind, part, body.Bytes(), nil
}

// noEnd is for an end before the summary.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func records(data []byte) []uint64 {
	recs := make([]uint64, len(data)/8)
	for i := range recs {
		recs[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return recs
}
