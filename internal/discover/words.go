package discover

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"refresher/internal/pii/fold"
)

//go:embed lexicon/vocabulary.txt
var vocabulary string

// meaningsOf maps a word to what it means, in one or two words.
var meaningsOf = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	var meaning []string
	for line := range strings.Lines(vocabulary) {
		head, list := strings.CutSuffix(strings.TrimSpace(line), ":")
		switch {
		case head == "" || head[0] == '#':
		case list:
			meaning = strings.Fields(head)
		default:
			for _, w := range strings.Fields(head) {
				if w = strings.ToLower(fold.Accents(w)); m[w] == nil {
					m[w] = meaning
				}
			}
		}
	}
	return m
})

// words cuts a name into its words, in lower case and without accents:
// "Buyer'sE_mail2" is buyer, s, e, mail.
func words(name string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, string(word))
			word = word[:0]
		}
	}
	runes := []rune(fold.Accents(custom(name)))
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) ||
			unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
		}
		word = append(word, unicode.ToLower(r))
	}
	flush()
	return joined(out)
}

// custom leaves out what Salesforce puts around the name of a field that was added: the
// namespace of a package and __c.
func custom(name string) string {
	for _, end := range []string{"__c", "__pc"} {
		if own, ok := strings.CutSuffix(name, end); ok {
			if i := strings.LastIndex(own, "__"); i > 0 {
				own = own[i+2:]
			}
			return own
		}
	}
	return name
}

// joined puts together words that are one although something parts them: e-mail,
// f_name, DoB. One of the two must be a letter, or the first mean nothing.
func joined(ws []string) []string {
	vocabulary := meaningsOf()
	var out []string
	for i := 0; i < len(ws); i++ {
		if n := syllables(ws[i:]); n > 1 {
			out = append(out, strings.Join(ws[i:i+n], ""))
			i += n - 1
			continue
		}
		if i+1 < len(ws) {
			a, b := ws[i], ws[i+1]
			odd := len(a) == 1 || len(b) == 1 || vocabulary[a] == nil && !counts(vocabulary[b]) || a == "do"
			if odd && len(a+b) > 2 && vocabulary[a+b] != nil || (a == "zip" || a == "post") && b == "code" {
				out = append(out, a+b)
				i++
				continue
			}
		}
		out = append(out, ws[i])
	}
	return out
}

// syllables is how many words are one in another language, as MatKhau and
// tanggal_lahir are.
func syllables(ws []string) int {
	for n := min(3, len(ws)); n > 1; n-- {
		w := strings.Join(ws[:n], "")
		if len(w) > 3 && englishOf()[w] != "" {
			return n
		}
		letters := len(w) == n
		if m := meaningsOf()[w]; m != nil && (letters && n > 2 ||
			len(w) > 5 && slices.Contains([]string{"ssn", "passport", "bankaccount", "birth"}, m[0])) {
			return n
		}
	}
	return 1
}

// counts reports whether a word only says that another one is a number or code.
func counts(meaning []string) bool {
	return len(meaning) == 1 && (meaning[0] == "nhead" || meaning[0] == "id" || meaning[0] == "code")
}

// name is a column's or table's name as understood.
type name struct {
	parts    []string        // its words
	meanings map[string]bool // what they mean, with "" for words that mean nothing known
	last     string          // meaning of the last word that says something
}

// has reports whether all meanings are there; a|b is either.
func (n *name) has(meanings ...string) bool {
	for _, m := range meanings {
		if !n.any(strings.Split(m, "|")...) {
			return false
		}
	}
	return true
}

// any reports whether one of the meanings is there.
func (n *name) any(meanings ...string) bool {
	for _, m := range meanings {
		if n.meanings[m] {
			return true
		}
	}
	return false
}

// only reports whether nothing but these meanings (and words without weight) is there.
func (n *name) only(meanings ...string) bool {
	for m := range n.meanings {
		ok := m == "filler" || m == "nhead"
		for _, w := range meanings {
			ok = ok || m == w
		}
		if !ok {
			return false
		}
	}
	return true
}

// part is a word, "" where there is none.
func (n *name) part(i int) string {
	if i < 0 || i >= len(n.parts) {
		return ""
	}
	return n.parts[i]
}

// word reports whether one of the words is there.
func (n *name) word(list ...string) bool {
	return slices.ContainsFunc(n.parts, func(w string) bool { return slices.Contains(list, w) })
}

// understand reads a name.
func understand(s string) *name {
	var parts []string
	for _, w := range words(s) {
		parts = append(parts, segments(w)...)
	}
	return understood(bare(parts))
}

// bare leaves out what an import puts around the name of a column: raw_email, dob_str.
func bare(parts []string) []string {
	says := func(list []string) bool {
		return slices.ContainsFunc(list, func(w string) bool {
			m := meaningsOf()[w]
			return m != nil && m[0] != "filler" && m[0] != "neutral" && m[0] != "nhead"
		})
	}
	if n := len(parts) - 1; n > 0 && slices.Contains([]string{"str", "txt", "raw"}, parts[n]) &&
		(says(parts[:n]) || meaningsOf()[parts[n-1]] == nil) {
		parts = parts[:n]
	}
	if len(parts) > 1 && parts[0] == "raw" && says(parts[1:]) {
		parts = parts[1:]
	}
	return parts
}

