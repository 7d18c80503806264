// Package prf has the keyed pseudorandom functions that fakes are drawn from: a key, the
// name of a domain and a value give 256 bits, always the same ones, which say nothing of the
// value to whoever lacks the key.
//
// There are two. [AES] is the default: for short values it costs three quarters of what [HMAC] does on
// processors that compute SHA-256, and a quarter on those that compute AES alone. HMAC is what rules had
// before there was another (docs/decisions/0019).
//
//	HMAC-SHA-256(key, domain ‖ 0 ‖ value)                              RFC 2104, FIPS 198-1
//	KDF in counter mode with AES-256-CMAC: for i = 1 and 2             NIST SP 800-108 Rev. 1, SP 800-38B
//	    CMAC(key', domain ‖ 0 ‖ value ‖ 256 in 16 bits ‖ i in 8 bits)  key' = HKDF-SHA-256 of the key, RFC 5869
//
// A domain's name has no zero byte, so no two pairs of domain and value are the same input.
package prf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash"
)

// The functions, as rules name them.
const (
	AES  = "aes-256-cmac"
	HMAC = "hmac-sha-256"
)

// Names are those of all functions, the default first.
func Names() []string { return []string{AES, HMAC} }

// Key is a function with its key. It is safe for concurrent use.
type Key struct {
	aes  *aesKey
	hmac []byte
}

// NewKey returns the key of the function of that name; an empty one is the default. Secret has at
// least 128 bits.
func NewKey(name string, secret []byte) (*Key, error) {
	switch name {
	case AES, "":
		derived, err := hkdf.Key(sha256.New, secret, nil, "refresher prf "+AES, 32)
		if err != nil {
			return nil, fmt.Errorf("deriving the key of %s: %w", AES, err)
		}
		k, err := newAESKey(derived)
		return &Key{aes: k}, err
	case HMAC:
		return &Key{hmac: bytes.Clone(secret)}, nil
	}
	return nil, fmt.Errorf("there is no keyed function %q", name)
}

// Function computes sums again and again. One goroutine uses it at a time.
type Function interface {
	// Sum of a domain, whose last byte is 0, and a value. It is valid until the next call.
	Sum(domain, value []byte) *[sha256.Size]byte
}

// Function returns a new one.
func (k *Key) Function() Function {
	if k.aes != nil {
		return &counter{aesKey: k.aes}
	}
	return &mac{h: hmac.New(sha256.New, k.hmac)}
}

// mac is HMAC-SHA-256.
type mac struct {
	h   hash.Hash
	sum [sha256.Size]byte
}

func (m *mac) Sum(domain, value []byte) *[sha256.Size]byte {
	m.h.Reset()
	m.h.Write(domain)
	m.h.Write(value)
	m.h.Sum(m.sum[:0])
	return &m.sum
}

// aesKey is a cipher and the subkeys of CMAC.
type aesKey struct {
	cipher cipher.Block
	whole  [aes.BlockSize]byte // K1, for a last block that is full
	padded [aes.BlockSize]byte // K2, for one that is not
}

func newAESKey(key []byte) (*aesKey, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making an AES cipher: %w", err)
	}
	k := &aesKey{cipher: block}
	block.Encrypt(k.whole[:], k.whole[:])
	double(&k.whole)
	k.padded = k.whole
	double(&k.padded)
	return k, nil
}

// double multiplies by x in GF(2^128), as SP 800-38B does for subkeys.
func double(b *[aes.BlockSize]byte) {
	carry := b[0] >> 7
	for i := range b[:len(b)-1] {
		b[i] = b[i]<<1 | b[i+1]>>7
	}
	b[len(b)-1] = b[len(b)-1]<<1 ^ carry*0x87
}

// counter is a KDF in counter mode with the counter after the fixed input, so that all blocks
// but the last are encrypted once for both halves.
type counter struct {
	*aesKey
	chain [aes.BlockSize]byte // of CBC, up to what is pending
	end   [aes.BlockSize]byte // the last block, as it is encrypted
	n     int                 // bytes that are pending: more may follow them
	input [pending]byte
	sum   [sha256.Size]byte
}

// pending is how many bytes of the input are gathered before they are encrypted: all of most values.
const pending = 16 * aes.BlockSize

// length is that of the output in bits, as the fixed input ends.
var length = [2]byte{1, 0}

func (c *counter) Sum(domain, value []byte) *[sha256.Size]byte {
	c.begin()
	c.write(domain)
	c.write(value)
	c.write(length[:])
	c.flush()
	for i := range byte(2) {
		c.end = [aes.BlockSize]byte(c.input[:])
		c.end[c.n] = i + 1
		c.tag(c.n+1, c.sum[int(i)*aes.BlockSize:])
	}
	return &c.sum
}

func (c *counter) begin() { c.chain, c.n = [aes.BlockSize]byte{}, 0 }

func (c *counter) write(p []byte) {
	for {
		n := copy(c.input[c.n:], p)
		c.n += n
		if p = p[n:]; len(p) == 0 {
			return
		}
		c.flush()
	}
}

// flush encrypts the blocks that are whole: at least one byte is to follow.
func (c *counter) flush() {
	at := 0
	for ; at+aes.BlockSize <= c.n; at += aes.BlockSize {
		xor(&c.chain, (*[aes.BlockSize]byte)(c.input[at:]))
		c.cipher.Encrypt(c.chain[:], c.chain[:])
	}
	c.n -= at
	if at > 0 {
		copy(c.input[:aes.BlockSize], c.input[at:])
	}
}

// tag ends a CMAC whose last block has n bytes.
func (c *counter) tag(n int, dst []byte) {
	subkey := &c.whole
	if n < aes.BlockSize {
		c.end[n] = 0x80
		clear(c.end[n+1:])
		subkey = &c.padded
	}
	xor(&c.end, subkey)
	xor(&c.end, &c.chain)
	c.cipher.Encrypt(dst[:aes.BlockSize], c.end[:])
}

// xor is a ^= b, stored as one word of 16 bytes: AES reads it as one.
func xor(a, b *[aes.BlockSize]byte) { subtle.XORBytes(a[:], a[:], b[:]) }
