package fake

import "bytes"

// Nowhere is the host of what leads nowhere: a name that never resolves (RFC 6761 §6.4).
const Nowhere = "host.invalid"

// isInert reports a URL at Nowhere, or a text whose letters are all x and whose digits are all 0.
func isInert(text []byte) bool {
	if _, rest, ok := bytes.Cut(text, []byte("://"+Nowhere)); ok {
		if bytes.HasPrefix(rest, []byte{':'}) {
			rest = bytes.TrimLeft(rest[1:], "0123456789")
		}
		text = rest
		if len(text) == 0 {
			return true
		}
		if text[0] != '/' {
			return false
		}
	}
	for _, c := range text {
		if isDigit(c) && c != '0' || lowerByte(c) >= 'a' && lowerByte(c) <= 'z' && lowerByte(c) != 'x' || c >= 0x80 {
			return false
		}
	}
	return true
}
