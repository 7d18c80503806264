package secret

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// makeOne ends each message about a bad key.
const makeOne = "make one with: openssl rand -hex 32"

// CheckRandom refuses bytes that random bits are next to never: one in two million random keys
// of 128 bits, and next to none of 256. What it can't see is a key that is random and known to
// others.
func CheckRandom(key []byte) error {
	switch {
	case published(key):
		return fmt.Errorf("the key stands in documentation, so everybody has it; %s", makeOne)
	case distinct(key) < 8:
		return fmt.Errorf("the key is not random: it has only %d different bytes; %s", distinct(key), makeOne)
	case printable(key):
		return fmt.Errorf("the key is text, not random bits; %s, or write a passphrase as argon2id:TEXT", makeOne)
	case decimal(key):
		return fmt.Errorf("the key is not random: it has decimal digits only; %s", makeOne)
	case patterned(key):
		return fmt.Errorf("the key is not random: its bytes follow a pattern; %s", makeOne)
	}
	return nil
}

// printable reports whether all bytes are printable ASCII: of 16 random bytes one in 10⁷.
func printable(key []byte) bool {
	for _, c := range key {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// decimal reports whether the key in hex has no letter: of 16 random bytes one in 10⁶·³.
func decimal(key []byte) bool {
	for _, c := range key {
		if c>>4 > 9 || c&15 > 9 {
			return false
		}
	}
	return true
}

// patterned estimates how much of a key could be foretold from what comes before: by a period,
// by a constant step, and by a step that itself grows by a constant, over bytes and over half
// bytes. Random bytes are foretold by chance, one in 256 (one in 16 half bytes); a key of which
// more than half is foretold has less than half of the bits it seems to have. Eleven of 16 half
// bytes that agree are chance once in four billion; nine would be once in six million, for each
// of the periods that are tried.
func patterned(key []byte) bool {
	halves := make([]byte, 0, 2*len(key))
	for _, c := range key {
		halves = append(halves, c>>4, c&15)
	}
	return foretold(key, 0xff, 5) || foretold(halves, 15, 11)
}

// foretold reports whether more than half of s, and at least `least` places, follow from what
// stands before them.
func foretold(s []byte, mask byte, least int) bool {
	for period := 1; period <= len(s)/2; period++ {
		same := 0
		for i := period; i < len(s); i++ {
			if s[i] == s[i-period] {
				same++
			}
		}
		if 2*same > len(s)-period && same >= least {
			return true
		}
	}
	steps := s
	for range 2 {
		steps = differences(steps, mask)
		if n := commonest(steps); 2*n > len(steps) && n >= least {
			return true
		}
	}
	return false
}

func differences(s []byte, mask byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 1; i < len(s); i++ {
		out = append(out, (s[i]-s[i-1])&mask)
	}
	return out
}

// commonest is how often the commonest byte occurs.
func commonest(s []byte) (most int) {
	var n [256]int
	for _, c := range s {
		n[c]++
		most = max(most, n[c])
	}
	return most
}

func distinct(b []byte) int {
	var seen [256]bool
	n := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

// published reports whether a key is one of those that standards print as examples, or begins
// with one. What this project's own docs and tests print follows a pattern.
func published(key []byte) bool {
	for _, text := range []string{
		"2b7e151628aed2a6abf7158809cf4f3c",                                 // FIPS 197, SP 800-38A, SP 800-38G: AES-128
		"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",                 // the same: AES-192
		"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", // the same: AES-256
		"ef4359d8d580aa4f7f036d6f04fc6a942b7e151628aed2a6abf7158809cf4f3c", // SP 800-38G samples: AES-256
		"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", // RFC 8032 section 7.1
		"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
		"85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", // RFC 8439 section 2.5.2
		"6368616e676520746869732070617373776f726420746f206120736563726574", // Go's crypto/cipher examples
	} {
		known, err := hex.DecodeString(text)
		if n := min(len(known), len(key)); err == nil && n >= MinKeyBytes && bytes.Equal(known[:n], key[:n]) {
			return true
		}
	}
	return false
}
