package detect

import (
	"strings"
	"sync"

	"refresher/internal/pii/names"
)

// wordKind is what a word of text can be: a names.Kind, or part of a street.
type wordKind uint16

const (
	givenName  = wordKind(names.GivenName)
	familyName = wordKind(names.FamilyName)
	salutation = wordKind(names.Salutation)
	particle   = wordKind(names.Particle)
	streetWord = wordKind(1 << 8) // stands behind a street's name: "Elm Street"
	streetHead = wordKind(1 << 9) // stands before it: "rue de la Paix"
)

// streets has what streets are called, folded.
var streets = sync.OnceValue(func() map[string]wordKind {
	m := map[string]wordKind{}
	for kind, list := range map[wordKind]string{streetWord: streetWords, streetHead: streetHeads} {
		for _, w := range strings.Fields(list) {
			m[w] |= kind
		}
	}
	return m
})

// streetEndings end a street's name that is one word: "Hauptstraße".
var streetEndings = [...]string{"sway", "dway", "kway", "strasse", "str", "weg", "gasse", "platz", "allee", "damm", "ufer", "ring", "straat", "laan",
	"plein", "kade", "gatan", "vagen", "vej", "gade", "veien", "gata", "katu", "tie"}

const streetWords = `street st road rd avenue ave lane ln drive dr boulevard blvd court ct way place pl terrace ter close crescent
	square sq parkway pkwy highway hwy circle cir trail trl row walk mews gardens grove plaza alley broadway`

const streetHeads = `rue avenue boulevard chemin allee impasse quai calle avenida avda paseo plaza via viale piazza corso vicolo
	rua travessa alameda praca ulica ul aleja al plac straat ulice namesti utca ut jalan jl`
