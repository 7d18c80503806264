package verify

import (
	"bytes"

	"refresher/internal/pii/unwrap"
)

// maxBack is how far back a key is looked for.
const maxBack = 4 << 10

// key is the name under which a value stands in JSON text, empty if it stands
// under none, or under one that is itself a finding or no plain name.
func (s *scanner) key(v *unwrap.View, at int) string {
	k := keyBefore(v.Text[max(0, at-maxBack):at])
	if !plainName(k) {
		return ""
	}
	if s.matcher != nil && len(s.matcher.Scan(nil, k)) > 0 || len(s.detector.Scan(nil, k)) > 0 {
		return ""
	}
	return string(k)
}

// keyBefore reads backwards from within a value of JSON, or from its start, to the
// key of it or of the arrays it is in.
func keyBefore(text []byte) []byte {
	depth := 0
	for i := len(text) - 1; i > 0; i-- {
		switch text[i] {
		case ']', '}':
			depth++
		case '[', '{':
			if depth--; depth < 0 && text[i] == '{' {
				return nil // within a key
			}
			depth = max(depth, 0)
		case ':':
			if depth > 0 {
				continue
			}
			head := bytes.TrimRight(text[:i], " \t")
			if len(head) < 2 || head[len(head)-1] != '"' {
				continue // a colon within the value
			}
			head = head[:len(head)-1]
			start := bytes.LastIndexByte(head, '"')
			if start < 0 {
				return nil
			}
			if before := bytes.TrimRight(head[:start], " \t\r\n"); len(before) > 0 && before[len(before)-1] != '{' &&
				before[len(before)-1] != ',' {
				continue
			}
			return head[start+1:]
		}
	}
	return nil
}

// plainName reports what programs name fields.
func plainName(b []byte) bool {
	if len(b) == 0 || len(b) > 63 {
		return false
	}
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$'
		if !letter && (i == 0 || c-'0' >= 10 && c != '-' && c != '.') {
			return false
		}
	}
	return true
}
