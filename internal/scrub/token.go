package scrub

import (
	"encoding/hex"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

func tokenDef() Definition {
	return Definition{
		Name:     "token",
		Suggest:  []string{"token", "secret", "api_key"},
		Doc:      "An opaque identifier: tok_ with 16 to 26 characters, a version 8 UUID for a UUID (in text too), 32 marked bytes for bytea.",
		Class:    pii.Token,
		Families: []Family{FamilyText, FamilyUUID, FamilyBytea},
		Space:    "2^80 to 2^130 as text, by the narrowest column; 2^106 UUIDs; 2^192 bytea",
		Unique:   true,
		Bits:     tokenBits,
		Example:  Example{Rule: "token", Value: "sess-0123456789"},
		Build:    buildToken,
	}
}

// tokenBits are those of the hash, by the narrowest column.
func tokenBits(d *Domain, f Family) float64 {
	switch f {
	case FamilyUUID:
		return 106
	case FamilyBytea:
		return 192
	}
	n := fake.MaxHash
	if limit := d.narrowest(); limit > 0 {
		n = min(n, limit-fake.TokenLen(0))
	}
	return 5 * float64(n)
}

func buildToken(d *Domain) (Masks, error) {
	n := fake.MaxHash
	if limit := d.narrowest(); limit > 0 {
		n = max(fake.MinHash, min(n, limit-fake.TokenLen(0)))
	}
	prefix := domainPrefix(d.name)
	return Masks{
		FamilyText: &identity{prefix, tokenNormal, func(dst []byte, h *fake.Digest, normal []byte) []byte {
			if isUUID(normal) {
				return fake.AppendUUID(dst, h)
			}
			return fake.AppendToken(dst, h, n)
		}},
		FamilyBytea: &identity{prefix, asIs, func(dst []byte, h *fake.Digest, _ []byte) []byte {
			b := fake.Bytes(h)
			return hex.AppendEncode(append(dst, `\x`...), b[:])
		}},
	}, d.chars(fake.TokenLen(n))
}

// tokenNormal is the text itself, but a UUID in lower case, as PostgreSQL writes it.
func tokenNormal(dst, text []byte) []byte {
	if isUUID(text) {
		return folded(dst, text)
	}
	return append(dst, text...)
}

// isUUID reports the form of RFC 9562 §4, in any case.
func isUUID(text []byte) bool {
	if len(text) != fake.MaxUUID {
		return false
	}
	for i, c := range text {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return true
}