func understood(parts []string) *name {
	n := &name{meanings: map[string]bool{}}
	for i, part := range parts {
		if i == 0 && len(parts) > 1 && roles()[part] && (addresses(parts[1:]) || parts[1] == "address" &&
			len(parts) == 2 && !slices.Contains([]string{"mail", "contract", "transaction", "account"}, part)) {
			part = "billing"
		}
		n.add(part)
	}
	if i := slices.IndexFunc(n.parts, func(w string) bool { return genitives()[w] }); i > 0 && i < len(n.parts)-1 {
		head := &name{meanings: map[string]bool{}}
		for _, part := range n.parts[:i] {
			head.add(part)
		}
		if head.last != "" {
			n.last = head.last
		}
	}
	if n.last == "" && len(n.parts) > 1 &&
		!slices.ContainsFunc(n.parts[1:], func(w string) bool { return meaningsOf()[w] != nil || plainWords()[w] }) {
		if m := meaningsOf()[n.parts[0]]; m != nil && m[0] != "filler" && m[0] != "nhead" && m[0] != "neutral" &&
			m[0] != "ship" {
			n.last = m[len(m)-1]
		}
	}
	return n
}

// roles say whose an address is, before the words of one; alone they are things.
var roles = sync.OnceValue(func() map[string]bool { return list("address_roles", " ") })

// addresses reports whether a name goes on with a part of a name or an address.
func addresses(parts []string) bool {
	rest := &name{meanings: map[string]bool{}}
	for _, p := range parts {
		rest.add(p)
	}
	return rest.any("first", "middle", "street", "city", "zip", "region", "state") &&
		!rest.any("product", "date", "at", "system") ||
		slices.Contains(parts, "lastname") || slices.Contains(parts, "zone") || rest.has("address", "line") ||
		slices.Equal(parts, []string{"company"})
}

// suffixes are words that names without separators end in, behind unknown ones.
var suffixes = sync.OnceValue(func() []string { return ordered("suffixes", " ") })

// genitives join what a name is of to its head, which stands first.
var genitives = sync.OnceValue(func() map[string]bool { return list("genitives", " ") })

func (n *name) add(part string) {
	if e := english(part); e != "" {
		part = e
	} else if w := skeletons()[part]; w != "" && meaningsOf()[part] == nil && !plainWords()[part] {
		part = w
	}
	n.parts = append(n.parts, part)
	means := meaningsOf()[part]
	if means == nil && len(part) > 3 {
		means = meaningsOf()[strings.TrimSuffix(part, "s")]
	}
	if means == nil {
		n.meanings[""], n.last = true, ""
	}
	for _, m := range means {
		n.meanings[m] = true
		if m != "filler" && m != "nhead" {
			n.last = m
		}
	}
	if len(means) == 1 && means[0] == "nhead" {
		n.last = "nhead"
	}
}

// isWord reports whether a word is one of a dictionary.
func isWord(w string) bool {
	return meaningsOf()[w] != nil || english(w) != "" || plainWords()[w] || plainWords()[strings.TrimSuffix(w, "s")]
}

// isPart reports whether a word may be a part of a longer one: a short one only if
// it has a meaning, as payload is no load of pay.
func isPart(w string) bool {
	if len(w) == 1 { // and
		return w == "e" || w == "y"
	}
	return meaningsOf()[w] != nil || len(w) > 3 && englishOf()[w] != "" || len(w) > 5 && plainWords()[w]
}

// segments cuts a word without separators, like dateofbirth, into words of the
// vocabulary; it comes back whole where that leaves a rest.
func segments(w string) []string {
	const least = 6
	if isWord(w) || len(w) < least || len(w) > 60 {
		return []string{w}
	}
	type step struct{ cost, from int }
	best := make([]step, len(w)+1)
	for i := 1; i <= len(w); i++ {
		best[i].cost = 1 << 20
		for j := max(0, i-24); j < i; j++ {
			part := w[j:i]
			if !isPart(part) || len(part) == 1 && (j == 0 || i == len(w)) { // one letter joins two words
				continue
			}
			cost := best[j].cost + 10
			if len(part) < 3 { // "of" and the like, never at the start
				if cost += 10; j == 0 && part != "id" && part != "ip" {
					cost += 30
				}
			}
			if cost < best[i].cost {
				best[i] = step{cost, j}
			}
		}
	}
	if end := best[len(w)].cost; end < 60 {
		var out []string
		for i := len(w); i > 0; i = best[i].from {
			out = append([]string{w[best[i].from:i]}, out...)
		}
		return out
	}
	for _, suffix := range suffixes() {
		if head, ok := strings.CutSuffix(w, suffix); ok && len(head) > 1 {
			return append(segments(head), suffix)
		}
	}
	return []string{w}
}
