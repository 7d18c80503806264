package discover

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/brianvoe/gofakeit/v6/data"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/scrub/transform"
)

// Limits of what is looked at within documents.
const (
	maxLeaves = 150
	maxKeys   = 40 // of one object; more are data, not a schema
	maxDepth  = 12
)

// document is what a column of JSON holds, path by path.
type document struct {
	leaves []*leaf
	whole  bool // every path is listed
	mapped bool // keys of its objects are e-mail addresses
}

// leaf is what lies at one path.
type leaf struct {
	path   string
	keys   []string // without array steps
	number bool     // every value is a number
	null   bool     // no value but null
	values []string
	class  pii.Class
	score  float64
	reason string
	drop   bool // its rule didn't compile: left to be redacted
	hidden bool // its path holds a key that may be data: redacted, and not printed
	once   bool // of a configuration: its path was seen once, so that its values must be plain to stay
}

// where names the leaf in a sentence.
func (l *leaf) where() string {
	if l.hidden {
		return "under a key that may be data"
	}
	if l.path == "" {
		return "as a whole"
	}
	return "at " + l.path
}

// readDocuments finds the paths of sampled documents. settings: the column's name says that
// they are a program's configuration, of which there may be a single row.
func readDocuments(docs []string, settings bool) *document {
	w := walker{settings: settings, leaves: map[string]*leaf{}, keys: map[string]map[string]int{}}
	for _, text := range docs {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) == nil {
			w.keysOf("", v, 0)
		}
	}
	for _, text := range docs {
		dec := json.NewDecoder(bytes.NewReader([]byte(text)))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) == nil {
			w.walk("", nil, v, 0)
		}
	}
	d := &document{whole: !w.open && len(w.leaves) > 0}
	for _, keys := range w.keys {
		for k := range keys {
			d.mapped = d.mapped || isMailbox(k)
		}
	}
	for _, p := range w.order {
		l := w.leaves[p]
		// elsewhere more than a value stands there
		l.drop = l.drop || p == "" || w.keys[p] != nil || w.leaves[p+"[*]"] != nil
		d.leaves = append(d.leaves, l)
		d.whole = d.whole && !l.drop && !l.hidden
	}
	if len(d.leaves) > maxLeaves {
		d.leaves, d.whole = d.leaves[:maxLeaves], false
	}
	return d
}

type walker struct {
	leaves map[string]*leaf
	order  []string
	keys   map[string]map[string]int // of the objects at a path, and in how many each stands
	open   bool                      // something was not walked into
	hidden bool                      // a key on the way may be data
	once   bool                      // a key on the way stands in one document only

	settings bool // a key that is made of words is one although it stands once
}

// keysOf counts the keys of objects: one of many keys is a map, whose keys are data.
func (w *walker) keysOf(path string, v any, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if w.keys[path] == nil {
			w.keys[path] = map[string]int{}
		}
		for k, e := range v {
			if len(w.keys[path]) <= maxKeys {
				w.keys[path][k]++
			}
			w.keysOf(step(path, k), e, depth+1)
		}
	case []any:
		for _, e := range v {
			w.keysOf(path+"[*]", e, depth+1)
		}
	}
}

func (w *walker) walk(path string, keys []string, v any, depth int) {
	if depth > maxDepth {
		w.open = true
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if known := w.keys[path]; len(known) > maxKeys ||
			slices.ContainsFunc(sorted(known), isData) {
			w.open = true
			return
		}
		for _, k := range sorted(v) {
			// A word that recurs is the name of something; any other key may be data.
			once := w.keys[path][k] < 2
			was, wasOnce := w.hidden, w.once
			w.hidden, w.once = was || once && !w.settings || !isWording(k), wasOnce || once
			w.walk(step(path, k), append(slices.Clone(keys), k), v[k], depth+1)
			w.hidden, w.once = was, wasOnce
		}
	case []any:
		for _, e := range v {
			w.walk(path+"[*]", keys, e, depth+1)
		}
	default:
		w.leaf(path, keys, v)
	}
}

