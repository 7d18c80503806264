// Package detect finds personal data in text by shape, checksum and context.
//
// It knows e-mail addresses, phone numbers, payment cards, IBANs, public IP
// addresses, hardware addresses, the identification numbers of 45 states (package
// ident lists them), IMEIs, vehicles' numbers, addresses of cryptocurrencies,
// coordinates, and secrets: JWTs, vendors' API keys, PEM private keys, password
// hashes, random strings. Dates of birth and banks' codes it takes for what they are
// where a word says so. A hit is strong when a checksum or an unmistakable shape
// stands behind it, weak when chance or another kind of number could have made it
// (bare digits, old card lengths, addresses that look like versions).
//
// # Context
//
// Of ten random numbers one passes the check digit of most national numbers, so a
// bare number that does is weak, unless something says what it is. That is what a
// [Context] is for: make one of a column's name, and perhaps its table's or its
// comment, once, and give it with every value:
//
//	in := detect.ContextOf("customers", "steuer_id")
//	hits = d.ScanIn(hits[:0], value, in)
//
// The words before a value in its own line count as well, without anybody's help:
// "NHS no. 943 476 5919", {"pesel": "44051401359"}. [Hit.Said] tells that such a word
// made the hit, and [Hit.Kind] what it is in particular.
//
// A whole column says more than a value: where of a hundred numbers nine pass a
// check, it was chance; where ninety do, it was not. Weigh the hits that are Bare
// against the cells that [Detector.Missed].
//
// A detector says what a value is shaped like, not whose it is: a fake e-mail
// address is a hit too, and [refresher/internal/pii/fake.Recognise] is what tells
// it from a real one. Addresses that can belong to nobody (private, loopback,
// documentation) are no hits.
//
// Characters that nobody sees (soft hyphens, zero-width spaces and joiners,
// direction marks, byte order marks) and full-width forms of ASCII hide nothing:
// text that holds some is scanned as it stands and without them, and offsets are
// those of the text as it stands.
//
// Scanning is one pass over the bytes with look-aheads of a fixed length, so
// its time is linear for every input, and it allocates nothing. Text is UTF-8;
// offsets are in bytes and never split a character; broken UTF-8 is skipped.
package detect

