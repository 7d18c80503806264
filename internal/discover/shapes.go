package discover

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"refresher/internal/detect"
	"refresher/internal/pii"
)

// evidence is what the sampled values of a column look like. The values
// themselves are dropped as soon as it is made.
type evidence struct {
	values   int // that are neither NULL nor blank
	distinct int
	share    map[pii.Class]float64 // of the distinct values that are of the class, as far as they show it
	bare     map[pii.Class]float64 // that are by a check digit alone
	could    map[pii.Class]float64 // that could be, as nothing speaks against it
	hits     float64               // share of values in which a detector finds something
	prose    float64               // share that are sentences
	json     float64               // share that are JSON objects or arrays
	isoDates float64
	yesNo    float64 // share that are yes or no, true or false, 0 or 1
	alpha    float64 // share made of letters and spaces alone
	digits   float64 // share made of digits alone
	short    int     // length of the longest value in characters
}

// enough is the least number of values that can speak against a name.
const enough = 3

func (e *evidence) known() bool { return e != nil && e.values > 0 }

// look judges values of a column; about is what its name says. It keeps none of them.
func look(values []string, d *detect.Detector, about detect.Context) *evidence {
	e := &evidence{share: map[pii.Class]float64{}, could: map[pii.Class]float64{}, bare: map[pii.Class]float64{}}
	seen := map[string]bool{}
	var hits []detect.Hit
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" || isMissing(v) {
			continue
		}
		e.values++
		if seen[v] {
			continue
		}
		seen[v] = true
		e.distinct++
		hits = e.one(v, d, about, hits[:0])
	}
	if e.distinct == 0 {
		return e
	}
	n := float64(e.distinct)
	for _, m := range []map[pii.Class]float64{e.share, e.could, e.bare} {
		for c := range m {
			m[c] /= n
		}
	}
	for _, f := range []*float64{&e.hits, &e.prose, &e.json, &e.isoDates, &e.alpha, &e.digits, &e.yesNo} {
		*f /= n
	}
	return e
}

func isMissing(v string) bool {
	switch strings.ToLower(v) {
	case "null", "none", "n/a", "na", "nan", "-", "--", "unknown", "?", "\\n", "(null)", "nil", "#n/a", "{}", "[]":
		return true
	}
	return false
}

