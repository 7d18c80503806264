package parquet

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// The epochs' distance: PostgreSQL counts from 2000-01-01, Parquet from 1970-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 3600 * 1_000_000
	dayMicros   = 24 * 3600 * 1_000_000
)

// decodeFunc turns the binary wire form of a non-NULL value (the type's send
// function in src/backend/utils/adt) into a Parquet value. It may return memory of
// wire or of the arena; both live until the batch is written.
type decodeFunc func(a *arena, wire []byte) (parquet.Value, error)

// arena keeps the bytes of the rows of one batch.
type arena struct {
	buf      []byte
	uncopied bool // something huge was not copied: the batch must be written with this row
}

func (a *arena) reset() { a.buf, a.uncopied = a.buf[:0], false }

// keep copies b, unless it is huge. Memory handed out earlier stays valid when buf grows: the old
// block lives on as long as a value points into it.
func (a *arena) keep(b []byte) []byte {
	if len(b) >= batchBytes {
		a.uncopied = true
		return b
	}
	n := len(a.buf)
	a.buf = append(a.buf, b...)
	return a.buf[n:len(a.buf):len(a.buf)]
}

func decodeBool(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 1 {
		return parquet.Value{}, errWire
	}
	return parquet.BooleanValue(w[0] != 0), nil
}

func decodeInt2(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 2 {
		return parquet.Value{}, errWire
	}
	return parquet.Int32Value(int32(int16(binary.BigEndian.Uint16(w)))), nil
}

func decodeInt4(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 4 {
		return parquet.Value{}, errWire
	}
	return parquet.Int32Value(int32(binary.BigEndian.Uint32(w))), nil
}

func decodeInt8(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 8 {
		return parquet.Value{}, errWire
	}
	return parquet.Int64Value(int64(binary.BigEndian.Uint64(w))), nil
}

func decodeFloat4(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 4 {
		return parquet.Value{}, errWire
	}
	return parquet.FloatValue(math.Float32frombits(binary.BigEndian.Uint32(w))), nil
}

func decodeFloat8(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 8 {
		return parquet.Value{}, errWire
	}
	return parquet.DoubleValue(math.Float64frombits(binary.BigEndian.Uint64(w))), nil
}

func decodeText(a *arena, w []byte) (parquet.Value, error) {
	if !utf8.Valid(w) {
		return parquet.Value{}, errNotUTF8
	}
	return parquet.ByteArrayValue(a.keep(w)), nil
}

// decodePadded drops the padding of char(n), as ::text does.
func decodePadded(a *arena, w []byte) (parquet.Value, error) {
	return decodeText(a, bytes.TrimRight(w, " "))
}

func decodeJSONB(a *arena, w []byte) (parquet.Value, error) {
	if len(w) < 1 || w[0] != 1 { // jsonb_send: a version byte, then text
		return parquet.Value{}, errWire
	}
	return decodeText(a, w[1:])
}

func decodeBytes(a *arena, w []byte) (parquet.Value, error) {
	return parquet.ByteArrayValue(a.keep(w)), nil
}

func decodeUUID(a *arena, w []byte) (parquet.Value, error) {
	if len(w) != 16 {
		return parquet.Value{}, errWire
	}
	return parquet.FixedLenByteArrayValue(a.keep(w)), nil
}

func decodeDate(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 4 {
		return parquet.Value{}, errWire
	}
	days := int64(int32(binary.BigEndian.Uint32(w)))
	if days == math.MaxInt32 || days == math.MinInt32 || days+epochDays > math.MaxInt32 {
		return parquet.Value{}, errUnfit
	}
	return parquet.Int32Value(int32(days + epochDays)), nil
}

func decodeTime(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 8 {
		return parquet.Value{}, errWire
	}
	micros := int64(binary.BigEndian.Uint64(w))
	if micros < 0 || micros >= dayMicros {
		return parquet.Value{}, errUnfit
	}
	return parquet.Int64Value(micros), nil
}

func decodeTimestamp(_ *arena, w []byte) (parquet.Value, error) {
	if len(w) != 8 {
		return parquet.Value{}, errWire
	}
	micros := int64(binary.BigEndian.Uint64(w))
	if micros == math.MinInt64 || micros > math.MaxInt64-epochMicros {
		return parquet.Value{}, errUnfit
	}
	return parquet.Int64Value(micros + epochMicros), nil
}

func decodeDecimal(scale, width int) decodeFunc {
	return func(a *arena, w []byte) (parquet.Value, error) {
		v, err := unscaled(w, scale)
		if err != nil {
			return parquet.Value{}, err
		}
		small := int64(v.lo)
		if width < 16 && v.hi != uint64(small>>63) {
			return parquet.Value{}, errUnfit
		}
		switch width {
		case 4:
			if small != int64(int32(small)) {
				return parquet.Value{}, errUnfit
			}
			return parquet.Int32Value(int32(small)), nil
		case 8:
			return parquet.Int64Value(small), nil
		}
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], v.hi)
		binary.BigEndian.PutUint64(b[8:], v.lo)
		return parquet.FixedLenByteArrayValue(a.keep(b[:])), nil
	}
}

// appendList appends the Parquet values of a one-dimensional array
// (src/backend/utils/adt/arrayfuncs.c, array_send) to a row. base is the
// definition level of an empty list: 1 if the column is optional, else 0.
func appendList(dst parquet.Row, a *arena, wire []byte, decode decodeFunc, base, col int) (parquet.Row, error) {
	if len(wire) < 12 {
		return dst, errWire
	}
	ndim := binary.BigEndian.Uint32(wire)
	if ndim == 0 {
		return append(dst, parquet.NullValue().Level(0, base, col)), nil
	}
	if ndim != 1 {
		return dst, errUnfit
	}
	if len(wire) < 20 {
		return dst, errWire
	}
	n := int(int32(binary.BigEndian.Uint32(wire[12:])))
	if n <= 0 {
		return dst, errWire
	}
	wire = wire[20:]
	for i := range n {
		if len(wire) < 4 {
			return dst, errWire
		}
		size := int(int32(binary.BigEndian.Uint32(wire)))
		wire = wire[4:]
		rep := min(i, 1)
		if size < 0 {
			dst = append(dst, parquet.NullValue().Level(rep, base+1, col))
			continue
		}
		if len(wire) < size {
			return dst, errWire
		}
		v, err := decode(a, wire[:size])
		if err != nil {
			return dst, err
		}
		dst = append(dst, v.Level(rep, base+2, col))
		wire = wire[size:]
	}
	return dst, nil
}
