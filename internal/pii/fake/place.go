package fake

import (
	"strconv"
	"sync"
)

// Longest outputs, in characters.
var (
	MaxRegion  = maxStem + longest(regionEndings[:])
	MaxCountry = longest(countryNames())
)

// Lengths of codes.
const (
	RegionCodeLen = 2
	MaxLatitude   = 9 // "-1.234567"
	MaxLongitude  = 9
)

var regionEndings = [...]string{"shire", "land", "mark", "vale", "coast", "isles", "reach", "plain"}

// AppendRegion appends an invented region, of 512, e.g. "Glirbowshire".
func AppendRegion(dst []byte, d *Digest) []byte {
	dst = append(dst, stems[pick(d, 0, len(stems))]...)
	return append(dst, regionEndings[pick(d, 1, len(regionEndings))]...)
}

// AppendRegionCode appends X and a letter, which no country gives to a region
// that is written with two letters in addresses.
func AppendRegionCode(dst []byte, d *Digest) []byte {
	return append(dst, 'X', 'A'+byte(pick(d, 0, 26)))
}

func isRegion(text []byte) bool {
	var buf [32]byte
	if len(text) == RegionCodeLen {
		return text[0] == 'X' && text[1] >= 'A' && text[1] <= 'Z'
	}
	return composed(lower(buf[:], text), regionEndings[:])
}

// A country is nobody's: these are real ones, with their codes of ISO 3166-1.
var countries = [...]struct{ alpha2, alpha3, name string }{
	{"AR", "ARG", "Argentina"}, {"AU", "AUS", "Australia"}, {"AT", "AUT", "Austria"}, {"BE", "BEL", "Belgium"},
	{"BR", "BRA", "Brazil"}, {"BG", "BGR", "Bulgaria"}, {"CA", "CAN", "Canada"}, {"CL", "CHL", "Chile"},
	{"CN", "CHN", "China"}, {"CO", "COL", "Colombia"}, {"HR", "HRV", "Croatia"}, {"CY", "CYP", "Cyprus"},
	{"CZ", "CZE", "Czechia"}, {"DK", "DNK", "Denmark"}, {"EG", "EGY", "Egypt"}, {"EE", "EST", "Estonia"},
	{"FI", "FIN", "Finland"}, {"FR", "FRA", "France"}, {"DE", "DEU", "Germany"}, {"GH", "GHA", "Ghana"},
	{"GR", "GRC", "Greece"}, {"HU", "HUN", "Hungary"}, {"IS", "ISL", "Iceland"}, {"IN", "IND", "India"},
	{"ID", "IDN", "Indonesia"}, {"IE", "IRL", "Ireland"}, {"IL", "ISR", "Israel"}, {"IT", "ITA", "Italy"},
	{"JP", "JPN", "Japan"}, {"KE", "KEN", "Kenya"}, {"LV", "LVA", "Latvia"}, {"LT", "LTU", "Lithuania"},
	{"LU", "LUX", "Luxembourg"}, {"MY", "MYS", "Malaysia"}, {"MT", "MLT", "Malta"}, {"MX", "MEX", "Mexico"},
	{"MA", "MAR", "Morocco"}, {"NL", "NLD", "Netherlands"}, {"NZ", "NZL", "New Zealand"}, {"NG", "NGA", "Nigeria"},
	{"NO", "NOR", "Norway"}, {"PE", "PER", "Peru"}, {"PH", "PHL", "Philippines"}, {"PL", "POL", "Poland"},
	{"PT", "PRT", "Portugal"}, {"RO", "ROU", "Romania"}, {"SG", "SGP", "Singapore"}, {"SK", "SVK", "Slovakia"},
	{"SI", "SVN", "Slovenia"}, {"ZA", "ZAF", "South Africa"}, {"ES", "ESP", "Spain"}, {"SE", "SWE", "Sweden"},
	{"CH", "CHE", "Switzerland"}, {"TH", "THA", "Thailand"}, {"TN", "TUN", "Tunisia"}, {"TR", "TUR", "Turkey"},
	{"UA", "UKR", "Ukraine"}, {"GB", "GBR", "United Kingdom"}, {"US", "USA", "United States"}, {"UY", "URY", "Uruguay"},
	{"VN", "VNM", "Vietnam"},
}

// CountryForm is how a country is written.
type CountryForm uint8

// The forms: an English name, and the codes of ISO 3166-1.
const (
	CountryName CountryForm = iota
	CountryAlpha2
	CountryAlpha3
)

func countryNames() []string {
	names := make([]string, len(countries))
	for i, c := range countries {
		names[i] = c.name
	}
	return names
}

// countryIndex finds a country by its name or a code, in lower case.
var countryIndex = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for i, c := range countries {
		for _, s := range []string{c.alpha2, c.alpha3, c.name} {
			m[string(lower(make([]byte, len(s)), []byte(s)))] = i
		}
	}
	return m
})

// Country returns the two-letter code, in lower case, of a country written in any
// form and case; false if it is none of those that are given out here.
func Country(text []byte) (code [2]byte, ok bool) {
	var buf [32]byte
	i, ok := countryIndex()[string(lower(buf[:], text))]
	if ok {
		code = [2]byte{lowerByte(countries[i].alpha2[0]), lowerByte(countries[i].alpha2[1])}
	}
	return code, ok
}

// AppendCountry appends a country, of 61.
func AppendCountry(dst []byte, d *Digest, f CountryForm) []byte {
	c := &countries[pick(d, 0, len(countries))]
	switch f {
	case CountryAlpha2:
		return append(dst, c.alpha2...)
	case CountryAlpha3:
		return append(dst, c.alpha3...)
	}
	return append(dst, c.name...)
}

func isCountry(text []byte) bool {
	_, ok := Country(text)
	return ok
}

// The sea around 0° N 0° E, where nobody lives, in millionths of a degree.
const (
	seaLatitude  = 2_000_000
	seaLongitude = 4_000_000
)

// AppendLatitude appends degrees between -2 and 2, with six decimals: those of
// the Gulf of Guinea, some 11 cm apart.
func AppendLatitude(dst []byte, d *Digest) []byte {
	return appendMicro(dst, int64(number(d, 0, 2*seaLatitude+1))-seaLatitude)
}

// AppendLongitude appends degrees between -4 and 4, with six decimals.
func AppendLongitude(dst []byte, d *Digest) []byte {
	return appendMicro(dst, int64(number(d, 1, 2*seaLongitude+1))-seaLongitude)
}

func appendMicro(dst []byte, v int64) []byte {
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	dst = append(strconv.AppendInt(dst, v/1_000_000, 10), '.')
	return appendDigits(dst, uint64(v%1_000_000), 6)
}

// isDegree reports a decimal number between -limit and limit.
func isDegree(text []byte, limit byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	if len(text) == 0 || !isDigit(text[0]) || text[0] > limit {
		return false
	}
	for i, c := range text[1:] {
		if i == 0 && c == '.' {
			continue
		}
		if i == 0 || !isDigit(c) || text[0] == limit && c != '0' {
			return false
		}
	}
	return text[len(text)-1] != '.'
}
