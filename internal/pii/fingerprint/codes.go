package fingerprint

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// addCompact fingerprints the joined groups of digits in a value.
func (c *Collector) addCompact(class pii.Class, code uint8, value []byte) bool {
	added := false
	for i := 0; i < len(c.words); {
		j, n := i, 0
		for j < len(c.words) && c.words[j].allDigits() &&
			(j == i || joined(value, c.words[j-1].end, c.words[j].start)) &&
			n+c.words[j].size <= maxCompact {
			n += copy(c.joint[n:], c.folded(value, c.words[j]))
			j++
		}
		if d := c.joint[:n]; n >= minCompact && !trivial(d) {
			if c.quads(value, i, j) || j > i+1 && partOfTime(value, d, &c.words[i]) {
				// The matcher takes such digits for something else.
				c.addWords(code, c.words[i:j])
			}
			if class == pii.CreditCard {
				added = n >= 12 && c.addDigits(code, d) || added
			} else {
				for _, form := range c.phone.of(d, plusBefore(value, c.words[i].start)) {
					added = c.addDigits(code, form) || added
				}
			}
		}
		i = max(j, i+1)
	}
	return added
}

// quads reports whether some of the words from i to j look like an address.
func (c *Collector) quads(value []byte, i, j int) bool {
	for ; i+4 <= j; i++ {
		if _, size := ident.ParseIPv4(value[c.words[i].start:]); size > 0 {
			return true
		}
	}
	return false
}

// addDigits fingerprints a string of digits, unless a fake is the same string.
func (c *Collector) addDigits(code uint8, d []byte) bool {
	if c.store.known(classes[code], d) {
		return false
	}
	h := c.store.keys.compact.hash(d)
	if c.keep(h, code) {
		c.digits.add(len(d), h)
	}
	return true
}

// addCode fingerprints a value that has letters and digits, in any grouping and
// as it is written.
func (c *Collector) addCode(class pii.Class, code uint8, value []byte) bool {
	n, has := size(c.words)
	least := minCompact
	if class == pii.Token {
		least = 8
	}
	if n < least || has&hasDigit == 0 && (class != pii.Token || n < 20) {
		return false
	}
	added := false
	if class == pii.Token && n == 32 {
		c.uuid(code, value)
	}
	if n <= maxCompact {
		b := c.joint[:0]
		for _, w := range c.words {
			b = append(b, c.folded(value, w)...)
		}
		if trivial(b) {
			return false
		}
		if has&hasLetter == 0 {
			added = c.addDigits(code, b)
		} else if has&hasDigit != 0 {
			c.keep(c.store.keys.compact.hash(b), code)
			c.mixed |= 1 << len(b)
			added = true
		}
	}
	if len(c.words) > 1 || has&hasLetter != 0 && !added {
		c.addWords(code, c.words)
		added = true
	}
	return added
}

// folded is a word of the value again, valid until the next call.
func (c *Collector) folded(value []byte, w word) []byte {
	var again word
	c.folder.next(value[:w.end], w.start, &again)
	return c.folder.buf[:again.size]
}

// addMAC fingerprints a hardware address in pairs of digits, as PostgreSQL and
// most programs write it, and in one piece.
func (c *Collector) addMAC(code uint8, value []byte) bool {
	var pairs [3 * 8]byte
	n := 0
	for _, b := range bytes.TrimSpace(value) {
		switch {
		case b >= '0' && b <= '9', b|0x20 >= 'a' && b|0x20 <= 'f':
			if n%3 == 2 {
				pairs[n] = ':'
				n++
			}
			if n >= len(pairs)-1 {
				return false
			}
			pairs[n] = b
			n++
		case b != ':' && b != '-' && b != '.' && b != ' ':
			return false
		}
	}
	if n != 17 && n != 23 {
		return false
	}
	c.split(pairs[:n])
	if !c.addCode(pii.MAC, code, pairs[:n]) {
		return false
	}
	if n == 17 { // as EUI-64
		c.text = append(append(append(c.text[:0], pairs[:9]...), "ff:fe:"...), pairs[9:n]...)
		c.split(c.text)
		c.addCode(pii.MAC, code, c.text)
		c.macVariants(code, pairs[:n])
	}
	return true
}
