package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"

	"refresher/internal/config/secret"
)

// info is the HKDF info that separates signing from every other use of the
// masking key.
const info = "refresher/report-signature/v1"

// Signer holds a signing key. It prints as its public key.
type Signer struct {
	private ed25519.PrivateKey
	derived bool
}

// Derive makes the signer that belongs to a masking key.
func Derive(key secret.Key) (Signer, error) {
	seed, err := hkdf.Key(sha256.New, key.Bytes(), nil, info, ed25519.SeedSize)
	if err != nil {
		return Signer{}, fmt.Errorf("deriving the signing key from the masking key: %w", err)
	}
	return Signer{ed25519.NewKeyFromSeed(seed), true}, nil
}

// ParseSigner reads a signing key as an operator stores it: a private key in PEM
// (PKCS #8, as `openssl genpkey -algorithm ed25519` makes), or 32 random bytes in
// hex or base64. An error never quotes it.
func ParseSigner(text []byte) (Signer, error) {
	text = bytes.TrimSpace(text)
	if bytes.HasPrefix(text, []byte("-----BEGIN")) {
		block, _ := pem.Decode(text)
		if block == nil || block.Type != "PRIVATE KEY" {
			return Signer{}, errors.New(
				"the signing key is no private key in PEM (PKCS #8); make one with: openssl genpkey -algorithm ed25519")
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, ok := key.(ed25519.PrivateKey)
		if err != nil || !ok {
			return Signer{}, errors.New(
				"the signing key is not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
		}
		return Signer{private: private}, nil
	}
	seed, err := bytes32(text)
	if err != nil {
		return Signer{}, errors.New(
			"the signing key must be a private key in PEM, or 32 random bytes in hex or base64; make one with: " +
				"openssl genpkey -algorithm ed25519",
		)
	}
	if err := secret.CheckRandom(seed); err != nil {
		return Signer{}, fmt.Errorf("the signing key can't be used: %w", err)
	}
	return Signer{private: ed25519.NewKeyFromSeed(seed)}, nil
}

// IsZero reports whether there is no key.
func (s Signer) IsZero() bool { return s.private == nil }

// Derived reports whether the key was made from the masking key.
func (s Signer) Derived() bool { return s.derived }

// Public is the key that checks what s signs.
func (s Signer) Public() PublicKey {
	if s.IsZero() {
		return PublicKey{}
	}
	return PublicKey{s.private.Public().(ed25519.PublicKey)}
}

func (s Signer) String() string       { return "signer " + s.Public().String() }
func (s Signer) GoString() string     { return s.String() }
func (s Signer) LogValue() slog.Value { return slog.StringValue(s.String()) }

// PublicKey is a key that checks signatures. As text it is 32 bytes in base64.
type PublicKey struct{ value ed25519.PublicKey }

// ParsePublicKey reads a public key: 32 bytes in base64 or hex, or PEM (PKIX).
func ParsePublicKey(text []byte) (PublicKey, error) {
	text = bytes.TrimSpace(text)
	if bytes.HasPrefix(text, []byte("-----BEGIN")) {
		block, _ := pem.Decode(text)
		if block != nil && block.Type == "PUBLIC KEY" {
			if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
				if public, ok := key.(ed25519.PublicKey); ok {
					return checked(public)
				}
			}
		}
		return PublicKey{}, errors.New("the PEM holds no Ed25519 public key")
	}
	b, err := bytes32(text)
	if err != nil {
		return PublicKey{}, errors.New("a public key is 32 bytes in base64 or hex, or PEM")
	}
	return checked(b)
}

// smallOrder are the y-coordinates, as encoded, of the eight points of edwards25519
// whose order divides the cofactor (RFC 8032 §5.1), those beyond the field's prime
// too. A signature under such a key takes no secret.
var smallOrder = [...][32]byte{
	{0x00}, {0x01},
	y("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
	y("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
	y("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	y("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	y("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}

func y(digits string) (b [32]byte) {
	_, _ = hex.Decode(b[:], []byte(digits)) // constants
	return b
}

// checked refuses keys under which anybody can sign.
func checked(b []byte) (PublicKey, error) {
	point := [32]byte(b)
	point[31] &^= 0x80 // the sign of x
	for _, bad := range smallOrder {
		if point == bad {
			return PublicKey{}, errors.New(
				"the public key is of small order: anybody could sign for it, so it is nobody's key")
		}
	}
	return PublicKey{b}, nil
}

// IsZero reports whether there is no key.
func (p PublicKey) IsZero() bool { return p.value == nil }

// Equal reports whether both are the same key.
func (p PublicKey) Equal(q PublicKey) bool { return p.value.Equal(q.value) }

// String is the key in base64.
func (p PublicKey) String() string { return base64.StdEncoding.EncodeToString(p.value) }

// PEM is the key as other tools read it.
func (p PublicKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(p.value)
	if err != nil {
		return nil, fmt.Errorf("writing the public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// bytes32 reads 32 bytes in hex or base64.
func bytes32(text []byte) ([]byte, error) {
	if b, err := hex.DecodeString(string(text)); err == nil && len(b) == 32 {
		return b, nil
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.Strict().DecodeString(string(text)); err == nil && len(b) == 32 {
			return b, nil
		}
	}
	return nil, errors.New("not 32 bytes")
}
