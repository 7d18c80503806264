package scrub

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"

	"refresher/internal/pii/fake"
)

// mac computes HMAC-SHA-256 (RFC 2104) again and again under one key.
type mac struct {
	h   hash.Hash
	sum fake.Digest
}

func newMAC(key []byte) *mac { return &mac{h: hmac.New(sha256.New, key)} }

// digest of domain ‖ value, where domain ends with a zero byte. It is valid
// until the next call.
func (m *mac) digest(domain, value []byte) *fake.Digest {
	m.h.Reset()
	m.h.Write(domain)
	m.h.Write(value)
	m.h.Sum(m.sum[:0])
	return &m.sum
}

// domainPrefix is what a domain puts before every value.
func domainPrefix(name string) []byte { return append([]byte(name), 0) }
