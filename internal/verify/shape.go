package verify

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
)

// maxShape is the length of a shape in characters.
const maxShape = 60

// Shape is a value made unreadable: an address keeps the first letter on either
// side of the @ and a plain top-level domain ("j***@g***.com"), a name or street
// the first letter of each word, anything else its punctuation only; each run of
// letters or digits becomes ***.
func Shape(c pii.Class, text []byte) string {
	var b strings.Builder
	if c == pii.Email {
		if at := bytes.LastIndexByte(text, '@'); at > 0 {
			initial(&b, text[:at])
			b.WriteByte('@')
			domain := text[at+1:]
			initial(&b, domain)
			if dot := bytes.LastIndexByte(domain, '.'); dot > 0 && plainTLD(domain[dot+1:]) {
				b.Write(bytes.ToLower(domain[dot:]))
			}
			return b.String()
		}
	}
	letters := c == pii.FullName || c == pii.Street || c == pii.Email
	inWord := false
	n := 0
	for len(text) > 0 && n < maxShape {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if inWord {
				continue
			}
			if letters && unicode.IsLetter(r) {
				b.WriteRune(r)
			}
			b.WriteString("***")
			n += 4
			inWord = true
			continue
		case r == utf8.RuneError || unicode.IsControl(r):
			r = ' '
		}
		inWord = false
		b.WriteRune(r)
		n++
	}
	return b.String()
}

func initial(b *strings.Builder, text []byte) {
	if r, _ := utf8.DecodeRune(text); r != utf8.RuneError && unicode.IsLetter(r) {
		b.WriteRune(r)
	}
	b.WriteString("***")
}

func plainTLD(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(b) >= 2 && len(b) <= 6
}
