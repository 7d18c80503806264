package fake

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Locale is where invented people live: their names and addresses. Given names
// are common ones. Surnames, towns and streets are composed of a stem and an
// ending, so that they sound like the language's and are nobody's.
type Locale struct {
	name    string
	male    []name
	female  []name
	any     []name // both, and those that either bears
	stems   []name
	endings []name // of surnames

	familyFirst bool
	cities      []affix  // around a stem
	streets     []affix  // around a surname, or around a stem where something follows
	numberFirst bool     // "12 rue …", not "…straße 12"
	blocks      bool     // the number is of three parts, and stands without a space
	postcodes   []string // that are not in use; d stands for any digit
	english     bool
}

// name is a word as people write it, and as it stands in an address.
type name struct{ text, slug string }

// affix is what stands around a stem.
type affix struct{ before, after string }

// Gender of a given name.
type Gender uint8

// The genders that given names can be chosen by.
const (
	AnyGender Gender = iota
	Male
	Female
)

// LocaleNames are the locales that there are, as ISO 639-1 codes.
func LocaleNames() []string { return []string{"en", "de", "fr", "es", "pl", "ja"} }

// LocaleOf returns the locale of that name, nil if there is none.
func LocaleOf(name string) *Locale {
	for _, l := range locales() {
		if l.name == name {
			return l
		}
	}
	return nil
}

var locales = sync.OnceValue(func() []*Locale {
	return []*Locale{english(), german(), french(), spanish(), polish(), japanese()}
})

// GivenNames are all given names of the locale.
func (l *Locale) GivenNames() []string {
	list := make([]string, len(l.any))
	for i, n := range l.any {
		list[i] = n.text
	}
	return list
}

// English is the locale of the functions that take none.
func English() *Locale { return locales()[0] }

// Within is the locale with those of its given names that have at most n characters; nil
// if one of the genders has none.
func (l *Locale) Within(n int) *Locale {
	short := *l
	long := func(w name) bool { return utf8.RuneCountInString(w.text) > n }
	for _, list := range []*[]name{&short.male, &short.female, &short.any} {
		if *list = slices.DeleteFunc(slices.Clone(*list), long); len(*list) == 0 {
			return nil
		}
	}
	return &short
}

// Longest outputs, in characters.

// MaxFirstName is the longest given name.
func (l *Locale) MaxFirstName() int { return longestName(l.any) }

// MaxLastName is the longest surname.
func (l *Locale) MaxLastName() int { return longestName(l.stems) + longestName(l.endings) }

// MaxFullName is the longest full name.
func (l *Locale) MaxFullName() int { return l.MaxFirstName() + 1 + l.MaxLastName() }

// MaxStreet is the longest street with its number.
func (l *Locale) MaxStreet() int {
	if l.english {
		return MaxStreet
	}
	n := 0
	for _, a := range l.streets {
		around := utf8.RuneCountInString(a.before + a.after)
		if a.after == "" {
			around += longestName(l.endings)
		}
		n = max(n, around)
	}
	return longestName(l.stems) + n + 7 // "9-30-20", or a space and three digits
}

// MaxCity is the longest town.
func (l *Locale) MaxCity() int {
	if l.english {
		return MaxCity
	}
	n := 0
	for _, a := range l.cities {
		n = max(n, utf8.RuneCountInString(a.before+a.after))
	}
	return longestName(l.stems) + n
}

// MaxPostcode is the length of every postcode.
func (l *Locale) MaxPostcode() int {
	if l.english {
		return MaxPostcode
	}
	return len(l.postcodes[0])
}

// maxSlugs are the longest given name and surname as an address spells them.
func (l *Locale) maxSlugs() (first, last int) {
	longest := func(names []name) (n int) {
		for _, w := range names {
			n = max(n, len(w.slug))
		}
		return n
	}
	return longest(l.any), longest(l.stems) + longest(l.endings)
}

func (l *Locale) first(d *Digest, g Gender) *name {
	list := l.any
	switch g {
	case Male:
		list = l.male
	case Female:
		list = l.female
	}
	return &list[pick(d, wordFirst, len(list))]
}

func (l *Locale) last(d *Digest) (stem, ending *name) {
	return &l.stems[pick(d, wordStem, len(l.stems))], &l.endings[pick(d, wordEnding, len(l.endings))]
}

// AppendFirstName appends a common given name.
func (l *Locale) AppendFirstName(dst []byte, d *Digest, g Gender) []byte {
	return append(dst, l.first(d, g).text...)
}

