// Package ident holds the arithmetic of public identifier standards: which
// digits are a card number, an IBAN, a calling code, a public address. It knows
// nothing of text around a value; detectors and fingerprints bring that.
package ident

// Card says what a string of digits is as a payment card number: ok when its
// issuer prefix (ISO/IEC 7812-1), its length for that issuer and its check
// digit fit; usual when the issuer really issues that length today, so that a
// chance number is unlikely to fit.
func Card(digits []byte) (usual, ok bool) {
	n := len(digits)
	if n < 12 || n > 19 {
		return false, false
	}
	usual, ok = issuer(digits, n)
	if !ok || !Luhn(digits) {
		return false, false
	}
	return usual, true
}

// issuer checks prefix and length. Ranges: Visa 4; Mastercard 51–55 and
// 2221–2720; American Express 34, 37; Diners 300–305, 309, 36, 38–39; Discover
// 6011, 644–649, 65; JCB 3528–3589; UnionPay 62, 81; Maestro 50, 56–58, 63, 67;
// Mir 2200–2204; Verve 506099–506198, 6500–6500 under Discover; Troy 9792.
func issuer(d []byte, n int) (usual, ok bool) {
	p2 := int(d[0]-'0')*10 + int(d[1]-'0')
	p3 := p2*10 + int(d[2]-'0')
	p4 := p3*10 + int(d[3]-'0')
	switch {
	case d[0] == '4':
		return n == 16, n == 13 || n == 16 || n == 19
	case p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720:
		return n == 16, n == 16
	case p2 == 34, p2 == 37:
		return n == 15, n == 15
	case p3 >= 300 && p3 <= 305, p3 == 309, p2 == 36, p2 == 38, p2 == 39:
		return n == 14 || n == 16, n >= 14
	case p4 == 6011, p3 >= 644 && p3 <= 649, p2 == 65:
		return n == 16, n >= 16
	case p2 == 35:
		return n == 16 && p4 >= 3528 && p4 <= 3589, n >= 16
	case p4 == 2131, p4 == 1800: // JCB's old numbers
		return false, n == 15
	case p2 == 62, p2 == 81:
		return n == 16 || n == 19, n >= 16
	case p4 >= 2200 && p4 <= 2204:
		return n == 16, n >= 16
	case p4 == 9792:
		return n == 16, n == 16
	case p2 == 50, p2 >= 56 && p2 <= 58, p2 == 63, p2 == 67:
		return n == 16, true
	}
	return false, false
}

// SSN reports whether nine digits are a social security number that the US
// administration can have issued: area not 000, 666 or 900–999, group not 00,
// serial not 0000 (20 CFR 422.103; POMS RM 10201.035).
func SSN(d []byte) bool {
	if len(d) != 9 {
		return false
	}
	switch string(d) {
	case "078051120", "219099999", "457555462": // printed in advertisements
		return false
	}
	area := string(d[:3])
	return area != "000" && area != "666" && d[0] != '9' &&
		string(d[3:5]) != "00" && string(d[5:]) != "0000"
}

// NANP reports whether ten digits have the form of a North American number: an
// area code and an exchange that start with 2–9 and are not N11 service codes.
func NANP(d []byte) bool {
	return len(d) == 10 && d[0] >= '2' && d[3] >= '2' &&
		(d[1] != '1' || d[2] != '1') && (d[4] != '1' || d[5] != '1')
}

// CallingCode is the length of the country calling code that digits begin with
// (ITU-T E.164, list of assigned codes), 0 if no assigned code fits.
func CallingCode(digits []byte) int {
	if len(digits) < 3 {
		return 0
	}
	switch digits[0] {
	case '0':
		return 0
	case '1', '7':
		return 1
	}
	two := int(digits[0]-'0')*10 + int(digits[1]-'0')
	if codes2[two] {
		return 2
	}
	if zones3[two]&(1<<(digits[2]-'0')) != 0 {
		return 3
	}
	return 0
}

// codes2 are the two-digit calling codes.
var codes2 = [100]bool{20: true, 27: true, 30: true, 31: true, 32: true, 33: true, 34: true, 36: true, 39: true,
	40: true, 41: true, 43: true, 44: true, 45: true, 46: true, 47: true, 48: true, 49: true,
	51: true, 52: true, 53: true, 54: true, 55: true, 56: true, 57: true, 58: true,
	60: true, 61: true, 62: true, 63: true, 64: true, 65: true, 66: true,
	81: true, 82: true, 84: true, 86: true, 90: true, 91: true, 92: true, 93: true, 94: true, 95: true, 98: true}

// zones3 holds, for the first two digits of a three-digit calling code, the
// assigned third digits as bits.
var zones3 = [100]uint16{
	21: bits("123468"), 22: bits("0123456789"), 23: bits("0123456789"), 24: bits("0123456789"), 25: bits("012345678"),
	26: bits("0123456789"), 29: bits("01789"), 35: bits("0123456789"), 37: bits("012345678"), 38: bits("01235679"),
	42: bits("013"), 50: bits("0123456789"), 59: bits("0123456789"), 67: bits("023456789"), 68: bits("012356789"),
	69: bits("012"), 80: bits("08"), 85: bits("02356"), 87: bits("08"), 88: bits("012368"),
	96: bits("0123456789"), 97: bits("012345679"), 99: bits("234568"),
}

func bits(digits string) (set uint16) {
	for _, d := range digits {
		set |= 1 << (d - '0')
	}
	return set
}
