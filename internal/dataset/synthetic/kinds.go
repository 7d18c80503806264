package synthetic

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"refresher/internal/postgres/catalog"
)

// kind is how values of a type are made.
type kind uint8

const (
	other   kind = iota // by the type's name, see [maker.special]
	text                // text, varchar, char, citext, name
	whole               // smallint, integer, bigint, oid
	decimal             // numeric, money
	float               // real, double precision
	day                 // date
	moment              // timestamp, timestamptz
	clock               // time, timetz, interval: seconds
	boolean
	enum
	array
	ranges
	multirange
	composite
)

// kindOf is the kind of a type, of a domain that of the type it is over.
func kindOf(t *catalog.Type) kind {
	t = t.Underlying()
	switch t.Kind {
	case catalog.EnumType:
		return enum
	case catalog.ArrayType:
		return array
	case catalog.RangeType:
		return ranges
	case catalog.MultirangeType:
		return multirange
	case catalog.CompositeType:
		return composite
	}
	switch t.OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID, catalog.NameOID:
		return text
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.OIDOID:
		return whole
	case catalog.NumericOID, catalog.MoneyOID:
		return decimal
	case catalog.Float4OID, catalog.Float8OID:
		return float
	case catalog.DateOID:
		return day
	case catalog.TimestampOID, catalog.TimestamptzOID:
		return moment
	case catalog.TimeOID, catalog.TimetzOID, catalog.IntervalOID:
		return clock
	case catalog.BoolOID:
		return boolean
	}
	if t.Name == "citext" {
		return text
	}
	return other
}

// numeric reports whether values are numbers to SQL.
func (k kind) numeric() bool { return k == whole || k == decimal || k == float }

// ticked reports whether values are counted: whole numbers of some unit.
func (k kind) ticked() bool { return k >= whole && k <= clock }

// labels are all values of a type that has few.
func (k kind) labels(t *catalog.Type) []string {
	switch k {
	case boolean:
		return []string{"false", "true"}
	case enum:
		return t.Underlying().Labels
	}
	return nil
}

// scale is the type in which values are held against a grid.
func (k kind) scale() string {
	if k == day || k == moment {
		return "pg_catalog.timestamp"
	}
	return "pg_catalog.numeric"
}

// grid are the edges of the intervals in which values of a kind are counted, in order: fixed, so that they
// say nothing of the data.
func (k kind) grid() (edges []string) {
	switch {
	case k.numeric():
		var up []string
		for e := -2; e <= 12; e++ {
			for _, digit := range []string{"1", "2", "5"} {
				if e < 0 {
					up = append(up, "0."+strings.Repeat("0", -e-1)+digit)
				} else {
					up = append(up, digit+strings.Repeat("0", e))
				}
			}
		}
		for i := len(up) - 1; i >= 0; i-- {
			edges = append(edges, "-"+up[i])
		}
		return append(append(edges, "0"), up...)
	case k == day || k == moment:
		for year := 1900; year < 2100; year++ {
			for month := 1; month <= 12; month++ {
				edges = append(edges, fmt.Sprintf("%d-%02d-01", year, month))
			}
		}
	}
	return edges
}

// measure turns values of a ticked column into ticks and back.
type measure struct {
	kind  kind
	scale int    // decimal digits of a tick
	typ   uint32 // of the column
}

// measureOf is the measure of a column.
func measureOf(t *catalog.Type, mod int32) measure {
	m := measure{kind: kindOf(t), typ: t.Underlying().OID}
	switch m.kind {
	case decimal:
		if m.scale = 2; m.typ == catalog.NumericOID && mod >= 4 {
			m.scale = int((mod-4)&0x7ff^1024) - 1024 // a signed number of 11 bits (numeric.c)
		}
	case float:
		m.scale = 3
	}
	return m
}

