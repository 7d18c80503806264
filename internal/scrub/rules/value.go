package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// Equal reports whether two values are the same, wherever they stand.
func (v Value) Equal(w Value) bool { return bytes.Equal(encode(v.normal()), encode(w.normal())) }

// Hash is 48 bits of the SHA-256, in hex, of what the value says.
func (v Value) Hash() string {
	sum := sha256.Sum256(encode(v.normal()))
	return hex.EncodeToString(sum[:6])
}
