package text

import "refresher/internal/postgres/catalog"

// plainBounds is what array_dims says of an array whose lower bounds are all 1, which JSON can say.
const plainBounds = `'^(\[1:[0-9]+\])+$'`

// jsonValue is the SQL of a column's value as row_to_json may take it: what JSON can't say, or
// what a cast of the schema's own could change on the way, is PostgreSQL's own text.
func jsonValue(c *catalog.Column) string {
	ref, t := "t."+catalog.Quote(c.Name), c.Type.Underlying()
	switch {
	case t.Kind == catalog.ArrayType && t.Elem != nil && whole(t.Elem):
		return "CASE WHEN pg_catalog.array_dims(" + ref + ") !~ " + plainBounds + " THEN pg_catalog.to_json(" +
			c.Type.AsText(ref) + ") ELSE pg_catalog.to_json(" + ref + ") END"
	case t.Kind != catalog.ArrayType && whole(t):
		return ref
	}
	return c.Type.AsText(ref)
}

// whole reports whether JSON says all of a type's values: PostgreSQL's own types, and composites
// of those. An array within a composite could have bounds of its own.
func whole(t *catalog.Type) bool {
	switch t = t.Underlying(); t.Kind {
	case catalog.EnumType:
		return true
	case catalog.CompositeType:
		for _, f := range t.Fields {
			if !whole(f.Type) {
				return false
			}
		}
		return true
	case catalog.ArrayType:
		return false
	}
	return t.Builtin()
}
