package detect

import (
	"bytes"
	"math/bits"

	"refresher/internal/pii"
)

// Lengths of a token that no vendor's prefix marks, in characters. Longer ones are
// data (a picture in base64).
const (
	tokenMin = 20
	tokenMax = 200
)

// secretRun is the run text[i:end] with the characters of secrets around it.
func secretRun(text []byte, free, i, end int) (int, int) {
	low := max(free, i-tokenMax)
	for i > low && secretChar(text[i-1]) {
		i--
	}
	for end < len(text) && secretChar(text[end]) && end-i <= tokenMax {
		end++
	}
	for k := 0; k < 2 && end < len(text) && text[end] == '='; k++ {
		end++ // padding
	}
	for end > i && (text[end-1] == '/' || text[end-1] == '-' || text[end-1] == '_') {
		end--
	}
	for i < end && kinds[text[i]]&alnum == 0 {
		i++
	}
	return i, end
}

// token looks for a high-entropy token around the run text[i:end]: letters of both
// cases and digits, so mixed that no word or name is, or anything random where
// a word says that it is a secret.
func (d *Detector) token(text []byte, free, i, end int) Hit {
	i, end = secretRun(text, free, i, end)
	if n := end - i; n < tokenMin || n > tokenMax || end < len(text) && secretChar(text[end]) {
		return Hit{}
	}
	s := mixOf(text[i:end])
	if s.links > 3 || s.distinct < 10 || s.digits*20 < end-i {
		return Hit{} // a path, a word, a number
	}
	h := Hit{Class: pii.Token, Kind: "entropy", Start: i, End: end}
	random := s.upper*8 >= s.letters && s.lower*8 >= s.letters && s.turns*3 >= end-i &&
		s.distinct*10 >= 8*differentOf[min(end-i, len(differentOf)-1)]
	switch {
	case d.nearby(text, i, end).topics&aboutToken != 0:
		h.Strong = random || longestPiece(text[i:end]) >= 32
	case !random || end-i < 24:
		return Hit{}
	}
	return h
}

// longestPiece is the length of the longest stretch without a slash: those of a path are short, and all of
// them together say nothing.
func longestPiece(b []byte) (longest int) {
	for piece := range bytes.SplitSeq(b, []byte{'/'}) {
		longest = max(longest, len(piece))
	}
	return longest
}

// differentOf is how many different characters there are in so many random ones of 62.
var differentOf = func() (t [64]int) {
	missing := 62.0
	for n := range t {
		t[n] = int(62 - missing)
		missing *= 61.0 / 62
	}
	return t
}()

// mix is what characters a token is of.
type mix struct {
	upper, lower, letters, digits int
	links                         int // / _ - in it
	turns                         int // from one kind of character to another
	distinct                      int
}

func mixOf(b []byte) (m mix) {
	var seen [2]uint64
	last := 0
	for _, c := range b {
		seen[c>>6&1] |= 1 << (c & 63)
		kind := 0
		switch {
		case kinds[c] == digit:
			m.digits++
			kind = 1
		case c >= 'a' && c <= 'z':
			m.lower++
			kind = 2
		case c >= 'A' && c <= 'Z':
			m.upper++
			kind = 3
		case c != '+' && c != '=':
			m.links++
		}
		if kind != last {
			m.turns++
		}
		last = kind
	}
	m.letters = m.upper + m.lower
	m.distinct = bits.OnesCount64(seen[0]) + bits.OnesCount64(seen[1])
	return m
}

func secretChar(c byte) bool { return tokenChar(c) || c == '+' || c == '/' }

// passwordHash looks for a hash in the modular crypt format at the '$' at i: bcrypt,
// Argon2, scrypt, SHA-crypt, MD5-crypt, yescrypt, PBKDF2; or in that of Werkzeug.
func passwordHash(text []byte, i int) Hit {
	if h := werkzeugHash(text, i); h.End > 0 {
		return h
	}
	rest := text[i:min(len(text), i+200)]
	for _, f := range [...]struct {
		prefix string
		parts  int // behind it that are followed by a '$'
		min    int // characters of the last part
	}{
		{"$2a$", 1, 53}, {"$2b$", 1, 53}, {"$2y$", 1, 53}, {"$argon2id$", 3, 20}, {"$argon2i$", 3, 20}, {"$argon2d$", 3, 20}, {"$scrypt$", 2, 20},
		{"$6$", 1, 80}, {"$5$", 1, 40}, {"$1$", 1, 20}, {"$y$", 2, 40}, {"$pbkdf2-", 3, 20}, {"$apr1$", 1, 20}, {"$P$", 0, 30}, {"$7$", 1, 40},
	} {
		if len(rest) < len(f.prefix)+f.min || string(rest[:len(f.prefix)]) != f.prefix {
			continue
		}
		p, parts, start := len(f.prefix), 0, len(f.prefix)
		for p < len(rest) {
			c := rest[p]
			if c == '$' && (parts < f.parts || f.prefix == "$6$" || f.prefix == "$5$") { // rounds=… may come first
				parts++
				start = p + 1
			} else if kinds[c]&alnum == 0 && c != '.' && c != '/' && c != '+' && c != '=' && c != ',' && c != '-' &&
				c != '_' {
				break
			}
			p++
		}
		if parts >= f.parts && p-start >= f.min {
			return Hit{Class: pii.Token, Kind: "password_hash", Start: i, End: i + p, Strong: true}
		}
	}
	return Hit{}
}

// werkzeugHash looks for method$salt$hex around the first '$' of it, where method is scrypt:N:r:p or
// pbkdf2:DIGEST:ITERATIONS.
func werkzeugHash(text []byte, i int) Hit {
	start := i
	for start > 0 && i-start < 40 && (kinds[text[start-1]]&alnum != 0 || text[start-1] == ':') {
		start--
	}
	method := text[start:i]
	if !bytes.HasPrefix(method, []byte("scrypt:")) && !bytes.HasPrefix(method, []byte("pbkdf2:")) {
		return Hit{}
	}
	salt, end := i+1, i+1
	for end < len(text) && end-salt < 64 && (kinds[text[end]]&alnum != 0 || text[end] == '.') {
		end++
	}
	if end == salt || end >= len(text) || text[end] != '$' {
		return Hit{}
	}
	hash := end + 1
	for end = hash; end < len(text) && (kinds[text[end]] == digit || text[end] >= 'a' && text[end] <= 'f'); end++ {
	}
	if end-hash < 32 {
		return Hit{}
	}
	return Hit{Class: pii.Token, Kind: "password_hash", Start: start, End: end, Strong: true}
}
