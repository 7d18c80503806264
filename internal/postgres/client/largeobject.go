// What both ends of a large object agree on: the size
// of the pieces it travels in, and a sum by which two databases are compared.
package client

import (
	"encoding/binary"
	"hash"
	"hash/crc64"
)

// LargeObjectPieceBytes is how much of a large object is held in memory at a time.
const LargeObjectPieceBytes = 1 << 20

// LargeObjectSum says how many large objects there are and how many bytes they hold, holes
// included. Checksum depends on every byte and on the OIDs, not on the order.
type LargeObjectSum struct {
	Count, Bytes int64
	Checksum     uint64
}

// Add takes another sum in.
func (s *LargeObjectSum) Add(t LargeObjectSum) {
	s.Count += t.Count
	s.Bytes += t.Bytes
	s.Checksum += t.Checksum
}

// LargeObjectDigest is the sum of one large object while its bytes pass by.
type LargeObjectDigest struct {
	crc   hash.Hash64
	bytes int64
}

var crc64ECMA = crc64.MakeTable(crc64.ECMA)

// NewLargeObjectDigest begins with the object of that OID.
func NewLargeObjectDigest(oid uint32) *LargeObjectDigest {
	d := &LargeObjectDigest{crc: crc64.New(crc64ECMA)}
	_ = binary.Write(d.crc, binary.BigEndian, oid) // a hash never fails
	return d
}

// Write takes the next bytes; it never fails.
func (d *LargeObjectDigest) Write(b []byte) (int, error) {
	d.bytes += int64(len(b))
	return d.crc.Write(b)
}

// Sum is that of the bytes so far.
func (d *LargeObjectDigest) Sum() LargeObjectSum {
	return LargeObjectSum{Count: 1, Bytes: d.bytes, Checksum: d.crc.Sum64()}
}
