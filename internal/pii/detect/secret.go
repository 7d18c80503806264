package detect

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// secret looks for a key that begins with the word at i.
func secret(text []byte, i int) Hit {
	rest := text[i:]
	if h := formed(text, i); h.End > 0 || bytes.HasPrefix(rest, []byte("eyJ")) {
		return h
	}
	for _, s := range shapes()[text[i]] {
		if rest[2] != s.prefix[2] || len(rest) < len(s.prefix)+s.min || string(rest[:len(s.prefix)]) != s.prefix {
			continue
		}
		end := i + len(s.prefix)
		for end < len(text) && (tokenChar(text[end]) || text[end] == '.' && s.prefix[len(s.prefix)-1] == '.') {
			end++
		}
		body := text[i+len(s.prefix) : end]
		if len(body) < s.min || s.exact && len(body) > s.min || !bytes.Contains(body, []byte(s.infix)) {
			continue
		}
		if s.mixed {
			if m := mixOf(body); m.upper == 0 || m.lower == 0 || m.digits == 0 {
				continue
			}
		}
		return Hit{Class: pii.Token, Start: i, End: end, Strong: true}
	}
	return Hit{}
}

// jwt looks for three base64url parts of which the first two are JSON objects
// ("eyJ" is `{"`; RFC 7519 §3).
func jwt(text []byte, i int) Hit {
	p := i
	for part := range 3 {
		start := p
		for p < len(text) && tokenChar(text[p]) {
			p++
		}
		if part < 2 {
			if p-start < 8 || string(text[start:start+3]) != "eyJ" || p >= len(text) || text[p] != '.' {
				return Hit{}
			}
			p++
		} else if p-start < 8 {
			return Hit{}
		}
	}
	return Hit{Class: pii.Token, Start: i, End: p, Strong: true}
}

// pem looks for a private key in PEM form (RFC 7468) at a run of hyphens, and
// otherwise steps over the run.
func pem(text []byte, i int) (Hit, int) {
	const begin, kind = "-----BEGIN ", "PRIVATE KEY"
	stop := i
	for stop < len(text) && text[stop] == '-' {
		stop++
	}
	start := stop - 5
	if start < i || start+len(begin) > len(text) || string(text[start:start+len(begin)]) != begin {
		return Hit{}, stop
	}
	label := text[start+len(begin) : min(len(text), start+len(begin)+40)]
	k := bytes.Index(label, []byte(kind))
	if k < 0 {
		return Hit{}, stop
	}
	end := start + len(begin) + k + len(kind)
	for end < len(text) && pemChar(text[end]) {
		end++
	}
	if string(text[end-3:end]) == "END" { // "-----END RSA PRIVATE KEY-----"
		for end < len(text) && (text[end] == ' ' || text[end] >= 'A' && text[end] <= 'Z' || text[end] == '-') {
			end++
		}
	}
	return Hit{Class: pii.Token, Start: start, End: end, Strong: true}, end
}

func pemChar(c byte) bool {
	return kinds[c]&alnum != 0 || c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r' || c == '-' || c == '\\'
}

func tokenChar(c byte) bool { return kinds[c]&alnum != 0 || c == '_' || c == '-' }

// iban looks for an IBAN at i, in one piece or with single spaces or hyphens.
func (d *Detector) iban(text []byte, i int) Hit {
	c0, c1 := text[i]&^0x20, text[i+1]&^0x20
	want := ident.IBANLength(c0, c1)
	if want == 0 || !before(text, i) {
		return Hit{}
	}
	var b [34]byte
	n, p := 0, i
	for p < len(text) && n < want {
		c := text[p]
		switch kinds[c] {
		case letter:
			c &^= 0x20
		case digit:
		default:
			if c != ' ' && c != '-' || n < 4 || kinds[text[p-1]]&alnum == 0 {
				return Hit{}
			}
			p++
			continue
		}
		b[n] = c
		n++
		p++
	}
	if n != want || !after(text, p) {
		return Hit{}
	}
	if !ident.IBAN(b[:n]) {
		d.miss(text, i, p)
		return Hit{}
	}
	return Hit{Class: pii.IBAN, Start: i, End: p, Strong: true, Bare: true}
}
