package fingerprint

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"

	"github.com/FastFilter/xorfilter"

	"refresher/internal/fault"
	"refresher/internal/pii"
)

// ReadHeader reads what a file says of itself, and checks nothing else.
func ReadHeader(r io.Reader) (Header, error) {
	var h Header
	fixed := make([]byte, fixedHead)
	if _, err := io.ReadFull(r, fixed); err != nil || string(fixed[:8]) != fileMagic {
		return h, fault.BadInput("this is no fingerprint set of refresher's")
	}
	if v := binary.LittleEndian.Uint32(fixed[8:]); v != fileVersion {
		return h, fault.BadInput("this fingerprint set has format %d; this version of refresher reads format %d", v,
			fileVersion)
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
		return nil, h, fault.BadInput("the fingerprint set was made with key %.16q, and the key given is %s: give "+
			"the key of run %.40q", h.Key, keyName, h.Run)
	}
	keys := deriveKeys(key)
	switch sealed, err := keys.sealed(r, size); {
	case err != nil:
		return nil, h, err
	case !sealed:
		return nil, h, errDamaged
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

// Sealed reports whether a file of size bytes is a set that was written under the same
// key as this one, and no byte of it was changed, added or taken away since. What a
// header says of a file proves nothing.
func (s *Set) Sealed(r io.ReaderAt, size int64) (bool, error) { return s.keys.sealed(r, size) }

func (k *keys) sealed(r io.ReaderAt, size int64) (bool, error) {
	if size < int64(fixedHead+sealSize) {
		return false, nil
	}
	m := hmac.New(sha256.New, k.seal)
	if _, err := io.Copy(m, io.NewSectionReader(r, 0, size-sealSize)); err != nil {
		return false, fmt.Errorf("reading the fingerprint set: %w", err)
	}
	var seal [sealSize]byte
	if _, err := r.ReadAt(seal[:], size-sealSize); err != nil && err != io.EOF {
		return false, fmt.Errorf("reading the fingerprint set: %w", err)
	}
	return hmac.Equal(seal[:], m.Sum(nil)), nil
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
	if !powerOfTwo(n) || !powerOfTwo(m) {
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
	k := &keptFilters{file: file, shift: uint(64 - bits.TrailingZeros(uint(parts))), any: make([]fuse[uint8], parts),
		each: make([]fuse[uint32], parts)}
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
	if !powerOfTwo(int64(f.SegmentLength)) || total == 0 || total > math.MaxUint32 ||
		total+2*int64(f.SegmentLength) != f.n {
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
