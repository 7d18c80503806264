package fake

// PhoneForm is the shape of the numbers of a masking domain.
type PhoneForm uint8

// The forms, and what is reserved about each.
const (
	// PhoneWide is one of the spare country codes +280 to +289 and +830 to +837 with
	// twelve digits: 18·10¹² numbers that no country has, as "+285012345678901".
	PhoneWide PhoneForm = iota
	// PhoneNarrow is +1 NPA 555 01XX: 30,000 numbers kept for fiction in real
	// area codes, which validators accept, as "+12125550123".
	PhoneNarrow
	// PhoneNational is PhoneNarrow as ten digits, "2125550123".
	PhoneNational
	// PhoneUK is +44 7700 900XXX: Ofcom's thousand mobile numbers for drama.
	PhoneUK
	// PhoneOther is +999 and twelve digits, another country code that is not assigned.
	PhoneOther
	// PhoneLocal is 55501XX: a hundred numbers without an area code, for columns that
	// have no room for one.
	PhoneLocal
	// PhoneDE is +49 and a number of the blocks that Bundesnetzagentur keeps for
	// films ("Rufnummern für Medienproduktionen"): 5,000 lines in five cities.
	PhoneDE
	// PhoneFR is +33 and a number of the blocks that Arcep keeps for works of
	// fiction (numbering plan, 2.5.12): 60,000, a sixth of them mobile.
	PhoneFR
)

// MaxLen is the length of every number of the form.
func (f PhoneForm) MaxLen() int {
	switch f {
	case PhoneNational:
		return 10
	case PhoneLocal:
		return 7
	case PhoneUK, PhoneDE:
		return 13
	case PhoneWide, PhoneOther:
		return 16
	}
	return 12
}

// SparePhones is how many numbers [AppendSparePhone] makes. ITU's "List of ITU-T
// Recommendation E.164 assigned country codes" (annex to Operational Bulletin 1114 of
// 15 December 2016) calls the groups 28x and 83x spare, to be allocated only when no other
// three-digit codes are left.
const SparePhones = 18e12

// AppendSparePhone appends number n of [SparePhones], 15 digits without a plus.
func AppendSparePhone(dst []byte, n uint64) []byte {
	code := 280 + n/1e12
	if code > 289 {
		code += 830 - 290
	}
	return appendDigits(appendDigits(dst, code, 3), n%1e12, 12)
}

// isSpare reports a country code that AppendSparePhone uses, or 999.
func isSpare(code string) bool {
	return code[:2] == "28" || code[:2] == "83" && code[2] <= '7' || code == "999"
}

// areaCodes are assigned North American ones, so that 555-01XX in them is a
// fictional number that looks like any other.
var areaCodes = [...]string{
	"201", "202", "203", "205", "206", "207", "208", "209", "210", "212", "213", "214", "215", "216", "217", "218", "219",
	"224", "225", "228", "229", "231", "234", "239", "240", "248", "251", "252", "253", "254", "256", "260", "262", "267",
	"269", "270", "276", "281", "301", "302", "303", "304", "305", "307", "308", "309", "310", "312", "313", "314", "315",
	"316", "317", "318", "319", "320", "321", "323", "325", "330", "331", "334", "336", "337", "339", "347", "351", "352",
	"360", "361", "386", "401", "402", "404", "405", "406", "407", "408", "409", "410", "412", "413", "414", "415", "417",
	"419", "423", "424", "425", "430", "432", "434", "435", "440", "443", "469", "470", "478", "479", "480", "484", "501",
	"502", "503", "504", "505", "507", "508", "509", "510", "512", "513", "515", "516", "517", "518", "520", "530", "540",
	"541", "551", "559", "561", "562", "563", "567", "570", "571", "573", "574", "580", "585", "586", "601", "602", "603",
	"605", "606", "607", "608", "609", "610", "612", "614", "615", "616", "617", "618", "619", "620", "623", "626", "630",
	"631", "636", "641", "646", "650", "651", "660", "661", "662", "678", "682", "701", "702", "703", "704", "706", "707",
	"708", "712", "713", "714", "715", "716", "717", "718", "719", "720", "724", "727", "731", "732", "734", "740", "754",
	"757", "760", "763", "765", "770", "772", "773", "774", "775", "781", "785", "786", "801", "802", "803", "804", "805",
	"806", "808", "810", "812", "813", "814", "815", "816", "817", "818", "828", "830", "831", "832", "843", "845", "847",
	"848", "850", "856", "857", "858", "859", "860", "862", "863", "864", "865", "870", "901", "903", "904", "906", "907",
	"908", "909", "910", "912", "913", "914", "915", "916", "917", "918", "919", "920", "925", "928", "931", "936", "937",
	"940", "941", "947", "949", "951", "952", "954", "956", "970", "971", "972", "973", "978", "979", "980", "985", "989",
}

