package signature

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
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
	c := &canon{dec: json.NewDecoder(bytes.NewReader(doc))}
	c.dec.UseNumber()
	if err := c.value(0); err != nil {
		return nil, err
	}
	if _, err := c.dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON document")
	}
	return c.out, nil
}

type canon struct {
	dec *json.Decoder
	out []byte
}

func (c *canon) value(depth int) error {
	token, err := c.dec.Token()
	if err != nil {
		return errors.New("it is not one JSON document")
	}
	return c.token(token, depth)
}

func (c *canon) token(token json.Token, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	switch t := token.(type) {
	case nil:
		c.out = append(c.out, "null"...)
	case bool:
		c.out = strconv.AppendBool(c.out, t)
	case string:
		c.out = appendString(c.out, t)
	case json.Number:
		return c.number(string(t))
	case json.Delim:
		if t == '[' {
			return c.array(depth)
		}
		return c.object(depth)
	}
	return nil
}

func (c *canon) array(depth int) error {
	c.out = append(c.out, '[')
	for first := true; c.dec.More(); first = false {
		if !first {
			c.out = append(c.out, ',')
		}
		if err := c.value(depth + 1); err != nil {
			return err
		}
	}
	c.out = append(c.out, ']')
	_, err := c.dec.Token()
	return err
}

// object writes the members in the order of their keys: each is written where it
// comes, and then moved.
func (c *canon) object(depth int) error {
	type member struct {
		key  []uint16
		text []byte
	}
	var members []member
	start := len(c.out)
	for c.dec.More() {
		token, err := c.dec.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // what else, in valid JSON
		c.out = append(appendString(c.out, key), ':')
		if err := c.value(depth + 1); err != nil {
			return err
		}
		members = append(members, member{utf16.Encode([]rune(key)), bytes.Clone(c.out[start:])})
		c.out = c.out[:start]
	}
	slices.SortFunc(members, func(a, b member) int { return slices.Compare(a.key, b.key) })
	c.out = append(c.out, '{')
	for i, m := range members {
		if i > 0 {
			if slices.Equal(members[i-1].key, m.key) {
				return errors.New("an object in it has one key twice")
			}
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, m.text...)
	}
	c.out = append(c.out, '}')
	_, err := c.dec.Token()
	return err
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
	for i := range len(s) {
		switch c := s[i]; {
		case bytes.IndexByte([]byte(short), c) >= 0:
			dst = append(dst, '\\', "btnfr\"\\"[bytes.IndexByte([]byte(short), c)])
		case c < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
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
