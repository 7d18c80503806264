package signature

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may nest.
const maxDepth = 100

// tooLarge is where numbers begin that not every reader of JSON holds exactly.
const tooLarge = 1 << 53

var errTooLarge = errors.New("a number in it is beyond ±2⁵³, where not every reader holds numbers exactly")

// Canonical is a JSON document in the form of RFC 8785. The error says where a
// document has none; it never quotes it.
func Canonical(doc []byte) ([]byte, error) {
	if !utf8.Valid(doc) {
		return nil, errors.New("it is not UTF-8")
	}
	if !json.Valid(doc) {
		return nil, errors.New("it is not one JSON document")
	}
	if !wholeSurrogates(doc) {
		return nil, errors.New("it holds half of a surrogate pair")
	}
	c := &canon{doc: doc}
	if err := c.value(0); err != nil {
		return nil, err
	}
	return c.out, nil
}

// canon writes what is left of a document that package json has found valid.
type canon struct{ doc, out []byte }

// next skips white space and returns what follows it.
func (c *canon) next() byte {
	c.doc = bytes.TrimLeft(c.doc, " \t\r\n")
	return c.doc[0]
}

// take moves the next n bytes as they are.
func (c *canon) take(n int) []byte {
	taken := c.doc[:n]
	c.doc = c.doc[n:]
	return taken
}

func (c *canon) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	switch c.next() {
	case '{':
		return c.object(depth)
	case '[':
		return c.array(depth)
	case '"':
		c.out = appendString(c.out, c.text())
	case 't', 'n':
		c.out = append(c.out, c.take(len("true"))...)
	case 'f':
		c.out = append(c.out, c.take(len("false"))...)
	default:
		rest := bytes.TrimLeft(c.doc, "+-.0123456789eE")
		return c.number(string(c.take(len(c.doc) - len(rest))))
	}
	return nil
}

// text reads a string.
func (c *canon) text() string {
	end := 1
	for c.doc[end] != '"' {
		if c.doc[end] == '\\' {
			end++
		}
		end++
	}
	quoted := c.take(end + 1)
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:end])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s
}

// items calls one for each item of an array or an object, whose first byte is next.
func (c *canon) items(end byte, one func(i int) error) error {
	c.take(1)
	for i := 0; c.next() != end; i++ {
		if c.doc[0] == ',' {
			c.take(1)
			c.next()
		}
		if err := one(i); err != nil {
			return err
		}
	}
	c.take(1)
	return nil
}

func (c *canon) array(depth int) error {
	c.out = append(c.out, '[')
	err := c.items(']', func(i int) error {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		return c.value(depth + 1)
	})
	c.out = append(c.out, ']')
	return err
}

// object writes the members in the order of their keys: each is written where it
// comes, and then moved.
func (c *canon) object(depth int) error {
	type member struct {
		key  string
		text []byte
	}
	var members []member
	start := len(c.out)
	err := c.items('}', func(int) error {
		key, from := c.text(), len(c.out)
		c.out = append(appendString(c.out, key), ':')
		c.next()
		c.take(1) // the colon
		if err := c.value(depth + 1); err != nil {
			return err
		}
		members = append(members, member{key, bytes.Clone(c.out[from:])})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(members, func(a, b member) int { return compareUTF16(a.key, b.key) })
	c.out = append(c.out[:start], '{')
	for i, m := range members {
		if i > 0 {
			if members[i-1].key == m.key {
				return errors.New("an object in it has one key twice")
			}
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, m.text...)
	}
	c.out = append(c.out, '}')
	return nil
}

// compareUTF16 compares by UTF-16 code units, which is the order of the bytes where no key leaves ASCII.
func compareUTF16(a, b string) int {
	high := func(r rune) bool { return r >= utf8.RuneSelf }
	if strings.IndexFunc(a, high) < 0 && strings.IndexFunc(b, high) < 0 {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// number writes a number as ECMAScript's Number::toString does (ECMA-262 §6.1.6.1.20).
func (c *canon) number(text string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) >= tooLarge {
		return errTooLarge
	}
	if f == 0 {
		c.out = append(c.out, '0')
		return nil
	}
	if math.Abs(f) >= 1e-6 {
		c.out = strconv.AppendFloat(c.out, f, 'f', -1, 64)
		return nil
	}
	start := len(c.out)
	c.out = strconv.AppendFloat(c.out, f, 'e', -1, 64)
	if n := len(c.out); n-start >= 4 && c.out[n-2] == '0' && c.out[n-3] == '-' { // e-07
		c.out = append(c.out[:n-2], c.out[n-1])
	}
	return nil
}

// appendString writes a string with the fewest escapes (RFC 8785 §3.2.2.2).
func appendString(dst []byte, s string) []byte {
	const short = "\b\t\n\f\r\"\\"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		if at := strings.IndexByte(short, c); at >= 0 {
			dst = append(dst, '\\', "btnfr\"\\"[at])
		} else {
			dst = fmt.Appendf(dst, `\u%04x`, c)
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// wholeSurrogates reports whether every \u escape of a surrogate in valid JSON is
// one of a pair: package json would read half a pair as U+FFFD and not say so.
func wholeSurrogates(doc []byte) bool {
	for i := 0; i < len(doc); i++ {
		if doc[i] != '\\' {
			continue
		}
		i++
		if doc[i] != 'u' {
			continue
		}
		r := unit(doc[i+1:])
		i += 4
		if r < 0xD800 || r > 0xDFFF {
			continue
		}
		if r > 0xDBFF || i+6 >= len(doc) || doc[i+1] != '\\' || doc[i+2] != 'u' {
			return false
		}
		if low := unit(doc[i+3:]); low < 0xDC00 || low > 0xDFFF {
			return false
		}
		i += 6
	}
	return true
}

func unit(hex []byte) uint64 {
	n, _ := strconv.ParseUint(string(hex[:4]), 16, 32) // hex digits, or the JSON would not be valid
	return n
}
