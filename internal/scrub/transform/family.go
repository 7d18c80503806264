package transform

import (
	"slices"

	"refresher/internal/postgres/catalog"
)

// Family groups the PostgreSQL types that transforms treat alike. Domains count
// as the type they are over.
type Family string

// The families.
const (
	FamilyText      Family = "text"      // text, varchar, char(n), name, citext
	FamilyNumber    Family = "number"    // smallint, integer, bigint, numeric
	FamilyDate      Family = "date"      // date
	FamilyTimestamp Family = "timestamp" // timestamp, timestamptz
	FamilyInet      Family = "inet"      // inet
	FamilyCIDR      Family = "cidr"      // cidr
	FamilyUUID      Family = "uuid"      // uuid
	FamilyBytea     Family = "bytea"     // bytea
	FamilyJSON      Family = "json"      // json, jsonb
	FamilyFloat     Family = "float"     // real, double precision
	FamilyMAC       Family = "mac"       // macaddr, macaddr8
	FamilyPoint     Family = "point"     // point
	FamilyXML       Family = "xml"       // xml
	FamilySearch    Family = "tsvector"  // tsvector
	FamilyEmbedding Family = "vector"    // vector, halfvec, sparsevec (pgvector)
	FamilyArray     Family = "array"     // arrays of anything
	FamilyOther     Family = "other"
)

// FamilyOf is the family of a type.
func FamilyOf(t *catalog.Type) Family {
	t = t.Underlying()
	switch t.OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID, catalog.NameOID:
		return FamilyText
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.NumericOID:
		return FamilyNumber
	case catalog.DateOID:
		return FamilyDate
	case catalog.TimestampOID, catalog.TimestamptzOID:
		return FamilyTimestamp
	case catalog.InetOID:
		return FamilyInet
	case catalog.CIDROID:
		return FamilyCIDR
	case catalog.UUIDOID:
		return FamilyUUID
	case catalog.ByteaOID:
		return FamilyBytea
	case catalog.JSONOID, catalog.JSONBOID:
		return FamilyJSON
	case catalog.Float4OID, catalog.Float8OID:
		return FamilyFloat
	case catalog.MacaddrOID, catalog.Macaddr8OID:
		return FamilyMAC
	case catalog.PointOID:
		return FamilyPoint
	case catalog.XMLOID:
		return FamilyXML
	case catalog.TSVectorOID:
		return FamilySearch
	}
	switch {
	case t.Kind == catalog.ArrayType:
		return FamilyArray
	case t.Kind == catalog.BaseType && t.Name == "citext":
		return FamilyText
	case isEmbedding(t):
		return FamilyEmbedding
	}
	return FamilyOther
}

// Serves reports whether the transform takes values of the family.
func (d *Definition) Serves(f Family) bool {
	return d.Families == nil || slices.Contains(d.Families, f)
}

// MaxDigits is how many decimal digits every value of a number type can have; 0
// for unlimited.
func MaxDigits(t *catalog.Type, mod int32) int {
	for t.Kind == catalog.DomainType {
		if mod < 0 {
			mod = t.BaseMod
		}
		t = t.Base
	}
	switch t.OID {
	case catalog.Int2OID:
		return 4
	case catalog.Int4OID:
		return 9
	case catalog.Int8OID:
		return 18
	}
	if mod < 4 {
		return 1000 // numeric without precision
	}
	precision, scale := int(mod-4)>>16&0xffff, int(mod-4)&0x7ff
	if scale >= 1024 {
		scale -= 2048 // negative scales, PostgreSQL 15
	}
	return max(0, precision-scale)
}

// MaxChars is the limit in characters of a text type or of an array's elements.
func MaxChars(t *catalog.Type, mod int32) int {
	if t.Underlying().OID == catalog.NameOID {
		return 63 // NAMEDATALEN - 1, in bytes; what is made here is ASCII
	}
	c := catalog.Column{Type: t, Mod: mod}
	return c.MaxChars()
}

// isWhole reports whether a type has no decimals.
func isWhole(t *catalog.Type) bool {
	switch t.Underlying().OID {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
		return true
	}
	return false
}
