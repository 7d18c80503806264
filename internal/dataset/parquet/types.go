package parquet

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/postgres/catalog"
)

// leaf is how values of one PostgreSQL type are stored.
type leaf struct {
	node   func() parquet.Node
	label  string // for people: "DECIMAL(10,2)"
	decode decodeFunc
	cast   bool                  // the value is selected as text
	unfit  func(v string) string // SQL condition: expression v holds a value the node can't say; nil if none can
}

// column is a table's column as it is read and written.
type column struct {
	name     string
	typ      string // SQL name of the PostgreSQL type
	expr     string // what SELECT reads
	text     string // what SELECT reads of it as text
	leaf     leaf
	list     bool
	required bool
	unfit    string // SQL condition over the row, "" if every value fits
	asText   string // why the column fell back to text, "" if it did not
}

func (c *column) label() string {
	if c.list {
		return "LIST of " + c.leaf.label
	}
	return c.leaf.label
}

func (c *column) parquetNode() parquet.Node {
	n := c.leaf.node()
	if n.Type().Kind() == parquet.ByteArray && !c.list {
		n = parquet.Leaf(uncopied{n.Type()})
	}
	if c.list {
		n = parquet.List(parquet.Optional(n))
	}
	if !c.required {
		n = parquet.Optional(n)
	}
	return n
}

// useText makes the column a string of PostgreSQL's own text.
func (c *column) useText(why string) {
	c.expr, c.leaf, c.list, c.unfit, c.asText = c.text, stringLeaf(true), false, "", why
}

// newColumn maps a column by the package's type table.
func newColumn(c *catalog.Column) *column {
	ref := "t." + catalog.Quote(c.Name)
	col := &column{name: c.Name, typ: c.Type.SQL, expr: ref, text: c.Type.AsText(ref), required: c.NotNull}
	typ, mod := resolve(c.Type, c.Mod)
	if typ.Kind == catalog.ArrayType && typ.Elem != nil {
		elem, elemMod := resolve(typ.Elem, mod)
		col.list, col.leaf = true, leafFor(elem, elemMod)
		col.unfit = "pg_catalog.array_ndims(" + ref + ") > 1 OR pg_catalog.array_lower(" + ref + ", 1) <> 1"
		if col.leaf.cast {
			col.expr = typ.AsTexts(ref)
		} else if col.leaf.unfit != nil {
			col.unfit += " OR EXISTS (SELECT FROM pg_catalog.unnest(" + ref + ") AS e(v) WHERE " +
				col.leaf.unfit("e.v") + ")"
		}
		return col
	}
	col.leaf = leafFor(typ, mod)
	if col.leaf.cast {
		col.expr = col.text
	}
	if col.leaf.unfit != nil {
		col.unfit = col.leaf.unfit(ref)
	}
	return col
}

// resolve follows domains down to the stored type and its modifier.
func resolve(t *catalog.Type, mod int32) (*catalog.Type, int32) {
	for t.Kind == catalog.DomainType && t.Base != nil {
		if mod < 0 {
			mod = t.BaseMod
		}
		t = t.Base
	}
	return t, mod
}

