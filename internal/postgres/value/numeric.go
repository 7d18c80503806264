package value

import (
	"encoding/binary"
	"strconv"
)

// numeric is a sign, a decimal scale and digits of base 10,000, the first of
// which counts 10,000^weight (numeric_send, numeric_recv).
type numeric struct{}

const (
	numericNeg    = 0x4000
	numericNaN    = 0xC000
	numericPosInf = 0xD000
	numericNegInf = 0xF000

	maxScale  = 0x3FFF // digits after the point
	maxWeight = 0x7FFF // groups of four digits before it, less one
)

func (numeric) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) < 8 {
		return dst, badWire("numeric")
	}
	n := int(binary.BigEndian.Uint16(wire))
	weight := int(int16(binary.BigEndian.Uint16(wire[2:])))
	sign := binary.BigEndian.Uint16(wire[4:])
	scale := int(binary.BigEndian.Uint16(wire[6:]))
	digits := wire[8:]
	if len(digits) != 2*n || scale > maxScale {
		return dst, badWire("numeric")
	}
	switch sign {
	case 0, numericNeg:
	case numericNaN:
		return append(dst, "NaN"...), nil
	case numericPosInf:
		return append(dst, "Infinity"...), nil
	case numericNegInf:
		return append(dst, "-Infinity"...), nil
	default:
		return dst, badWire("numeric")
	}
	for i := range n {
		if binary.BigEndian.Uint16(digits[2*i:]) > 9999 {
			return dst, badWire("numeric")
		}
	}
	if sign == numericNeg {
		dst = append(dst, '-')
	}
	group := func(i int) uint16 {
		if i < 0 || i >= n {
			return 0
		}
		return binary.BigEndian.Uint16(digits[2*i:])
	}
	dst = strconv.AppendUint(dst, uint64(group(min(0, weight))), 10)
	for i := 1; i <= weight; i++ {
		dst = appendGroup(dst, group(i))
	}
	if scale == 0 {
		return dst, nil
	}
	dst = append(dst, '.')
	end := len(dst) + scale
	for i := weight + 1; len(dst) < end; i++ {
		dst = appendGroup(dst, group(i))
	}
	return dst[:end], nil
}

func appendGroup(dst []byte, v uint16) []byte {
	return append(dst, '0'+byte(v/1000), '0'+byte(v/100%10), '0'+byte(v/10%10), '0'+byte(v%10))
}

func (numeric) AppendWire(dst, text []byte) ([]byte, error) {
	d, sign, ok := parseDecimal(text)
	if !ok {
		return dst, badText("numeric")
	}
	if sign >= numericNaN {
		return append(dst, 0, 0, 0, 0, byte(sign>>8), 0, 0, 0), nil
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	weight := floorDiv(d.top, 4)
	if d.count > 0 && weight > maxWeight || d.scale > maxScale {
		return dst[:start], badText("numeric")
	}
	// top%4+1 digits go into the first group.
	n, v, room := 0, uint16(0), d.top-4*weight+1
	for _, c := range d.digits {
		if c == '.' {
			continue
		}
		if d.count == 0 {
			break
		}
		d.count--
		v = v*10 + uint16(c-'0')
		if room--; room == 0 || d.count == 0 {
			for ; room > 0; room-- {
				v *= 10
			}
			dst = binary.BigEndian.AppendUint16(dst, v)
			n, v, room = n+1, 0, 4
		}
	}
	for n > 0 && dst[len(dst)-1] == 0 && dst[len(dst)-2] == 0 {
		dst, n = dst[:len(dst)-2], n-1
	}
	if n == 0 {
		weight, sign = 0, 0
	}
	binary.BigEndian.PutUint16(dst[start:], uint16(n))
	binary.BigEndian.PutUint16(dst[start+2:], uint16(weight))
	binary.BigEndian.PutUint16(dst[start+4:], sign)
	binary.BigEndian.PutUint16(dst[start+6:], uint16(d.scale))
	return dst, nil
}

// decimal is a parsed number: its digits from the first that isn't zero.
type decimal struct {
	digits []byte // and perhaps a point, which has no meaning any more
	count  int    // digits in digits
	top    int    // the power of ten that the first digit counts
	scale  int    // digits after the point
}

// parseDecimal reads [sign] digits [. digits] [e exponent], NaN or [sign] Infinity.
func parseDecimal(b []byte) (d decimal, sign uint16, ok bool) {
	switch string(b) {
	case "NaN":
		return d, numericNaN, true
	case "Infinity", "+Infinity", "inf", "+inf":
		return d, numericPosInf, true
	case "-Infinity", "-inf":
		return d, numericNegInf, true
	}
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		if b[0] == '-' {
			sign = numericNeg
		}
		b = b[1:]
	}
	point := -1 // where it stands
	whole, frac, zeros, i := 0, 0, 0, 0
	first := -1 // the first digit that isn't zero, zeros digits after the first of all
scan:
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.' && point < 0:
			point = i
			continue
		case c < '0' || c > '9':
			break scan
		case point < 0:
			whole++
		default:
			frac++
		}
		if first < 0 {
			if b[i] == '0' {
				zeros++
			} else {
				first = i
			}
		}
	}
	exp, ok := parseExponent(b[i:])
	if !ok || whole+frac == 0 {
		return d, 0, false
	}
	d.scale = max(0, frac-exp)
	if first < 0 {
		return d, 0, true
	}
	d.digits = b[first:i]
	d.count = whole + frac - zeros
	d.top = whole - 1 - zeros + exp
	return d, sign, true
}

// parseExponent reads e[sign]digits or nothing; more than six digits are too many.
func parseExponent(b []byte) (int, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	b = b[1:]
	neg := len(b) > 0 && b[0] == '-'
	if len(b) > 0 && (neg || b[0] == '+') {
		b = b[1:]
	}
	v, ok := parseUint(b)
	if !ok || len(b) > 6 {
		return 0, false
	}
	if neg {
		return -int(v), true
	}
	return int(v), true
}

// floorDiv is a/b rounded down.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
