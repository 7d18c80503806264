package prf

import (
	"bytes"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func function(t testing.TB, name string, secret []byte) Function {
	t.Helper()
	k, err := NewKey(name, secret)
	if err != nil {
		t.Fatal(err)
	}
	return k.Function()
}

// The examples of NIST for CMAC with a key of 256 bits (SP 800-38B, D.3).
func TestCMACExamples(t *testing.T) {
	key := unhex(t, "603deb10 15ca71be 2b73aef0 857d7781 1f352c07 3b6108d7 2d9810a3 0914dff4")
	text := unhex(t, "6bc1bee2 2e409f96 e93d7e11 7393172a ae2d8a57 1e03ac9c 9eb76fac 45af8e51"+
		"30c81c46 a35ce411 e5fbc119 1a0a52ef f69f2445 df4f9b17 ad2b417b e66c3710")
	k, err := newAESKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{aesKey: k}
	for n, want := range map[int]string{
		0:  "028962f6 1b7bf89e fc6b551f 4667d983",
		16: "28a7023f 452e8f82 bd4bf28d 8c37c35c",
		40: "aaf3d8f1 de5640c2 32f5b169 b9c911e6",
		64: "e1992190 549f6ed5 696a2c05 6c315410",
	} {
		for _, cut := range []int{0, n / 3, n} {
			c.begin()
			c.write(text[:cut])
			c.write(text[cut:n])
			var got [aes.BlockSize]byte
			whole := max(0, c.n-1) / aes.BlockSize * aes.BlockSize
			last := bytes.Clone(c.input[whole:c.n])
			c.n = whole
			c.flush()
			copy(c.end[:], last)
			c.tag(len(last), got[:])
			if !bytes.Equal(got[:], unhex(t, want)) {
				t.Errorf("CMAC of %d bytes is %x, not %s", n, got, want)
			}
		}
	}
}

// Sums computed by other programs: KBKDFCMAC (counter mode, counter of one byte after the fixed
// input, length of two) under HKDF's key by pyca/cryptography 48, and HMAC by the standard library.
func TestSums(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	for _, c := range sums {
		f := function(t, AES, key)
		value := bytes.Repeat([]byte(c.value), c.times)
		if got := f.Sum([]byte(c.domain+"\x00"), value); hex.EncodeToString(got[:]) != c.want {
			t.Errorf("%s of %s and %d times %q is %x, not %s", AES, c.domain, c.times, c.value, *got, c.want)
		}
		f = function(t, HMAC, key)
		h := hmac.New(sha256.New, key)
		h.Write([]byte(c.domain + "\x00"))
		h.Write(value)
		if got := f.Sum([]byte(c.domain+"\x00"), value); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Errorf("%s of %s and %d times %q is %x", HMAC, c.domain, c.times, c.value, *got)
		}
	}
}

// A sum depends on nothing that was computed before, and on each byte of key, domain and value.
func TestSumsAreApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	key := make([]byte, 32)
	for _, name := range Names() {
		f := function(t, name, key)
		seen := map[string]string{}
		for range 2000 {
			domain, value := make([]byte, 1+random.IntN(20)), make([]byte, random.IntN(70))
			for i := range domain {
				domain[i] = 'a' + byte(random.IntN(3))
			}
			for i := range value {
				value[i] = byte(random.IntN(3))
			}
			input := string(domain) + "\x00" + string(value)
			sum := f.Sum([]byte(string(domain)+"\x00"), value)
			if again := function(t, name, key).Sum([]byte(string(domain)+"\x00"), value); *again != *sum {
				t.Fatalf("%s: %q is %x and %x", name, input, *sum, *again)
			}
			if other, ok := seen[string(sum[:])]; ok && other != input {
				t.Fatalf("%s: %q and %q have one sum", name, input, other)
			}
			seen[string(sum[:])] = input
		}
		other := function(t, name, append([]byte{1}, key[1:]...))
		if *other.Sum([]byte("email\x00"), []byte("a")) == *f.Sum([]byte("email\x00"), []byte("a")) {
			t.Errorf("%s: two keys, one sum", name)
		}
	}
	if _, err := NewKey("md5", key); err == nil {
		t.Error("an unknown function is made")
	}
}

// One operation is one address; the ratio of the two is what counts.
func BenchmarkSum(b *testing.B) {
	domain, value := []byte("email\x00"), []byte("jane.doe123456@mail.example")
	for _, name := range Names() {
		b.Run(name, func(b *testing.B) {
			f := function(b, name, make([]byte, 32))
			b.ReportAllocs()
			for b.Loop() {
				f.Sum(domain, value)
			}
		})
	}
}
