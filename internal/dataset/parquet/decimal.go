package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// errUnfit: the value's Parquet type cannot say it. The pass before the write
// looks for such values, so meeting one is an inner fault and never a silent NULL.
var errUnfit = errors.New("a value does not fit the column's Parquet type")

var errNotUTF8 = errors.New("text is not UTF-8 (is the database's encoding SQL_ASCII?)")

var errWire = errors.New("the server sent a value of an unexpected length")

// uint128 is an unsigned 128-bit integer.
type uint128 struct{ hi, lo uint64 }

// mulAdd returns u*m + a; ok is false on overflow.
func (u uint128) mulAdd(m, a uint64) (v uint128, ok bool) {
	carry, lo := bits.Mul64(u.lo, m)
	over, hi := bits.Mul64(u.hi, m)
	lo, c := bits.Add64(lo, a, 0)
	hi, c1 := bits.Add64(hi, carry, c)
	return uint128{hi, lo}, over == 0 && c1 == 0
}

// negate returns the two's complement.
func (u uint128) negate() uint128 {
	lo, b := bits.Sub64(0, u.lo, 0)
	hi, _ := bits.Sub64(0, u.hi, b)
	return uint128{hi, lo}
}

// unscaled turns numeric's wire form (src/backend/utils/adt/numeric.c,
// numeric_send: digits in base 10000) into the two's complement of value × 10^scale.
func unscaled(wire []byte, scale int) (uint128, error) {
	if len(wire) < 8 {
		return uint128{}, errWire
	}
	n := int(int16(binary.BigEndian.Uint16(wire)))
	weight := int(int16(binary.BigEndian.Uint16(wire[2:])))
	sign := binary.BigEndian.Uint16(wire[4:])
	if n < 0 || len(wire) != 8+2*n {
		return uint128{}, errWire
	}
	if sign != 0 && sign != 0x4000 { // NaN, ±Infinity
		return uint128{}, errUnfit
	}
	if n == 0 {
		return uint128{}, nil
	}
	var v uint128
	ok := true
	for i := 0; i < n && ok; i++ {
		d := uint64(binary.BigEndian.Uint16(wire[8+2*i:]))
		m := uint64(10000)
		// Decimals of this digit that lie behind the scale must be zeros.
		for excess := 4*(i-weight) - scale; excess > 0; excess-- {
			if d%10 != 0 {
				return uint128{}, errUnfit
			}
			d /= 10
			if m > 1 {
				m /= 10
			}
		}
		v, ok = v.mulAdd(m, d)
	}
	for missing := scale + 4*(weight-n+1); missing > 0 && ok; missing-- {
		v, ok = v.mulAdd(10, 0)
	}
	if !ok || v.hi>>63 != 0 {
		return uint128{}, errUnfit
	}
	if sign == 0x4000 {
		v = v.negate()
	}
	return v, nil
}
