package lake

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// codec converts the values of a leaf to PostgreSQL's wire form and back.
type codec struct {
	wire  func(dst []byte, v parquet.Value) ([]byte, error)
	value func(wire []byte, was parquet.Value) (parquet.Value, error)
	same  bool // bytes in both
}

var (
	errRange = errors.New("the value made is out of the range of the column's Parquet type")
	errWire  = errors.New("the value made is not of the column's type")
)

// epoch is PostgreSQL's, in days and microseconds since that of Unix.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * int64(time.Hour/time.Microsecond)
)

// leafType is PostgreSQL's type for values of a Parquet type.
func leafType(t parquet.Type, text bool) (*catalog.Type, codec) {
	var logical format.LogicalTypeValue
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	switch l := logical.(type) {
	case *format.DecimalType:
		return base(catalog.NumericOID, "numeric", "numeric"), decimals(t, int(l.Scale))
	case *format.DateType:
		return base(catalog.DateOID, "date", "date"), integers(4, -epochDays)
	case *format.TimestampType:
		sql := base(catalog.TimestampOID, "timestamp", "timestamp without time zone")
		if l.IsAdjustedToUTC {
			sql = base(catalog.TimestamptzOID, "timestamptz", "timestamp with time zone")
		}
		switch l.Unit.Value.(type) {
		case *format.MilliSeconds:
			return sql, timestamps(1000, 1)
		case *format.NanoSeconds:
			return sql, timestamps(1, 1000)
		}
		return sql, timestamps(1, 1)
	case *format.UUIDType:
		return base(catalog.UUIDOID, "uuid", "uuid"), plainBytes(16)
	case *format.JsonType:
		return jsonType(), plainBytes(0)
	case *format.StringType, *format.EnumType:
		return textType(), plainBytes(0)
	}
	switch t.Kind() {
	case parquet.Boolean:
		return base(catalog.BoolOID, "bool", "boolean"), booleans()
	case parquet.Int32:
		return base(catalog.Int4OID, "int4", "integer"), integers(4, 0)
	case parquet.Int64:
		return base(catalog.Int8OID, "int8", "bigint"), integers(8, 0)
	case parquet.Int96:
		return base(catalog.TimestampOID, "timestamp", "timestamp without time zone"), int96()
	case parquet.Float:
		return base(catalog.Float4OID, "float4", "real"), floats(4)
	case parquet.Double:
		return base(catalog.Float8OID, "float8", "double precision"), floats(8)
	case parquet.FixedLenByteArray:
		return base(catalog.ByteaOID, "bytea", "bytea"), plainBytes(t.Length())
	}
	if text {
		return textType(), plainBytes(0)
	}
	return base(catalog.ByteaOID, "bytea", "bytea"), plainBytes(0)
}

// arrayOf is the type of lists of a type.
func arrayOf(t *catalog.Type) *catalog.Type {
	oid := map[uint32]uint32{catalog.TextOID: 1009, catalog.Int4OID: 1007, catalog.Int8OID: 1016,
		catalog.Float4OID: 1021,
		catalog.Float8OID: 1022, catalog.BoolOID: 1000, catalog.NumericOID: 1231, catalog.DateOID: 1182,
		catalog.TimestampOID: 1115, catalog.TimestamptzOID: 1185, catalog.UUIDOID: 2951, catalog.ByteaOID: 1001,
		catalog.JSONOID: 199}[t.OID]
	return &catalog.Type{OID: oid, Schema: t.Schema, Name: "_" + t.Name, SQL: t.SQL + "[]", Kind: catalog.ArrayType,
		Elem: t, BinaryIO: true}
}

// plainBytes are values that are bytes in both; size is that of all of them, 0 if it varies.
func plainBytes(size int) codec {
	return codec{
		same: true,
		wire: func(dst []byte, v parquet.Value) ([]byte, error) { return append(dst, v.ByteArray()...), nil },
		value: func(wire []byte, was parquet.Value) (parquet.Value, error) {
			switch {
			case was.Kind() == parquet.FixedLenByteArray && len(wire) != len(was.ByteArray()),
				size > 0 && len(wire) != size:
				return was, errRange
			case was.Kind() == parquet.FixedLenByteArray:
				return parquet.FixedLenByteArrayValue(wire), nil
			}
			return parquet.ByteArrayValue(wire), nil
		},
	}
}

func booleans() codec {
	return codec{
		wire: func(dst []byte, v parquet.Value) ([]byte, error) {
			if v.Boolean() {
				return append(dst, 1), nil
			}
			return append(dst, 0), nil
		},
		value: func(wire []byte, was parquet.Value) (parquet.Value, error) {
			if len(wire) != 1 {
				return was, errWire
			}
			return parquet.BooleanValue(wire[0] != 0), nil
		},
	}
}

// integers are whole numbers of a size in bytes, which PostgreSQL counts from another zero.
func integers(size int, zero int64) codec {
	return codec{
		wire: func(dst []byte, v parquet.Value) ([]byte, error) {
			if size == 4 {
				return binary.BigEndian.AppendUint32(dst, uint32(int64(v.Int32())+zero)), nil
			}
			return binary.BigEndian.AppendUint64(dst, uint64(v.Int64()+zero)), nil
		},
		value: func(wire []byte, was parquet.Value) (parquet.Value, error) {
			switch {
			case len(wire) != size:
				return was, errWire
			case size == 4:
				return parquet.Int32Value(int32(int64(int32(binary.BigEndian.Uint32(wire))) - zero)), nil
			}
			return parquet.Int64Value(int64(binary.BigEndian.Uint64(wire)) - zero), nil
		},
	}
}

