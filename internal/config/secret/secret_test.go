package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

const goodHex = "8f1c6be03d7a92f45b0ee7c1946a2d88"

func TestParseKey(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		bits int
		want string
	}{
		"hex":               {goodHex, 128, ""},
		"hex, newline":      {goodHex + "c7035e9ad1f26b48e0937cbd154fa86e\n", 256, ""},
		"base64":            {"nQ7vEjX2eKDrZe8aNF2akTvN7wI0b3jQ", 192, ""},
		"bytes":             {"\x8f\x1c\x6b\xe0\x3d\x7a\x92\xf4\x5b\x0e\xe7\xc1\x94\x6a\x2d\x88", 128, ""},
		"passphrase":        {"argon2id:correct horse battery staple and some more", 256, ""},
		"empty":             {" \n", 0, "empty"},
		"short hex":         {"8f1c6be03d7a92f45b0ee7c1946a", 0, "too short: 112 bits"},
		"short text":        {"correct horse", 0, "too short"},
		"constant":          {strings.Repeat("0", 64), 0, "different bytes"},
		"constant as text":  {strings.Repeat("changeme", 8), 0, "different bytes"},
		"counting":          {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0, "pattern"},
		"counting nibbles":  {"0123456789abcdeffedcba9876543210", 0, "pattern"},
		"counting down":     {"ffeeddccbbaa99887766554433221100", 0, "pattern"},
		"repeated":          {"deadbeefdeadbeefdeadbeefdeadbeef", 0, "different bytes"},
		"repeated, but one": {"8f1c6be08f1c6be08f1c6be08f1c6be1", 0, "different bytes"},
		"repeated, 8 bytes": {"8f1c6be03d7a92f48f1c6be03d7a92f5", 0, "pattern"},
		"squares":           {"000104091019243140516479 90a9c4e1", 0, "text"},
		"squares in hex":    {"00010409101924314051647990a9c4e1", 0, "pattern"},
		"decimal digits":    {"31415926535897932384626433832795", 0, "decimal digits"},
		"a passphrase":      {"correct horse battery staple and some more", 0, "argon2id:"},
		"easy":              {"changeme-changeme-changeme-123456", 0, "text"},
		"text in hex":       {"6b6579206f6620746865206669727374207465616d2e2e2e2e2e2e2e2e2e2e31", 0, "text"},
		"text in base64":    {"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==", 0, "text"},
		"FIPS 197":          {"2b7e151628aed2a6abf7158809cf4f3c", 0, "documentation"},
		"RFC 8032":          {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", 0, "documentation"},
		"easy passphrase":   {"argon2id:hunter2", 0, "too easy"},
		"repeating words":   {"argon2id:" + strings.Repeat("changeme ", 4), 0, "too easy"},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := ParseKey([]byte(tc.in))
			if tc.want == "" && (err != nil || len(k.Bytes())*8 != tc.bits) {
				t.Errorf("got %d bits, %v", len(k.Bytes())*8, err)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && tc.in != " \n" && strings.Contains(err.Error(), tc.in) {
				t.Error("the message shows the key")
			}
		})
	}
}

// Of 200,000 random keys none is refused, in none of the forms. The keys are the same in each run:
// one in two million of 128 bits is refused with reason.
func TestRandomKeysAreTaken(t *testing.T) {
	random, key := rand.NewChaCha8([32]byte([]byte(goodHex))), make([]byte, 32)
	for i := range 200_000 {
		_, _ = random.Read(key)
		n := 16 + 16*(i%2)
		if err := CheckRandom(key[:n]); err != nil {
			t.Fatalf("%x: %v", key[:n], err)
		}
		if i%10 == 0 {
			for _, text := range []string{hex.EncodeToString(key[:n]), base64.StdEncoding.EncodeToString(key[:n]), base64.RawURLEncoding.EncodeToString(key[:n])} {
				if k, err := ParseKey([]byte(text)); err != nil || !bytes.Equal(k.Bytes(), key[:n]) {
					t.Fatalf("%s: %v", text, err)
				}
			}
		}
	}
}

// A passphrase gives one key everywhere; the same text with a line break too.
func TestPassphrase(t *testing.T) {
	const text = "argon2id:correct horse battery staple and some more"
	a, err := ParseKey([]byte(text + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := ParseKey([]byte(text)); err != nil || a.Fingerprint() != b.Fingerprint() || len(a.Bytes()) != 32 {
		t.Errorf("%s and %s, %v", a, b, err)
	}
	if b, err := ParseKey([]byte(text + "!")); err != nil || a.Fingerprint() == b.Fingerprint() {
		t.Errorf("another passphrase gives %s, %v", b, err)
	}
}

func TestDeriveSeparatesPurposes(t *testing.T) {
	k, _ := ParseKey([]byte(goodHex))
	if string(k.Derive("a")) == string(k.Derive("b")) {
		t.Error("two purposes share a key")
	}
}
