package ident

import (
	"bytes"
	"crypto/sha256"
	"hash"

	"golang.org/x/crypto/sha3"
)

// Coins checks addresses of cryptocurrencies. It has scratch space, so one
// goroutine uses it at a time.
type Coins struct {
	keccak hash.Hash
	sum    [32]byte
	hex    [40]byte
}

const (
	bitcoinAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	rippleAlphabet  = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
)

// base58s are the values of both alphabets, 0xFF for a character that is in none.
var base58s = func() (t [2][256]uint8) {
	for k, alphabet := range [...]string{bitcoinAlphabet, rippleAlphabet} {
		for i := range t[k] {
			t[k][i] = 0xFF
		}
		for i, c := range []byte(alphabet) {
			t[k][c] = uint8(i)
		}
	}
	return t
}()

// Base58 names the coin whose address text is: 25 bytes in base 58, of which four
// are the double SHA-256 of the others (Bitcoin, "Base58Check encoding"); "" if none.
func Base58(text []byte) string {
	if len(text) < 25 || len(text) > 36 {
		return ""
	}
	alphabet := &base58s[0]
	if text[0] == 'r' {
		alphabet = &base58s[1]
	}
	var b [27]byte
	for _, c := range text {
		carry := int(alphabet[c])
		if carry == 0xFF {
			return ""
		}
		for i := len(b) - 1; i >= 0; i-- {
			carry += int(b[i]) * 58
			b[i] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return ""
		}
	}
	if b[0] != 0 || b[1] != 0 {
		return ""
	}
	body := b[2:]
	sum := sha256.Sum256(body[:21])
	sum = sha256.Sum256(sum[:])
	if [4]byte(sum[:4]) != [4]byte(body[21:]) {
		return ""
	}
	return coin(text[0], body[0])
}

// coin is the network of an address by its first character and its version byte.
func coin(first, version byte) string {
	switch [...]byte{first, version} {
	case [...]byte{'r', 0}:
		return "xrp"
	case [...]byte{'T', 0x41}:
		return "trx"
	case [...]byte{'D', 0x1E}, [...]byte{'9', 0x16}, [...]byte{'A', 0x16}:
		return "doge"
	case [...]byte{'L', 0x30}, [...]byte{'M', 0x32}:
		return "ltc"
	case [...]byte{'1', 0}, [...]byte{'3', 5}:
		return "btc"
	case [...]byte{'X', 0x4C}:
		return "dash"
	}
	return "" // test networks, and chance
}

// bech32Values are those of the 32 characters of BIP 173, 0xFF for another.
var bech32Values = func() (t [256]uint8) {
	for i := range t {
		t[i] = 0xFF
	}
	for i, c := range []byte("qpzry9x8gf2tvdw0s3jn54khce6mua7l") {
		t[c] = uint8(i)
		if c >= 'a' {
			t[c-'a'+'A'] = uint8(i)
		}
	}
	return t
}()

// bech32Names are the human-readable parts that are addresses, and their coins.
var bech32Names = [...][2]string{{"bc", "btc"}, {"ltc", "ltc"}, {"addr", "ada"}, {"stake", "ada"}, {"cosmos", "atom"}, {"osmo", "osmo"}, {"bnb", "bnb"}}

// Bech32 names the coin of an address of BIP 173 or BIP 350; "" if text is none.
// Text is of one case.
func Bech32(text []byte) string {
	for _, n := range bech32Names {
		name := n[0]
		if len(text) < len(name)+39 || len(text) > 110 || text[len(name)] != '1' ||
			!bytes.EqualFold(text[:len(name)], []byte(name)) {
			continue
		}
		c := uint32(1)
		step := func(v byte) {
			top := c >> 25
			c = c&0x1FFFFFF<<5 ^ uint32(v)
			for i, g := range [...]uint32{0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3} {
				if top>>i&1 == 1 {
					c ^= g
				}
			}
		}
		for i := range len(name) {
			step(name[i] >> 5)
		}
		step(0)
		for i := range len(name) {
			step(name[i] & 31)
		}
		upper, lower := false, false
		for _, ch := range text[len(name)+1:] {
			v := bech32Values[ch]
			if v == 0xFF {
				return ""
			}
			upper, lower = upper || ch >= 'A' && ch <= 'Z', lower || ch >= 'a'
			step(v)
		}
		if upper && lower || c != 1 && c != 0x2BC830A3 {
			return ""
		}
		return n[1]
	}
	return ""
}

// Ethereum reports whether forty characters are hexadecimal digits, and whether
// their case is the checksum of EIP-55; text without letters of both cases has none.
func (k *Coins) Ethereum(text []byte) (checked, ok bool) {
	if len(text) != 40 {
		return false, false
	}
	upper, lower := false, false
	for i, c := range text {
		if hexVal(c) < 0 {
			return false, false
		}
		if c >= 'A' {
			upper, lower = upper || c <= 'F', lower || c >= 'a'
			c |= 0x20
		}
		k.hex[i] = c
	}
	if !upper || !lower {
		return false, !same(text)
	}
	if k.keccak == nil {
		k.keccak = sha3.NewLegacyKeccak256()
	}
	k.keccak.Reset()
	k.keccak.Write(k.hex[:])
	k.keccak.Sum(k.sum[:0])
	for i, c := range text {
		high := k.sum[i/2]>>(4*(1-i%2))&15 >= 8
		if c >= 'A' && high != (c <= 'F') {
			return false, false
		}
	}
	return true, true
}
