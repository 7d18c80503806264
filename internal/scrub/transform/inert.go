package transform

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/document"
	"refresher/internal/scrub/normal"
)

func inertDef() Definition {
	return Definition{
		Name: "inert", Suggest: []string{"webhook", "dsn", "connection_string"}, Class: pii.Capability,
		Families: []Family{FamilyText}, Plain: true, Prose: true,
		Doc: "What lets a program act, in the same form and leading nowhere: " +
			"a URL has the host host.invalid (RFC 6761), the path's length, and " +
			"no user, password, query or signature; a connection string has no password; a host is host.invalid; " +
			"of anything else, a key for instance, letters " +
			"become x and digits 0. JSON keeps its structure, short numbers and booleans.",
		Example: Example{Rule: "inert", Value: "postgres://app:secret@db.acme.test:5432/orders?sslmode=require"},
		Build: func(d *Domain) (Masks, error) {
			paths, err := document.Compile(map[string]document.Rule{"**": {Prose: true}})
			return Masks{FamilyText: &inertMasker{paths: paths, room: d.narrowest()}}, err
		},
	}
}

const nowhere = fake.Nowhere

type inertMasker struct {
	paths *document.Paths
	room  int // characters of the narrowest column, 0: no limit
}

func (m *inertMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	r.Suspect(text)
	start := len(dst)
	if doc := bytes.TrimSpace(text); len(doc) > 0 && (doc[0] == '{' || doc[0] == '[') {
		made, err := m.document(r, dst, text)
		var syntax *document.SyntaxError
		if err == nil || !errors.As(err, &syntax) {
			return m.fitting(made, start, text), err
		}
		dst = made[:start]
	}
	return m.fitting(appendInert(dst, text), start, text), nil
}

// document rewrites every text of a document.
func (m *inertMasker) document(r *Row, dst, doc []byte) ([]byte, error) {
	keys := document.Keys{Plain: r.PlainName, Alias: r.Alias}
	return m.paths.Rewriter(keys).Rewrite(dst, doc, func(dst []byte, _ int, leaf *document.Leaf) ([]byte, error) {
		switch {
		case leaf.Kind == document.String:
			start := len(dst)
			return document.EndString(appendInert(append(dst, '"'), leaf.Text), start), nil
		case leaf.Kind == document.Number && len(leaf.Raw) > maxNumber:
			return append(dst, '0'), nil
		}
		return append(dst, leaf.Raw...), nil
	})
}

// maxNumber is the length up to which a number in a document is a port, a time-out or a count.
const maxNumber = 6

// fitting is dst, or zeros of text's length where what was made doesn't fit the column.
func (m *inertMasker) fitting(dst []byte, start int, text []byte) []byte {
	if m.room == 0 || utf8.RuneCount(dst[start:]) <= m.room {
		return dst
	}
	return appendZeros(dst[:start], text)
}

// forms of what acts, compiled on first use.
var forms = sync.OnceValue(func() (f struct{ pair, host *regexp.Regexp }) {
	f.pair = regexp.MustCompile(`(?i)([a-z][a-z0-9 _-]*?)\s*=\s*('(?:[^'\\]|\\.)*'|"[^"]*"|[^;\s]*)`)
	f.host = regexp.MustCompile(`(?i)^\s*(?:[a-z0-9_-]{1,63}\.)+[a-z]{2,24}(:\d{1,5})?\s*$`)
	return f
})

// appendInert appends a text of the same form that leads nowhere.
func appendInert(dst, text []byte) []byte {
	if made, ok := appendInertURL(dst, bytes.TrimSpace(text)); ok {
		return made
	}
	f := forms()
	if m := f.host.FindSubmatch(text); m != nil {
		return append(append(dst, nowhere...), m[1]...)
	}
	if pairs := f.pair.FindAllSubmatchIndex(text, -1); len(pairs) > 1 && !bytes.Contains(text, []byte{'\n'}) {
		return appendConnection(dst, text, pairs)
	}
	if i := bytes.IndexByte(text, '@'); i > 0 && bytes.IndexByte(text, ' ') < 0 && f.host.Match(text[i+1:]) {
		return append(appendZeros(dst, text[:i]), "@"+nowhere...)
	}
	return appendZeros(dst, text)
}

// appendInertURL appends a URL's scheme, a host that never resolves, its port and the zeros of its path.
func appendInertURL(dst, text []byte) ([]byte, bool) {
	i := bytes.Index(text, []byte("://"))
	if i < 2 || i > 31 || strings.Trim(string(text[:i]), schemes) != "" {
		return dst, false
	}
	for _, c := range text[:i] {
		dst = append(dst, byte(unicode.ToLower(rune(c))))
	}
	dst = append(dst, "://"+nowhere...)
	authority := text[i+3:]
	var path []byte
	if n := bytes.IndexAny(authority, "/?#"); n >= 0 {
		authority, path = authority[:n], authority[n:]
	}
	if n := bytes.LastIndexByte(authority, ':'); n >= 0 && len(authority)-n <= len(":65535") {
		if port := authority[n:]; strings.Trim(string(port[1:]), "0123456789") == "" {
			dst = append(dst, port...)
		}
	}
	if n := bytes.IndexAny(path, "?#"); n >= 0 {
		path = path[:n]
	}
	return appendZeros(dst, path), true
}

const schemes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"

// appendConnection appends a connection string: libpq's, ODBC's, ADO's.
func appendConnection(dst, text []byte, pairs [][]int) []byte {
	separator := byte(' ')
	if bytes.IndexByte(text, ';') >= 0 {
		separator = ';'
	}
	start := len(dst)
	for _, at := range pairs {
		key, value := bytes.TrimSpace(text[at[2]:at[3]]), text[at[4]:at[5]]
		var made []byte
		switch name := string(bytes.ToLower(key)); name {
		case "host", "hostaddr", "server", "data source", "address", "addr", "network address", "endpoint":
			made = []byte(nowhere)
		case "port", "sslmode", "encrypt", "pooling", "connect_timeout", "timeout", "connection timeout", "driver":
			if made = value; len(value) > 20 {
				made = appendZeros(nil, value)
			}
		case "user", "uid", "user id", "username", "dbname", "database", "initial catalog":
			made = appendZeros(nil, value)
		default: // a password, or what nobody knows
			continue
		}
		if len(dst) > start {
			dst = append(dst, separator)
		}
		dst = append(append(append(dst, key...), '='), made...)
	}
	if len(dst) == start {
		return appendZeros(dst, text)
	}
	return dst
}

// appendZeros appends text with every letter an x and every digit a zero.
func appendZeros(dst, text []byte) []byte {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case normal.IsDigit(byte(c)) && c < utf8.RuneSelf:
			dst = append(dst, '0')
		case unicode.IsUpper(c):
			dst = append(dst, 'X')
		case unicode.IsLetter(c), unicode.IsMark(c), unicode.IsNumber(c):
			dst = append(dst, 'x')
		case c < utf8.RuneSelf:
			dst = append(dst, byte(c))
		default:
			dst = append(dst, '-')
		}
	}
	return dst
}