func (w *walker) leaf(path string, keys []string, v any) {
	l := w.leaves[path]
	if l == nil {
		if len(w.leaves) > maxLeaves {
			w.open = true
			return
		}
		l = &leaf{path: path, keys: keys, number: true, null: true, hidden: w.hidden, once: w.once}
		w.leaves[path] = l
		w.order = append(w.order, path)
	}
	switch v := v.(type) {
	case string:
		l.number, l.null = false, false
		l.values = append(l.values, v)
	case json.Number:
		l.null = false
		l.values = append(l.values, v.String())
	case bool:
		l.number, l.null = false, false
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func step(path, key string) string {
	if strings.ContainsAny(key, ".[]\"* ") {
		key = `"` + key + `"`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// isData reports whether a key can't be the name that a programmer gave: then the object is
// a map, and all its keys are data.
func isData(k string) bool {
	if k == "" || len(k) > 60 || strings.ContainsAny(k, "@\"\\\n\r\t") {
		return true
	}
	digits := 0
	for i := range len(k) {
		if k[i] >= '0' && k[i] <= '9' {
			digits++
		}
	}
	return 2*digits >= len(k) || !isWording(k) && isNamed(k)
}

// isSetting reports whether a value of a configuration is plain: a short number, or words of
// a dictionary of which none is a person's name.
func isSetting(v string) bool {
	if len(v) <= 6 && strings.Trim(v, "-.0123456789") == "" {
		return true
	}
	return len(v) <= 40 && !strings.ContainsAny(v, "@/\\") && isWording(v) && !isNamed(v)
}

// configuration reports whether a column's name says that it holds a program's settings.
func (c *column) configuration() bool {
	return slices.ContainsFunc(c.name.parts, func(w string) bool {
		switch strings.TrimSuffix(w, "s") {
		case "setting", "config", "configuration", "preference", "pref", "option", "flag", "feature":
			return true
		}
		return false
	})
}

// isNamed reports whether a key is, or holds, a person's name.
func isNamed(k string) bool {
	l := lexicon()
	return slices.ContainsFunc(words2(k), func(w string) bool { return len(w) > 2 && (l.first[w] || l.last[w]) })
}

// isWording reports whether a key is made of words of a dictionary.
func isWording(k string) bool {
	ws := words(k)
	return len(ws) > 0 && !slices.ContainsFunc(ws, func(w string) bool {
		return slices.ContainsFunc(segments(w), func(part string) bool { return !isDictionaryWord(part) })
	})
}

// isDictionaryWord knows words of the vocabularies, of rules.txt and of keys.txt, and their
// usual endings.
func isDictionaryWord(w string) bool {
	d := keyWords()
	if len(w) == 1 || isWord(w) || d[w] {
		return true
	}
	for _, end := range []string{"s", "es", "d", "ed", "ing", "er", "ly"} {
		if stem, ok := strings.CutSuffix(w, end); ok && len(stem) > 3 &&
			(d[stem] || d[stem+"e"] || plainWords()[stem] ||
				plainWords()[stem+"e"]) {
			return true
		}
	}
	return false
}

// keyWords are the words that keys of documents are made of, besides those of names.
var keyWords = sync.OnceValue(func() map[string]bool {
	m := list("keys", " ")
	for _, w := range columnRules().asked {
		m[w] = true
	}
	for _, group := range []map[string][]string{data.Word, data.Hacker, data.Computer, data.Internet, data.Colors} {
		for _, list := range group {
			for _, phrase := range list {
				for _, w := range words2(phrase) {
					m[w] = true
				}
			}
		}
	}
	for w := range m { // a word that is a name, too, is taken for a name
		if lexicon().first[w] && !plainWords()[w] {
			delete(m, w)
		}
	}
	return m
})

// classify decides on every leaf, and so on the column.
func (d *document) classify(c *column, det *detect.Detector) {
	t := &table{Table: c.table.Table, name: c.table.name, facts: map[string]bool{"about": c.table.is("about"),
		"placed": c.table.is("placed")}}
	for _, l := range d.leaves {
		name := strings.Join(l.keys[max(0, len(l.keys)-2):], "_")
		if len(l.keys) == 0 {
			name = c.Name
		}
		family := transform.FamilyText
		if l.number {
			family = transform.FamilyNumber
		}
		col := &column{Column: c.Column, table: t, family: family, name: understand(name), seen: look(l.values, det,
			detect.ContextOf(name))}
		col.classify()
		if col.class == pii.None && len(l.keys) > 1 { // contact.value is named by both, person.email by the last
			col.name = understand(l.keys[len(l.keys)-1])
			col.classify()
		}
		l.class, l.score, l.reason = col.class, col.score, col.reason
	}
	if d.mapped {
		c.class, c.score, c.reason = pii.Email, 0.95, "keys of its objects read like e-mail addresses"
	}
	for _, l := range d.leaves {
		if l.class != pii.None && (c.class == pii.None || l.score > c.score) {
			c.class, c.score, c.reason = l.class, l.score, l.where()+": "+l.reason
		}
	}
}

// rule is the transform of a leaf, "" to leave it to be redacted.
func (l *leaf) rule() string {
	switch {
	case l.drop, l.hidden, l.null:
		return ""
	case l.class == pii.None && l.once && slices.ContainsFunc(l.values, func(v string) bool { return !isSetting(v) }):
		return ""
	case l.class == pii.None:
		return "keep"
	case l.number:
		switch l.class {
		case pii.NationalID, pii.CreditCard, pii.Phone, pii.Latitude, pii.Longitude:
			return string(l.class)
		case Age:
			return "age_bucket"
		case Financial:
			return "{transform: number_noise, percent: 10}"
		}
		return ""
	}
	switch l.class {
	case pii.BirthDate, pii.Date:
		return "{transform: date_shift, max_days: 90}"
	case pii.FreeText:
		return "text"
	case pii.Capability:
		return "inert"
	case Gender:
		return "keep"
	case Special, Financial, Photo, Age, pii.VIN, pii.IMEI, pii.BIC, pii.Crypto, pii.Location:
		return ""
	case pii.Latitude, pii.Longitude:
		return string(l.class)
	}
	return string(l.class)
}
