package ident

// IBANLength is the length of an IBAN of the country whose two upper-case
// letters are given, 0 if the country has none (SWIFT IBAN Registry, release 99).
func IBANLength(c0, c1 byte) int {
	if c0 < 'A' || c0 > 'Z' || c1 < 'A' || c1 > 'Z' {
		return 0
	}
	return int(ibanLengths[int(c0-'A')*26+int(c1-'A')])
}

// IBAN reports whether compact text (upper case, no separators) has the length
// of its country's IBANs and passes the check of ISO 7064 MOD 97-10 (ISO 13616-1).
func IBAN(b []byte) bool {
	if len(b) < 15 || len(b) != IBANLength(b[0], b[1]) {
		return false
	}
	rem := 0
	for i := range b {
		c := b[(i+4)%len(b)]
		switch {
		case c >= '0' && c <= '9':
			rem = (rem*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rem = (rem*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rem == 1
}

var ibanLengths = func() (t [26 * 26]uint8) {
	const table = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28" +
		"EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20" +
		"LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25" +
		"QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
	for i := 0; i+4 <= len(table); i += 4 {
		t[int(table[i]-'A')*26+int(table[i+1]-'A')] = (table[i+2]-'0')*10 + table[i+3] - '0'
	}
	return t
}()