func (e *evidence) one(v string, d *detect.Detector, about detect.Context, hits []detect.Hit) []detect.Hit {
	e.short = max(e.short, utf8.RuneCountInString(v))
	said := map[pii.Class]bool{}
	is := func(c pii.Class) {
		if !said[c] {
			said[c] = true
			e.share[c]++
		}
	}
	could := func(c pii.Class, yes bool) {
		if yes {
			e.could[c]++
		}
	}
	s := shapeOf(v)
	if s.letters > 0 && s.digits == 0 && s.signs == 0 {
		e.alpha++
	}
	if s.digits == s.runes {
		e.digits++
	}
	if s.json {
		e.json++
	}
	if s.words >= 5 && !s.json && s.letters > 3*s.digits {
		e.prose++
	}
	hits = d.ScanIn(hits, []byte(v), about)
	for _, h := range hits {
		if h.Start == 0 && h.End == len(v) && h.Class != pii.Phone {
			is(h.Class)
			if h.Bare && !h.Said { // a number of the right length and check digit, as one in ten or a hundred is
				e.bare[h.Class]++
			}
		}
	}
	if slices.ContainsFunc(hits, func(h detect.Hit) bool { return !h.Bare && (h.Strong || h.Class != pii.Token) }) {
		e.hits++
	}
	if isMailbox(v) {
		is(pii.Email)
	}
	if s.phone(v) {
		is(pii.Phone)
	}
	could(pii.Phone, s.digits >= 5 && s.letters <= 6 && s.digits <= 20)
	if addr, err := netip.ParsePrefix(withBits(v)); err == nil && addr.IsValid() {
		could(pii.IP, true)
	}
	if isMAC(v) {
		is(pii.MAC)
	}
	if strings.HasPrefix(v, "Mozilla/") || strings.Contains(v, "AppleWebKit") {
		is(pii.UserAgent)
	}
	if u, err := url.Parse(v); err == nil && u.Scheme != "" && u.Host != "" || strings.HasPrefix(v, "www.") {
		is(pii.URL)
	}
	could(pii.URL, strings.ContainsAny(v, "./") && s.spaces == 0)
	if date, iso := isDate(v); date {
		is(pii.Date)
		if iso {
			e.isoDates++
		}
	}
	could(pii.Date, e.date(v, s))
	if isHash(v) {
		is(pii.Token)
	}
	could(pii.Token, s.spaces <= 1)
	could(pii.NationalID, s.digits >= 2 && s.digits+s.letters >= 5 && s.digits+s.letters <= 24 && s.words <= 3)
	could(pii.CreditCard, s.digits >= 4 && s.digits <= 19 && s.letters <= 4)
	could(pii.IBAN, s.digits+s.letters >= 4 && s.words <= 9 && s.signs <= 4)
	if isPostcode(v) {
		is(pii.Postcode)
	}
	could(pii.Postcode, s.digits+s.letters >= 3 && s.digits+s.letters <= 11 && s.digits >= 1)
	if isStreet(v, s) {
		is(pii.Street)
	}
	could(pii.Street, s.letters >= 1 && s.runes <= 160 && !s.json)
	nameish := s.letters >= 2 && s.digits == 0 && s.runes <= 60 && s.words <= 6 && !strings.ContainsAny(v, "@/\\_<>{}=:;#")
	could(pii.FullName, nameish)
	could(pii.FirstName, s.letters >= 1 && s.digits <= 1 && s.runes <= 40 && s.words <= 4 && !strings.ContainsAny(v, "@/\\_<>{}="))
	could(pii.LastName, s.letters >= 1 && s.digits <= 1 && s.runes <= 40 && s.words <= 4 && !strings.ContainsAny(v, "@/\\_<>{}="))
	could(pii.City, s.letters >= 2 && s.runes <= 60 && s.digits <= 5)
	could(pii.Region, s.letters >= 1 && s.runes <= 60 && s.digits <= 3)
	could(pii.Country, s.letters >= 2 && s.runes <= 60 && s.digits == 0)
	could(pii.Company, s.letters >= 1 && s.runes <= 120)
	could(pii.Username, s.letters+s.digits >= 2 && s.spaces == 0 && s.runes <= 80)
	if nameish {
		first, last, full := personal(v)
		if first {
			is(pii.FirstName)
		}
		if last {
			is(pii.LastName)
		}
		if full {
			is(pii.FullName)
		}
	}
	w := fold(v)
	if lexicon().cities[w] {
		is(pii.City)
	}
	if lexicon().regions[w] {
		is(pii.Region)
	}
	if lexicon().countries[w] {
		is(pii.Country)
	}
	if isCompany(v) {
		is(pii.Company)
	}
	if f, ok := coordinate(v); ok {
		could(pii.Latitude, f >= -90 && f <= 90)
		could(pii.Longitude, f >= -180 && f <= 180)
	}
	could(pii.FreeText, s.letters >= 1)
	could(Gender, s.runes <= 3 || genders[w])
	if yesNo[w] || yesNo[v] {
		e.yesNo++
	}
	could(Age, s.digits >= 1 && s.digits <= 6 && s.runes <= 12)
	could(Financial, s.digits >= 1)
	could(Special, s.letters > 0 || s.runes <= 3)
	could(Photo, true)
	return hits
}

var genders = set("male", "female", "man", "woman", "mann", "frau", "homme", "femme", "hombre", "mujer", "masculino", "femenino", "feminino", "mannlich",
	"weiblich", "other", "nonbinary", "non binary", "diverse", "divers", "unspecified", "undisclosed", "transgender", "masculin", "feminin", "uomo", "donna", "boy", "girl", "prefer not to say")

var yesNo = set("true", "false", "yes", "no", "t", "f", "y", "n", "0", "1", "0.0", "1.0", "on", "off", "si", "ja", "nein", "oui", "non")

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// shape is what a value is made of.
type shape struct {
	runes, letters, digits, spaces, signs, dots, words int
	upper                                              int // letters in upper case
	json                                               bool
}

func shapeOf(v string) shape {
	var s shape
	in := false
	for _, r := range v {
		s.runes++
		word := false
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
			s.letters, word = s.letters+1, true
			if unicode.IsUpper(r) {
				s.upper++
			}
		case unicode.IsDigit(r):
			s.digits, word = s.digits+1, true
		case unicode.IsSpace(r):
			s.spaces++
		case r == '.':
			s.dots++
			word = in
		case r == '\'' || r == '’':
			word = in
		default:
			s.signs++
		}
		if word && !in {
			s.words++
		}
		in = word
	}
	if n := len(v); n > 1 {
		s.json = v[0] == '{' && v[n-1] == '}' && strings.Contains(v, `"`) || v[0] == '[' && v[n-1] == ']' && strings.ContainsAny(v, `{"`)
	}
	return s
}

