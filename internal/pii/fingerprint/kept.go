package fingerprint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/FastFilter/xorfilter"
)

// keptFilters are the filters of a set read from a file: of each partition one
// of 8 bits over all fingerprints, which nearly all probes fail, and one of 32
// bits over fingerprints with their classes. A fingerprint that was not added
// passes both for one class with a probability of 2⁻⁸ × 2⁻³².
type keptFilters struct {
	file  io.ReaderAt
	shift uint // a fingerprint's partition is in the bits above
	tags  []uint8
	any   []fuse[uint8]
	each  []fuse[uint32]
}

// find returns the first tag under which the filters hold a fingerprint.
func (k *keptFilters) find(h uint64) (uint8, error) {
	p := h >> k.shift
	if k.shift == 64 {
		p = 0
	}
	if k.any[p].empty() {
		return 0, nil
	}
	if in, err := k.any[p].contains(k.file, h); err != nil || !in {
		return 0, err
	}
	for _, tag := range k.tags {
		if in, err := k.each[p].contains(k.file, tagged(h, tag)); err != nil || in {
			return tag, err
		}
	}
	return 0, nil
}

// tagged is what the filter of classes holds of a fingerprint.
func tagged(h uint64, tag uint8) uint64 { return h + uint64(tag)*0x9E3779B97F4A7C15 }

// fuse is a binary fuse filter in memory, or in a file.
type fuse[T xorfilter.Unsigned] struct {
	xorfilter.BinaryFuse[T]
	at int64 // in the file, if it is not in memory
	n  int64 // of its fingerprints
}

func (f *fuse[T]) empty() bool { return f.n == 0 }

func (f *fuse[T]) contains(file io.ReaderAt, key uint64) (bool, error) {
	if f.n == 0 {
		return false, nil
	}
	if f.Fingerprints != nil {
		return f.Contains(key), nil
	}
	// As BinaryFuse.Contains does.
	hash := murmur(key + f.Seed)
	print := T(hash ^ hash>>32)
	hi, _ := bits.Mul64(hash, uint64(f.SegmentCountLength))
	h0 := uint32(hi)
	h1 := (h0 + f.SegmentLength) ^ uint32(hash>>18)&f.SegmentLengthMask
	h2 := (h0 + 2*f.SegmentLength) ^ uint32(hash)&f.SegmentLengthMask
	for _, i := range [...]uint32{h0, h1, h2} {
		v, err := f.load(file, int64(i))
		if err != nil {
			return false, err
		}
		print ^= v
	}
	return print == 0, nil
}

func (f *fuse[T]) load(file io.ReaderAt, i int64) (T, error) {
	var b [4]byte
	size := width[T]()
	if _, err := file.ReadAt(b[:size], f.at+i*int64(size)); err != nil {
		return 0, fmt.Errorf("looking a fingerprint up: %w", err)
	}
	return T(binary.LittleEndian.Uint32(b[:])), nil
}

func width[T xorfilter.Unsigned]() int {
	switch any(T(0)).(type) {
	case uint8:
		return 1
	case uint16:
		return 2
	}
	return 4
}

// murmur is the finalizer of MurmurHash3, which the filters mix keys with.
func murmur(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
