// Package value converts single values between the form that COPY carries and
// PostgreSQL's canonical text, the one language that transforms, detectors and
// fingerprints speak, so that 123 in an integer, a text and a JSON column is the
// same value.
//
// Canonical text is what the type's output function prints, and so what COPY in
// text format carries, under DateStyle ISO, IntervalStyle postgres, bytea_output
// hex, extra_float_digits 1 and TimeZone UTC. There is one exception: char(n) has
// no trailing spaces, as they mean nothing there. Booleans are t and f. An xml
// document that has a declaration shows it in binary only.
//
// In text format the conversion is therefore the identity (but for char(n)), and
// every type has a codec; sessions that read in text format must set TimeZone UTC
// and the other settings. In binary every conversion is checked: wire bytes that
// no server would send and text that is no value of the type are errors. Errors
// are of type [*Error] and never hold content.
//
// Codecs append to the slice they are given and allocate nothing else. They have
// no state and are safe for concurrent use. dst must not overlap the input.
//
// The binary forms are those of the types' send and receive functions in
// src/backend/utils/adt of PostgreSQL's source.
package value

import (
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

// Codec converts values of one type in one COPY format.
type Codec interface {
	// AppendText appends the canonical text of a non-NULL value.
	AppendText(dst, wire []byte) ([]byte, error)
	// AppendWire appends the wire form of a canonical text.
	AppendWire(dst, text []byte) ([]byte, error)
}

// Error is a value that can't be converted. It doesn't say which.
type Error struct {
	Type string // e.g. "numeric"
	Wire bool   // the wire form is wrong, else the text
}

func (e *Error) Error() string {
	if e.Wire {
		return "the wire form of a value is not that of type " + e.Type
	}
	return "a text is not a value of type " + e.Type
}

func badWire(typ string) error { return &Error{Type: typ, Wire: true} }
func badText(typ string) error { return &Error{Type: typ} }

// For returns the codec of a type, nil if the type has none in that format.
// Text format has a codec for every type.
func For(t *catalog.Type, f copyfmt.Format) Codec {
	t = t.Underlying()
	if f == copyfmt.Text {
		if t.OID == catalog.BPCharOID {
			return bpchar{}
		}
		return same{}
	}
	switch t.Kind {
	case catalog.ArrayType:
		return arrayFor(t)
	case catalog.EnumType:
		return same{}
	case catalog.RangeType:
		return rangeFor(t)
	case catalog.MultirangeType:
		return multirangeFor(t)
	case catalog.CompositeType:
		return compositeFor(t)
	case catalog.BaseType:
		if t.Builtin() {
			return builtin(t.OID)
		}
		return extension(t.Name)
	}
	return nil
}

func builtin(oid uint32) Codec {
	switch oid {
	case catalog.TextOID, catalog.VarcharOID, catalog.NameOID, catalog.JSONOID, catalog.XMLOID, catalog.UnknownOID,
		catalog.RefcursorOID:
		return same{}
	case catalog.BPCharOID:
		return bpchar{}
	case catalog.CharOID:
		return char{}
	case catalog.BoolOID:
		return boolean{}
	case catalog.ByteaOID:
		return bytea{}
	case catalog.BitOID, catalog.VarbitOID:
		return bitString{}
	case catalog.UUIDOID:
		return uuid{}
	case catalog.JSONBOID:
		return versioned{"jsonb"}
	case catalog.JSONPathOID:
		return versioned{"jsonpath"}
	case catalog.InetOID:
		return network{"inet", false}
	case catalog.CIDROID:
		return network{"cidr", true}
	case catalog.MacaddrOID:
		return macaddr{"macaddr", 6}
	case catalog.Macaddr8OID:
		return macaddr{"macaddr8", 8}
	case catalog.DateOID:
		return date{}
	case catalog.TimeOID:
		return timeOfDay{}
	case catalog.TimetzOID:
		return timetz{}
	case catalog.TimestampOID:
		return timestamp{"timestamp", false}
	case catalog.TimestamptzOID:
		return timestamp{"timestamptz", true}
	case catalog.IntervalOID:
		return interval{}
	case catalog.TSVectorOID:
		return tsvector{}
	case catalog.PointOID, catalog.LsegOID, catalog.PathOID, catalog.BoxOID, catalog.PolygonOID, catalog.LineOID,
		catalog.CircleOID:
		return geometry{oid}
	}
	return builtinNumber(oid)
}

func builtinNumber(oid uint32) Codec {
	switch oid {
	case catalog.Int2OID:
		return integer{"smallint", 2}
	case catalog.Int4OID:
		return integer{"integer", 4}
	case catalog.Int8OID:
		return integer{"bigint", 8}
	case catalog.OIDOID:
		return unsigned{"oid", 4}
	case catalog.XIDOID:
		return unsigned{"xid", 4}
	case catalog.CIDOID:
		return unsigned{"cid", 4}
	case catalog.XID8OID:
		return unsigned{"xid8", 8}
	case catalog.TIDOID:
		return tid{}
	case catalog.PGLSNOID:
		return lsn{}
	case catalog.Float4OID:
		return float{"real", 4}
	case catalog.Float8OID:
		return float{"double precision", 8}
	case catalog.NumericOID:
		return numeric{}
	}
	return nil
}

// extension knows types of contrib modules, whose OIDs differ between servers.
func extension(name string) Codec {
	switch name {
	case "citext":
		return same{}
	case "ltree", "lquery", "ltxtquery":
		return versioned{name}
	case "hstore":
		return hstore{}
	}
	return nil
}

// Binary reports whether COPY may carry a table's column of this type in binary
// from one cluster into another: it has binary I/O and embeds no OID of a
// user-defined type (arrays and composites do) or of a user's object (regclass
// and its kin are object identifiers in binary, names in text).
func Binary(t *catalog.Type) bool {
	if t == nil || !t.BinaryIO {
		return false
	}
	switch t.Kind {
	case catalog.DomainType:
		return Binary(t.Base)
	case catalog.ArrayType:
		return t.Elem != nil && t.Elem.Builtin() && Binary(t.Elem)
	case catalog.RangeType, catalog.MultirangeType:
		return Binary(t.Elem)
	case catalog.CompositeType:
		for _, f := range t.Fields {
			if !f.Type.Builtin() || !Binary(f.Type) {
				return false
			}
		}
		return true
	case catalog.PseudoType:
		return false
	}
	switch t.OID {
	case 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191: // reg*
		return false
	}
	return true
}
