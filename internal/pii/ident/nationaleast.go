package ident

// The numbers of Asia, Africa and Oceania.

func aadhaar(b []byte) bool { return b[0] >= '2' && Verhoeff(b) && !same(b) }

// in_pan: the fourth letter is the holder's status; P is a person.
func pan(b []byte) bool {
	for _, c := range "PCHFATBLJG" {
		if rune(b[3]) == c {
			return string(b[5:9]) != "0000"
		}
	}
	return false
}

// provincesCN are the first two digits of places (GB/T 2260).
var provincesCN = [100]bool{11: true, 12: true, 13: true, 14: true, 15: true, 21: true, 22: true, 23: true, 31: true, 32: true, 33: true,
	34: true, 35: true, 36: true, 37: true, 41: true, 42: true, 43: true, 44: true, 45: true, 46: true, 50: true, 51: true, 52: true,
	53: true, 54: true, 61: true, 62: true, 63: true, 64: true, 65: true, 71: true, 81: true, 82: true, 83: true, 91: true}

func ric(b []byte) bool {
	if len(b) == 15 { // given out until 1999: no century, no check digit
		return provincesCN[pair(b, 0)] && born(1900+pair(b, 6), pair(b, 8), pair(b, 10))
	}
	if !provincesCN[pair(b, 0)] || !born(number(b[6:10]), pair(b, 10), pair(b, 12)) {
		return false
	}
	return "10X98765432"[weigh(b, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11] == b[17]
}

// twid: the letter is the place of registration, and counts as two digits.
func twid(b []byte) bool {
	if b[1] != '1' && b[1] != '2' && b[1] != '8' && b[1] != '9' {
		return false
	}
	const letters = "\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x22\x12\x13\x14\x15\x16\x23\x17\x18\x19\x1a\x1b\x1c\x1d" +
		"\x20\x1e\x1f\x21"
	v := int(letters[b[0]-'A'])
	return (v/10+v%10*9+weigh(b[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 == 0
}

func hkid(b []byte) bool {
	sum := 36 * 9 // a space before a single letter
	i := 0
	if len(b) == 9 {
		if b[1] < 'A' {
			return false
		}
		sum = (int(b[0]-'A') + 10) * 9
		i = 1
	}
	sum += (int(b[i]-'A') + 10) * 8
	if !digits(b[i+1:i+7]) || b[i] < 'A' {
		return false
	}
	sum += weigh(b[i+1:], 7, 6, 5, 4, 3, 2)
	switch c := b[i+7]; {
	case c == 'A':
		sum += 10
	case isDigit(c):
		sum += int(c - '0')
	default:
		return false
	}
	return sum%11 == 0
}

// rrnKR: numbers given out since October 2020 have no check digit, so those of
// people born since then pass without.
func rrnKR(b []byte) bool {
	y := pair(b, 0)
	switch b[6] {
	case '9', '0':
		return pair(b, 7) <= 96 && day(1800+y, pair(b, 2), pair(b, 4)) &&
			(11-weigh(b, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == int(b[12]-'0')
	case '1', '2', '5', '6':
		y += 1900
	case '3', '4', '7', '8':
		y += 2000
	default:
		return false
	}
	if !born(y, pair(b, 2), pair(b, 4)) {
		return false
	}
	if y <= 2020 && pair(b, 7) > 96 {
		return false // no place has it
	}
	return y > 2020 || (11-weigh(b, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == int(b[12]-'0')
}

func myNumber(b []byte) bool {
	return !same(b) && check11(weigh(b, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == int(b[11]-'0')
}

func nric(b []byte) bool {
	sum := weigh(b[1:], 2, 7, 6, 5, 4, 3, 2)
	switch b[0] {
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == b[8]
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == b[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == b[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == b[8]
	case 'M':
		return "KLJNPQRTUWX"[10-(sum+3)%11] == b[8]
	}
	return false
}

// mykad: date of birth and place (states 01–16, 21–59; countries 60–99).
func mykad(b []byte) bool {
	switch p := pair(b, 6); {
	case p == 0, p >= 17 && p <= 20, p == 69, p == 70, p == 73, p == 80, p == 81, p >= 94 && p <= 97:
		return false
	}
	return bornYY(pair(b, 0), pair(b, 2), pair(b, 4))
}

func thaiID(b []byte) bool {
	return b[0] != '0' && b[0] != '9' && !same(b) &&
		(11-weigh(b, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(b[12]-'0')
}

func teudatZehut(b []byte) bool { return !same(b) && Luhn(b) }

func emiratesID(b []byte) bool {
	y := number(b[3:7])
	return string(b[:3]) == "784" && y >= 1900 && y < lastBirth && Luhn(b)
}

func saudiID(b []byte) bool { return (b[0] == '1' || b[0] == '2') && Luhn(b) && !same(b) }

func iin(b []byte) bool {
	if b[6] < '1' || b[6] > '6' || !bornYY(pair(b, 0), pair(b, 2), pair(b, 4)) {
		return false
	}
	r := weigh(b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) % 11
	if r == 10 {
		r = weigh(b, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2) % 11
	}
	return r < 10 && r == int(b[11]-'0')
}

func cnic(b []byte) bool { return b[0] >= '1' && b[0] <= '7' && b[12] != '0' && !same(b) }

func zaID(b []byte) bool {
	return bornYY(pair(b, 0), pair(b, 2), pair(b, 4)) && b[10] <= '2' && Luhn(b)
}

func tfn(b []byte) bool {
	return !same(b) && weigh(b, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}

// medicareAU may have the number of the person on the card behind it.
func medicareAU(b []byte) bool {
	return b[0] >= '2' && b[0] <= '6' && weigh(b, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(b[8]-'0') && b[9] != '0'
}

func ird(b []byte) bool {
	n := number(b)
	if n < 10_000_000 || n > 200_000_000 || same(b) {
		return false
	}
	var d [9]byte
	copy(d[:], "0")
	copy(d[9-len(b):], b)
	c := (11 - weigh(d[:], 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if c == 10 {
		if c = (11 - weigh(d[:], 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11; c == 10 {
			return false
		}
	}
	return c == int(d[8]-'0')
}
