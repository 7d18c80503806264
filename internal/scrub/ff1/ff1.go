// Package ff1 encrypts strings of digits into strings of digits of the same
// length, by FF1 of NIST SP 800-38G with AES.
//
// A digit is a number below the radix, so that any alphabet of 2 to 65,536
// characters will do. Under one key and tweak, FF1 is a permutation of all
// strings of one length: two strings never become the same. What it hides is
// bounded by how many strings there are, and so strings of fewer than 10⁶
// possibilities are refused, as the first revision of the standard demands
// (SP 800-38G Rev. 1, §5.1).
//
// While half a string, as a number, fits 64 bits (36 decimal digits in all) the
// maths is one division a round; beyond, numbers are kept in words of 32 bits.
package ff1

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// MinDomain is the least number of possible strings.
const MinDomain = 1_000_000

// MaxLen is the longest string, in digits: work grows with its square.
const MaxLen = 2048

const rounds = 10

// ErrLength is a string that is too short or too long.
var ErrLength = errors.New("FF1: the string has too few or too many digits")

// MinLen is the least length of a string over radix digits.
func MinLen(radix int) int {
	n := 0
	for p := 1; p < MinDomain; p *= radix {
		n++
	}
	return max(n, 2)
}

// Cipher encrypts under one key, tweak and radix. It has scratch space, so one
// goroutine uses it at a time.
type Cipher struct {
	block  cipher.Block
	radix  uint32
	min    int
	tweak  []byte
	shapes map[int]*shape

	last, r, t [16]byte
	q          []byte   // NUM(B), big-endian
	s          []byte   // S of the standard
	words      []uint32 // little-endian
	spare      []uint16
}

// shape is what depends on a string's length alone.
type shape struct {
	u, v  int      // lengths of the halves
	b, d  int      // bytes of NUM(B) and of y
	state [16]byte // CBC-MAC of P and of the blocks of Q that don't change
	last  [16]byte // the first of the blocks of Q that do change, as far as it is known
	tail  int      // bytes of Q that change: the round and NUM(B), with what stands before them in their block

	small bool      // both moduli fit 64 bits
	mod   [2]uint64 // radix^u, radix^v
}

// New returns a cipher. The key has 16, 24 or 32 bytes; radix is 2 to 65,536.
func New(key, tweak []byte, radix int) (*Cipher, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if radix < 2 || radix > 1<<16 {
		return nil, fmt.Errorf("FF1: a radix of %d is not within 2 and 65,536", radix)
	}
	return &Cipher{
		block: block, radix: uint32(radix), min: MinLen(radix), tweak: slices.Clone(tweak), shapes: map[int]*shape{},
	}, nil
}

// Encrypt replaces x by its encryption. All its digits must be below the radix.
func (c *Cipher) Encrypt(x []uint16) error { return c.run(x, false) }

// Decrypt undoes Encrypt.
func (c *Cipher) Decrypt(x []uint16) error { return c.run(x, true) }

func (c *Cipher) run(x []uint16, undo bool) error {
	n := len(x)
	if n < c.min || n > MaxLen {
		return ErrLength
	}
	for _, d := range x {
		if uint32(d) >= c.radix {
			return errors.New("FF1: a digit is not below the radix")
		}
	}
	sh := c.shapes[n]
	if sh == nil {
		sh = c.shape(n)
		c.shapes[n] = sh
	}
	if sh.small {
		c.runSmall(sh, x, undo)
		return nil
	}
	c.runLarge(sh, x, undo)
	return nil
}

// runSmall is the Feistel network (SP 800-38G, algorithms 7 and 8) with halves as
// numbers of 64 bits.
func (c *Cipher) runSmall(sh *shape, x []uint16, undo bool) {
	a, b := c.num(x[:sh.u]), c.num(x[sh.u:])
	for k := range rounds {
		i := k
		if undo {
			i, a, b = rounds-1-k, b, a
		}
		m := sh.mod[i&1]
		y := c.roundSmall(sh, i, b)
		// In both directions a is the half that changes and b the one that drives.
		if undo {
			if a < y {
				a += m - y
			} else {
				a -= y
			}
			continue
		}
		sum, carry := bits.Add64(a, y, 0)
		if carry > 0 || sum >= m {
			sum -= m
		}
		a, b = b, sum
	}
	c.str(x[:sh.u], a)
	c.str(x[sh.u:], b)
}

// roundSmall is y of round i, reduced modulo the round's modulus.
func (c *Cipher) roundSmall(sh *shape, i int, b uint64) uint64 {
	c.last = sh.last
	c.last[15-sh.b] = byte(i)
	for k := range sh.b {
		c.last[15-k] = byte(b >> (8 * k))
	}
	for k := range c.last {
		c.last[k] ^= sh.state[k]
	}
	c.block.Encrypt(c.r[:], c.last[:])
	// d is 8 or 12 bytes.
	if sh.d == 8 {
		return binary.BigEndian.Uint64(c.r[:8]) % sh.mod[i&1]
	}
	return bits.Rem64(uint64(binary.BigEndian.Uint32(c.r[:4])), binary.BigEndian.Uint64(c.r[4:12]), sh.mod[i&1])
}

func (c *Cipher) num(x []uint16) uint64 {
	n := uint64(0)
	for _, d := range x {
		n = n*uint64(c.radix) + uint64(d)
	}
	return n
}

func (c *Cipher) str(x []uint16, n uint64) {
	for i := len(x) - 1; i >= 0; i-- {
		x[i] = uint16(n % uint64(c.radix))
		n /= uint64(c.radix)
	}
}

// shape prepares for strings of n digits.
func (c *Cipher) shape(n int) *shape {
	sh := &shape{u: n / 2, v: n - n/2}
	sh.b = (c.bitsOf(sh.v) + 7) / 8
	sh.d = 4*((sh.b+3)/4) + 4
	u, okU := c.power(sh.u)
	v, okV := c.power(sh.v)
	sh.small, sh.mod = okU && okV, [2]uint64{u, v}

	t := len(c.tweak)
	block := [16]byte{1, 2, 1, byte(c.radix >> 16), byte(c.radix >> 8), byte(c.radix), 10, byte(sh.u)}
	binary.BigEndian.PutUint32(block[8:], uint32(n))
	binary.BigEndian.PutUint32(block[12:], uint32(t))
	c.block.Encrypt(sh.state[:], block[:])
	// Q is the tweak, zeros, the round and NUM(B), in blocks of 16.
	known := append([]byte(nil), c.tweak...)
	for (len(known)+1+sh.b)%16 != 0 {
		known = append(known, 0)
	}
	for len(known) >= 16 {
		for k := range block {
			block[k] = sh.state[k] ^ known[k]
		}
		c.block.Encrypt(sh.state[:], block[:])
		known = known[16:]
	}
	copy(sh.last[:], known)
	sh.tail = len(known)
	return sh
}

// power is radix^n, if it fits 64 bits.
func (c *Cipher) power(n int) (uint64, bool) {
	p := uint64(1)
	for range n {
		hi, lo := bits.Mul64(p, uint64(c.radix))
		if hi > 0 {
			return 0, false
		}
		p = lo
	}
	return p, true
}
