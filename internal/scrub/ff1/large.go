package ff1

import (
	"encoding/binary"
	"math/bits"
)

// runLarge is the Feistel network with halves of any length, kept as digits.
func (c *Cipher) runLarge(sh *shape, x []uint16, undo bool) {
	c.spare = append(c.spare[:0], x...)
	a, b := c.spare[:sh.u:sh.u], c.spare[sh.u:]
	for k := range rounds {
		i := k
		if undo {
			i, a, b = rounds-1-k, b, a
		}
		c.roundLarge(sh, i, b)
		if undo {
			c.add(a, true)
			continue
		}
		c.add(a, false)
		a, b = b, a
	}
	copy(x, a)
	copy(x[len(a):], b)
}

// roundLarge leaves y of round i in words.
func (c *Cipher) roundLarge(sh *shape, i int, b []uint16) {
	c.number(b)
	c.q = append(append(c.q[:0], sh.last[:sh.tail]...), byte(i))
	for k := sh.b - 1; k >= 0; k-- {
		v := byte(0)
		if k/4 < len(c.words) {
			v = byte(c.words[k/4] >> (8 * (k % 4)))
		}
		c.q = append(c.q, v)
	}
	c.r = sh.state
	for q := c.q; len(q) > 0; q = q[16:] {
		for k := range c.r {
			c.r[k] ^= q[k]
		}
		c.block.Encrypt(c.r[:], c.r[:])
	}
	c.s = append(c.s[:0], c.r[:]...)
	for j := uint32(1); len(c.s) < sh.d; j++ {
		c.last = c.r
		binary.BigEndian.PutUint32(c.last[12:], binary.BigEndian.Uint32(c.last[12:])^j)
		c.block.Encrypt(c.t[:], c.last[:])
		c.s = append(c.s, c.t[:]...)
	}
	c.words = c.words[:0]
	for k := sh.d; k > 0; k -= 4 {
		c.words = append(c.words, binary.BigEndian.Uint32(c.s[k-4:]))
	}
}

// add adds words, modulo radix^len(a), to the number that a's digits are, or
// subtracts it.
func (c *Cipher) add(a []uint16, subtract bool) {
	carry := uint32(0)
	for i := len(a) - 1; i >= 0; i-- {
		y := c.divide()
		if d := uint32(a[i]); subtract {
			d, y = d+c.radix, y+carry
			carry = 0
			if d-y < c.radix {
				carry = 1
			}
			a[i] = uint16((d - y) % c.radix)
		} else {
			d += y + carry
			carry = d / c.radix
			a[i] = uint16(d % c.radix)
		}
	}
}

// divide divides words by the radix and returns the remainder.
func (c *Cipher) divide() uint32 {
	var rem uint64
	for i := len(c.words) - 1; i >= 0; i-- {
		v := rem<<32 | uint64(c.words[i])
		c.words[i] = uint32(v / uint64(c.radix))
		rem = v % uint64(c.radix)
	}
	for len(c.words) > 0 && c.words[len(c.words)-1] == 0 {
		c.words = c.words[:len(c.words)-1]
	}
	return uint32(rem)
}

// number puts the number that x's digits are into words.
func (c *Cipher) number(x []uint16) {
	c.words = c.words[:0]
	for _, d := range x {
		carry := uint64(d)
		for i, w := range c.words {
			v := uint64(w)*uint64(c.radix) + carry
			c.words[i], carry = uint32(v), v>>32
		}
		if carry > 0 {
			c.words = append(c.words, uint32(carry))
		}
	}
}

// bitsOf is how many bits the greatest number of n digits has, which is
// ⌈n·log₂ radix⌉.
func (c *Cipher) bitsOf(n int) int {
	top := make([]uint16, n)
	for i := range top {
		top[i] = uint16(c.radix - 1)
	}
	c.number(top)
	if len(c.words) == 0 {
		return 0
	}
	last := len(c.words) - 1
	return 32*last + bits.Len32(c.words[last])
}
