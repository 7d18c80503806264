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
	"math/bits"
	"slices"
	"time"

	"github.com/FastFilter/xorfilter"

	"refresher/internal/fault"
	"refresher/internal/pii"
)

// The file of a set, all numbers little-endian:
//
//	magic       8 bytes "RFPRINTS"
//	version     uint32, 1
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
	fileVersion = 1
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

// ReadHeader reads what a file says of itself, and checks nothing else.
func ReadHeader(r io.Reader) (Header, error) {
	var h Header
	fixed := make([]byte, fixedHead)
	if _, err := io.ReadFull(r, fixed); err != nil || string(fixed[:8]) != fileMagic {
		return h, fault.BadInput("this is no fingerprint set of refresher's")
	}
	if v := binary.LittleEndian.Uint32(fixed[8:]); v != fileVersion {
		return h, fault.BadInput("this fingerprint set has format %d; this version of refresher reads format %d", v, fileVersion)
	}
	n := binary.LittleEndian.Uint32(fixed[12:])
	if n > maxHeader {
		return h, errDamaged
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil || json.Unmarshal(head, &h) != nil || len(h.Classes) > maxCode {
		return h, errDamaged
	}
	return h, nil
}

var errDamaged = fault.BadInput("the fingerprint set is damaged or incomplete")

// Open reads the set in a file of size bytes. key is that of the store, keyName
// the fingerprint of the masking key, memory what it may take (0: no bound): what
// does not fit is looked up in the file, so r must stay open; only the tables of
// first words, at most 96 MiB, are always in memory. A file
// of another kind, key or version, and a damaged one, is a *fault.Input.
func Open(r io.ReaderAt, size int64, key []byte, keyName string, memory int64) (*Set, Header, error) {
	in := &fileReader{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16)}
	h, err := ReadHeader(in)
	if err != nil {
		return nil, h, err
	}
	if h.Key != keyName {
		return nil, h, fault.BadInput("the fingerprint set was made with key %.16q, and the key given is %s: give the key of run %.40q", h.Key, keyName, h.Run)
	}
	keys := deriveKeys(key)
	if err := checkSeal(r, size, keys.seal); err != nil {
		return nil, h, err
	}
	in.left = size - sealSize - in.read
	s := &Set{keys: keys, words: newWordHash(keys, true), size: h.Fingerprints, holds: map[pii.Class]Stats{}}
	for i, c := range h.Classes {
		s.classes[i] = pii.Class(c)
	}
	for _, v := range h.Values {
		s.holds[v.Class] = v.Stats
	}
	s.heads.words, s.heads.pairs = in.beginnings(), in.beginnings()
	bound := newBudget(memory)
	bound.left.Add(-s.heads.words.size() - s.heads.pairs.size())
	for i := range s.density {
		s.density[i] = math.Float64frombits(in.uint64())
	}
	s.numbers, s.mixed = in.uint64(), in.uint64()
	s.kept = in.filters(r, len(h.Classes), bound)
	if in.failed || in.left != 0 {
		return nil, h, errDamaged
	}
	return s, h, nil
}

func checkSeal(r io.ReaderAt, size int64, key []byte) error {
	if size < int64(fixedHead+sealSize) {
		return errDamaged
	}
	m := hmac.New(sha256.New, key)
	if _, err := io.Copy(m, io.NewSectionReader(r, 0, size-sealSize)); err != nil {
		return fmt.Errorf("reading the fingerprint set: %w", err)
	}
	var seal [sealSize]byte
	if _, err := r.ReadAt(seal[:], size-sealSize); err != nil && err != io.EOF {
		return fmt.Errorf("reading the fingerprint set: %w", err)
	}
	if !hmac.Equal(seal[:], m.Sum(nil)) {
		return errDamaged
	}
	return nil
}

// fileReader reads numbers. What does not fit fails it, and it allocates nothing
// that the file is too short for.
type fileReader struct {
	r      *bufio.Reader
	read   int64
	left   int64
	failed bool
}

