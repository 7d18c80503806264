package ident

// The checks of this file take ASCII digits, and a letter only where it says so.

// weigh is the sum of the digits times the weights, as far as both go.
func weigh(d []byte, weights ...int) int {
	sum := 0
	for i, w := range weights[:min(len(weights), len(d))] {
		sum += w * int(d[i]-'0')
	}
	return sum
}

// number is the value of at most 18 digits.
func number(d []byte) int {
	n := 0
	for _, c := range d {
		n = n*10 + int(c-'0')
	}
	return n
}

// digits reports whether b is nothing but digits.
func digits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// same reports whether all bytes are one: 000000000 passes most checks and is nobody's.
func same(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

// Luhn reports whether ASCII digits, the last of which is their check digit, pass the
// modulus-10 check of ISO/IEC 7812-1, Annex B. It is false for fewer than two digits.
func Luhn(digits []byte) bool {
	n := len(digits) - 1
	return n > 0 && LuhnDigit(digits[:n]) == digits[n]
}

// LuhnDigit is the check digit that is written behind ASCII digits.
func LuhnDigit(digits []byte) byte {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// Verhoeff reports whether digits pass the check of J. Verhoeff, "Error detecting
// decimal codes" (1969), which multiplies in the dihedral group of the pentagon.
func Verhoeff(d []byte) bool {
	c := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		c = pentagon(c, permuted(v, i))
	}
	return c == 0
}

// pentagon multiplies in D5: 0–4 are rotations, 5–9 reflections.
func pentagon(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return (a+b-5)%5 + 5
	case b < 5:
		return (a-5-b+5)%5 + 5
	}
	return (a - b + 5) % 5
}

// permuted applies Verhoeff's permutation, of order 8, i times.
func permuted(v, i int) int {
	for range i % 8 {
		v = int("1576283094"[v] - '0')
	}
	return v
}

// hybrid1110 reports whether digits pass ISO/IEC 7064 MOD 11,10.
func hybrid1110(d []byte) bool {
	p := 10
	for _, c := range d[:len(d)-1] {
		s := (p + int(c-'0')) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return (11-p)%10 == int(d[len(d)-1]-'0')
}

// ean reports whether digits pass the GS1 check, weights 1 and 3 from the left.
func ean(d []byte) bool {
	sum := 0
	for i, c := range d {
		sum += int(c-'0') * (1 + (len(d)-1-i)%2*2)
	}
	return sum%10 == 0
}

// born reports whether y, m, d are a day on which somebody living can be born.
func born(y, m, d int) bool {
	return y >= 1900 && y < lastBirth && day(y, m, d)
}

// lastBirth bounds the years of birth: those of the next years would let more
// chance numbers pass.
const lastBirth = 2035

// day reports whether the day is in the (Gregorian) calendar.
func day(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	last := int("\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"[m-1])
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return d <= last
}

// bornYY is born for a year of two digits: of this century, or of the last.
func bornYY(yy, m, d int) bool { return born(1900+yy, m, d) || yy < 35 && born(2000+yy, m, d) }

// pair is the value of the two digits at i.
func pair(b []byte, i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
