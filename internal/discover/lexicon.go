package discover

import (
	"embed"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"refresher/internal/pii/names"
)

//go:embed lexicon
var lists embed.FS

// words known to be names of something. They are dictionaries, no lists of
// anybody: what is in them are the common names of many countries.
type dictionary struct {
	first, last, titles, common    map[string]bool
	cities, regions, countries     map[string]bool
	streets, forms, genders, yesNo map[string]bool
	surnameEnds, streetEnds        []string

	koreanSurnames, chineseSurnames, japaneseSurnames, arabicNames map[string]bool
}

func newLexicon() *dictionary {
	d := &dictionary{
		first: names.Given(), last: names.Surnames(), titles: list("titles", " "), common: list("common", " "),
		cities: list("cities", ","), regions: list("regions", ","), streets: list("streets", " "),
		forms:     list("companies", " "),
		countries: countries(), genders: list("genders", ","), yesNo: list("yes_no", " "),
		surnameEnds: ordered("surname_ends", " "), streetEnds: ordered("street_ends", " "),
		koreanSurnames: list("surnames_korean", " "), chineseSurnames: list("surnames_chinese", " "),
		japaneseSurnames: list("surnames_japanese", " "), arabicNames: list("names_arabic", " "),
	}
	return d
}

// list reads a word list; lines that begin with # are comments.
func list(name, separator string) map[string]bool { return set(ordered(name, separator)...) }

// ordered is a word list in its order.
func ordered(name, separator string) (words []string) {
	text, err := lists.ReadFile("lexicon/" + name + ".txt")
	if err != nil {
		panic(err) // it is part of the program
	}
	var body strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			body.WriteString(strings.ReplaceAll(line, "\n", " "))
		}
	}
	for w := range strings.SplitSeq(body.String(), separator) {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// countries are names in several languages and codes (ISO 3166-1, from CLDR).
func countries() map[string]bool {
	m := map[string]bool{"usa": true, "uk": true, "england": true, "scotland": true, "holland": true,
		"united states of america": true, "korea": true}
	tongues := []language.Tag{language.English, language.German, language.French, language.Spanish,
		language.Portuguese, language.Italian, language.Dutch, language.Polish, language.Swedish, language.Turkish}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !region.IsCountry() || region.Canonicalize() != region {
				continue
			}
			m[strings.ToLower(region.String())], m[strings.ToLower(region.ISO3())] = true, true
			for _, t := range tongues {
				if n := display.Regions(t); n != nil {
					m[folded(n.Name(region))] = true
				}
			}
		}
	}
	return m
}

// surname reports whether a word is a common surname or built like one.
func (d *dictionary) surname(w string) bool {
	if d.last[w] {
		return true
	}
	if len(w) < 6 || d.common[w] {
		return false
	}
	for _, end := range d.surnameEnds {
		if strings.HasSuffix(w, end) {
			return true
		}
	}
	return strings.HasPrefix(w, "mc") || strings.HasPrefix(w, "fitz")
}
