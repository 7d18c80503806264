package fake

import "refresher/internal/pii/ident"

// Lengths of identifiers, in characters.
const (
	MaxSSN       = 11 // with hyphens
	MaxSSNDigits = 9
	MaxCard      = 16
	MinIBAN      = 15 // Norway's; the shortest in the IBAN registry
	MaxIBAN      = 34 // ISO 13616
	LongID       = 18 // of numbers that keep others distinct; a bigint has room for as many
)

// Prefixes of long numbers. No country's identity number has 18 digits and begins with 666:
// China's, the only one of that length, begin with 11 to 82, and no region has 66 (GB/T 2260).
// ISO/IEC 7812-1 leaves card numbers that begin with 9 to national bodies, by the numeric
// code of ISO 3166-1 that follows, of which none is above 894.
const (
	longSSN  = "666"
	longCard = "99"
)

// AppendLongSSN appends 666 and 15 digits of n.
func AppendLongSSN(dst []byte, n uint64) []byte {
	return appendDigits(append(dst, longSSN...), n, LongID-len(longSSN))
}

// AppendLongCard appends 99 and 16 digits of n.
func AppendLongCard(dst []byte, n uint64) []byte {
	return appendDigits(append(dst, longCard...), n, LongID-len(longCard))
}

// AppendSSN appends a US Social Security number that is never issued: area 666,
// or a taxpayer number with group 00 (SSA, "SSN randomization"; IRS publication
// 1346). Without hyphens it is nine digits that start with no zero.
func AppendSSN(dst []byte, d *Digest, hyphens bool) []byte {
	area, group := uint64(666), uint64(1+pick(d, 1, 99))
	if d[0]&1 == 1 {
		area, group = 900+uint64(pick(d, 1, 100)), 0
	}
	dst = appendDigits(dst, area, 3)
	if hyphens {
		dst = append(dst, '-')
	}
	dst = appendDigits(dst, group, 2)
	if hyphens {
		dst = append(dst, '-')
	}
	return appendDigits(dst, uint64(1+pick(d, 2, 9999)), 4)
}

func isSSN(text []byte) bool {
	switch len(text) {
	case LongID:
		return string(text[:len(longSSN)]) == longSSN && allDigits(text)
	case 9:
	case 11:
		if sep := text[3]; sep != text[6] || sep != '-' && sep != ' ' && sep != '.' {
			return false
		}
	default:
		return false
	}
	var buf [9]byte
	s := bare(buf[:], text)
	if len(s) != 9 {
		return false
	}
	if !allDigits(s) {
		return false
	}
	area := string(s[:3])
	return area == "666" || area == "000" || s[0] == '9' && s[3] == '0' && s[4] == '0'
}

// testIIN starts the numbers of card processors' test suites.
const testIIN = "424242"

// testCards are the numbers that processors document for tests.
var testCards = [...]string{
	"4111111111111111", "4012888888881881", "4000056655665556", "4222222222222",
	"5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222",
	"378282246310005", "371449635398431", "378734493671000",
	"6011111111111117", "6011000990139424", "30569309025904", "38520000023237",
	"3056930009020004", "36227206271667", "3566002020360505", "3530111333300000", "6200000000000005",
}

// AppendCard appends a card number of a test range, sixteen digits, Luhn-valid
// (ISO/IEC 7812-1 annex B).
func AppendCard(dst []byte, d *Digest) []byte {
	at := len(dst)
	dst = appendDigits(append(dst, testIIN...), number(d, 0, 1e9), 9)
	return append(dst, ident.LuhnDigit(dst[at:]))
}

func isCard(text []byte) bool {
	var buf [19]byte
	s := bare(buf[:], text)
	if len(s) < 13 {
		return false
	}
	if !allDigits(s) {
		return false
	}
	if len(s) == LongID && string(s[:len(longCard)]) == longCard {
		return true
	}
	if len(s) == MaxCard && string(s[:6]) == testIIN {
		return ident.Luhn(s)
	}
	for _, t := range testCards {
		if string(s) == t {
			return true
		}
	}
	return false
}

// ibanCountries are codes that ISO 3166-1 leaves to users, without XK, which
// Kosovo's banks use.
var ibanCountries = [...]string{"XX", "ZZ", "AA", "XA", "XB", "XC", "XD", "XE", "XF", "XG", "XY", "XZ"}

// AppendIBAN appends an account number of n characters (MinIBAN to MaxIBAN) in a
// country that is none, with valid check digits (ISO 7064 MOD 97-10).
func AppendIBAN(dst []byte, d *Digest, n int) []byte {
	n = min(max(n, MinIBAN), MaxIBAN)
	at := len(dst)
	dst = append(dst, ibanCountries[int(d[31])%len(ibanCountries)]...)
	dst = append(dst, "00"...)
	for i, left := 0, n-4; left > 0; i++ {
		w := min(left, 16)
		dst = appendDigits(dst, number(d, i, 1e16), w)
		left -= w
	}
	ident.CompleteIBAN(dst[at:])
	return dst
}

// AppendUniqueIBAN is AppendIBAN with n characters of a hash (MinHash to MaxHash, 5 bits
// each) behind the check digits.
func AppendUniqueIBAN(dst []byte, d *Digest, n int) []byte {
	at := len(dst)
	dst = append(dst, ibanCountries[int(d[31])%len(ibanCountries)]...)
	dst = appendBase32(append(dst, "00"...), d, n)
	for i := at + 4; i < len(dst); i++ {
		if dst[i] >= 'a' {
			dst[i] -= 'a' - 'A'
		}
	}
	ident.CompleteIBAN(dst[at:])
	return dst
}

func isIBAN(text []byte) bool {
	var buf [MaxIBAN]byte
	s := bare(buf[:], text)
	if len(s) < MinIBAN || !isDigit(s[2]) || !isDigit(s[3]) || ident.Mod97(s) != 1 {
		return false
	}
	switch {
	case s[0] == 'A' && s[1] == 'A', s[0] == 'Z' && s[1] == 'Z':
		return true
	case s[0] == 'Q':
		return s[1] >= 'M' && s[1] <= 'Z'
	case s[0] == 'X':
		return s[1] >= 'A' && s[1] <= 'Z' && s[1] != 'K'
	}
	return false
}

func allDigits(text []byte) bool {
	for _, c := range text {
		if !isDigit(c) {
			return false
		}
	}
	return true
}
