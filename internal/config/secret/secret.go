// Package secret holds values that must never be printed, and fetches them from
// where a configuration says they live.
//
// A reference is one of
//
//	env:NAME                             a variable of the environment
//	file:PATH                            a file, which others than its owner can't read
//	awssm:SECRET-ID[?stage=STAGE][#KEY]  AWS Secrets Manager; KEY of a JSON secret
//	awskms:FILE                          an envelope that AWS KMS decrypts
//	vault:PATH[#FIELD]                   HashiCorp Vault, any engine that answers a read
//	exec:PROGRAM ARGUMENTS               what a program prints
//
// A [Text] is fetched each time that it is used, so a secret that was changed at its
// place is the new one at the next use. What outlives one use, such as the log-in to Vault
// and its leases, belongs to [Sessions].
package secret

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// MinKeyBytes is the shortest key accepted: 128 bits, the least that
// NIST SP 800-107 §5.3.4 allows for HMAC.
const MinKeyBytes = 16

// Key is the masking key. It prints as its fingerprint.
type Key struct{ get func() []byte } // behind a function, which no dump of what holds a key can look into

// Passphrase is what a passphrase begins with where a key is expected.
const Passphrase = "argon2id:"

// MinPassphrase is the least length of a passphrase, in characters: five words of a list.
const MinPassphrase = 20

// ParseKey reads a key as an operator stores it: hex or base64 of at least 16 random bytes,
// the bytes themselves, or "argon2id:" and a passphrase. What can't be random is refused, see
// [CheckRandom]. A passphrase becomes a key by Argon2id with 3 passes over 64 MiB in 4 lanes,
// the second recommendation of RFC 9106, section 4, so that each guess costs what it costs here:
// about a tenth of a second and 64 MiB. It has no salt of its own, as one passphrase must give
// one key on each machine.
func ParseKey(s []byte) (Key, error) {
	s = bytes.TrimSpace(s)
	if text, ok := bytes.CutPrefix(s, []byte(Passphrase)); ok {
		return fromPassphrase(text)
	}
	key, form := decodeKey(s)
	switch {
	case len(s) == 0:
		return Key{}, fmt.Errorf("the key is empty; %s", makeOne)
	case len(key) < MinKeyBytes:
		return Key{}, fmt.Errorf("the key is too short: %d bits; at least 128 random bits are needed, %s", 8*len(key),
			makeOne)
	case form == "base64" && foretold(s, 0xff, 6):
		return Key{}, fmt.Errorf("the key is not random: its text follows a pattern; %s", makeOne)
	}
	if err := CheckRandom(key); err != nil {
		return Key{}, err
	}
	return hide(key), nil
}

func fromPassphrase(text []byte) (Key, error) {
	if n := utf8.RuneCount(text); n < MinPassphrase || distinct(text) < 8 || patterned(text) {
		return Key{}, fmt.Errorf("the passphrase after %s is too easy: it needs at least %d characters that "+
			"don't repeat; "+
			"seven random words are good", Passphrase, MinPassphrase)
	}
	return KeyOf(argon2.IDKey(text, []byte("refresher masking key"), 3, 64<<10, 4, 32)), nil
}

// decodeKey says in which form a key is written; empty for its bytes as they are.
func decodeKey(s []byte) (key []byte, form string) {
	if b, err := hex.DecodeString(string(s)); err == nil {
		return b, "hex"
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(string(s)); err == nil && len(s) < 2*MinKeyBytes || err == nil && looksBase64(s) {
			return b, "base64"
		}
	}
	return bytes.Clone(s), ""
}

// looksBase64 tells base64 of random bytes from a passphrase that happens to
// use base64's alphabet: the former mixes cases and digits.
func looksBase64(s []byte) bool {
	return bytes.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && bytes.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") &&
		bytes.ContainsAny(s, "0123456789+/-_")
}

// KeyOf is a key of bytes that are known to be random, such as derived ones.
func KeyOf(b []byte) Key {
	return hide(bytes.Clone(b))
}

func hide(b []byte) Key { return Key{func() []byte { return b }} }

// Bytes is the key itself. The caller must not change it.
func (k Key) Bytes() []byte {
	if k.get == nil {
		return nil
	}
	return k.get()
}

// Derive is a key for one purpose: HMAC-SHA-256(key, label), so that what one
// purpose reveals says nothing about another.
func (k Key) Derive(label string) []byte {
	m := hmac.New(sha256.New, k.Bytes())
	m.Write([]byte("refresher/" + label))
	return m.Sum(nil)
}

// Fingerprint names the key without revealing it: 64 bits of an HMAC, in hex.
func (k Key) Fingerprint() string {
	if k.get == nil {
		return "none"
	}
	return hex.EncodeToString(k.Derive("fingerprint")[:8])
}

func (k Key) String() string               { return "key " + k.Fingerprint() }
func (k Key) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, k.String()) }
func (k Key) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
