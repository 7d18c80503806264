package ident

// The numbers of America, and what they are checked by. All take a compact form
// of one of the lengths of the table.

// itin is an individual taxpayer number: 9xx and the groups in use (IRS, "Individual
// taxpayer identification number", groups 50–65, 70–88, 90–92, 94–99).
func itin(b []byte) bool {
	g := pair(b, 3)
	return b[0] == '9' && (g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g != 93) && string(b[5:]) != "0000"
}

// mbi is the number on a Medicare card: C A AN N A AN N A A N N, without S, L, O, I, B, Z.
func mbi(b []byte) bool {
	const form = "9AX9AX9AA99"
	for i, c := range b {
		letter := c >= 'A' && c <= 'Z'
		switch {
		case letter && form[i] == '9', !letter && form[i] == 'A', i == 0 && c == '0':
			return false
		case c == 'S', c == 'L', c == 'O', c == 'I', c == 'B', c == 'Z':
			return false
		}
	}
	return true
}

// sin: the first digit 0 is no person's, 8 is not given out.
func sin(b []byte) bool { return b[0] != '0' && b[0] != '8' && Luhn(b) && !same(b) }

// statesMX are the codes of the federal states, and NE for those born abroad.
const statesMX = "AS BC BS CC CL CM CS CH DF DG GT GR HG JC MC MN MS NT NL OC PL QT QR SP SL SR TC TS TL VZ YN ZS NE MX"

func curp(b []byte) bool {
	if b[10] != 'H' && b[10] != 'M' && b[10] != 'X' || !bornYY(pair(b, 4), pair(b, 6), pair(b, 8)) ||
		!listed(statesMX, b[11:13]) {
		return false
	}
	sum := 0
	for i, c := range b[:17] {
		v := int(c - '0')
		if c >= 'A' {
			if v = int(c-'A') + 10; c > 'N' {
				v++ // Ñ
			}
		}
		sum += v * (18 - i)
	}
	return (10-sum%10)%10 == int(b[17]-'0')
}

func rfc(b []byte) bool {
	if !day(2000, pair(b, 6), pair(b, 8)) {
		return false
	}
	sum := 0
	for i, c := range b[:12] {
		v := int(c - '0')
		if c >= 'A' {
			if v = int(c-'A') + 10; c > 'N' {
				v++ // &
			}
		}
		sum += v * (13 - i)
	}
	want := (11 - sum%11) % 11
	return want < 10 && b[12] == byte('0'+want) || want == 10 && b[12] == 'A'
}

// check11 is the digit that makes the weighted sum divisible by 11; 10 and 11 are 0.
func check11(sum int) int {
	if r := sum % 11; r > 1 {
		return 11 - r
	}
	return 0
}

func cpf(b []byte) bool {
	return !same(b) && check11(weigh(b, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == int(b[9]-'0') &&
		check11(weigh(b, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == int(b[10]-'0')
}

// cnpj has letters since 2026; they count as their ASCII code less 48.
func cnpj(b []byte) bool {
	return !same(b) && isDigit(b[12]) && isDigit(b[13]) &&
		check11(weigh(b, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(b[12]-'0') &&
		check11(weigh(b, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(b[13]-'0')
}

func cuit(b []byte) bool {
	switch pair(b, 0) {
	case 20, 23, 24, 25, 26, 27, 30, 33, 34:
		return min(9, (11-weigh(b, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11) == int(b[10]-'0')
	}
	return false
}

func rut(b []byte) bool {
	n := len(b) - 1
	if !digits(b[:n]) || b[0] == '0' && n == 8 || same(b) {
		return false
	}
	sum := 0
	for i := range n {
		sum += int(b[n-1-i]-'0') * (i%6 + 2)
	}
	return "0K987654321"[sum%11] == b[n]
}

// provinceEC: 24 provinces, and 30 for those abroad; natural persons have 0 to 5 next.
func cedulaEC(b []byte) bool {
	p := pair(b, 0)
	return (p >= 1 && p <= 24 || p == 30) && b[2] < '6' && Luhn(b)
}

func rucPE(b []byte) bool {
	switch pair(b, 0) {
	case 10, 15, 16, 17, 20:
		return (11-weigh(b, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%10 == int(b[10]-'0')
	}
	return false
}

func ciUY(b []byte) bool {
	return !same(b) && weigh(b, 2, 9, 8, 7, 6, 3, 4, 1)%10 == 0
}

func luhn11(b []byte) bool { return !same(b) && Luhn(b) }

// listed reports whether a two-letter code is in a list of those.
func listed(list string, code []byte) bool {
	for i := 0; i+2 <= len(list); i += 3 {
		if list[i:i+2] == string(code) {
			return true
		}
	}
	return false
}
