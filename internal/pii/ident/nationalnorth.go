package ident

// The numbers of northern and eastern Europe.

// personnummer: 60 is added to the day of those who have a coordination number
// (samordningsnummer), as the second digit of the day shows.
func personnummer(b []byte) bool {
	if len(b) == 12 {
		if y := number(b[:4]); !born(y, pair(b, 4), pair(b, 6)%60) {
			return false
		}
		return Luhn(b[2:])
	}
	return bornYY(pair(b, 0), pair(b, 2), pair(b, 4)%60) && Luhn(b)
}

func cpr(b []byte) bool {
	y := pair(b, 4)
	switch c := b[6]; { // the seventh digit tells the century
	case c <= '3', (c == '4' || c == '9') && y >= 37:
		y += 1900
	case c == '4' || c == '9' || y < 58:
		y += 2000
	default:
		y += 1800
	}
	return (y < 1900 && day(y, pair(b, 2), pair(b, 0)) || born(y, pair(b, 2), pair(b, 0))) && string(b[6:]) != "0000"
}

// fnr: 40 is added to the day of a D-number.
func fnr(b []byte) bool {
	y, serial := pair(b, 4), number(b[6:9])
	switch { // the serial tells the century
	case serial < 500, serial >= 900 && y >= 40:
		y += 1900
	case y < 40:
		y += 2000
	default:
		y += 1800
	}
	// the first were given in 1964
	if d, m := pair(b, 0)%40, pair(b, 2); !born(y, m, d) && !(y >= 1854 && y < 1900 && serial < 750 && day(y, m, d)) {
		return false
	}
	return weigh(b, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && weigh(b, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// hetu: the sign of the century between date and serial has been taken off, unless it is a letter.
func hetu(b []byte) bool {
	if len(b) == 11 {
		switch c := b[6]; {
		case c >= 'A' && c <= 'F', c >= 'U' && c <= 'Y':
		default:
			return false
		}
	}
	if !digits(b[:6]) || !digits(b[len(b)-4:len(b)-1]) || !bornYY(pair(b, 4), pair(b, 2), pair(b, 0)) {
		return false
	}
	if serial := number(b[len(b)-4 : len(b)-1]); serial < 2 || serial > 899 {
		return false // those from 900 are for tests and for a stay in hospital
	}
	n := number(b[:6])*1000 + number(b[len(b)-4:len(b)-1])
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31] == b[len(b)-1]
}

// kennitala: 40 is added to the day of organisations.
func kennitala(b []byte) bool {
	return (b[9] == '9' || b[9] == '0') && bornYY(pair(b, 4), pair(b, 2), pair(b, 0)%40) &&
		weigh(b, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// isikukood serves Estonia and Lithuania.
func isikukood(b []byte) bool {
	if b[0] < '3' || b[0] > '6' || !born(1900+int(b[0]-'3')/2*100+pair(b, 1), pair(b, 3), pair(b, 5)) {
		return false
	}
	r := weigh(b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if r == 10 {
		r = weigh(b, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return r == int(b[10]-'0')
}

// personasKods: since 2017 they begin with 32 and tell nothing.
func personasKods(b []byte) bool {
	if b[0] == '3' && b[1] == '2' {
		return true
	}
	return b[6] <= '2' && day(2000, pair(b, 2), pair(b, 0)) &&
		(1101-weigh(b, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))%11%10 == int(b[10]-'0')
}

// pesel: 20 is added to the month of those born since 2000.
func pesel(b []byte) bool {
	y, m := pair(b, 0), pair(b, 2)
	if m > 20 {
		y, m = y+100, m-20
	}
	return born(1900+y, m, pair(b, 4)) && weigh(b, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

func nip(b []byte) bool {
	return !same(b) && b[0] != '0' && weigh(b, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(b[9]-'0')
}

func dowod(b []byte) bool {
	sum := 0
	for i, w := range [...]int{7, 3, 1, 9, 7, 3, 1, 7, 3} {
		v := int(b[i] - '0')
		if i < 3 {
			v = int(b[i]-'A') + 10
		}
		sum += v * w
	}
	return sum%10 == 0
}

// rodneCislo: 50 is added to a woman's month, 20 where the serials of a day ran out.
func rodneCislo(b []byte) bool {
	m := pair(b, 2)
	if m > 50 {
		m -= 50
	}
	if m > 20 {
		m -= 20
	}
	if len(b) == 9 { // of those born before 1954, without a check digit
		return pair(b, 0) < 54 && born(1900+pair(b, 0), m, pair(b, 4)) && string(b[6:]) != "000"
	}
	if !bornYY(pair(b, 0), m, pair(b, 4)) {
		return false
	}
	r := number(b[:9]) % 11 % 10
	return r == int(b[9]-'0')
}

// adoazonosito: 8, the days since 1867, a serial.
func adoazonosito(b []byte) bool {
	days := number(b[1:6])
	return b[0] == '8' && days >= 12_000 && days < 67_000 && weigh(b, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == int(b[9]-'0')
}

func cnp(b []byte) bool {
	y := pair(b, 1)
	switch b[0] {
	case '1', '2', '7', '8', '9':
		y += 1900
	case '3', '4': // of the 19th century
		return day(1800+y, pair(b, 3), pair(b, 5)) && cnpTail(b)
	case '5', '6':
		y += 2000
	default:
		return false
	}
	return born(y, pair(b, 3), pair(b, 5)) && cnpTail(b)
}

// cnpTail checks county and check digit.
func cnpTail(b []byte) bool {
	if county := pair(b, 7); county == 0 || county > 52 && county != 70 && (county < 80 || county > 83) {
		return false
	}
	r := weigh(b, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if r == 10 {
		r = 1
	}
	return r == int(b[12]-'0')
}

// egn: 40 is added to the month of those born since 2000, 20 of those before 1900.
func egn(b []byte) bool {
	y, m := 1900+pair(b, 0), pair(b, 2)
	switch {
	case m > 40:
		y, m = y+100, m-40
	case m > 20:
		y, m = y-100, m-20
	}
	return (y < 1900 && day(y, m, pair(b, 4)) || born(y, m, pair(b, 4))) &&
		weigh(b, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == int(b[9]-'0')
}

func oib(b []byte) bool { return !same(b) && hybrid1110(b) }

// jmbg serves the states of former Yugoslavia; the year has three digits.
func jmbg(b []byte) bool {
	y := number(b[4:7])
	if y < 100 {
		y += 1000
	}
	return born(1000+y, pair(b, 2), pair(b, 0)) &&
		check11(weigh(b, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == int(b[12]-'0')
}

// rnokpp: the first five digits are the days since 1899.
func rnokpp(b []byte) bool {
	days := number(b[:5])
	return days >= 7_000 && days < 55_000 && (weigh(b, -1, 5, 7, 9, 4, 6, 10, 5, 7)%11+11)%11%10 == int(b[9]-'0')
}

func inn12(b []byte) bool {
	return !same(b) && string(b[:2]) != "00" && weigh(b, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(b[10]-'0') &&
		weigh(b, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(b[11]-'0')
}

func snils(b []byte) bool {
	return number(b[:9]) > 1_001_998 && weigh(b, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == pair(b, 9) && !same(b[:9])
}
