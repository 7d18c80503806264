package sqltext

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Kind is what a token is.
type Kind uint8

// The kinds of token.
const (
	Blank  Kind = iota // white space, or a comment
	Word               // a key word, a name without quotes or a number
	Name               // "…" or U&"…"
	String             // '…', E'…', U&'…', B'…', X'…', N'…' or $tag$…$tag$
	Sign               // any other character
	End                // the semicolon that ends a statement
)

// Lexer cuts SQL into tokens as psql does (src/fe_utils/psqlscan.l). It takes text in
// pieces that end at the end of a line, or of the text: what is open there goes on in the
// next piece. The zero value stands before a statement; a copy of it looks ahead.
type Lexer struct {
	open  byte   // what a piece ended within: ' or ", e for E'…', $, or * for a comment; 0: nothing
	tag   string // of $: what ends it
	depth int    // of *: comments nest

	begun  bool
	words  []string // the statement's first, in upper case
	parens int
	bodies int // depth of BEGIN ATOMIC, with the CASEs in it
}

// maxWords is how many of a statement's first words are remembered, beside STDIN and STDOUT.
const maxWords = 6

// Open reports whether the text so far ends within a string, a quoted name or a comment.
func (l *Lexer) Open() bool { return l.open != 0 }

// Begun reports whether a statement has begun, and not ended.
func (l *Lexer) Begun() bool { return l.begun }

// Words are the first words of the statement at hand, in upper case.
func (l *Lexer) Words() []string { return l.words }

// Next is the first token of text, which is not empty, and its length in bytes. Of one that
// was open before, or is open behind text, it is the part in text.
func (l *Lexer) Next(text []byte) (Kind, int) {
	if l.open != 0 {
		return l.rest(text, 0)
	}
	switch c := text[0]; {
	case space(c):
		n := 1
		for n < len(text) && space(text[n]) {
			n++
		}
		return Blank, n
	case bytes.HasPrefix(text, []byte("--")):
		if n := bytes.IndexByte(text, '\n'); n >= 0 {
			return Blank, n
		}
		return Blank, len(text)
	case bytes.HasPrefix(text, []byte("/*")):
		l.open, l.depth = '*', 1
		return l.rest(text, 2)
	case c == ';' && l.parens == 0 && l.bodies == 0:
		*l = Lexer{}
		return End, 1
	}
	l.begun = true
	switch c := text[0]; {
	case c == '\'' || c == '"':
		l.open = c
		return l.rest(text, 1)
	case c == '$' && dollarTag(text) != "":
		l.open, l.tag = '$', dollarTag(text)
		return l.rest(text, len(l.tag))
	case wordStart(c) || digit(c):
		return l.word(text)
	case c == '(':
		l.parens++
	case c == ')':
		l.parens = max(0, l.parens-1)
	}
	return Sign, 1
}

// rest is the end of what is open, whose first n bytes are read.
func (l *Lexer) rest(text []byte, n int) (Kind, int) {
	kind := String
	switch l.open {
	case '*':
		return Blank, l.comment(text, n)
	case '$':
		if i := bytes.Index(text[n:], []byte(l.tag)); i >= 0 {
			l.open = 0
			return String, n + i + len(l.tag)
		}
		return String, len(text)
	case '"':
		kind = Name
	}
	quote := l.open
	if quote == 'e' {
		quote = '\''
	}
	for ; n < len(text); n++ {
		switch c := text[n]; {
		case c == '\\' && l.open == 'e':
			n++
		case c == quote && n+1 < len(text) && text[n+1] == quote:
			n++
		case c == quote:
			l.open = 0
			return kind, n + 1
		}
	}
	return kind, len(text)
}

func (l *Lexer) comment(text []byte, n int) int {
	for n < len(text) {
		switch {
		case bytes.HasPrefix(text[n:], []byte("/*")):
			l.depth++
			n += 2
		case bytes.HasPrefix(text[n:], []byte("*/")):
			n += 2
			if l.depth--; l.depth == 0 {
				l.open = 0
				return n
			}
		default:
			n++
		}
	}
	return n
}