// phone: digits in groups, or many of them behind a plus sign. Digits alone are
// a phone only in a column that is named so.
func (s shape) phone(v string) bool {
	if s.digits < 7 || s.digits > 17 || s.letters > 4 {
		return false
	}
	if v[0] == '+' && s.digits >= 8 {
		return true
	}
	if d, _ := isDate(v); d || isAddress(v) || strings.HasPrefix(pattern(v[:min(10, len(v))]), "9999-99-99") {
		return false
	}
	groups, sign := 0, false
	run := 0
	for _, r := range v {
		if r >= '0' && r <= '9' {
			if run == 0 {
				groups++
			}
			run++
			continue
		}
		if run > 8 {
			return false
		}
		run = 0
		switch r {
		case '(', ')', ' ', '/', 'x':
			sign = true
		case '-', '.', '+', 'e', 't':
		default:
			return false
		}
	}
	switch {
	case groups >= 3 && (sign || strings.Count(v, "-") >= 2 || strings.Count(v, ".") >= 2):
		return true
	case groups == 2 && sign && strings.ContainsAny(v, "()/"):
		return true
	}
	return false
}

func isAddress(v string) bool { _, err := netip.ParseAddr(v); return err == nil }

func withBits(v string) string {
	if strings.Contains(v, "/") {
		return v
	}
	if strings.Contains(v, ":") {
		return v + "/128"
	}
	return v + "/32"
}

func isMailbox(v string) bool {
	local, host, ok := strings.Cut(v, "@")
	return ok && len(local) > 0 && len(local) < 65 && strings.Contains(host, ".") && !strings.ContainsAny(v, " \t/:;,<>()") && !strings.Contains(host, "@") &&
		!strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
}

func isMAC(v string) bool {
	if len(v) != 17 {
		return false
	}
	for i := range 17 {
		c := v[i]
		if i%3 == 2 {
			if c != ':' && c != '-' {
				return false
			}
		} else if !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// isHash: the usual forms of a hash of a password, or hex of the length of one.
func isHash(v string) bool {
	for _, p := range []string{"$2a$", "$2b$", "$2y$", "$argon2", "$1$", "$5$", "$6$", "$P$", "$H$", "pbkdf2", "{SSHA}", "{SHA}", "{bcrypt}", "scrypt:", "sha1$", "eyJ", "ssh-rsa ", "-----BEGIN"} {
		if strings.HasPrefix(v, p) && len(v) >= 20 {
			return true
		}
	}
	switch len(v) {
	case 32, 40, 48, 56, 64, 96, 128:
		letters := false
		for i := range len(v) {
			if !isHex(v[i]) {
				return false
			}
			letters = letters || v[i] > '9'
		}
		return letters
	}
	return false
}

var dateLayouts = []string{"2006-01-02", "2006/01/02", "02.01.2006", "2.1.2006", "02/01/2006", "1/2/2006", "01-02-2006", "02-01-2006", "2-Jan-2006", "02 Jan 2006", "January 2, 2006", "20060102", "Jan 2, 2006", "1/2/06", "2/1/06", "02-Jan-06"}

// date reports whether v could be a date, or a part of one, in some form.
func (e *evidence) date(v string, s shape) bool {
	if d, _ := isDate(v); d || s.digits == len(v) && len(v) <= 2 {
		return true
	}
	v = strings.TrimSuffix(v, ".0") // a number that was a float once
	s = shapeOf(v)
	switch {
	case s.digits == 0 || s.digits > 17 || s.letters > 14:
		return false
	case s.digits == s.runes:
		return s.runes <= 2 || s.runes == 4 && (v[0] == '1' || v[0] == '2') || s.runes == 6 || s.runes == 8
	}
	return s.digits >= 4 && s.letters > 0 || strings.Count(v, "-")+strings.Count(v, "/")+strings.Count(v, ".")+strings.Count(v, " ") >= 2
}

// isDate reports whether v is a date, maybe with a time, and whether it begins
// as ISO 8601 has it.
func isDate(v string) (yes, iso bool) {
	day := v
	if i := strings.IndexAny(v, "T "); i >= 8 && i+1 < len(v) && v[i+1] >= '0' && v[i+1] <= '9' && strings.Contains(v[i:], ":") {
		day = v[:i]
	}
	if len(day) < 6 || len(day) > 18 {
		return false, false
	}
	for i, l := range dateLayouts {
		if t, err := time.Parse(l, day); err == nil && (l != "20060102" || t.Year() >= 1900 && t.Year() < 2100) {
			return true, i == 0
		}
	}
	return false, false
}

// isPostcode knows the forms that few other codes have: US ZIP+4, British,
// Canadian, Dutch, Polish, Portuguese, Brazilian, Japanese ones.
func isPostcode(v string) bool {
	switch pattern(v) {
	case "99999-9999", "A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA", "A9A 9A9", "A9A9A9", "9999 AA", "9999AA", "99-999", "9999-999", "99999-999", "999-9999", "999 99":
		return true
	}
	return false
}

// pattern writes 9 for a digit and A for a letter; the rest stays.
func pattern(v string) string {
	if len(v) > 24 {
		return ""
	}
	b := []byte(v)
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			b[i] = '9'
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			b[i] = 'A'
		}
	}
	return string(b)
}

