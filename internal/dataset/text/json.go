package text

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
)

// plainBounds is what array_dims says of an array whose lower bounds are all 1, which JSON can say.
const plainBounds = `'^(\[1:[0-9]+\])+$'`

// jsonValue is the SQL of a column's value as row_to_json may take it: what JSON can't say, or
// what a cast of the schema's own could change on the way, is PostgreSQL's own text. casts are of [jsonCasts].
func jsonValue(c *catalog.Column, casts []catalog.Name) string {
	ref, t := "t."+catalog.Quote(c.Name), c.Type.Underlying()
	switch {
	case t.Kind == catalog.ArrayType && t.Elem != nil && whole(t.Elem, casts):
		return "CASE WHEN pg_catalog.array_dims(" + ref + ") !~ " + plainBounds + " THEN pg_catalog.to_json(" +
			c.Type.AsText(ref) + ") ELSE pg_catalog.to_json(" + ref + ") END"
	case t.Kind != catalog.ArrayType && whole(t, casts):
		return ref
	}
	return c.Type.AsText(ref)
}

// whole reports whether JSON says all of a type's values: PostgreSQL's own types, enums, and composites
// of those. An array within a composite could have bounds of its own.
func whole(t *catalog.Type, casts []catalog.Name) bool {
	switch t = t.Underlying(); t.Kind {
	case catalog.EnumType:
		return !slices.Contains(casts, catalog.Name{Schema: t.Schema, Name: t.Name})
	case catalog.CompositeType:
		for _, f := range t.Fields {
			if !whole(f.Type, casts) {
				return false
			}
		}
		return true
	case catalog.ArrayType:
		return false
	}
	return t.Builtin()
}

// jsonCasts are the enums that the schema casts to json: row_to_json would run such a cast.
func jsonCasts(ctx context.Context, conn *pgx.Conn) ([]catalog.Name, error) {
	rows, err := conn.Query(ctx, `
		SELECT n.nspname, t.typname FROM pg_catalog.pg_cast k JOIN pg_catalog.pg_type t ON t.oid = k.castsource
		JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
		WHERE k.casttarget = 'pg_catalog.json'::pg_catalog.regtype AND t.typtype = 'e'`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[catalog.Name])
}