// word reads a word, or a string that begins with one: E'…', U&'…', B'…', X'…', N'…', U&"…".
func (l *Lexer) word(text []byte) (Kind, int) {
	n := 1
	for n < len(text) && (wordStart(text[n]) || digit(text[n]) || text[n] == '$') {
		n++
	}
	if n < len(text) && n == 1 {
		switch c := text[0] | 0x20; {
		case text[1] == '\'' && c == 'e':
			l.open = 'e'
			return l.rest(text, 2)
		case text[1] == '\'' && (c == 'b' || c == 'x' || c == 'n'):
			l.open = '\''
			return l.rest(text, 2)
		case c == 'u' && len(text) > 2 && text[1] == '&' && (text[2] == '\'' || text[2] == '"'):
			l.open = text[2]
			return l.rest(text, 3)
		}
	}
	if digit(text[0]) {
		return Word, n
	}
	w := strings.ToUpper(string(text[:n]))
	l.body(w)
	if len(l.words) < maxWords || w == "STDIN" || w == "STDOUT" {
		l.words = append(slices.Clip(l.words), w) // a copy of the lexer keeps its own
	}
	return Word, n
}

// body follows the depth of a function's BEGIN ATOMIC … END, as psql does.
func (l *Lexer) body(w string) {
	routine := len(l.words) > 1 && l.words[0] == "CREATE" && (isRoutine(l.words[1]) ||
		len(l.words) > 3 && l.words[1] == "OR" && isRoutine(l.words[3]))
	switch {
	case !routine || l.parens > 0:
	case w == "BEGIN", w == "CASE" && l.bodies > 0:
		l.bodies++
	case w == "END" && l.bodies > 0:
		l.bodies--
	}
}

func isRoutine(w string) bool { return w == "FUNCTION" || w == "PROCEDURE" }

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func wordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// dollarTag is the $…$ at the head of text, "" if there is none.
func dollarTag(text []byte) string {
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			return string(text[:i+1])
		case !wordStart(c) && (i == 1 || !digit(c)):
			return ""
		}
	}
	return ""
}

// Token is one token of a text.
type Token struct {
	Kind Kind
	Text string // as it is written
}

// Tokens are those of a text, without blanks.
func Tokens(text string) (list []Token) {
	var l Lexer
	for b := []byte(text); len(b) > 0; {
		kind, n := l.Next(b)
		if kind != Blank {
			list = append(list, Token{kind, string(b[:n])})
		}
		b = b[n:]
	}
	return list
}

// Value is what a String or Name says, without quotes and escapes; of others, their text.
func (t Token) Value() string {
	text := t.Text
	if t.Kind != String && t.Kind != Name {
		return text
	}
	if text[0] == '$' {
		tag := dollarTag([]byte(text))
		return strings.TrimSuffix(text[len(tag):], tag)
	}
	i := strings.IndexAny(text, `'"`)
	quote := text[i : i+1]
	inner := strings.ReplaceAll(strings.TrimSuffix(text[i+1:], quote), quote+quote, quote)
	switch text[0] | 0x20 {
	case 'e':
		return unescape(inner, true)
	case 'u':
		return unescape(inner, false)
	}
	return inner
}

// unescape resolves the escapes of E'…' (C's), or those of U&'…' (code points).
func unescape(s string, c bool) string {
	var b strings.Builder
	var high rune // of a surrogate pair
	code := func(digits string, base int) bool {
		x, err := strconv.ParseUint(digits, base, 32)
		switch r := rune(x); {
		case err != nil:
			return false
		case c && base == 8 || c && len(digits) <= 2:
			b.WriteByte(byte(x))
		case high != 0:
			b.WriteRune(utf16.DecodeRune(high, r))
			high = 0
		case utf16.IsSurrogate(r):
			high = r
		default:
			b.WriteRune(r)
		}
		return true
	}
	letters := map[byte]string{'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t"}
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		rest := s[i+1:]
		n, from, base := codeDigits(rest, c)
		if n > 0 && len(rest) >= n && code(rest[from:n], base) {
			i += n
			continue
		}
		if l, ok := letters[rest[0]]; c && ok {
			b.WriteString(l)
		} else {
			b.WriteByte(rest[0])
		}
		i++
	}
	return b.String()
}

// codeDigits says where the digits of a character's code stand behind a backslash, rest[from:n],
// and their base; n is 0 if there is none.
func codeDigits(rest string, c bool) (n, from, base int) {
	run := func(n int, digits string) int {
		for n < min(3, len(rest)) && strings.IndexByte(digits, rest[n]) >= 0 {
			n++
		}
		return n
	}
	switch first := rest[0]; {
	case !c && first == '+':
		return 7, 1, 16
	case !c && first != '\\':
		return 4, 0, 16
	case !c:
		return 0, 0, 16
	case first == 'u':
		return 5, 1, 16
	case first == 'U':
		return 9, 1, 16
	case first == 'x':
		return run(1, "0123456789abcdefABCDEF"), 1, 16
	case first >= '0' && first <= '7':
		return run(1, "01234567"), 0, 8
	}
	return 0, 0, 16
}
