package client

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// saslPrep is a password as libpq and the server prepare it for SCRAM (RFC 4013;
// src/common/saslprep.c): spaces of other kinds become plain ones, what is commonly
// mapped to nothing goes, and the rest is normalised by NFKC. A password that holds
// what may not stand in one stays as it is, as there.
func saslPrep(password string) string {
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r != ' ' && unicode.Is(unicode.Zs, r), r == 0x200b:
			return ' '
		case toNothing(r):
			return -1
		}
		return r
	}, password)
	prepared := norm.NFKC.String(mapped)
	if prepared == "" || strings.ContainsRune(prepared, unicode.ReplacementChar) ||
		strings.ContainsFunc(prepared, prohibited) {
		return password
	}
	return prepared
}

// toNothing are the characters of RFC 3454, table B.1, without U+200B, which is a
// space before it is nothing.
func toNothing(r rune) bool {
	return slices.Contains([]rune{0x00ad, 0x034f, 0x1806, 0x200c, 0x200d, 0x2060, 0xfeff}, r) ||
		r >= 0x180b && r <= 0x180d || r >= 0xfe00 && r <= 0xfe0f
}

// prohibited are control characters, private use, surrogates and what has no
// character (RFC 4013, 2.3).
func prohibited(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r) || r&0xfffe == 0xfffe ||
		r >= 0xfdd0 && r <= 0xfdef || r >= 0x2ff0 && r <= 0x2ffb || r >= 0xfff9 && r <= 0xfffc ||
		r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2028 && r <= 0x2029 || r >= 0x206a &&
		r <= 0x206f
}
