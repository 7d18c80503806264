package prfbench

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"
	"testing"

	"github.com/dchest/siphash"
	"github.com/zeebo/blake3"
)

var (
	key   = []byte("0123456789abcdef0123456789abcdef")
	input = []byte("email\x00jane.doe123456@mail.example")
)

// Each function makes 256 bits, or what it has, of one address. AES-256-CMAC is in BenchmarkSum of
// internal/scrub/prf, beside HMAC as here.
func BenchmarkKeyed(b *testing.B) {
	functions := map[string]func() func(){
		// The standard library keeps the states after both pads, and clones them.
		"hmac-sha-256": func() func() {
			h := hmac.New(sha256.New, key)
			var sum [32]byte
			return func() {
				h.Reset()
				h.Write(input)
				h.Sum(sum[:0])
			}
		},
		"kmac128": func() func() {
			start := sha3.NewCSHAKE128([]byte("KMAC"), nil)
			block := make([]byte, 168)
			copy(block, []byte{1, 168, 1, 0})
			copy(block[4:], key)
			start.Write(block)
			state, err := start.MarshalBinary()
			if err != nil {
				b.Fatal(err)
			}
			h := sha3.NewCSHAKE128([]byte("KMAC"), nil)
			var sum [32]byte
			return func() {
				if err := h.UnmarshalBinary(state); err != nil {
					b.Fatal(err)
				}
				h.Write(input)
				h.Write([]byte{1, 0, 2})
				h.Read(sum[:])
			}
		},
		"blake3-keyed": func() func() {
			h, err := blake3.NewKeyed(key)
			if err != nil {
				b.Fatal(err)
			}
			var sum [32]byte
			return func() {
				h.Reset()
				h.Write(input)
				h.Sum(sum[:0])
			}
		},
		"siphash-2-4-128": func() func() {
			k0, k1 := binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])
			return func() { siphash.Hash128(k0, k1, input) }
		},
	}
	for _, name := range []string{"hmac-sha-256", "kmac128", "blake3-keyed", "siphash-2-4-128"} {
		b.Run(name, func(b *testing.B) {
			sum := functions[name]()
			b.ReportAllocs()
			for b.Loop() {
				sum()
			}
		})
	}
}
