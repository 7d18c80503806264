package catalog

import (
	"context"
	"fmt"
)

// columnTypes is the closure of the types that users' columns have: elements,
// bases, fields and subtypes included.
const columnTypes = `
	WITH RECURSIVE need(oid) AS (
		SELECT DISTINCT a.atttypid
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ` + userSchemas + `
		  AND a.attnum > 0 AND NOT a.attisdropped
		UNION
		SELECT part.oid FROM need, LATERAL (
			SELECT t.typelem FROM pg_type t WHERE t.oid = need.oid AND t.typelem <> 0
			UNION ALL SELECT t.typbasetype FROM pg_type t WHERE t.oid = need.oid AND t.typbasetype <> 0
			UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = need.oid
			UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = need.oid
			UNION ALL SELECT f.atttypid FROM pg_type t JOIN pg_attribute f ON f.attrelid = t.typrelid
			          WHERE t.oid = need.oid AND f.attnum > 0 AND NOT f.attisdropped
		) part(oid)
	)`

// typeLinks are the OIDs that a type refers to, to be resolved when all are read.
type typeLinks struct{ elem, base uint32 }

func (l *loader) loadTypes(ctx context.Context) error {
	links, err := l.readTypes(ctx)
	if err != nil {
		return err
	}
	for oid, link := range links {
		t := l.types[oid]
		t.Elem, t.Base = l.types[link.elem], l.types[link.base]
		if (link.elem != 0 && t.Elem == nil) || (link.base != 0 && t.Base == nil) {
			return fmt.Errorf("a type that %s is made of is missing in pg_type", t.SQL)
		}
	}
	if err := l.readFields(ctx); err != nil {
		return err
	}
	return l.readLabels(ctx)
}

func (l *loader) readTypes(ctx context.Context) (map[uint32]typeLinks, error) {
	// A true array type is one that its element calls its array; "name", "point"
	// and "int2vector" have a typelem too.
	const q = columnTypes + `
		SELECT t.oid, n.nspname, t.typname, format_type(t.oid, NULL), t.typtype::text,
		       coalesce(el.typarray = t.oid, false), t.typelem, t.typbasetype, t.typtypmod,
		       t.typsend <> 0 AND t.typreceive <> 0,
		       coalesce(r.rngsubtype, m.rngtypid, 0::oid)
		FROM need JOIN pg_type t ON t.oid = need.oid JOIN pg_namespace n ON n.oid = t.typnamespace
		LEFT JOIN pg_type el ON el.oid = t.typelem
		LEFT JOIN pg_range r ON r.rngtypid = t.oid
		LEFT JOIN pg_range m ON m.rngmultitypid = t.oid`
	links := map[uint32]typeLinks{}
	var t Type
	var kind string
	var array bool
	var elem, base, rangeOf uint32
	into := []any{&t.OID, &t.Schema, &t.Name, &t.SQL, &kind, &array, &elem, &base, &t.BaseMod, &t.BinaryIO, &rangeOf}
	err := l.rows(ctx, q, into, func() error {
		found := t
		found.Kind = TypeKind(kind[0])
		var link typeLinks
		switch {
		case array:
			found.Kind, link.elem = ArrayType, elem
		case found.Kind == RangeType || found.Kind == MultirangeType:
			link.elem = rangeOf
		case found.Kind == DomainType:
			link.base = base
		}
		l.types[found.OID], links[found.OID] = &found, link
		return nil
	})
	return links, err
}

func (l *loader) readFields(ctx context.Context) error {
	const q = columnTypes + `
		SELECT t.oid, a.attname, a.atttypid, a.atttypmod
		FROM need JOIN pg_type t ON t.oid = need.oid AND t.typtype = 'c' JOIN pg_attribute a ON a.attrelid = t.typrelid
		WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY t.oid, a.attnum`
	var owner, typ uint32
	var f Field
	return l.rows(ctx, q, []any{&owner, &f.Name, &typ, &f.Mod}, func() error {
		t, found := l.types[owner], f
		if found.Type = l.types[typ]; found.Type == nil {
			return fmt.Errorf("type %s, field %q: its type (OID %d) is missing in pg_type", t.SQL, f.Name, typ)
		}
		t.Fields = append(t.Fields, found)
		return nil
	})
}

func (l *loader) readLabels(ctx context.Context) error {
	const q = columnTypes + `
		SELECT x.enumtypid, x.enumlabel FROM need JOIN pg_enum x ON x.enumtypid = need.oid
		ORDER BY x.enumtypid, x.enumsortorder`
	var owner uint32
	var label string
	return l.rows(ctx, q, []any{&owner, &label}, func() error {
		t := l.types[owner]
		t.Labels = append(t.Labels, label)
		return nil
	})
}