// AppendLastName appends an invented surname.
func (l *Locale) AppendLastName(dst []byte, d *Digest) []byte {
	stem, ending := l.last(d)
	return append(append(dst, stem.text...), ending.text...)
}

// AppendFullName appends a given name and an invented surname, in the order of
// the language. Such a name is nobody's, because the surname is.
func (l *Locale) AppendFullName(dst []byte, d *Digest, g Gender) []byte {
	if l.familyFirst {
		return l.AppendFirstName(append(l.AppendLastName(dst, d), ' '), d, g)
	}
	return l.AppendLastName(append(l.AppendFirstName(dst, d, g), ' '), d)
}

// appendSlugs appends the name as in an address, each part with a dot after it.
func (l *Locale) appendSlugs(dst []byte, d *Digest, g Gender, first bool) []byte {
	if first {
		dst = append(append(dst, l.first(d, g).slug...), '.')
	}
	stem, ending := l.last(d)
	return append(append(append(dst, stem.slug...), ending.slug...), '.')
}

// AppendStreet appends an invented street and a number.
func (l *Locale) AppendStreet(dst []byte, d *Digest) []byte {
	if l.english {
		return AppendStreet(dst, d)
	}
	kind := &l.streets[pick(d, 1, len(l.streets))]
	if l.numberFirst {
		dst = append(appendCount(dst, 1+pick(d, 0, 199)), ' ')
	}
	stem, ending := l.last(d)
	dst = append(append(dst, kind.before...), stem.text...)
	if kind.after == "" {
		dst = append(dst, ending.text...)
	}
	dst = append(dst, kind.after...)
	switch {
	case l.blocks:
		dst = append(appendCount(dst, 1+pick(d, 0, 9)), '-')
		dst = append(appendCount(dst, 1+pick(d, 2, 30)), '-')
		dst = appendCount(dst, 1+pick(d, 3, 20))
	case !l.numberFirst:
		dst = appendCount(append(dst, ' '), 1+pick(d, 0, 199))
	}
	return dst
}

// AppendCity appends an invented town.
func (l *Locale) AppendCity(dst []byte, d *Digest) []byte {
	if l.english {
		return AppendCity(dst, d)
	}
	kind := &l.cities[pick(d, 1, len(l.cities))]
	dst = append(append(dst, kind.before...), l.stems[pick(d, 0, len(l.stems))].text...)
	return append(dst, kind.after...)
}

// AppendPostcode appends a postcode that is not in use.
func (l *Locale) AppendPostcode(dst []byte, d *Digest) []byte {
	if l.english {
		return AppendPostcode(dst, d)
	}
	n := pick(d, 1, 1_000_000)
	for _, c := range []byte(l.postcodes[pick(d, 0, len(l.postcodes))]) {
		if c == 'd' {
			c, n = byte('0'+n%10), n/10
		}
		dst = append(dst, c)
	}
	return dst
}

// Phone is the form of numbers that the country keeps for fiction, or of spare country
// codes.
func (l *Locale) Phone() PhoneForm {
	switch l.name {
	case "de":
		return PhoneDE
	case "fr":
		return PhoneFR
	}
	return PhoneWide
}

// appendCount appends n, from 1 to 9999, in decimal.
func appendCount(dst []byte, n int) []byte {
	width := 1
	for p := 10; n >= p; p *= 10 {
		width++
	}
	return appendDigits(dst, uint64(n), width)
}

// names reads names; one that an address doesn't spell by the letters without
// their accents has its spelling after a slash.
func names(s string) []name {
	fields := strings.Fields(s)
	list := make([]name, len(fields))
	for i, f := range fields {
		text, slug, ok := strings.Cut(f, "/")
		if !ok {
			slug = slugs().Replace(strings.ToLower(text))
		}
		list[i] = name{text, slug}
	}
	return list
}

// slugs is how people spell letters in their addresses.
var slugs = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "à", "a", "á", "a", "â", "a",
		"ã", "a", "ą", "a", "æ", "ae", "ç", "c", "ć", "c", "č", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
		"ę", "e", "í", "i", "î", "i", "ï", "i", "ł", "l", "ñ", "n", "ń", "n", "ó", "o", "ô", "o", "œ", "oe",
		"ś", "s", "š", "s", "ú", "u", "ù", "u", "û", "u", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z", "'", "",
		"-", "")
})

func affixes(list ...string) []affix {
	var out []affix
	for _, s := range list {
		before, after, _ := strings.Cut(s, "*")
		out = append(out, affix{before, after})
	}
	return out
}

func longestName(names []name) (n int) {
	for _, w := range names {
		n = max(n, utf8.RuneCountInString(w.text))
	}
	return n
}