// timestamps are counted in units of so many microseconds, or so many of a microsecond; what
// is finer than a microsecond stays as it is.
func timestamps(micros, parts int64) codec {
	return codec{
		wire: func(dst []byte, v parquet.Value) ([]byte, error) {
			n := v.Int64()
			if limit := math.MaxInt64/micros - epochMicros; n > limit || n < -limit {
				return nil, errRange
			}
			return binary.BigEndian.AppendUint64(dst, uint64(floorDiv(n, parts)*micros-epochMicros)), nil
		},
		value: func(wire []byte, was parquet.Value) (parquet.Value, error) {
			if len(wire) != 8 {
				return was, errWire
			}
			n := int64(binary.BigEndian.Uint64(wire)) + epochMicros
			rest := was.Int64() - floorDiv(was.Int64(), parts)*parts
			if limit := math.MaxInt64/parts - parts; n > limit || n < -limit {
				return was, errRange
			}
			return parquet.Int64Value(floorDiv(n, micros)*parts + rest), nil
		},
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// julianUnix is the Julian day of Unix's epoch, from which INT96 counts days.
const julianUnix = 2440588

// int96 are timestamps as older writers have them: nanoseconds of a day, and a Julian day.
func int96() codec {
	const day = int64(24 * time.Hour / time.Microsecond)
	return codec{
		wire: func(dst []byte, v parquet.Value) ([]byte, error) {
			x := v.Int96()
			micros := int64(uint64(x[1])<<32|uint64(x[0])) / 1000
			micros += (int64(int32(x[2])) - julianUnix) * day
			return binary.BigEndian.AppendUint64(dst, uint64(micros-epochMicros)), nil
		},
		value: func(wire []byte, was parquet.Value) (parquet.Value, error) {
			if len(wire) != 8 {
				return was, errWire
			}
			micros := int64(binary.BigEndian.Uint64(wire)) + epochMicros
			days := floorDiv(micros, day)
			nanos := uint64(micros-days*day) * 1000
			x := deprecated.Int96{uint32(nanos), uint32(nanos >> 32), uint32(days + julianUnix)}
			return parquet.Int96Value(x), nil
		},
	}
}

func floats(size int) codec {
	return codec{
		wire: func(dst []byte, v parquet.Value) ([]byte, error) {
			if size == 4 {
				return binary.BigEndian.AppendUint32(dst, math.Float32bits(v.Float())), nil
			}
			return binary.BigEndian.AppendUint64(dst, math.Float64bits(v.Double())), nil
		},
		value: func(wire []byte, was parquet.Value) (parquet.Value, error) {
			switch {
			case len(wire) != size:
				return was, errWire
			case size == 4:
				return parquet.FloatValue(math.Float32frombits(binary.BigEndian.Uint32(wire))), nil
			}
			return parquet.DoubleValue(math.Float64frombits(binary.BigEndian.Uint64(wire))), nil
		},
	}
}

// decimals are whole numbers of the least unit, in INT32, INT64 or bytes of two's complement.
func decimals(t parquet.Type, scale int) codec {
	wire := value.For(base(catalog.NumericOID, "numeric", "numeric"), copyfmt.Binary)
	return codec{
		wire: func(dst []byte, v parquet.Value) ([]byte, error) {
			n := new(big.Int)
			switch t.Kind() {
			case parquet.Int32:
				n.SetInt64(int64(v.Int32()))
			case parquet.Int64:
				n.SetInt64(v.Int64())
			default:
				n.SetBytes(v.ByteArray())
				if b := v.ByteArray(); len(b) > 0 && b[0] >= 0x80 {
					n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
				}
			}
			return wire.AppendWire(dst, []byte(pointed(n, scale)))
		},
		value: func(b []byte, was parquet.Value) (parquet.Value, error) {
			text, err := wire.AppendText(nil, b)
			if err != nil {
				return was, err
			}
			whole, part, _ := strings.Cut(string(text), ".")
			part = (part + strings.Repeat("0", scale))[:scale] // finer digits can't be kept
			n, ok := new(big.Int).SetString(whole+part, 10)
			switch {
			case !ok:
				return was, errWire
			case t.Kind() == parquet.Int32 && n.IsInt64() && n.Int64() == int64(int32(n.Int64())):
				return parquet.Int32Value(int32(n.Int64())), nil
			case t.Kind() == parquet.Int64 && n.IsInt64():
				return parquet.Int64Value(n.Int64()), nil
			case t.Kind() == parquet.Int32 || t.Kind() == parquet.Int64:
				return was, errRange
			}
			return complement(n, was)
		},
	}
}

// pointed writes a number of the least units as a decimal.
func pointed(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	if scale > 0 {
		digits = strings.Repeat("0", max(0, scale+1-len(digits))) + digits
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// complement writes a number in as many bytes as the value before had.
func complement(n *big.Int, was parquet.Value) (parquet.Value, error) {
	size := len(was.ByteArray())
	if was.Kind() == parquet.ByteArray {
		size = max(size, n.BitLen()/8+1)
	}
	if n.BitLen() >= 8*size {
		return was, errRange
	}
	m := new(big.Int).Set(n)
	if n.Sign() < 0 {
		m.Add(m, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := m.FillBytes(make([]byte, size))
	if was.Kind() == parquet.ByteArray {
		return parquet.ByteArrayValue(b), nil
	}
	return parquet.FixedLenByteArrayValue(b), nil
}
