package ident

// IMEI reports whether fifteen digits pass the check of a mobile device's number
// (3GPP TS 23.003 §6.2.1), and whether they begin with one of the bodies that give
// out most type codes (GSMA TS.06).
func IMEI(b []byte) (usual, ok bool) {
	if len(b) != 15 || !digits(b) || same(b[:14]) || !Luhn(b) {
		return false, false
	}
	switch pair(b, 0) {
	case 1, 35, 86, 91, 44, 45, 49, 50, 51, 52, 53, 54, 33:
		return true, true
	}
	return false, true
}

// VIN reports whether seventeen characters are the number of a vehicle (ISO 3779):
// no I, O, Q, digits at the end; checked says that the check digit of North America
// and China (49 CFR 565.15; GB 16735) fits too.
func VIN(b []byte) (checked, ok bool) {
	if len(b) != 17 || !digits(b[13:]) || b[9] == 'U' || b[9] == 'Z' || b[9] == '0' {
		return false, false
	}
	const values = "\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x02\x03\x04\x05\x00\x07\x00\x09" +
		"\x02\x03\x04\x05\x06\x07\x08\x09"
	const weights = "\x08\x07\x06\x05\x04\x03\x02\x0a\x00\x09\x08\x07\x06\x05\x04\x03\x02"
	sum, letters, inner := 0, 0, false
	for i, c := range b {
		v := int(c - '0')
		if !isDigit(c) {
			if c < 'A' || c > 'Z' || c == 'I' || c == 'O' || c == 'Q' {
				return false, false
			}
			v = int(values[c-'A'])
			letters++
			inner = inner || i > 2
		}
		sum += v * int(weights[i])
	}
	if letters < 3 || !inner {
		return false, false
	}
	return "0123456789X"[sum%11] == b[8], true
}

// BIC reports whether eight or eleven characters have the form of ISO 9362: four
// letters, a country (ISO 3166-1, or XK), a location, a branch.
func BIC(b []byte) bool {
	if len(b) != 8 && len(b) != 11 {
		return false
	}
	for i, c := range b {
		if letter := c >= 'A' && c <= 'Z'; !letter && (i < 6 || !isDigit(c)) {
			return false
		}
	}
	return Country(b[4], b[5])
}

// Country reports whether two upper-case letters are a code of ISO 3166-1, or XK.
func Country(c0, c1 byte) bool {
	if c0 < 'A' || c0 > 'Z' || c1 < 'A' || c1 > 'Z' {
		return false
	}
	return countries[c0-'A']&(1<<(c1-'A')) != 0
}

// countries holds, for the first letter, the second ones as bits.
var countries = func() (t [26]uint32) {
	for i, second := range [26]string{"DEFGILMOQRSTUWXZ", "ABDEFGHIJLMNOQRSTVWYZ", "ACDFGHIKLMNORUVWXYZ", "EJKMOZ", "CEGHRST", "IJKMOR",
		"ABDEFGHILMNPQRSTUWY", "KMNRTU", "DELMNOQRST", "EMOP", "EGHIMNPRWYZ", "ABCIKRSTUVY", "ACDEFGHKLMNOPQRSTUVWXYZ", "ACEFGILOPRUZ", "M",
		"AEFGHKLMNRSTWY", "A", "EOSUW", "ABCDEGHIJKLMNORSTVXYZ", "CDFGHJKLMNORTVWZ", "AGMSYZ", "ACEGINU", "FS", "K", "ET", "AMW"} {
		for _, c := range second {
			t[i] |= 1 << (c - 'A')
		}
	}
	return t
}()

// MAC says what six bytes are as an address of one device (IEEE 802-2014 §8.2):
// universal if a maker gave it, ok too if a device made it up. None are groups of
// devices, the block for documentation (00-00-5E-00-53, RFC 7042), and what people
// write as an example: 00-11-22-33-44-55, aa:bb:cc:dd:ee:ff.
func MAC(a [6]byte) (universal, ok bool) {
	example := true
	for _, b := range a {
		example = example && b>>4 == b&15
	}
	if example || a[0]&1 != 0 || [3]byte(a[3:]) == [3]byte{} && a[0] == 0 || [5]byte(a[:5]) == [5]byte{0, 0, 0x5E, 0, 0x53} {
		return false, false
	}
	return a[0]&2 == 0, true
}
