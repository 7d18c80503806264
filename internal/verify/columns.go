package verify

import (
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// column is a column as it is read.
type column struct {
	expr      string      // what SELECT reads, as bytes of text
	versioned bool        // the wire form has a version byte before the text
	digest    bool        // the wire form is 16 bytes, which say something only if they are a digest
	wire      value.Codec // reads the wire form as text; nil: it is text
	tally     *tally
}

// columns are those of a table that can hold an identifier; the tallies of the
// others say why they can't.
func (db *database) columns(t *catalog.Table) []column {
	ruled := map[string]Column{}
	if spec := db.spec(t); spec != nil {
		for _, c := range spec.Columns {
			if !c.Keep {
				ruled[c.Name] = c
			}
		}
	}
	var cols []column
	for _, c := range t.Columns {
		how, why := read(c.Type, db.v.uuids())
		into := db.ledger.column(t.Name.String(), c.Name, func(y *tally) {
			y.stats.Type, y.stats.Why, y.stats.Scanned = c.Type.SQL, why, why == ""
			y.numeric = how == asNumber || how == asInteger
			oid := c.Type.Underlying().OID
			y.address = oid == catalog.InetOID || oid == catalog.CIDROID
			if rule, ok := ruled[c.Name]; ok {
				y.follow(rule)
			}
		})
		if why == "" {
			is := column{expr: "t." + catalog.Quote(c.Name), versioned: how == asJSONB, digest: how == asDigest, tally: into}
			if is.wire = decoder(c.Type); is.wire == nil {
				is.expr = how.expr(c.Type, is.expr)
			}
			cols = append(cols, is)
		}
	}
	return cols
}

// decoder reads the wire form of a type as the text that its output function writes; nil for what
// the server writes, or what is text on the wire. A cast there takes longer than all else for such a cell.
func decoder(t *catalog.Type) value.Codec {
	switch t.Underlying().OID {
	case catalog.InetOID, catalog.CIDROID, catalog.MacaddrOID, catalog.Macaddr8OID:
		return value.For(t, copyfmt.Binary)
	}
	return nil
}

// form is how a type's values are read as text.
type form int

const (
	asIs          form = iota // the wire form is the text
	asText                    // as the type's output function writes it
	asJSONB                   // a version byte, then the text
	asNumber                  // as text, if of seven digits or more
	asInteger                 // a float: as text, if a whole number of seven digits or more
	asIntegers                // an array of those
	asLexemes                 // a tsvector: its lexemes in the order of their positions
	asLexemesEach             // an array of those
	asWords                   // a tsquery: its words, without operators
	asWordsEach               // an array of those
	asDigest                  // a UUID: its bytes, which can be a digest
)

// uuids says what UUIDs are looked through for.
type uuids int

const (
	noUUIDs   uuids = iota // nothing
	digests                // digests of source values
	allTokens              // source tokens, too
)

func (v *Verifier) uuids() uuids {
	switch {
	case v.opts.Set == nil:
	case v.opts.Set.Holds(pii.Token):
		return allTokens
	case v.opts.Set.HoldsDigests():
		return digests
	}
	return noUUIDs
}

// expr is the SQL that writes a value of the type, ref, so.
func (f form) expr(t *catalog.Type, ref string) string {
	switch f {
	case asText:
		return t.AsText(ref)
	case asInteger:
		return wholeNumber(ref)
	case asIntegers:
		return "ARRAY(SELECT " + wholeNumber("e.e") + " FROM pg_catalog.unnest(" + ref + ") AS e (e))::pg_catalog.text"
	case asLexemes:
		return lexemes(ref)
	case asLexemesEach:
		return each(ref, lexemes)
	case asWords:
		return words(ref)
	case asWordsEach:
		return each(ref, words)
	case asNumber:
		return "CASE WHEN " + ref + " >= 1000000 OR " + ref + " <= -1000000 THEN " + ref + "::pg_catalog.text END"
	}
	return ref
}

// wholeNumber writes a float in digits. By way of numeric it would lose some.
func wholeNumber(ref string) string {
	return "CASE WHEN pg_catalog.abs(" + ref + ") >= 1e6 AND pg_catalog.abs(" + ref + ") < 9e18 AND pg_catalog.trunc(" +
		ref + "::pg_catalog.float8) = " + ref +
		" THEN " + ref + "::pg_catalog.int8::pg_catalog.text END"
}

// lexemes writes a tsvector as the text it was made of, as far as it is left: the
// server's own form of it is in the order of the alphabet. What has no position comes last.
func lexemes(ref string) string {
	return "(SELECT pg_catalog.string_agg(w.lexeme, ' ' ORDER BY p.p, w.lexeme) FROM pg_catalog.unnest(" + ref +
		"::pg_catalog.tsvector) AS w" +
		" LEFT JOIN LATERAL pg_catalog.unnest(w.positions) AS p (p) ON true)"
}

// words writes the words of a tsquery, which stand there in quotes.
func words(ref string) string {
	return "pg_catalog.replace(pg_catalog.regexp_replace(" + ref + "::pg_catalog.tsquery::pg_catalog.text," +
		` '[^'']*''((?:[^'']|'''')*)''', E'\\1 ', 'g'), '''''', '''')`
}

// each writes every element of an array, and something between them.
func each(ref string, write func(ref string) string) string {
	return "(SELECT pg_catalog.string_agg(" + write("e.e") + ", ' | ') FROM pg_catalog.unnest(" + ref + ") AS e (e))"
}

// read says how to read a type, or why there is nothing to read.
func read(t *catalog.Type, ids uuids) (how form, why string) {
	t = t.Underlying()
	switch t.Kind {
	case catalog.EnumType:
		return 0, "an enum: its labels are schema text"
	case catalog.ArrayType, catalog.RangeType, catalog.MultirangeType:
		return readElements(t, ids)
	case catalog.CompositeType:
		return asText, ""
	}
	switch t.OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID, catalog.NameOID, catalog.JSONOID, catalog.XMLOID,
		catalog.ByteaOID:
		return asIs, ""
	case catalog.JSONBOID:
		return asJSONB, ""
	case catalog.Int8OID, catalog.Int4OID, catalog.NumericOID:
		return asNumber, ""
	case catalog.Float4OID, catalog.Float8OID:
		return asInteger, ""
	case catalog.TSVectorOID:
		return asLexemes, ""
	case catalog.TSQueryOID:
		return asWords, ""
	case catalog.UUIDOID:
		switch ids {
		case noUUIDs:
			return 0, "random, and no tokens are looked for"
		case digests:
			return asDigest, ""
		}
	}
	if why := identifiesNobody(t.OID); why != "" {
		return 0, why
	}
	return asText, ""
}

