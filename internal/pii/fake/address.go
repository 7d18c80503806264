package fake

import "bytes"

// Longest outputs, in characters.
var (
	MaxStreet = 4 + 1 + maxSurname + 1 + longest(streetKinds[:])
	MaxCity   = maxStem + longest(cityEndings[:])
)

// MaxPostcode is the length of every postcode.
const MaxPostcode = 5

// AppendStreet appends a house number and an invented street,
// e.g. "482 Glirbowwick Lane".
func AppendStreet(dst []byte, d *Digest) []byte {
	n := uint64(1 + pick(d, 0, 9899))
	width := 1
	for p := uint64(10); n >= p; p *= 10 {
		width++
	}
	dst = append(appendDigits(dst, n, width), ' ')
	dst = append(AppendLastName(dst, d), ' ')
	return append(dst, streetKinds[pick(d, 1, len(streetKinds))]...)
}

// AppendStreetWithin is AppendStreet with as many of its words as n characters have room
// for, MinStreet at least: "482 Glirbow".
func AppendStreetWithin(dst []byte, d *Digest, n int) []byte {
	at, number := len(dst), 1+pick(d, 0, 98)
	if n >= MinStreet+2 {
		number = 1 + pick(d, 0, 9899)
	}
	dst = append(append(appendCount(dst, number), ' '), stem(d)...)
	dst = appendWithin(dst, at, n, "", surnameEndings[pick(d, wordEnding, len(surnameEndings))])
	return appendWithin(dst, at, n, " ", streetKinds[pick(d, 1, len(streetKinds))])
}

// appendWithin appends a word if what began at a byte stays within n.
func appendWithin(dst []byte, at, n int, gap, word string) []byte {
	if len(dst)-at+len(gap)+len(word) > n {
		return dst
	}
	return append(append(dst, gap...), word...)
}

func stem(d *Digest) string { return stems[pick(d, wordStem, len(stems))] }

// Least room for the shorter forms.
var (
	MinStreet   = 2 + 1 + maxStem
	MinCity     = maxStem
	MinCompany  = maxStem
	MinLastName = maxStem
)

func isStreet(text []byte) bool {
	if isEnglishStreet(text) {
		return true
	}
	for _, l := range locales()[1:] {
		if l.isStreet(text) {
			return true
		}
	}
	return false
}

func isEnglishStreet(text []byte) bool {
	house, rest, ok := bytes.Cut(text, []byte{' '})
	if !ok || len(house) > 4 || len(house) == 0 {
		return false
	}
	for _, c := range house {
		if !isDigit(c) {
			return false
		}
	}
	name, kind, ok := bytes.Cut(rest, []byte{' '})
	return isSurname(name) && (!ok || oneOf(kind, streetKinds[:]))
}

// AppendCity appends an invented town, of 1,024.
func AppendCity(dst []byte, d *Digest) []byte {
	dst = append(dst, stems[pick(d, 0, len(stems))]...)
	return append(dst, cityEndings[pick(d, 1, len(cityEndings))]...)
}

// AppendCityWithin is AppendCity, or its stem alone where n characters have no room for
// more; MinCity at least.
func AppendCityWithin(dst []byte, d *Digest, n int) []byte {
	at := len(dst)
	dst = append(dst, stems[pick(d, 0, len(stems))]...)
	return appendWithin(dst, at, n, "", cityEndings[pick(d, 1, len(cityEndings))])
}

func isCity(text []byte) bool {
	var buf [32]byte
	word := lower(buf[:], text)
	if composed(word, cityEndings[:]) || stemSet()[string(word)] {
		return true
	}
	for _, l := range locales()[1:] {
		if l.isCity(text) {
			return true
		}
	}
	return false
}

// zipPrefixes are three-digit ZIP prefixes that the US Postal Service has not
// put to use. None starts with 0, so that a spreadsheet keeps all five digits.
var zipPrefixes = [...]string{
	"213", "269", "343", "345", "348", "353", "419", "428", "429", "517", "518", "519", "529", "533", "536",
	"552", "568", "578", "579", "589", "621", "632", "642", "643", "659", "663", "682", "694", "695", "696",
	"697", "698", "699", "702", "709", "715", "732", "742", "771", "817", "818", "819", "839", "848", "849",
	"854", "858", "861", "862", "866", "867", "868", "869", "876", "886", "887", "888", "892", "896", "899",
	"909", "929", "987",
}

// AppendPostcode appends five digits that are no ZIP code in use.
func AppendPostcode(dst []byte, d *Digest) []byte {
	dst = append(dst, zipPrefixes[pick(d, 0, len(zipPrefixes))]...)
	return appendDigits(dst, uint64(pick(d, 1, 100)), 2)
}

func isPostcode(text []byte) bool {
	for _, l := range locales()[1:] {
		if l.isPostcode(text) {
			return true
		}
	}
	if len(text) == 10 && text[5] == '-' { // ZIP+4
		text = text[:5]
	}
	if len(text) != 5 || !isDigit(text[3]) || !isDigit(text[4]) {
		return false
	}
	for _, p := range zipPrefixes {
		if string(text[:3]) == p {
			return true
		}
	}
	return false
}
