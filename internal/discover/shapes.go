package discover

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"

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

// one looks at one value, and counts what it shows.
func (e *evidence) one(v string, d *detect.Detector, about detect.Context, hits []detect.Hit) []detect.Hit {
	r := reading{v: v, folded: folded(v), shape: shapeOf(v), is: map[pii.Class]bool{}}
	r.nameish = r.letters >= 2 && r.digits == 0 && r.runes <= 60 && r.words <= 6 &&
		!strings.ContainsAny(v, "@/\\_<>{}=:;#")
	r.numbered = r.letters >= r.digits && isNumbered(v) // as made-up persons are
	e.count(&r)
	hits = d.ScanIn(hits, []byte(v), about)
	e.detected(&r, hits)
	for _, f := range forms() {
		if f.is != nil && f.is(&r) {
			r.is[f.class] = true
		}
		if f.could != nil && f.could(&r) {
			e.could[f.class]++
		}
	}
	if names := strings.Split(v, ", "); len(names) > 1 && r.digits == 0 && !r.nameish && areNames(names) {
		r.is[pii.FullName] = true
		e.could[pii.FullName]++
	}
	if r.nameish {
		first, last, full := personal(v)
		r.is[pii.FirstName] = r.is[pii.FirstName] || first
		r.is[pii.LastName] = r.is[pii.LastName] || last
		r.is[pii.FullName] = r.is[pii.FullName] || full
	}
	for class, is := range r.is {
		if is {
			e.share[class]++
		}
	}
	return hits
}

// reading is one value as it is looked at.
type reading struct {
	v, folded string
	shape
	is                map[pii.Class]bool // what it shows to be
	nameish, numbered bool               // built like a name; of a person who was made up
	number            bool               // point is what it says
	point             float64
}

// count takes down what a value is made of.
func (e *evidence) count(r *reading) {
	if e.short = max(e.short, r.runes); e.distinct == 1 || r.runes < e.least {
		e.least = r.runes
	}
	date, iso := isDate(r.v)
	r.is[pii.Date] = date
	point, dotted := coordinate(r.v)
	r.point = point
	l := lexicon()
	for _, c := range []struct {
		into *float64
		yes  bool
	}{
		{&e.alpha, r.letters > 0 && r.digits == 0 && r.signs == 0},
		{&e.digits, r.digits == r.runes},
		{&e.json, r.json},
		{&e.prose, r.words >= 5 && !r.json && r.letters > 3*r.digits},
		{&e.isoDates, date && iso},
		{&e.decimals, dotted && r.dots > 0},
		{&e.yesNo, l.yesNo[r.folded] || l.yesNo[r.v]},
		{&e.uuids, isUUID(r.v)},
		{&e.opaque, isOpaque(r.v)},
		{&e.accounts, isAccount(r.v)},
	} {
		if c.yes {
			*c.into++
		}
	}
	e.zero = e.zero || r.v == "0"
	r.number = dotted
}

// detected takes down what detectors find in a value.
func (e *evidence) detected(r *reading, hits []detect.Hit) {
	for _, h := range hits {
		whole := h.Start == 0 && h.End == len(r.v) && h.Class != pii.Phone
		if whole || h.Class == pii.Capability && (h.Start == 0 || h.Kind == "connection_string") {
			r.is[h.Class] = true
			if h.Bare && !h.Said { // a number of the right length and check digit, as one in ten or a hundred is
				e.bare[h.Class]++
			}
		}
	}
	if slices.ContainsFunc(hits, func(h detect.Hit) bool { return !h.Bare && (h.Strong || h.Class != pii.Token) }) {
		e.hits++
	}
}

// form is how values of a class look: what shows that one is of it, and what leaves it possible; nil: nothing does.
type form struct {
	class     pii.Class
	is, could func(r *reading) bool
}