// AppendPhone appends a number that no line has.
func AppendPhone(dst []byte, d *Digest, f PhoneForm) []byte {
	switch f {
	case PhoneNarrow, PhoneNational:
		if f == PhoneNarrow {
			dst = append(dst, "+1"...)
		}
		dst = append(dst, areaCodes[pick(d, 0, len(areaCodes))]...)
		dst = append(dst, "55501"...)
		return appendDigits(dst, uint64(pick(d, 1, 100)), 2)
	case PhoneUK:
		return appendDigits(append(dst, "+447700900"...), uint64(pick(d, 0, 1000)), 3)
	case PhoneDE:
		dst = append(append(dst, "+49"...), dramaDE[pick(d, 1, len(dramaDE))]...)
		return appendDigits(dst, uint64(pick(d, 0, 1000)), 3)
	case PhoneFR:
		dst = append(append(dst, "+33"...), dramaFR[pick(d, 1, len(dramaFR))]...)
		return appendDigits(dst, uint64(pick(d, 0, 10_000)), 4)
	case PhoneOther:
		return appendDigits(append(dst, "+999"...), number(d, 0, 1e12), 12)
	case PhoneLocal:
		return appendDigits(append(dst, "55501"...), uint64(pick(d, 1, 100)), 2)
	}
	return AppendSparePhone(append(dst, '+'), number(d, 0, SparePhones))
}

// isPhone accepts the generators' forms in any common punctuation, and +1 555 NXX XXXX,
// which this package made before: no area has that code. A bare number is accepted only
// where nothing else looks like it: 555-2345678 without "+1" is a Turkish or Mexican line,
// and 1555… a Chinese one.
func isPhone(text []byte) bool {
	var buf [16]byte
	digits, plus, ok := dialled(buf[:], text)
	if !ok {
		return false
	}
	switch n := len(digits); {
	case n == 11 && digits[0] == '1':
		return fictionNANP(digits[1:]) || plus && string(digits[1:4]) == "555" && digits[4] >= '2'
	case n == 10 && !plus:
		return fictionNANP(digits) || digits[0] == '0' && startsWithOne(digits[1:], dramaFR[:])
	case n == 11 && string(digits[:2]) == "33" && plus:
		return startsWithOne(digits[2:], dramaFR[:])
	case n == 15:
		return isSpare(string(digits[:3]))
	case n == 7:
		return string(digits[:5]) == "55501"
	case n == 12 && plus:
		return string(digits[:2]) == "44" && startsWithOne(digits[2:], ofcomDrama[:]) ||
			string(digits[:2]) == "49" && startsWithOne(digits[2:], dramaDE[:])
	case n == 11 && digits[0] == '0' && !plus:
		return startsWithOne(digits[1:], ofcomDrama[:]) || startsWithOne(digits[1:], dramaDE[:])
	}
	return false
}

// dialled strips punctuation. plus is true for a leading "+" or "00", or when
// "1" stands apart as a trunk prefix ("1-555-…", "1 (555) …").
func dialled(buf, text []byte) (digits []byte, plus, ok bool) {
	n := 0
	for i, c := range text {
		switch {
		case isDigit(c):
			if n == len(buf) {
				return nil, false, false
			}
			buf[n] = c
			n++
		case c == '+' && i == 0:
			plus = true
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/':
			if n == 1 && buf[0] == '1' {
				plus = true
			}
		default:
			return nil, false, false
		}
	}
	digits = buf[:n]
	if !plus && n > 2 && digits[0] == '0' && digits[1] == '0' {
		return digits[2:], true, true
	}
	return digits, plus, true
}

// fictionNANP is NPA-555-01XX (ATIS-0300115, central office code 555).
func fictionNANP(ten []byte) bool {
	return ten[0] >= '2' && string(ten[3:8]) == "55501"
}

// startsWithOne reports whether a number, without its leading zero, is in one of the blocks.
func startsWithOne(number []byte, blocks []string) bool {
	for _, p := range blocks {
		if string(number[:len(p)]) == p {
			return true
		}
	}
	return false
}

// dramaDE and dramaFR are the blocks of PhoneDE (three digits follow) and PhoneFR
// (four follow), without the leading zero.
var (
	dramaDE = [...]string{"3023125", "6990009", "4066969", "2214710", "8999998"}
	dramaFR = [...]string{"19900", "26191", "35301", "46571", "53649", "63998"}
)

// ofcomDrama are Ofcom's "Telephone numbers for use in TV and radio drama",
// without the leading zero.
var ofcomDrama = [...]string{
	"7700900", "1632960", "2079460", "8081570", "3069990", "909879",
	"1134960", "1144960", "1154960", "1164960", "1174960", "1184960",
	"1214960", "1314960", "1414960", "1514960", "1614960", "1914980",
	"2890180", "2920180",
}
