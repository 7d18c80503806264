// Package fake makes values that cannot belong to anybody and recognises them
// again.
//
// Every generator is a pure function of a 32-byte digest, draws from a space
// reserved for fiction, documentation or tests (or from the package's own word
// lists), and has a recogniser that accepts all of its output.
package fake

import "refresher/internal/pii"

// Digest is HMAC-SHA-256(key, domain, value): the only randomness a fake has.
type Digest = [32]byte

// Recognise reports whether text (canonical, surrounding space ignored) is a
// value of the class that a generator of this package could have made, or that
// lies in the same reserved space, and so belongs to nobody.
func Recognise(c pii.Class, text []byte) bool { panic("TODO") }
