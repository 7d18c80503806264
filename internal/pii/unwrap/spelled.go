package unwrap

import "bytes"

// People write the signs of an address in words, so that programs don't read it:
// hanna [at] posteo (dot) de, hanna at posteo dot de.

// maxSign is the length of the longest word for a sign, with its brackets and spaces.
const maxSign = 14

// bracketedAt reports a sign that is spelled out in brackets.
func bracketedAt(text []byte) bool {
	for _, open := range []byte("[({<") {
		for i := 0; ; i++ {
			k := bytes.IndexByte(text[i:], open)
			if k < 0 {
				break
			}
			i += k
			if _, n := bracketed(text, i); n > 0 {
				return true
			}
		}
	}
	return false
}

// bracketed reads a sign in brackets, with the spaces around it, between two words.
func bracketed(text []byte, i int) (sign byte, size int) {
	start, end := i, i+1
	for start > 0 && text[start-1] == ' ' && i-start < 2 {
		start--
	}
	word := text[end:min(len(text), i+maxSign)]
	if len(word) == 0 || alnum[word[0]] && signLetters[word[0]|0x20] == 0 {
		return 0, 0
	}
	k := 0
	for k < len(word) && word[k] != ']' && word[k] != ')' && word[k] != '}' && word[k] != '>' {
		k++
	}
	if k == 0 || k == len(word) {
		return 0, 0
	}
	if sign = signOf(bytes.Trim(word[:k], " ")); sign == 0 {
		return 0, 0
	}
	for end += k + 1; end < len(text) && text[end] == ' ' && end < i+maxSign; end++ {
	}
	if !within(text, start, end) {
		return 0, 0
	}
	return sign, end - i
}

// signOf is the sign that a word says.
func signOf(word []byte) byte {
	if len(word) > maxSign {
		return 0
	}
	var low [maxSign]byte
	for i, c := range word {
		if c-'A' < 26 {
			c |= 0x20
		}
		low[i] = c
	}
	switch string(low[:len(word)]) {
	case "at", "@", "ät", "Ät", "arroba":
		return '@'
	case "dot", ".", "punkt", "punto", "point", "ponto":
		return '.'
	case "dash", "minus", "hyphen", "-":
		return '-'
	case "underscore", "_":
		return '_'
	case "plus", "+":
		return '+'
	}
	return 0
}

// signLetters are the first letters of those words.
var signLetters = [128]byte{'a': 1, 'd': 1, 'p': 1, 'm': 1, 'h': 1, 'u': 1}

// spokenAt reports an address with its signs as words between spaces, or between
// hyphens or low lines.
func spokenAt(text []byte) bool {
	if len(text) < len("a at b.cd") {
		return false
	}
	for _, at := range spokenSigns {
		for i := 0; ; {
			k := bytes.Index(text[i:], at)
			if k < 0 {
				break
			}
			if i += k; spokenDomain(text, i+len(at)) > 0 && i > 0 && alnum[text[i-1]] {
				return true
			}
			i += len(at)
		}
	}
	return false
}

var spokenSigns = [...][]byte{[]byte(" at "), []byte("_at_"), []byte("-at-"), []byte(" AT "), []byte("_AT_")}

// spokenDomain is the end of the domain that begins at i, with at least one dot as sign
// or word and letters behind it; 0 if there is none.
func spokenDomain(text []byte, i int) int {
	dots := 0
	for {
		start := i
		for i < len(text) && (alnum[text[i]] || text[i] == '-' && dotWord(text[i:]) == 0) {
			i++
		}
		if i == start {
			return 0
		}
		n := dotWord(text[i:])
		if n == 0 {
			if dots == 0 || i-start < 2 || !isLetter(text[start]) {
				return 0
			}
			return i
		}
		if i+n >= len(text) || !alnum[text[i+n]] {
			if dots == 0 {
				return 0
			}
			return i
		}
		dots++
		i += n
	}
}

// dotWord is the length of a dot, as sign or as word with what stands around it.
func dotWord(text []byte) int {
	if len(text) > 0 && text[0] == '.' {
		return 1
	}
	if len(text) < 5 || text[0] != ' ' && text[0] != '_' && text[0] != '-' {
		return 0
	}
	for _, n := range [...]int{5, 7} { // dot, punkt, punto, point, ponto
		if len(text) > n && text[n-1] == text[0] && signOf(text[1:n-1]) == '.' {
			return n
		}
	}
	return 0
}

// appendSpoken appends text with the signs of such addresses instead of their words.
func appendSpoken(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		end := 0
		for _, at := range spokenSigns {
			if bytes.HasPrefix(text[i:], at) {
				end = spokenDomain(text, i+len(at))
				break
			}
		}
		if end == 0 {
			if n := dotWord(text[i:]); n > 1 && i > 0 && alnum[text[i-1]] {
				dst = append(dst, '.')
				i += n
				continue
			}
			dst = append(dst, text[i])
			i++
			continue
		}
		dst = append(dst, '@')
		for i += len(spokenSigns[0]); i < end; {
			if n := dotWord(text[i:]); n > 0 {
				dst = append(dst, '.')
				i += n
				continue
			}
			dst = append(dst, text[i])
			i++
		}
	}
	return dst
}