// forms are those of all classes.
var forms = sync.OnceValue(func() []form {
	always := func(*reading) bool { return true }
	name := func(r *reading) bool {
		return r.letters >= 1 && (r.digits <= 1 || r.numbered) && r.runes <= 40 && r.words <= 4 &&
			!strings.ContainsAny(r.v, "@/\\_<>{}=")
	}
	return []form{
		{pii.Email, func(r *reading) bool { return isMailbox(r.v) }, nil},
		{pii.Phone, func(r *reading) bool { return r.phone(r.v) },
			func(r *reading) bool { return r.digits >= 5 && r.letters <= 6 && r.digits <= 20 }},
		{pii.IP, nil, func(r *reading) bool {
			addr, err := netip.ParsePrefix(withBits(r.v))
			return err == nil && addr.IsValid()
		}},
		{pii.MAC, func(r *reading) bool { return isMAC(r.v) }, nil},
		{pii.UserAgent, func(r *reading) bool {
			return strings.HasPrefix(r.v, "Mozilla/") || strings.Contains(r.v, "AppleWebKit")
		}, func(r *reading) bool { return r.letters > r.digits && r.runes >= 4 }},
		{pii.URL, func(r *reading) bool {
			u, err := url.Parse(r.v)
			return err == nil && u.Scheme != "" && u.Host != "" || strings.HasPrefix(r.v, "www.")
		}, func(r *reading) bool { return strings.ContainsAny(r.v, "./") && r.spaces == 0 }},
		{pii.Capability, nil, func(r *reading) bool { // an address, or pairs of names and values
			return r.spaces == 0 && strings.ContainsAny(r.v, "./") || strings.Contains(r.v, "=")
		}},
		{pii.Date, nil, func(r *reading) bool { return r.date() }},
		{pii.Token, func(r *reading) bool { return isHash(r.v) }, func(r *reading) bool { return r.spaces <= 1 }},
		{pii.NationalID, nil, func(r *reading) bool {
			return r.digits >= 2 && r.digits+r.letters >= 3 && r.digits+r.letters <= 24 && r.words <= 3
		}},
		{pii.CreditCard, nil, func(r *reading) bool { return r.digits >= 4 && r.digits <= 19 && r.letters <= 4 }},
		{pii.IBAN, nil, func(r *reading) bool { return r.digits+r.letters >= 4 && r.words <= 9 && r.signs <= 4 }},
		{pii.Postcode, func(r *reading) bool { return isPostcode(r.v) }, func(r *reading) bool {
			return r.digits+r.letters >= 3 && r.digits+r.letters <= 11 && r.digits >= 1
		}},
		{pii.Street, func(r *reading) bool { return isStreet(r.v, r.shape) }, func(r *reading) bool { // a house has a number
			return (r.letters >= 1 || r.digits == r.runes && r.runes <= 6) && r.runes <= 160 && !r.json
		}},
		{pii.FullName, nil, func(r *reading) bool { return r.nameish || r.numbered }},
		{pii.FirstName, nil, name},
		{pii.LastName, nil, name},
		{pii.City, func(r *reading) bool { return lexicon().cities[r.folded] },
			func(r *reading) bool { return r.letters >= 2 && r.runes <= 60 && r.digits <= 5 }},
		{pii.Region, func(r *reading) bool { return lexicon().regions[r.folded] },
			func(r *reading) bool { return r.letters >= 1 && r.runes <= 60 && r.digits <= 3 }},
		{pii.Country, func(r *reading) bool { return lexicon().countries[r.folded] },
			func(r *reading) bool { return r.letters >= 2 && r.runes <= 60 && r.digits == 0 }},
		{pii.Company, func(r *reading) bool { return isCompany(r.v) },
			func(r *reading) bool { return r.letters >= 1 && r.runes <= 120 }},
		{pii.Username, func(r *reading) bool { return isElsewhere(r.v) }, func(r *reading) bool { return r.letters+r.digits >= 2 && r.spaces == 0 && r.runes <= 80 }},
		{pii.Latitude, nil, func(r *reading) bool { return r.number && r.point >= -90 && r.point <= 90 }},
		{pii.Longitude, nil, func(r *reading) bool { return r.number && r.point >= -180 && r.point <= 180 }},
		{pii.FreeText, nil, func(r *reading) bool { return r.letters >= 1 }},
		{Gender, nil, func(r *reading) bool { return r.runes <= 3 || lexicon().genders[r.folded] }},
		{Age, nil, func(r *reading) bool { return r.digits >= 1 && r.digits <= 6 && r.runes <= 12 }},
		{Financial, nil, func(r *reading) bool { return r.digits >= 1 }},
		{Special, nil, always}, // codes of diagnoses are numbers
		{Unknown, nil, always},
		{Photo, nil, always},
	}
})

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

// date reports whether a value could be a date, or a part of one, in some form.
func (r *reading) date() bool {
	if r.is[pii.Date] || r.digits == len(r.v) && len(r.v) <= 2 {
		return true
	}
	v := strings.TrimSuffix(r.v, ".0") // a number that was a float once
	s := shapeOf(v)
	switch {
	case s.digits == 0 || s.digits > 17 || s.letters > 14:
		return false
	case s.digits == s.runes:
		return s.runes <= 2 || s.runes == 4 && (v[0] == '1' || v[0] == '2') || s.runes == 6 || s.runes == 8
	}
	return s.digits >= 4 && s.letters > 0 ||
		strings.Count(v, "-")+strings.Count(v, "/")+strings.Count(v, ".")+strings.Count(v, " ") >= 2
}