// ticks is the tick of a value, rounded down; exact reports whether it is none between two.
func (m measure) ticks(value string) (n int64, exact, ok bool) {
	switch m.kind {
	case day, moment:
		t, ok := parseTime(value)
		if !ok {
			return 0, false, false
		}
		if m.kind == moment {
			return t.Unix(), t.Nanosecond() == 0, true
		}
		return floorDiv(t.Unix(), 86400), t.Unix()%86400 == 0 && t.Nanosecond() == 0, true
	case clock:
		t, err := time.Parse("15:04:05.999999", strings.TrimSuffix(value, "+00"))
		return int64(t.Hour()*3600 + t.Minute()*60 + t.Second()), t.Nanosecond() == 0, err == nil
	}
	r, ok := new(big.Rat).SetString(value)
	if !ok {
		return 0, false, false
	}
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(m.scale, -m.scale))), nil))
	if m.scale < 0 {
		unit.Inv(unit)
	}
	r.Mul(r, unit)
	q, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // Euclidean: rounds down
	if !q.IsInt64() {
		return 0, false, false
	}
	return q.Int64(), rest.Sign() == 0, true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func parseTime(value string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05.999999-07"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// append writes the value of a tick.
func (m measure) append(dst []byte, n int64) []byte {
	switch m.kind {
	case day:
		return time.Unix(n*86400, 0).UTC().AppendFormat(dst, "2006-01-02")
	case moment:
		dst = time.Unix(n, 0).UTC().AppendFormat(dst, "2006-01-02 15:04:05")
		if m.typ == catalog.TimestamptzOID {
			dst = append(dst, "+00"...)
		}
		return dst
	case clock:
		dst = fmt.Appendf(dst, "%02d:%02d:%02d", n/3600, n/60%60, n%60)
		if m.typ == catalog.TimetzOID {
			dst = append(dst, "+00"...)
		}
		return dst
	}
	if m.scale <= 0 {
		dst = fmt.Appendf(dst, "%d", n)
		if n != 0 {
			dst = append(dst, strings.Repeat("0", -m.scale)...)
		}
		return dst
	}
	digits := fmt.Sprintf("%0*d", m.scale+1, max(n, -n))
	if n < 0 {
		dst = append(dst, '-')
	}
	at := len(digits) - m.scale
	return append(append(append(dst, digits[:at]...), '.'), digits[at:]...)
}

// limits are the least and the greatest tick of a type, and the limits of what is drawn where nothing is known.
func (m measure) limits(mod int32) (least, most, low, high int64) {
	const much = 1 << 53 // a double has no whole number between two above it
	switch m.kind {
	case whole:
		low, high = 1, 1000
		switch m.typ {
		case catalog.Int2OID:
			return -1 << 15, 1<<15 - 1, low, high
		case catalog.Int4OID:
			return -1 << 31, 1<<31 - 1, low, high
		case catalog.OIDOID:
			return 0, 1<<32 - 1, low, high
		}
		return -1 << 62, 1<<62 - 1, low, high
	case decimal:
		most = much
		if m.typ == catalog.NumericOID && mod >= 4 {
			if precision := (mod - 4) >> 16 & 0xffff; precision < 16 {
				most = 1
				for range precision {
					most *= 10
				}
				most--
			}
		}
		return -most, most, 0, min(most, 1000*power(m.scale))
	case float:
		if m.typ == catalog.Float4OID {
			return -1 << 24, 1 << 24, 0, 1000 * power(m.scale)
		}
		return -much, much, 0, 1000 * power(m.scale)
	case day:
		return -719162, 2932896, firstDay, firstDay + 6*365
	case moment:
		return -719162 * 86400, 2932896 * 86400, firstDay * 86400, (firstDay + 6*365) * 86400
	}
	return 0, 86399, 0, 86399
}

func power(scale int) int64 {
	n := int64(1)
	for range max(scale, 0) {
		n *= 10
	}
	return n
}

// firstDay is 1 January 2020, from which dates are drawn of which nothing is released.
const firstDay = 18262