import (
	"bytes"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// Hit is one detected value: text[Start:End].
type Hit struct {
	Class      pii.Class
	Kind       string // what it is in particular, where the class has kinds: "pl_pesel", "btc"
	Start, End int
	Strong     bool // a checksum or unmistakable shape; a weak hit is only reported
	Said       bool // the column's name or a word nearby says what it is
	// a check that chance passes often tells it from other numbers: many misses beside it take its strength
	Bare bool
}

// Detector scans text. It has scratch space, so one goroutine uses it at a time.
type Detector struct {
	known   *forms // of national numbers
	context Context
	near    near
	num     numbers
	plan    plan
	coins   ident.Coins
	hit     Hit // the last one
	missed  bool
	words   bool
	compact [24]byte // of an identifier, without separators
	hits    []Hit
	fold    folding
}

// New returns a detector of all classes that have a shape.
func New() *Detector { return &Detector{known: known()} }

// Words makes the detector look for names of persons and street addresses too, by
// a dictionary of common ones and by what stands around them, and returns it. They
// are weak. Text without digits, which is passed over otherwise, is then read word
// by word.
func (d *Detector) Words() *Detector {
	d.words = true
	return d
}

// Scan appends the hits in text to dst, in order and without overlap. Its time
// is linear in len(text) for every input.
func (d *Detector) Scan(dst []Hit, text []byte) []Hit { return d.ScanIn(dst, text, Context{}) }

// ScanIn is Scan for text of which something is known: the name of its column, say.
func (d *Detector) ScanIn(dst []Hit, text []byte, c Context) []Hit {
	d.context, d.missed = c, false
	before := len(dst)
	if i := firstFolded(text); i >= 0 {
		dst = d.scanFolded(dst, text, i)
	} else {
		dst = d.scan(dst, text)
	}
	d.missed = d.missed && len(dst) == before
	return dst
}

func (d *Detector) scan(dst []Hit, text []byte) []Hit {
	d.near = near{}
	if !d.words && !telling(text) && d.context.topics&aboutBIC == 0 {
		return dst
	}
	free := 0 // nothing before it may be part of a further hit
	for i := 0; i < len(text); {
		// Most bytes are passed over here: looking closer is for what can be a hit.
		next, found := i+1, false
		switch kinds[text[i]] {
		case letter:
			next, found = d.letters(text, free, i)
		case digit:
			if found = mayBeKey(text, i) && d.take(digitKey(text, i)); !found {
				next, found = d.number(text, free, i)
			}
		case at:
			found = d.take(email(text, free, i))
		case colon:
			found = d.take(colonAt(text, free, i))
		case dash:
			var h Hit
			h, next = dashAt(text, free, i)
			found = d.take(h)
		case other:
			if d.words && text[i] >= 0xC3 && capitalAt(text, i) {
				found = d.take(d.named(text, free, i))
			}
		case equals:
			found = d.take(equalsAt(text, free, i))
		case dollar:
			found = d.take(passwordHash(text, i))
		case tilde:
			found = d.take(clientSecret(text, free, i))
		}
		i = next
		if found {
			dst = append(dst, d.hit)
			i, free = d.hit.End, d.hit.End
		}
	}
	return dst
}

// letters looks at the word of letters and digits that begins at i.
func (d *Detector) letters(text []byte, free, i int) (next int, found bool) {
	if mayBeCode(text, i) {
		found = d.code(text, i)
	}
	next = i + 1
	seen := uint8(0)
	for next < len(text) && kinds[text[next]]&alnum != 0 {
		seen |= kinds[text[next]]
		next++
	}
	if !found && (seen == digit || next-i <= 3 && next+1 < len(text) && kinds[text[next+1]] == digit ||
		d.context.topics&aboutBIC != 0) {
		found = d.lettered(text, free, i, next, seen == digit)
	}
	if d.words && !found && (text[i] < 'a' || i > 1 && kinds[text[i-2]] == digit) &&
		(i == 0 || text[i-1] < utf8.RuneSelf) {
		found = d.take(d.named(text, free, i))
	}
	return next, found
}

// colonAt looks at what a colon is part of: a URL, a token, an address.
func colonAt(text []byte, free, i int) Hit {
	switch {
	case i+3 < len(text) && text[i+1] == '/' && i >= 2:
		return actingURL(text, free, i)
	case i+2 < len(text) && text[i+1] == 'A' && text[i+2] == 'P':
		return pushToken(text, free, i)
	case i >= 4 && text[i-4]&^1 == '2':
		return ipv6(text, free, i)
	case i >= 2 && i+3 < len(text) && text[i+3] == ':':
		return mac(text, free, i)
	}
	return Hit{}
}

// dashAt looks at what a dash is part of: a PEM block, an address, a key.
func dashAt(text []byte, free, i int) (h Hit, next int) {
	switch {
	case i+1 < len(text) && text[i+1] == '-':
		return pem(text, i)
	case i >= 2 && i+3 < len(text) && text[i+3] == '-':
		return mac(text, free, i), i + 1
	case i >= 32:
		return hexKey(text, free, i), i + 1
	}
	return Hit{}, i + 1
}

// equalsAt looks at the setting whose name ends before i.
func equalsAt(text []byte, free, i int) Hit {
	switch {
	case i < 3:
		return Hit{}
	case text[i-1]|0x20 == 'd' || text[i-1]|0x20 == 'y':
		return connection(text, i)
	case text[i-1] == 'g':
		return sharedAccess(text, free, i)
	}
	return Hit{}
}

// take makes a hit the one at hand; false if it is none.
func (d *Detector) take(h Hit) bool {
	if h.End == 0 {
		return false
	}
	d.hit = h
	return true
}

// telling is a quick test that most texts fail: everything looked for has an @, a digit or an
// equals sign.
func telling(text []byte) bool {
	for _, c := range text {
		if kinds[c] == digit || c == '@' || c == '=' {
			return true
		}
	}
	return false
}

// Missed reports whether the text scanned last is, as a whole, a number or code
// that has the form of an identifier and a check that fails. Bare hits in a column
// are weighed against such cells: of random numbers, a tenth passes.
func (d *Detector) Missed() bool { return d.missed }

// miss says that text[start:end] has failed a check.
func (d *Detector) miss(text []byte, start, end int) {
	d.missed = d.missed || start == 0 && end == len(text)
}

// Whole returns the class of text taken as one value (a whole cell), surrounding
// space ignored; pii.None if no strong or weak hit covers it all.
func (d *Detector) Whole(text []byte) pii.Class {
	if h := d.WholeIn(text, Context{}); h.End > 0 {
		return h.Class
	}
	return pii.None
}

// WholeIn is the hit that covers a whole cell, surrounding space ignored; the zero
// Hit if none does.
func (d *Detector) WholeIn(text []byte, c Context) Hit {
	text = bytes.TrimSpace(text)
	d.hits = d.ScanIn(d.hits[:0], text, c)
	if len(d.hits) == 1 && d.hits[0].Start == 0 && d.hits[0].End == len(text) {
		return d.hits[0]
	}
	return Hit{}
}

// mayBeCode is a quick test of a word that begins with a letter: whether it can
// begin an IBAN or a secret.
func mayBeCode(text []byte, i int) bool {
	return i+4 < len(text) && (kinds[text[i+2]] == digit && kinds[text[i+3]] == digit ||
		secretSecond[text[i]]>>(text[i+1]&63)&1 != 0)
}

// code looks for a secret or an IBAN that begins with the word at i.
func (d *Detector) code(text []byte, i int) bool {
	if kinds[text[i+2]] == digit && kinds[text[i+3]] == digit && d.take(d.iban(text, i)) {
		return true
	}
	return secretSecond[text[i]] != 0 && (i == 0 || !tokenChar(text[i-1])) && d.take(secret(text, i))
}

// Kinds of byte; a letter and a digit share the alnum bit.
const (
	other  = 0
	letter = 1
	digit  = 3
	alnum  = 1
	at     = 4
	colon  = 8
	dash   = 16
	dollar = 32
	equals = 64
	tilde  = 128
)

var kinds = func() (k [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		k[c] = digit
	}
	for c := 'a'; c <= 'z'; c++ {
		k[c], k[c-'a'+'A'] = letter, letter
	}
	k['@'], k[':'], k['-'], k['$'], k['='], k['~'] = at, colon, dash, dollar, equals, tilde
	return k
}()

// before reports whether a number or code may begin at i: it is not the tail of
// a longer word, number or code.
func before(text []byte, i int) bool {
	if i == 0 {
		return true
	}
	switch c := text[i-1]; {
	case kinds[c]&alnum != 0, c == '@':
		return false
	case c == '-': // "a-415…"
		return i < 2 || kinds[text[i-2]]&alnum == 0
	case c == '.': // "0.415…"
		return i < 2 || kinds[text[i-2]] != digit
	}
	return true
}

// after reports whether a number or code may end at i.
func after(text []byte, i int) bool {
	if i >= len(text) {
		return true
	}
	switch c := text[i]; {
	case kinds[c]&alnum != 0, c == '@':
		return false
	case c == '-' || c == '_':
		return i+1 >= len(text) || kinds[text[i+1]]&alnum == 0
	case c == '.':
		return i+1 >= len(text) || kinds[text[i+1]] != digit
	}
	return true
}