func (in *fileReader) Read(b []byte) (int, error) {
	n, err := in.r.Read(b)
	in.read += int64(n)
	return n, err
}

// take reports whether n more bytes are there, and counts them as read.
func (in *fileReader) take(n int64) bool {
	if in.failed || n < 0 || n > in.left {
		in.failed = true
		return false
	}
	in.left -= n
	return true
}

func (in *fileReader) fill(b []byte) {
	if !in.take(int64(len(b))) {
		return
	}
	if _, err := io.ReadFull(in, b); err != nil {
		in.failed = true
	}
}

func (in *fileReader) uint32() uint32 {
	var b [4]byte
	in.fill(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

func (in *fileReader) uint64() uint64 {
	var b [8]byte
	in.fill(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// room is in.take without taking.
func (in *fileReader) room(n int64) bool {
	in.failed = in.failed || n > in.left
	return !in.failed
}

func (in *fileReader) beginnings() (b beginnings) {
	n := int64(in.uint32())
	if !in.room(8 * n) {
		return b
	}
	b.bloom = make([]uint64, n)
	for i := range b.bloom {
		b.bloom[i] = in.uint64()
	}
	m := int64(in.uint32())
	if !in.room(m) {
		return b
	}
	b.marks = make([]uint8, m)
	in.fill(b.marks)
	if n == 0 && m == 0 {
		return beginnings{}
	}
	if !powerOfTwo(n) || !powerOfTwo(m) || n < 2 {
		in.failed = true
	}
	b.shift = uint(64 - bits.TrailingZeros(uint(n)))
	return b
}

func powerOfTwo(n int64) bool { return n > 0 && n&(n-1) == 0 }

func (in *fileReader) filters(file io.ReaderAt, codes int, bound *budget) *keptFilters {
	parts := int64(in.uint32())
	if !powerOfTwo(parts) || parts > 1<<gramBits {
		in.failed = true
		return nil
	}
	k := &keptFilters{file: file, shift: uint(64 - bits.TrailingZeros(uint(parts))), any: make([]fuse[uint8], parts), each: make([]fuse[uint32], parts)}
	for tag := uint8(1); int(tag) < codes; tag++ {
		k.tags = append(k.tags, tag, tag|rough)
	}
	for p := range parts {
		readFuse(in, &k.any[p], bound)
		readFuse(in, &k.each[p], bound)
	}
	return k
}

// readFuse reads a filter, or notes where it is if there is no room for it.
func readFuse[T xorfilter.Unsigned](in *fileReader, f *fuse[T], bound *budget) {
	f.Seed, f.SegmentLength, f.SegmentCount, f.n = in.uint64(), in.uint32(), in.uint32(), int64(in.uint32())
	size := f.n * int64(width[T]())
	if !in.room(size) || f.n == 0 {
		return
	}
	f.SegmentLengthMask = f.SegmentLength - 1
	total := int64(f.SegmentCount) * int64(f.SegmentLength)
	if !powerOfTwo(int64(f.SegmentLength)) || total == 0 || total > math.MaxUint32 || total+2*int64(f.SegmentLength) != f.n {
		in.failed = true
		return
	}
	f.SegmentCountLength = uint32(total)
	f.at = in.read
	if !bound.take(size) {
		in.skip(size)
		return
	}
	f.Fingerprints = make([]T, f.n)
	var block [1 << 12]byte
	for i := 0; i < len(f.Fingerprints) && !in.failed; {
		b := block[:min(int64(len(block)), size-int64(i*width[T]()))]
		in.fill(b)
		for ; len(b) > 0; b = b[width[T]():] {
			var v [4]byte
			copy(v[:], b[:width[T]()])
			f.Fingerprints[i] = T(binary.LittleEndian.Uint32(v[:]))
			i++
		}
	}
}

func (in *fileReader) skip(n int64) {
	if !in.take(n) {
		return
	}
	for n > 0 {
		m, err := in.r.Discard(int(min(n, 1<<30)))
		in.read += int64(m)
		if n -= int64(m); err != nil {
			in.failed = true
			return
		}
	}
}
