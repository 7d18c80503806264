package fingerprint

import (
	"bytes"

	"refresher/internal/pii"
)

// wholeFields reports whether words of several fields are all that these hold.
func wholeFields(text []byte, start, end int) bool {
	return end-start <= maxApart && (start == 0 || fieldBorder(text[start-1])) &&
		(end == len(text) || fieldBorder(text[end]))
}

// maxApart is how many bytes the words of a value in several fields may take.
const maxApart = 96

func fieldBorder(c byte) bool { return bytes.IndexByte([]byte("\"',;|{}[]()<>\n"), c) >= 0 }

// plausible refuses words that only happen to stand side by side: the parts of a
// short address without its @, a name across the borders of two values.
func plausible(class pii.Class, b []byte) bool {
	switch class {
	case pii.Email:
		return len(b) >= 14 || bytes.IndexByte(b, '@') >= 0
	case pii.IP: // in a host's name; dots are seen to elsewhere
		return bytes.Count(b, []byte{'-'}) == 3 || bytes.Count(b, []byte{'_'}) == 3
	case pii.Street:
		return !bytes.ContainsAny(b, "|{}")
	case pii.FullName:
		return !bytes.ContainsAny(b, "{}[]<>") && !bytes.Contains(b, []byte(`",`)) && !bytes.Contains(b, []byte(`,"`)) &&
			joinedByOne(b)
	}
	return true
}

// joinedByOne reports whether no more than one bar or semicolon, and spaces, stand between two
// words: with quotes around, or nothing between two of them, these are fields.
func joinedByOne(b []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexAny(b[i:], "|;")
		if k < 0 {
			return true
		}
		i += k
		before, after := bytes.TrimRight(b[:i], " "), bytes.TrimLeft(b[i+1:], " ")
		if fieldBorder(before[len(before)-1]) || fieldBorder(after[0]) {
			return false
		}
	}
}
