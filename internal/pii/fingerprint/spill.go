package fingerprint

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"unsafe"
)

// Partitions, as bits at the top of a hash. A record leaves them out, which
// makes room at its bottom for a class or a length.
const (
	gramBits = 7
	headBits = 5
)

// A record is a hash without its top bits, and a tag of as many bits.
func record(h uint64, tag uint8, bits uint) uint64 { return h<<bits | uint64(tag) }

// spill is a set of files of records, one a partition, safe for concurrent use.
type spill struct {
	dir, name string
	bits      uint
	parts     []spillPart
}

type spillPart struct {
	mu sync.Mutex
	f  *os.File
	n  int64 // records
}

func newSpill(dir, name string, bits uint) *spill {
	return &spill{dir: dir, name: name, bits: bits, parts: make([]spillPart, 1<<bits)}
}

func (s *spill) write(p int, recs []uint64) error {
	part := &s.parts[p]
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.f == nil {
		name := filepath.Join(s.dir, fmt.Sprintf("%s-%03d", s.name, p))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("spilling fingerprints: %w", err)
		}
		// Without a name it is gone when the process is; where that is not
		// possible, close removes it.
		_ = os.Remove(name)
		part.f = f
	}
	if _, err := part.f.WriteAt(asBytes(recs), part.n*8); err != nil {
		return fmt.Errorf("spilling fingerprints: %w", err)
	}
	part.n += int64(len(recs))
	return nil
}

// read returns all records of a partition.
func (s *spill) read(p int) ([]uint64, error) {
	part := &s.parts[p]
	recs := make([]uint64, part.n)
	if part.n == 0 {
		return nil, nil
	}
	if _, err := part.f.ReadAt(asBytes(recs), 0); err != nil {
		return nil, fmt.Errorf("reading spilled fingerprints: %w", err)
	}
	return recs, nil
}

// rewrite puts sorted records in the place of a partition's.
func (s *spill) rewrite(p int, recs []uint64) error {
	part := &s.parts[p]
	if _, err := part.f.WriteAt(asBytes(recs), 0); err != nil {
		return fmt.Errorf("sorting fingerprints: %w", err)
	}
	part.n = int64(len(recs))
	if err := part.f.Truncate(part.n * 8); err != nil {
		return fmt.Errorf("sorting fingerprints: %w", err)
	}
	return nil
}

func (s *spill) close() (err error) {
	for i := range s.parts {
		if f := s.parts[i].f; f != nil {
			if e := f.Close(); err == nil {
				err = e
			}
			s.parts[i].f = nil
		}
	}
	return err
}

// asBytes is the memory of records, in the machine's byte order: the files
// never leave the machine.
func asBytes(recs []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(recs))), len(recs)*8)
}

// spiller buffers one goroutine's records. Repetitions within a short while are
// dropped, as of a customer's address in each of his orders.
type spiller struct {
	to     *spill
	bufs   [][]uint64
	recent []uint64
	err    error
}

const spillAt = 1024 // records a write

func newSpiller(to *spill, recent int) *spiller {
	return &spiller{to: to, bufs: make([][]uint64, len(to.parts)), recent: make([]uint64, recent)}
}

// add keeps a hash and its tag; fresh is false if it came shortly before.
func (s *spiller) add(h uint64, tag uint8) (fresh bool) {
	key := h ^ uint64(tag)*0x9E3779B97F4A7C15
	if r := &s.recent[key&uint64(len(s.recent)-1)]; *r == key {
		return false
	} else {
		*r = key
	}
	p := h >> (64 - s.to.bits)
	b := s.bufs[p]
	if b == nil {
		b = make([]uint64, 0, spillAt)
	}
	b = append(b, record(h, tag, s.to.bits))
	if len(b) == spillAt {
		s.flush(int(p), b)
		b = b[:0]
	}
	s.bufs[p] = b
	return true
}

func (s *spiller) flush(p int, b []uint64) {
	if s.err == nil && len(b) > 0 {
		s.err = s.to.write(p, b)
	}
}

func (s *spiller) close() error {
	for p, b := range s.bufs {
		s.flush(p, b)
	}
	s.bufs = nil
	return s.err
}
