package ident

// The numbers of western and southern Europe.

// nino: prefixes that are not used are listed in HMRC's NIM39110.
func nino(b []byte) bool {
	const never = "DFIQUV"
	for i := range never {
		if b[0] == never[i] || b[1] == never[i] {
			return false
		}
	}
	return b[1] != 'O' && (len(b) == 8 || b[8] <= 'D') && !listed("BG GB KN NK NT TN ZZ", b[:2]) && !same(b[2:8])
}

func nhs(b []byte) bool {
	return !same(b) && weigh(b, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

func utr(b []byte) bool {
	return !same(b) && "21987654321"[weigh(b[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11] == b[0]
}

func pps(b []byte) bool {
	sum := weigh(b, 8, 7, 6, 5, 4, 3, 2)
	if len(b) == 9 {
		switch c := b[8]; {
		case c == 'W', c == 'T', c == 'X': // of old numbers: counts for nothing
		case c <= 'I':
			sum += 9 * int(c-'A'+1)
		default:
			return false
		}
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == b[7]
}

// nir takes the thirteen characters alone, too, where a form has no key.
// Departments 2A and 2B are Corsica's.
func nir(b []byte) bool {
	if b[0] < '1' || b[0] > '8' || b[0] == '5' || b[0] == '6' {
		return false
	}
	m := pair(b, 3)
	if !(m >= 1 && m <= 12 || m >= 20 && m <= 42 || m >= 50) { // months, and those of people whose month isn't known
		return false
	}
	n, dep := 0, pair(b, 5)
	switch {
	case b[6] == 'A' || b[6] == 'B':
		if b[5] != '2' {
			return false
		}
		dep = 20
		n = number(b[:5])*100 + 19 - int(b[6]-'A')
	case !isDigit(b[6]):
		return false
	default:
		n = number(b[:7])
	}
	// Corsica was 20 until 1976; 96 was Tunisia
	if dep == 0 || (dep == 20 || dep == 96) && isDigit(b[6]) && pair(b, 1) > 75 {
		return false
	}
	n = n*1_000_000 + number(b[7:13])
	if len(b) == 13 {
		return m <= 12 && b[0] <= '2'
	}
	return 97-n%97 == pair(b, 13)
}

const lettersDNI = "TRWAGMYFPDXBNJZSQVHLCKE"

func dni(b []byte) bool { return lettersDNI[number(b[:8])%23] == b[8] && string(b[:8]) != "00000000" }

// nie: K, L and M are given to those who have neither DNI nor NIE.
func nie(b []byte) bool {
	if b[0] >= 'K' && b[0] <= 'M' {
		return lettersDNI[number(b[1:8])%23] == b[8] && !same(b[1:8])
	}
	return b[0] >= 'X' && b[0] <= 'Z' && lettersDNI[(int(b[0]-'X')*10_000_000+number(b[1:8]))%23] == b[8]
}

func nif(b []byte) bool {
	return b[0] != '0' && (b[0] != '4' || b[1] == '5') && !same(b) &&
		check11(weigh(b, 9, 8, 7, 6, 5, 4, 3, 2)) == int(b[8]-'0')
}

// codiceFiscale allows the letters that take the place of digits where two people
// would have the same code (omocodia).
func codiceFiscale(b []byte) bool {
	var d [16]byte
	copy(d[:], b)
	const in, out = "LMNPQRSTUV", "0123456789"
	for _, i := range [...]int{6, 7, 9, 10, 12, 13, 14} {
		if isDigit(d[i]) {
			continue
		}
		ok := false
		for k := range in {
			if d[i] == in[k] {
				d[i], ok = out[k], true
			}
		}
		if !ok {
			return false
		}
	}
	month := false
	for _, c := range "ABCDEHLMPRST" {
		month = month || rune(d[8]) == c
	}
	dd := pair(d[:], 9)
	if dd > 40 {
		dd -= 40
	}
	if !month || dd < 1 || dd > 31 || !(d[11] >= 'A' && d[11] <= 'M' || d[11] == 'Z') {
		return false
	}
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04" +
		"\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"
	sum := 0
	for i, c := range b[:15] {
		v := int(c - 'A')
		if isDigit(c) {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = int(odd[v])
		}
		sum += v
	}
	return int(b[15]-'A') == sum%26
}

// steuerID: of the first ten digits one comes twice or three times, the others once
// at most.
func steuerID(b []byte) bool {
	var n [10]int
	for _, c := range b[:10] {
		n[c-'0']++
	}
	more := 0
	for _, k := range n {
		if k > 3 {
			return false
		}
		if k > 1 {
			more++
		}
	}
	return b[0] != '0' && more == 1 && hybrid1110(b)
}

// svnrDE: area, date of birth, initial, serial, check (VKVV §4).
func svnrDE(b []byte) bool {
	if !bornYY(pair(b, 6), pair(b, 4), pair(b, 2)) {
		return false
	}
	letter := int(b[8]-'A') + 1
	sum := 0
	add := func(v, w int) { v *= w; sum += v/10 + v%10 }
	for i, w := range [...]int{2, 1, 2, 5, 7, 1, 2, 1} {
		add(int(b[i]-'0'), w)
	}
	add(letter/10, 2)
	add(letter%10, 1)
	add(int(b[9]-'0'), 2)
	add(int(b[10]-'0'), 1)
	return sum%10 == int(b[11]-'0')
}

// ausweis is a German identity card or passport: nine characters and a check digit
// with the weights 7, 3, 1 (ICAO 9303).
func ausweis(b []byte) bool {
	sum := 0
	for i, c := range b[:9] {
		v := int(c - '0')
		if c >= 'A' {
			for _, vowel := range "ABDEIOQSU" {
				if rune(c) == vowel {
					return false
				}
			}
			v = int(c-'A') + 10
		}
		sum += v * (7 >> (i % 3) & 7)
	}
	return len(b) == 9 || sum%10 == int(b[9]-'0')
}

func svnrAT(b []byte) bool {
	if m := pair(b, 6); !day(2000, min(m, 12), pair(b, 4)) || b[0] == '0' {
		return false
	}
	return weigh(b, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(b[3]-'0')
}

func ahv(b []byte) bool { return string(b[:3]) == "756" && ean(b) }

// rrnBE: people born since 2000 have a 2 before the number that is checked.
func rrnBE(b []byte) bool {
	// no month: the date isn't known
	if m := pair(b, 2) % 20; m > 12 || pair(b, 4) > 31 || m > 0 && pair(b, 4) == 0 || same(b) {
		return false
	}
	n, check := number(b[:9]), pair(b, 9)
	return 97-n%97 == check || pair(b, 0) < lastBirth-2000 && 97-(2_000_000_000+n)%97 == check
}

func bsn(b []byte) bool {
	if len(b) == 8 { // without its leading zero
		return !same(b) && weigh(b, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
	}
	return !same(b) && weigh(b, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0 && number(b) >= 1_000_000
}

func matriculeLU(b []byte) bool {
	if !born(number(b[:4]), pair(b, 4), pair(b, 6)) {
		return false
	}
	var v [12]byte
	copy(v[:], b[:11])
	v[11] = b[12]
	return Luhn(b[:12]) && Verhoeff(v[:])
}

func amka(b []byte) bool { return bornYY(pair(b, 4), pair(b, 2), pair(b, 0)) && Luhn(b) }

func afm(b []byte) bool {
	return !same(b) && weigh(b, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(b[8]-'0')
}

// tckn: the tenth digit by the sums of odd and even places, the last by all.
func tckn(b []byte) bool {
	odd, even := weigh(b, 1, 0, 1, 0, 1, 0, 1, 0, 1), weigh(b, 0, 1, 0, 1, 0, 1, 0, 1)
	return b[0] != '0' && ((odd*7-even)%10+10)%10 == int(b[9]-'0') &&
		weigh(b, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == int(b[10]-'0')
}
