package ident

import (
	"strings"
	"sync"
)

// IBANLength is the length of an IBAN of the country whose two upper-case
// letters are given, 0 if the country has none (SWIFT IBAN Registry, release 99).
func IBANLength(c0, c1 byte) int {
	if c0 < 'A' || c0 > 'Z' || c1 < 'A' || c1 > 'Z' {
		return 0
	}
	return len(ibanForms()[int(c0-'A')*26+int(c1-'A')])
}

// IBAN reports whether compact text (upper case, no separators) has the form of
// its country's IBANs, letters and digits in their places, and passes the check of
// ISO 7064 MOD 97-10 (ISO 13616-1).
func IBAN(b []byte) bool {
	if len(b) < 15 || len(b) != IBANLength(b[0], b[1]) {
		return false
	}
	form := ibanForms()[int(b[0]-'A')*26+int(b[1]-'A')]
	for i, c := range b {
		switch isLetter := c >= 'A' && c <= 'Z'; {
		case isDigit(c) && form[i] == 'a', isLetter && form[i] == 'n', !isDigit(c) && !isLetter:
			return false
		}
	}
	return Mod97(b) == 1
}

// Mod97 is the remainder of ISO 7064 MOD 97-10 as ISO 13616-1 uses it: of upper-case
// letters, read as 10 to 35, and digits, the first four moved to the end. It is 1 for
// an IBAN whose check digits are right.
func Mod97(iban []byte) int {
	rem := 0
	for i := range iban {
		c := iban[(i+4)%len(iban)]
		if isDigit(c) {
			rem = (rem*10 + int(c-'0')) % 97
		} else {
			rem = (rem*100 + int(c-'A') + 10) % 97
		}
	}
	return rem
}

// CompleteIBAN writes the check digits, the third and fourth character.
func CompleteIBAN(iban []byte) {
	iban[2], iban[3] = '0', '0'
	check := 98 - Mod97(iban)
	iban[2], iban[3] = byte('0'+check/10), byte('0'+check%10)
}

// ibanForms are what stands in each place: a letter (a), a digit (n), either (c).
var ibanForms = sync.OnceValue(func() *[26 * 26]string {
	t := new([26 * 26]string)
	const table = "AD 8n12c,AE 19n,AL 8n16c,AT 16n,AZ 4a20c,BA 16n,BE 12n,BG 4a6n8c,BH 4a14c,BI 23n,BR 23n1a1c," +
		"BY 4c4n16c,CH 5n12c,CR 18n,CY 8n16c,CZ 20n,DE 18n,DJ 23n,DK 14n,DO 4c20n,EE 16n,EG 25n,ES 20n,FI 14n," +
		"FK 2a12n,FO 14n,FR 10n11c2n,GB 4a14n,GE 2a16n,GI 4a15c,GL 14n,GR 7n16c,GT 24c,HN 4a20n,HR 17n,HU 24n," +
		"IE 4a14n,IL 19n,IQ 4a15n,IS 22n,IT 1a10n12c,JO 4a4n18c,KW 4a22c,KZ 3n13c,LB 4n20c,LC 4a24c,LI 5n12c," +
		"LT 16n,LU 3n13c,LV 4a13c,LY 21n,MC 10n11c2n,MD 20c,ME 18n,MK 3n10c2n,MN 16n,MR 23n,MT 4a5n18c," +
		"MU 4a19n3a,NI 4a20n,NL 4a10n,NO 11n,OM 3n16c,PK 4a16c,PL 24n,PS 4a21c,PT 21n,QA 4a21c,RO 4a16c,RS 18n," +
		"RU 14n15c,SA 2n18c,SC 4a20n3a,SD 14n,SE 20n,SI 15n,SK 20n,SM 1a10n12c,ST 21n,SV 4a20n,TL 19n,TN 20n," +
		"TR 6n16c,UA 6n19c,VA 18n,VG 4a16n,XK 16n,YE 4a4n18c," +
		// Not in the registry, but in use.
		"AO 21n,BF 2c22n,BJ 2c22n,CF 23n,CG 23n,CI 2c22n,CM 23n,CV 21n,DZ 22n,GA 23n,GQ 23n,GW 2c19n,IR 22n," +
		"KM 23n,MA 24n,MG 23n,ML 2c22n,MZ 21n,NE 2a22n,SN 2c22n,TD 23n,TG 2a22n"
	for _, entry := range strings.Split(table, ",") {
		form := []byte("aann")
		n := 0
		for _, c := range []byte(entry[3:]) {
			if isDigit(c) {
				n = n*10 + int(c-'0')
				continue
			}
			for ; n > 0; n-- {
				form = append(form, c)
			}
		}
		t[int(entry[0]-'A')*26+int(entry[1]-'A')] = string(form)
	}
	return t
})
