// Package largeobject is what both ends of a large object's way agree on: the size
// of the pieces it travels in, and a sum by which two databases are compared.
package largeobject

import (
	"encoding/binary"
	"hash"
	"hash/crc64"
)

// PieceBytes is how much of a large object is held in memory at a time.
const PieceBytes = 1 << 20

// Sum says how many large objects there are and how many bytes they hold, holes
// included. Checksum depends on every byte and on the OIDs, not on the order.
type Sum struct {
	Count, Bytes int64
	Checksum     uint64
}

// Add takes another sum in.
func (s *Sum) Add(t Sum) {
	s.Count += t.Count
	s.Bytes += t.Bytes
	s.Checksum += t.Checksum
}

// Digest is the sum of one large object while its bytes pass by.
type Digest struct {
	crc   hash.Hash64
	bytes int64
}

var table = crc64.MakeTable(crc64.ECMA)

// NewDigest begins with the object of that OID.
func NewDigest(oid uint32) *Digest {
	d := &Digest{crc: crc64.New(table)}
	_ = binary.Write(d.crc, binary.BigEndian, oid) // a hash never fails
	return d
}

// Write takes the next bytes; it never fails.
func (d *Digest) Write(b []byte) (int, error) {
	d.bytes += int64(len(b))
	return d.crc.Write(b)
}

// Sum is that of the bytes so far.
func (d *Digest) Sum() Sum { return Sum{Count: 1, Bytes: d.bytes, Checksum: d.crc.Sum64()} }
