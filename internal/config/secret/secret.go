// Package secret holds values that must never be printed, and fetches them from
// where a configuration says they live.
//
// A reference is "env:NAME", "file:PATH", "awssm:SECRET-ID[#FIELD]" (AWS Secrets
// Manager) or "vault:PATH#FIELD" (HashiCorp Vault, KV version 2, at $VAULT_ADDR
// with $VAULT_TOKEN).
package secret

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
)

// MinKeyBytes is the shortest key accepted: 128 bits, the least that
// NIST SP 800-107 §5.3.4 allows for HMAC.
const MinKeyBytes = 16

// Text is a secret string, such as a connection URL with a password. Every way
// of printing it gives "[secret]".
type Text struct{ value string }

// NewText wraps a secret.
func NewText(s string) Text { return Text{s} }

// Reveal is the secret itself, for the one place that uses it.
func (t Text) Reveal() string { return t.value }

// IsZero reports whether there is no secret.
func (t Text) IsZero() bool { return t.value == "" }

func (t Text) String() string               { return "[secret]" }
func (t Text) GoString() string             { return "[secret]" }
func (t Text) LogValue() slog.Value         { return slog.StringValue("[secret]") }
func (t Text) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Key is the masking key. It prints as its fingerprint.
type Key struct{ value []byte }

// ParseKey reads a key as an operator stores it: hex or base64 of at least 16
// random bytes, or any other text of at least 32 bytes. Keys that cannot be
// random (a repeated or tiny alphabet) are refused.
func ParseKey(s []byte) (Key, error) {
	s = bytes.TrimSpace(s)
	key, form := decodeKey(s)
	switch {
	case len(s) == 0:
		return Key{}, fmt.Errorf("the key is empty; make one with: openssl rand -hex 32")
	case form == "text" && len(key) < 2*MinKeyBytes:
		return Key{}, fmt.Errorf(
			"the key is too short: %d bytes of text; at least 128 random bits are needed, made with: openssl rand -hex 32",
			len(key),
		)
	case len(key) < MinKeyBytes:
		return Key{}, fmt.Errorf(
			"the key is too short: %d bits; at least 128 random bits are needed, made with: openssl rand -hex 32",
			8*len(key),
		)
	case distinct(key) < 8:
		return Key{}, fmt.Errorf(
			"the key is not random: it has only %d different bytes; make one with: openssl rand -hex 32",
			distinct(key),
		)
	}
	return Key{key}, nil
}

func decodeKey(s []byte) (key []byte, form string) {
	if b, err := hex.DecodeString(string(s)); err == nil {
		return b, "hex"
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(string(s)); err == nil && len(s) < 2*MinKeyBytes || err == nil && looksBase64(s) {
			return b, "base64"
		}
	}
	return bytes.Clone(s), "text"
}

// looksBase64 tells base64 of random bytes from a passphrase that happens to
// use base64's alphabet: the former mixes cases and digits.
func looksBase64(s []byte) bool {
	return bytes.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && bytes.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") &&
		bytes.ContainsAny(s, "0123456789+/-_")
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

// Bytes is the key itself. The caller must not change it.
func (k Key) Bytes() []byte { return k.value }

// Derive is a key for one purpose: HMAC-SHA-256(key, label), so that what one
// purpose reveals says nothing about another.
func (k Key) Derive(label string) []byte {
	m := hmac.New(sha256.New, k.value)
	m.Write([]byte("refresher/" + label))
	return m.Sum(nil)
}

// Fingerprint names the key without revealing it: 64 bits of an HMAC, in hex.
func (k Key) Fingerprint() string {
	if k.value == nil {
		return "none"
	}
	return hex.EncodeToString(k.Derive("fingerprint")[:8])
}

func (k Key) String() string               { return "key " + k.Fingerprint() }
func (k Key) GoString() string             { return k.String() }
func (k Key) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
