package detect

import (
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
)

// Limits of RFC 5321 §4.5.3.1, in bytes.
const (
	maxLocal  = 64
	maxDomain = 255
	maxLabel  = 63
)

// email looks for an address around the '@' at i (RFC 5321 §4.1.2 dot-string
// local parts; RFC 6531 letters beyond ASCII; a domain name with a top-level
// domain, no address literal).
func email(text []byte, free, i int) Hit {
	start := localStart(text, max(free, i-maxLocal), i)
	if start == i {
		if start = quotedStart(text, max(free, i-maxLocal), i); start == i {
			return Hit{}
		}
	}
	end := domainEnd(text, i+1)
	if end == 0 {
		return Hit{}
	}
	return Hit{Class: pii.Email, Start: start, End: end, Strong: true}
}

// localStart walks left from the '@' over a dot-string.
func localStart(text []byte, low, i int) int {
	s := i
	for s > low {
		c := text[s-1]
		if c < utf8.RuneSelf {
			if !localChar[c] || c == '.' && (s == i || text[s] == '.') {
				break
			}
			s--
			continue
		}
		r, n := utf8.DecodeLastRune(text[low:s])
		if !unicode.IsLetter(r) || unspaced(r) && s < i && text[s] < utf8.RuneSelf {
			break
		}
		s -= n
	}
	for s < i && (text[s] == '.' || text[s] == '-' || text[s] == '\'' || text[s] == '+') {
		s++
	}
	return s
}

// quotedStart walks left from the '@' over a quoted string (RFC 5321 §4.1.2). What
// it holds is as in an address: "john smith"@…, but no markup or list of values.
func quotedStart(text []byte, low, i int) int {
	if i-low < 3 || text[i-1] != '"' {
		return i
	}
	for s := i - 2; s >= low; s-- {
		switch c := text[s]; {
		case c == '"' && (s == 0 || text[s-1] != '\\'):
			if s+2 < i && text[s+1] != ',' && text[s+1] != ':' {
				return s
			}
			return i
		case c < ' ', c == '{', c == '}', c == ':', c == '<', c == '>':
			return i
		}
	}
	return i
}

// domainEnd walks right from behind the '@' over labels; it returns the end of
// the domain name, 0 if there is none.
func domainEnd(text []byte, i int) int {
	high := min(len(text), i+maxDomain)
	end, labels := 0, 0
	for start := i; start < high; {
		stop, wide := labelEnd(text, start, high)
		last := stop // a label does not end in a hyphen
		for last > start && text[last-1] == '-' {
			last--
		}
		if last == start || text[start] == '-' || stop-start > maxLabel {
			break
		}
		labels++
		if labels > 1 {
			if e := topLevelEnd(text, start, last, wide); e > 0 {
				end = e
			}
		}
		if last != stop || stop >= high || text[stop] != '.' {
			break
		}
		start = stop + 1
	}
	return end
}

// labelEnd walks over one label; wide says that it holds letters beyond ASCII.
func labelEnd(text []byte, i, high int) (end int, wide bool) {
	for i < high {
		c := text[i]
		switch {
		case kinds[c]&alnum != 0, c == '-':
			i++
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(text[i:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) || i+n > high {
				return i, wide
			}
			wide = true
			i += n
		default:
			return i, wide
		}
	}
	return i, wide
}

// topLevelEnd is where a label that may be a top-level domain ends, 0 if it is
// none: letters only, two or more, or an A-label; what follows in another script
// is not part of it; a file name's extension is none ("logo@2x.png").
func topLevelEnd(text []byte, start, end int, wide bool) int {
	if wide {
		if text[start] >= utf8.RuneSelf {
			return end
		}
		for end = start; kinds[text[end]]&alnum != 0; end++ {
		}
	}
	l := text[start:end]
	if len(l) < 2 || len(l) > 24 {
		return 0
	}
	if len(l) > 4 && l[0]|0x20 == 'x' && l[1]|0x20 == 'n' && l[2] == '-' && l[3] == '-' {
		return end
	}
	var low [8]byte
	for i, c := range l {
		if kinds[c] != letter {
			return 0
		}
		if i < len(low) {
			low[i] = c | 0x20
		}
	}
	if len(l) <= 5 {
		switch string(low[:len(l)]) {
		case "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp", "css", "scss", "html", "htm", "json", "yaml",
			"yml", "xml", "txt", "pdf", "csv", "js", "jsx", "ts", "tsx", "mjs", "map", "exe", "dll", "gz", "tgz",
			"tar", "conf", "log":
			return 0
		}
	}
	return end
}

// unspaced reports scripts written without spaces, where a letter before an
// address belongs to the sentence.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai,
		unicode.Lao)
}

// localChar are the ASCII characters taken as part of a local part. RFC 5322
// atext has more (= / ? { | } # & * ! $ % ^ `), which in running text are nearly
// always delimiters around an address.
var localChar = func() (t [128]bool) {
	for c := range t {
		t[c] = kinds[c]&alnum != 0
	}
	for _, c := range ".-_+'~" {
		t[c] = true
	}
	return t
}()