// leafFor maps a type that is neither an array nor a domain.
func leafFor(t *catalog.Type, mod int32) leaf {
	switch t.OID {
	case catalog.BoolOID:
		return leaf{node: typed(parquet.BooleanType), label: "BOOLEAN", decode: decodeBool}
	case catalog.Int2OID:
		return leaf{node: func() parquet.Node { return parquet.Int(16) }, label: "INT(16)", decode: decodeInt2}
	case catalog.Int4OID:
		return leaf{node: func() parquet.Node { return parquet.Int(32) }, label: "INT(32)", decode: decodeInt4}
	case catalog.Int8OID:
		return leaf{node: func() parquet.Node { return parquet.Int(64) }, label: "INT(64)", decode: decodeInt8}
	case catalog.OIDOID:
		return leaf{node: func() parquet.Node { return parquet.Uint(32) }, label: "INT(32, unsigned)", decode: decodeInt4}
	case catalog.Float4OID:
		return leaf{node: typed(parquet.FloatType), label: "FLOAT", decode: decodeFloat4}
	case catalog.Float8OID:
		return leaf{node: typed(parquet.DoubleType), label: "DOUBLE", decode: decodeFloat8}
	case catalog.NumericOID:
		return numericLeaf(mod)
	case catalog.TextOID, catalog.VarcharOID, catalog.NameOID:
		return stringLeaf(false)
	case catalog.BPCharOID:
		return leaf{node: parquet.String, label: "STRING", decode: decodePadded}
	case catalog.UUIDOID:
		return leaf{node: parquet.UUID, label: "UUID", decode: decodeUUID}
	case catalog.JSONOID:
		return leaf{node: parquet.JSON, label: "JSON", decode: decodeText}
	case catalog.JSONBOID:
		return leaf{node: parquet.JSON, label: "JSON", decode: decodeJSONB}
	case catalog.ByteaOID:
		return leaf{node: typed(parquet.ByteArrayType), label: "BYTE_ARRAY", decode: decodeBytes}
	case catalog.DateOID:
		return leaf{node: parquet.Date, label: "DATE", decode: decodeDate, unfit: infinite("date")}
	case catalog.TimeOID:
		return leaf{
			node:  func() parquet.Node { return parquet.TimeAdjusted(parquet.Microsecond, false) },
			label: "TIME(MICROS)", decode: decodeTime,
			unfit: func(v string) string { return v + " = TIME '24:00'" },
		}
	case catalog.TimestampOID:
		return leaf{
			node:  func() parquet.Node { return parquet.TimestampAdjusted(parquet.Microsecond, false) },
			label: "TIMESTAMP(MICROS)", decode: decodeTimestamp, unfit: beyond("timestamp"),
		}
	case catalog.TimestamptzOID:
		return leaf{
			node:  func() parquet.Node { return parquet.TimestampAdjusted(parquet.Microsecond, true) },
			label: "TIMESTAMP(MICROS, UTC)", decode: decodeTimestamp, unfit: beyond("timestamptz"),
		}
	}
	return stringLeaf(true)
}

func typed(t parquet.Type) func() parquet.Node {
	return func() parquet.Node { return parquet.Leaf(t) }
}

func stringLeaf(cast bool) leaf {
	return leaf{node: parquet.String, label: "STRING", decode: decodeText, cast: cast}
}

func infinite(typ string) func(string) string {
	return func(v string) string {
		return fmt.Sprintf("%s IN (%[2]s 'infinity', %[2]s '-infinity')", v, typ)
	}
}

// beyond finds ±infinity and the last years that PostgreSQL's microseconds since
// 2000 can say and Parquet's since 1970 can't.
func beyond(typ string) func(string) string {
	return func(v string) string {
		return fmt.Sprintf("(%s >= %[2]s '294247-01-01 00:00:00Z' OR %[1]s = %[2]s '-infinity')", v, typ)
	}
}

// numericLeaf maps numeric(p,s). The modifier packs the precision and an 11-bit
// signed scale (src/include/utils/numeric.h, make_numeric_typmod).
func numericLeaf(mod int32) leaf {
	if mod < 4 {
		return stringLeaf(true)
	}
	precision := int((mod - 4) >> 16 & 0xffff)
	scale := int(((mod-4)&0x7ff)^1024) - 1024
	if precision < 1 || precision > 38 || scale < 0 || scale > precision {
		return stringLeaf(true)
	}
	physical, width := parquet.FixedLenByteArrayType(16), 16
	switch {
	case precision <= 9:
		physical, width = parquet.Int32Type, 4
	case precision <= 18:
		physical, width = parquet.Int64Type, 8
	}
	return leaf{
		node:   func() parquet.Node { return parquet.Decimal(scale, precision, physical) },
		label:  fmt.Sprintf("DECIMAL(%d,%d)", precision, scale),
		decode: decodeDecimal(scale, width),
		unfit:  func(v string) string { return v + " = 'NaN'::pg_catalog.numeric" },
	}
}

// row is the Parquet group of a table's columns in the table's own order
// (parquet.Group would sort them by name).
type row struct {
	parquet.Group
	fields []parquet.Field
}

func (r row) Fields() []parquet.Field { return r.fields }

func newSchema(table catalog.Name, cols []*column) *parquet.Schema {
	group := make(parquet.Group, len(cols))
	for _, c := range cols {
		group[c.name] = c.parquetNode()
	}
	place := make(map[string]int, len(cols))
	for i, c := range cols {
		place[c.name] = i
	}
	fields := make([]parquet.Field, len(cols))
	for _, f := range group.Fields() {
		fields[place[f.Name()]] = f
	}
	return parquet.NewSchema(strings.ToValidUTF8(table.String(), "?"), row{group, fields})
}
