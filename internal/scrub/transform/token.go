package transform

import (
	"encoding/hex"
	"fmt"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

func tokenDef() Definition {
	return Definition{
		Name:     "token",
		Suggest:  []string{"token", "secret", "api_key"},
		Doc:      "An opaque identifier: tok_ with 16 to 26 characters, a version 8 UUID for a UUID (in text too), 32 marked bytes for bytea.",
		Class:    pii.Token,
		Families: []Family{FamilyText, FamilyUUID, FamilyBytea},
		Params: []Param{{Name: shortToken, Kind: rules.Bool, Default: "false",
			Doc: "for columns of 4 to 19 characters: Braille patterns, of which each holds 8 bits"}},
		ByFlag: shortToken,
		UTF8:   func(a Args) bool { return a.Flag(shortToken) },
		Space:  "2^80 to 2^130 as text, by the narrowest column; short 2^32 to 2^128; 2^106 UUIDs; 2^192 bytea",
		Unique: true, ForUnique: [][]string{nil, {shortToken, "true"}},
		Bits:    tokenBits,
		Example: Example{Rule: "token", Value: "sess-0123456789"},
		Check: func(a Args, p Place) error {
			if a.Flag(shortToken) && (p.Family != FamilyText || p.Chars() == 0 ||
				p.Chars() >= fake.TokenLen(fake.MinHash)) {
				return fmt.Errorf("takes short: true for texts of fewer than %d characters only: leave it out for %s",
					fake.TokenLen(fake.MinHash), p.Where)
			}
			return nil
		},
		Build: buildToken,
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
	if d.Args.Flag(shortToken) {
		return 8 * float64(shortLen(d))
	}
	n := fake.MaxHash
	if limit := d.narrowest(); limit > 0 {
		n = min(n, limit-fake.TokenLen(0))
	}
	return 5 * float64(n)
}

const (
	shortToken = "short"
	minShort   = 4
)

// shortLen is how many characters a short token has.
func shortLen(d *Domain) int {
	if limit := d.narrowest(); limit > 0 {
		return max(minShort, min(fake.MaxShort, limit))
	}
	return fake.MaxShort
}

func buildToken(d *Domain) (Masks, error) {
	n := fake.MaxHash
	if limit := d.narrowest(); limit > 0 {
		n = max(fake.MinHash, min(n, limit-fake.TokenLen(0)))
	}
	prefix := domainPrefix(d.Name)
	if d.Args.Flag(shortToken) {
		n := shortLen(d)
		return Masks{FamilyText: &identity{prefix, tokenNormal, func(dst []byte, h *fake.Digest, _ []byte) []byte {
			return fake.AppendShortToken(dst, h, n)
		}}}, d.chars(minShort)
	}
	return Masks{
		FamilyText: &identity{prefix, tokenNormal, func(dst []byte, h *fake.Digest, normal []byte) []byte {
			if isUUID(normal) {
				return fake.AppendUUID(dst, h)
			}
			return fake.AppendToken(dst, h, n)
		}},
		FamilyBytea: &identity{prefix, normal.AsIs, func(dst []byte, h *fake.Digest, _ []byte) []byte {
			b := fake.Bytes(h)
			return hex.AppendEncode(append(dst, `\x`...), b[:])
		}},
	}, d.chars(fake.TokenLen(n))
}

// tokenNormal is the text itself, but a UUID in lower case, as PostgreSQL writes it.
func tokenNormal(dst, text []byte) []byte {
	if isUUID(text) {
		return normal.Folded(dst, text)
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
		case !normal.IsDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return true
}

func uuidDef() Definition {
	return Definition{
		Name: "uuid", Class: pii.Token, Families: []Family{FamilyUUID, FamilyText}, Unique: true, ForUnique: plainly, Space: "2^106",
		Canary:  func(src *canary.Source, _ Place, _ Args) canary.Value { return src.UUID() },
		Doc:     "A UUID of version 8 with a mark. Any text becomes one.",
		Example: Example{Rule: "uuid", Value: "550e8400-e29b-41d4-a716-446655440000"},
		Bits:    func(*Domain, Family) float64 { return 106 },
		Build: func(d *Domain) (Masks, error) {
			m := &identity{domainPrefix(d.Name), tokenNormal, func(dst []byte, h *fake.Digest, _ []byte) []byte {
				return fake.AppendUUID(dst, h)
			}}
			return Masks{FamilyText: m}, d.chars(fake.MaxUUID)
		},
	}
}
