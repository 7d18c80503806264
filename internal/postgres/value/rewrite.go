package value

import "encoding/binary"

// Fields walks the fields of a composite value's canonical text and makes a new
// one: for each field that is not NULL fn appends its new canonical text, or
// reports that it becomes NULL. char(n) shows its spaces here.
func Fields(dst, text []byte, fn func(dst []byte, i int, field []byte) (out []byte, null bool,
	err error)) ([]byte, error) {
	start := len(dst)
	if len(text) < 2 || text[0] != '(' || text[len(text)-1] != ')' {
		return dst, badText("composite")
	}
	dst = append(dst, '(')
	var field []byte
	rest := text // each field stands after its ( or comma
	for i := 0; ; i++ {
		part, after, found, ok := cutPart(rest[1:], func(c byte) bool { return c == ',' || c == ')' })
		if !ok {
			return dst[:start], badText("composite")
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		if rest = after; found {
			field = unquotePart(field[:0], part)
			from := len(dst)
			out, null, err := fn(dst, i, field)
			switch {
			case err != nil:
				return dst[:start], err
			case null:
				dst = out[:from]
			default:
				dst = quotePart(out, from, false)
			}
		}
		if rest[0] == ')' {
			break
		}
	}
	if len(rest) != 1 {
		return dst[:start], badText("composite")
	}
	return append(dst, ')'), nil
}

// unquotePart appends a bound or field as cutPart found it, without its quotes
// and escapes.
func unquotePart(dst, part []byte) []byte {
	quoted := false
	for i := 0; i < len(part); i++ {
		switch b := part[i]; {
		case b == '\\' && i+1 < len(part):
			i++
			dst = append(dst, part[i])
		case b != '"':
			dst = append(dst, b)
		case quoted && i+1 < len(part) && part[i+1] == '"':
			i++
			dst = append(dst, '"')
		default:
			quoted = !quoted
		}
	}
	return dst
}

// Bounds makes a new range, or multirange, of one given as canonical text: fn
// appends the new canonical text of each finite bound. Empty ranges, infinite
// bounds and whether bounds are part of their range stay. fn is told whether a
// bound is a lower one.
func Bounds(dst, text []byte, fn func(dst, bound []byte, lower bool) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	if len(text) < 2 || text[0] != '{' {
		dst, rest, err := bounds(dst, text, fn)
		if err == nil && len(rest) > 0 {
			err = badText("range")
		}
		if err != nil {
			return dst[:start], err
		}
		return dst, nil
	}
	dst = append(dst, '{')
	rest := text[1:]
	for n := 0; rest[0] != '}'; n++ {
		if n > 0 {
			if rest[0] != ',' {
				return dst[:start], badText("multirange")
			}
			dst, rest = append(dst, ','), rest[1:]
		}
		var err error
		if dst, rest, err = bounds(dst, rest, fn); err != nil {
			return dst[:start], err
		}
		if len(rest) == 0 {
			return dst[:start], badText("multirange")
		}
	}
	if len(rest) != 1 {
		return dst[:start], badText("multirange")
	}
	return append(dst, '}'), nil
}

// bounds does one range at the start of text.
func bounds(dst, text []byte, fn func(dst, bound []byte, lower bool) ([]byte, error)) (_, rest []byte, err error) {
	if len(text) >= 5 && string(text[:5]) == "empty" {
		return append(dst, "empty"...), text[5:], nil
	}
	if len(text) == 0 || text[0] != '[' && text[0] != '(' {
		return dst, nil, badText("range")
	}
	dst, rest = append(dst, text[0]), text[1:]
	for _, lower := range []bool{true, false} {
		part, after, found, ok := cutPart(rest,
			func(c byte) bool { return lower && c == ',' || !lower && (c == ']' || c == ')') })
		if !ok {
			return dst, nil, badText("range")
		}
		if found {
			from := len(dst)
			if dst, err = fn(dst, unquotePart(nil, part), lower); err != nil {
				return dst, nil, err
			}
			dst = quotePart(dst, from, true)
		}
		dst, rest = append(dst, after[0]), after[1:]
	}
	return dst, rest, nil
}

// Pairs walks the pairs of an hstore's canonical text; a nil value is NULL. The
// texts are valid until fn returns.
func Pairs(text []byte, fn func(key, value []byte) error) error {
	wire, err := hstore{}.AppendWire(nil, text)
	if err != nil {
		return err
	}
	n, rest := binary.BigEndian.Uint32(wire), wire[4:]
	for range n {
		var key, value []byte
		var ok bool
		if key, rest, ok = nextElem(rest); !ok {
			return badText("hstore")
		}
		if value, rest, ok = nextElem(rest); !ok {
			return badText("hstore")
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}

// AppendPair appends a pair to an hstore's canonical text that begins at
// dst[start]; a nil value is NULL.
func AppendPair(dst []byte, start int, key, value []byte) []byte {
	if len(dst) > start {
		dst = append(dst, ", "...)
	}
	dst = append(appendQuoted(dst, key), "=>"...)
	if value == nil {
		return append(dst, "NULL"...)
	}
	return appendQuoted(dst, value)
}
