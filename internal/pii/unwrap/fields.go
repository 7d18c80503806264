package unwrap

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The fields of a document, put side by side: what stands in two of them is one value.

// maxFields is the length of a text whose fields are put together. In a longer one, what
// stands in two fields of one record is found where records are lines or cells.
const maxFields = 64 << 10

// maxKey is the length of the longest key that is left out.
const maxKey = 64

// Border stands between the fields of a text whose fields are put together. A value with a
// border in it is of several fields, as it is with a brace in any text.
const Border = '}'

// appendFields appends text without its keys, tags and what fields are set apart with: a
// [Border] stands instead. The lines stay.
func appendFields(dst, text []byte) []byte {
	start := len(dst)
	border := func() {
		dst = bytes.TrimRight(dst, " ")
		if len(dst) > start && dst[len(dst)-1] != Border && dst[len(dst)-1] != '\n' {
			dst = append(dst, Border)
		}
	}
	for i := 0; i < len(text); {
		if n := apartAt(text, i); n > 0 {
			i += n
			border()
			continue
		}
		c := text[i]
		if i++; c != ' ' || len(dst) > start && dst[len(dst)-1] != Border {
			dst = append(dst, c)
		}
	}
	return dst
}

// apartAt is the length of the key, the tag or what else sets fields apart at text[i], 0 if there is none.
func apartAt(text []byte, i int) int {
	switch text[i] {
	case '"':
		return max(1, keyAt(text[i:]))
	case '<':
		if k := bytes.IndexAny(text[i+1:min(len(text), i+maxTag)], "<>"); k >= 0 && text[i+1+k] == '>' {
			return k + 2
		}
		return 1
	case ',', '{', '}', '[', ']', ';', '|', '\t', ':':
		return 1
	}
	return 0
}

// NextWord is where the next word behind text[i:] may begin once the fields of the text are put
// side by side, and whether it is in another field. At a character beyond ASCII there may be none.
func NextWord(text []byte, i int) (start int, apart bool) {
	for i < len(text) && !alnum[text[i]] && text[i] < utf8.RuneSelf {
		n := apartAt(text, i)
		apart = apart || n > 0
		i += max(1, n)
	}
	return min(i, len(text)), apart
}

// keyAt is the length of a key of JSON or hstore with its colon or arrow that text begins with, 0 if it begins
// with none. Its quotes may be doubled, as in a composite.
func keyAt(text []byte) int {
	start := 1
	if len(text) > 2 && text[1] == '"' {
		start++
	}
	k := bytes.IndexAny(text[start:min(len(text), maxKey)], "\"\\\n")
	if k < 1 || text[start+k] != '"' {
		return 0
	}
	end := start + k
	for end < len(text) && (text[end] == ' ' || text[end] == '"' && end-start-k < start) {
		end++
	}
	switch {
	case end < len(text) && text[end] == ':':
		return end + 1
	case end+1 < len(text) && text[end] == '=' && text[end+1] == '>': // hstore
		return end + 2
	}
	return 0
}

// appendNumbers appends the groups of digits of neighbouring fields side by side, a line
// for those that belong together: at most one word, key or tag stands between two.
func appendNumbers(dst, text []byte) []byte {
	n := numbers{dst: dst, line: len(dst)}
	last := 0 // end of the group before
	for i := nextDigit(text, 0); i < len(text); i = nextDigit(text, i) {
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if start > 0 && !fieldBorder[text[start-1]] && text[start-1] != '+' || i-start > maxDigits ||
			i < len(text) && (!fieldBorder[text[i]] || text[i] == ':' && i-start < 3) { // a code, an address, a time
			for i < len(text) && (!fieldBorder[text[i]] || text[i] == ':') {
				i++
			}
			n.end()
			continue
		}
		if n.groups > 0 && !near(text[last:start]) {
			n.end()
		}
		n.apart = n.apart || n.groups > 0 && len(bytes.TrimLeft(text[last:start], " ")) > 0
		n.group(text[start:i])
		last = i
	}
	n.end()
	return n.dst
}

// numbers is a line of groups.
type numbers struct {
	dst    []byte
	line   int // where it begins
	groups int
	digits int
	apart  bool // more than spaces stands between its groups
}

func (n *numbers) group(text []byte) {
	if n.groups++; n.groups > 1 {
		n.dst = append(n.dst, ' ')
	}
	n.digits += len(text)
	n.dst = append(n.dst, text...)
}

func (n *numbers) end() {
	if n.groups == 0 {
		return
	}
	if !n.apart || n.digits < minDigits {
		n.dst = n.dst[:n.line]
	} else {
		n.dst = append(n.dst, '\n')
	}
	*n = numbers{dst: n.dst, line: len(n.dst)}
}

// near reports whether at most one word stands in a gap, tags apart.
func near(gap []byte) bool {
	if len(gap) > maxBetween {
		return false
	}
	words, letters := 0, 0
	for i := 0; i < len(gap); i++ {
		if gap[i] == '<' {
			k := bytes.IndexByte(gap[i:], '>')
			if k < 0 {
				return false
			}
			i += k
		}
		if fieldBorder[gap[i]] {
			letters = 0
			continue
		}
		if letters++; letters == 1 {
			words++
		}
		if words > 1 || letters > longestLabel {
			return false
		}
	}
	return true
}

// nextDigit is where the next digit stands from i on; the end if there is none.
func nextDigit(text []byte, i int) int {
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		low := x &^ highs
		if d := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones) &^ x & highs; d != 0 {
			return i + bits.TrailingZeros64(d)/8
		}
	}
	for i < len(text) && !isDigit(text[i]) {
		i++
	}
	return i
}

const (
	minDigits    = 8
	maxDigits    = 18
	maxBetween   = 48 // bytes between two groups
	longestLabel = 14 // of a word there
)

var fieldBorder = func() (t [256]bool) {
	for _, c := range []byte(" \t\r\n,;|{}[]()<>\"':=*#~^") {
		t[c] = true
	}
	return t
}()
