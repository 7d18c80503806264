package fingerprint

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/FastFilter/xorfilter"

	"refresher/internal/pii"
)

// The file of a set, all numbers little-endian:
//
//	magic       8 bytes "RFPRINTS"
//	version     uint32, 2
//	length      uint32, of the header
//	header      JSON, see [Header]
//	words       what values begin with: uint32 n, n × uint64; uint32 m, m × uint8
//	pairs       the same of their first two words
//	density     35 × float64; then two uint64, see [Set]
//	partitions  uint32 p, a power of two
//	p times     a filter of 8 bits and one of 32: uint64 seed, uint32 segment
//	            length, uint32 segments, uint32 n, n fingerprints
//	seal        HMAC-SHA-256 of all before, under a key of its own
const (
	fileMagic   = "RFPRINTS"
	fileVersion = 2 // 1: letters of Greek and Cyrillic were not folded as those that they look like
	maxHeader   = 1 << 20
	sealSize    = sha256.Size
	fixedHead   = len(fileMagic) + 8
)

// Header is what a file says of its set to anybody who has it.
type Header struct {
	Run          string        `json:"run"`
	Made         time.Time     `json:"made"`
	Refresher    string        `json:"refresher"` // the program's version
	Key          string        `json:"key"`       // the fingerprint of the masking key
	Fingerprints int64         `json:"fingerprints"`
	Classes      []string      `json:"classes"` // by their codes in the file
	Values       []HeaderClass `json:"values"`
}

// HeaderClass counts the values of a class.
type HeaderClass struct {
	Class pii.Class `json:"class"`
	Stats
}

// perPartition is about how many fingerprints share a filter: building one takes
// some fifty bytes for each.
const perPartition = 1 << 18

// Write writes the set of a [NewKeptStore]. Of h, the fields that the set itself
// knows are filled in. It streams, a partition at a time.
func (s *Set) Write(w io.Writer, h Header) error {
	if !s.words.keyed || s.kept != nil {
		return errors.New("only the set of a kept store can be written")
	}
	h.Fingerprints, h.Classes, h.Values = s.size, nil, nil
	for _, c := range classes {
		h.Classes = append(h.Classes, string(c))
		if st, ok := s.holds[c]; ok {
			h.Values = append(h.Values, HeaderClass{c, st})
		}
	}
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("writing the header of a fingerprint set: %w", err)
	}
	out := &fileWriter{seal: hmac.New(sha256.New, s.keys.seal)}
	out.w = bufio.NewWriterSize(io.MultiWriter(w, out.seal), 1<<16)
	out.bytes([]byte(fileMagic))
	out.uint32(fileVersion)
	out.uint32(uint32(len(head)))
	out.bytes(head)
	out.beginnings(&s.heads.words)
	out.beginnings(&s.heads.pairs)
	for _, d := range s.density {
		out.uint64(math.Float64bits(d))
	}
	out.uint64(s.numbers)
	out.uint64(s.mixed)
	if err := s.writeParts(out); err != nil {
		return err
	}
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("writing a fingerprint set: %w", err)
	}
	if _, err := w.Write(out.seal.Sum(nil)); err != nil {
		return fmt.Errorf("writing a fingerprint set: %w", err)
	}
	return nil
}

func (s *Set) writeParts(out *fileWriter) error {
	parts := 1
	for parts < len(s.parts) && s.size/int64(parts) > perPartition {
		parts *= 2
	}
	out.uint32(uint32(parts))
	together := len(s.parts) / parts
	var any, each []uint64
	for p := range parts {
		any, each = any[:0], each[:0]
		for q := p * together; q < (p+1)*together; q++ {
			err := s.parts[q].records(func(r uint64) {
				h := uint64(q)<<(64-gramBits) | r>>gramBits
				if len(any) == 0 || any[len(any)-1] != h {
					any = append(any, h)
				}
				each = append(each, tagged(h, uint8(r&tagMask)))
			})
			if err != nil {
				return err
			}
		}
		if err := writeFuse[uint8](out, any); err != nil {
			return err
		}
		if err := writeFuse[uint32](out, each); err != nil {
			return err
		}
	}
	return nil
}

// records calls fn for each record of a partition, in order.
func (p *part) records(fn func(uint64)) error {
	if p.f == nil {
		for _, r := range p.recs {
			fn(r)
		}
		return nil
	}
	var page [pageRecords]uint64
	for at := int64(0); at < p.n; at += pageRecords {
		recs := page[:min(pageRecords, p.n-at)]
		if _, err := p.f.ReadAt(asBytes(recs), at*8); err != nil {
			return fmt.Errorf("reading spilled fingerprints: %w", err)
		}
		for _, r := range recs {
			fn(r)
		}
	}
	return nil
}

func writeFuse[T xorfilter.Unsigned](out *fileWriter, keys []uint64) error {
	f := &xorfilter.BinaryFuse[T]{}
	if len(keys) > 0 {
		var err error
		if f, err = xorfilter.NewBinaryFuse[T](slices.Clone(keys)); err != nil {
			return fmt.Errorf("building the fingerprint filter: %w", err)
		}
	}
	out.uint64(f.Seed)
	out.uint32(f.SegmentLength)
	out.uint32(f.SegmentCount)
	out.uint32(uint32(len(f.Fingerprints)))
	var b [4]byte
	for _, v := range f.Fingerprints {
		binary.LittleEndian.PutUint32(b[:], uint32(v))
		out.bytes(b[:width[T]()])
	}
	return nil
}

// fileWriter writes numbers; bufio keeps its first error.
type fileWriter struct {
	w    *bufio.Writer
	seal interface {
		io.Writer
		Sum([]byte) []byte
	}
	b [8]byte
}

func (o *fileWriter) bytes(b []byte) { _, _ = o.w.Write(b) }

func (o *fileWriter) uint32(v uint32) {
	binary.LittleEndian.PutUint32(o.b[:], v)
	o.bytes(o.b[:4])
}

func (o *fileWriter) uint64(v uint64) {
	binary.LittleEndian.PutUint64(o.b[:], v)
	o.bytes(o.b[:])
}

func (o *fileWriter) beginnings(t *beginnings) {
	o.uint32(uint32(len(t.bloom)))
	for _, v := range t.bloom {
		o.uint64(v)
	}
	o.uint32(uint32(len(t.marks)))
	o.bytes(t.marks)
}
