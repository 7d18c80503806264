package discover

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
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
	uuids    float64
	decimals float64 // share of numbers with a point
	opaque   float64 // share that look drawn at random
	accounts float64 // share of addresses of persons' pages
	pictures float64 // share of pictures, of bytes
	digests  float64 // share of digests of what the same rows hold
	zero     bool    // 0 is among them
	short    int     // length of the longest value in characters
	least    int     // and of the shortest
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
	for _, f := range []*float64{&e.hits, &e.prose, &e.json, &e.isoDates, &e.alpha, &e.digits, &e.yesNo, &e.uuids,
		&e.decimals} {
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
	runes := utf8.RuneCountInString(v)
	if e.short = max(e.short, runes); e.distinct == 1 || runes < e.least {
		e.least = runes
	}
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
		whole := h.Start == 0 && h.End == len(v) && h.Class != pii.Phone
		if whole || h.Class == pii.Capability && (h.Start == 0 || h.Kind == "connection_string") {
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
	// an address, or pairs of names and values
	could(pii.Capability, s.spaces == 0 && strings.ContainsAny(v, "./") || strings.Contains(v, "="))
	could(pii.UserAgent, s.letters > s.digits && s.runes >= 4)
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
	if isOpaque(v) {
		e.opaque++
	}
	if isAccount(v) {
		e.accounts++
	}
	could(pii.Token, s.spaces <= 1)
	could(pii.NationalID, s.digits >= 2 && s.digits+s.letters >= 3 && s.digits+s.letters <= 24 && s.words <= 3)
	could(pii.CreditCard, s.digits >= 4 && s.digits <= 19 && s.letters <= 4)
	could(pii.IBAN, s.digits+s.letters >= 4 && s.words <= 9 && s.signs <= 4)
	if isPostcode(v) {
		is(pii.Postcode)
	}
	could(pii.Postcode, s.digits+s.letters >= 3 && s.digits+s.letters <= 11 && s.digits >= 1)
	if isStreet(v, s) {
		is(pii.Street)
	}
	// a house has a number
	could(pii.Street, (s.letters >= 1 || s.digits == s.runes && s.runes <= 6) && s.runes <= 160 && !s.json)
	nameish := s.letters >= 2 && s.digits == 0 && s.runes <= 60 && s.words <= 6 &&
		!strings.ContainsAny(v, "@/\\_<>{}=:;#")
	numbered := s.letters >= s.digits && isNumbered(v) // as made-up persons are
	could(pii.FullName, nameish || numbered)
	could(pii.FirstName, s.letters >= 1 && (s.digits <= 1 || numbered) && s.runes <= 40 && s.words <= 4 &&
		!strings.ContainsAny(v, "@/\\_<>{}="))
	could(pii.LastName, s.letters >= 1 && (s.digits <= 1 || numbered) && s.runes <= 40 && s.words <= 4 &&
		!strings.ContainsAny(v, "@/\\_<>{}="))
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
	if names := strings.Split(v, ", "); len(names) > 1 && s.digits == 0 && !nameish && areNames(names) {
		is(pii.FullName)
		could(pii.FullName, true)
	}
	w := folded(v)
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
		if s.dots > 0 {
			e.decimals++
		}
		could(pii.Latitude, f >= -90 && f <= 90)
		could(pii.Longitude, f >= -180 && f <= 180)
	}
	could(pii.FreeText, s.letters >= 1)
	could(Gender, s.runes <= 3 || lexicon().genders[w])
	e.zero = e.zero || v == "0"
	if lexicon().yesNo[w] || lexicon().yesNo[v] {
		e.yesNo++
	}
	could(Age, s.digits >= 1 && s.digits <= 6 && s.runes <= 12)
	if isUUID(v) {
		e.uuids++
	}
	could(Financial, s.digits >= 1)
	could(Special, true) // codes of diagnoses are numbers
	could(Photo, true)
	return hits
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
		s.json = v[0] == '{' && v[n-1] == '}' && strings.Contains(v, `"`) || v[0] == '[' && v[n-1] == ']' &&
			strings.ContainsAny(v, `{"`)
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
	return s.digits >= 4 && s.letters > 0 ||
		strings.Count(v, "-")+strings.Count(v, "/")+strings.Count(v, ".")+strings.Count(v, " ") >= 2
}
