package fingerprint

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
)

// A digest without a key is a value's pseudonym that anybody with a list of addresses
// resolves: MD5 of an e-mail address names a picture at Gravatar, SHA-256 of addresses
// and phones is what advertisers exchange. So each address and number is fingerprinted
// by its digests, too, and found in hexadecimal, in base64 of either alphabet and, an MD5,
// as a UUID.

// digests adds MD5, SHA-1 and SHA-256 of one form of a value.
func (c *Collector) digests(code uint8, form []byte) {
	m, s, l := md5.Sum(form), sha1.Sum(form), sha256.Sum256(form)
	for _, sum := range [][]byte{m[:], s[:], l[:]} {
		c.keep(c.store.keys.digest.hash(sum), code)
	}
}

// emailDigests adds those of an address in lower case, and as it is written.
func (c *Collector) emailDigests(code uint8, address []byte) {
	address = bytes.TrimSpace(address)
	c.text = c.text[:0]
	for _, b := range address {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		c.text = append(c.text, b)
	}
	c.digests(code, c.text)
	if !bytes.Equal(c.text, address) {
		c.digests(code, address)
	}
}

// phoneDigests adds those of a number as it is written, of its digits, and of its digits
// behind a plus if it has one.
func (c *Collector) phoneDigests(code uint8, number []byte) {
	number = bytes.TrimSpace(number)
	c.digests(code, number)
	c.text = append(c.text[:0], '+')
	for _, b := range number {
		if b >= '0' && b <= '9' {
			c.text = append(c.text, b)
		}
	}
	if digits := c.text[1:]; len(digits) >= minCompact && !bytes.Equal(digits, number) {
		c.digests(code, digits)
		if number[0] == '+' && !bytes.Equal(c.text, number) {
			c.digests(code, c.text)
		}
	}
}

// Lengths of the digests that are known, in bytes.
func digestLength(n int) bool { return n == md5.Size || n == sha1.Size || n == sha256.Size }

const (
	longestDigest = sha256.Size
	// leastDigest is the shortest word, in characters, that is taken for a part of a digest
	// in base64, whose + / - and _ cut it into words.
	leastDigest = 8
)

// digest looks for a digest that word w is, or is part of.
func (m *Matcher) digest(text []byte, w *word) (hit Match) {
	if w.has&isWide != 0 || w.size < leastDigest {
		return hit
	}
	if w.has&hasDigit != 0 && w.size%2 == 0 && digestLength(w.size/2) {
		if k, err := hex.Decode(m.sum[:], text[w.start:w.end]); err == nil {
			return m.digestIs(m.sum[:k], w.start, w.end)
		}
	}
	if w.size == 8 && w.end < len(text) && text[w.end] == '-' {
		if k := uuidDigits(m.sum[:], text[w.start:]); k > 0 {
			return m.digestIs(m.sum[:k], w.start, w.start+uuidLength)
		}
	}
	start, end := w.start, w.end
	for start > 0 && w.end-start <= maxBase64 && base64Char(text[start-1]) {
		start--
	}
	for end < len(text) && end-start <= maxBase64 && base64Char(text[end]) {
		end++
	}
	if n := end - start; n > maxBase64 || !digestLength(n*3/4) {
		return hit
	}
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(text[start:end], "-_") {
		encoding = base64.RawURLEncoding
	}
	if k, err := encoding.Decode(m.sum[:], text[start:end]); err == nil && digestLength(k) {
		return m.digestIs(m.sum[:k], start, end)
	}
	return hit
}

const uuidLength = 36

// uuidDigits decodes the UUID that text begins with, as which an MD5 fits into a column of
// that type; 0 if there is none.
func uuidDigits(dst, text []byte) int {
	if len(text) < uuidLength || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return 0
	}
	var digits [2 * md5.Size]byte
	n := 0
	for _, part := range [...][]byte{text[:8], text[9:13], text[14:18], text[19:23], text[24:uuidLength]} {
		n += copy(digits[n:], part)
	}
	if k, err := hex.Decode(dst, digits[:]); err == nil {
		return k
	}
	return 0
}

// maxBase64 is the length of the longest digest in base64, without padding.
const maxBase64 = (longestDigest*4 + 2) / 3

func base64Char(c byte) bool {
	return byteFold[c] > wide || c == '+' || c == '/' || c == '-' || c == '_'
}

// everyPlace is how many bytes are looked through for a digest at every place.
const everyPlace = 64

// RawDigests appends the places of digests of source values amid other bytes, where programs
// put them: at the beginning and the end, in records of one size, behind a length in one, two
// or four bytes; among at most 64 bytes, anywhere. Its time is linear in len(data).
func (m *Matcher) RawDigests(dst []Match, data []byte) []Match {
	if !m.digests {
		return dst
	}
	base := len(dst)
	for _, n := range [...]int{md5.Size, sha1.Size, sha256.Size} {
		last := len(data) - n
		if last < 0 {
			break
		}
		try := func(i int) {
			if i >= 0 && i <= last {
				if hit := m.digestIs(data[i:i+n], i, i+n); hit.End > 0 {
					dst = append(dst, hit)
				}
			}
		}
		step := n
		if len(data) <= everyPlace && !digestLength(len(data)) {
			step = 1
		}
		for i := 0; i <= last; i += step {
			try(i)
		}
		if last%step != 0 {
			try(last)
		}
		if step == 1 {
			continue
		}
		for i := 0; i < last; i++ {
			k := bytes.IndexByte(data[i:last], byte(n))
			if k < 0 {
				break
			}
			i += k
			try(i + 1)
			if data[i+1] == 0 {
				try(i + 2)
				try(i + 4)
			}
		}
	}
	if len(dst) > base+1 {
		slices.SortFunc(dst[base:], func(a, b Match) int { return cmp.Compare(a.Start, b.Start) })
	}
	return dst
}

// IsDigest reports whether sum is the digest of a source value.
func (m *Matcher) IsDigest(sum []byte) bool {
	return digestLength(len(sum)) && m.digestIs(sum, 0, 1).End > 0
}

func (m *Matcher) digestIs(sum []byte, start, end int) (hit Match) {
	if code := m.find(m.set.keys.digest.hash(sum)); code != 0 {
		hit = Match{Class: m.set.classes[code&^rough], Start: start, End: end, Print: m.print}
	}
	return hit
}