// identifiesNobody says why no value of a built-in type is an identifier; "" if one can be.
func identifiesNobody(oid uint32) string {
	switch oid {
	case catalog.BoolOID, catalog.CharOID, catalog.Int2OID:
		return "too small to hold an identifier"
	case catalog.DateOID, catalog.TimeOID, catalog.TimestampOID, catalog.TimestamptzOID, catalog.IntervalOID,
		catalog.TimetzOID:
		return "a date or time identifies nobody by itself"
	case catalog.MoneyOID:
		return "an amount"
	case catalog.PointOID, catalog.LsegOID, catalog.PathOID, catalog.BoxOID, catalog.PolygonOID, catalog.LineOID,
		catalog.CircleOID:
		return "geometry"
	case catalog.OIDOID, catalog.TIDOID, catalog.XIDOID, catalog.CIDOID, catalog.XID8OID, catalog.PGLSNOID:
		return "an object or transaction number"
	}
	return ""
}

// readElements says so of an array, a range or a multirange.
func readElements(t *catalog.Type, ids uuids) (how form, why string) {
	if t.Elem == nil {
		return asText, ""
	}
	array := t.Kind == catalog.ArrayType
	if array && isSmall(t.Elem) {
		return asText, "" // letters, or the bytes of a text
	}
	switch how, why := read(t.Elem, ids); {
	case why != "":
		return 0, why
	case how == asInteger && array:
		return asIntegers, ""
	case how == asLexemes && array:
		return asLexemesEach, ""
	case how == asWords && array:
		return asWordsEach, ""
	}
	return asText, ""
}

func isSmall(t *catalog.Type) bool {
	oid := t.Underlying().OID
	return oid == catalog.Int2OID || oid == catalog.CharOID
}