func coordinate(v string) (float64, bool) {
	f, frac, sign := 0.0, 0, 1.0
	dot := false
	for i := range len(v) {
		switch c := v[i]; {
		case i == 0 && (c == '-' || c == '+'):
			if c == '-' {
				sign = -1
			}
		case c == '.' && !dot:
			dot = true
		case c >= '0' && c <= '9':
			f = f*10 + float64(c-'0')
			if dot {
				frac++
			}
		default:
			return 0, false
		}
	}
	for range frac {
		f /= 10
	}
	return sign * f, len(v) > 0
}

// isStreet: a number and a word that streets end, or begin, with.
func isStreet(v string, s shape) bool {
	if s.letters < 3 || s.runes > 120 || s.words < 2 {
		return false
	}
	number, kind := false, false
	for _, w := range words2(v) {
		if w[0] >= '0' && w[0] <= '9' {
			number = true
			continue
		}
		if lexicon().streets[w] {
			kind = true
			continue
		}
		for _, end := range streetEnds {
			kind = kind || len(w) > len(end)+1 && strings.HasSuffix(w, end)
		}
	}
	return kind && (number || s.words >= 3)
}

// words2 are a value's words in lower case without accents, digits among them.
func words2(v string) []string {
	return strings.FieldsFunc(strings.ToLower(plain(v)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func fold(v string) string { return strings.Join(words2(v), " ") }

// personal reports whether a value reads like a given name, a surname, or both.
func personal(v string) (first, last, full bool) {
	l := lexicon()
	ws := words2(v)
	if len(ws) > 0 && l.titles[ws[0]] && len(ws) > 1 {
		ws = ws[1:]
	}
	switch {
	case len(ws) == 0:
		return
	case len(ws) == 1:
		return l.first[ws[0]], l.surname(ws[0]), false
	case len(ws) > 5:
		return
	}
	known := 0
	for _, w := range ws {
		switch {
		case l.common[w]:
			return false, false, false
		case l.first[w], l.surname(w):
			known++
		}
	}
	firstThere := l.first[ws[0]] || l.first[ws[len(ws)-1]] || len(ws[0]) == 1 && known > 0
	switch {
	case firstThere && known >= 1 && startsUpper(v):
		return len(ws) == 2 && l.first[ws[0]] && l.first[ws[1]], false, true
	case known == len(ws):
		return false, true, true
	}
	return false, known > 0 && len(ws) == 2, false
}

func startsUpper(v string) bool {
	for _, w := range strings.Fields(v) {
		r, _ := utf8.DecodeRuneInString(w)
		if unicode.IsLetter(r) && !unicode.IsUpper(r) && unicode.IsLower(r) && len(w) > 3 {
			return false
		}
	}
	return true
}

// isCompany: the forms of firms.
func isCompany(v string) bool {
	ws := words2(v)
	if len(ws) < 2 {
		return false
	}
	return lexicon().forms[ws[len(ws)-1]] || strings.Contains(v, " & ") && len(ws) == 2
}

var lexicon = sync.OnceValue(newLexicon)
