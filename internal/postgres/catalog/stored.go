package catalog

// firstUserOID is the first OID of objects that a database's owner made
// (FirstNormalObjectId in src/include/access/transam.h).
const firstUserOID = 16384

// AsText is SQL that writes the value of expression ref, of type t, as text: NULL for
// NULL. For a type that the schema defines it is what the type's output function
// writes, as COPY and pg_dump do, since a cast to text can be the schema's own
// (CREATE CAST) and leave out what it likes.
func (t *Type) AsText(ref string) string {
	if t.Underlying().OID < firstUserOID {
		return ref + "::pg_catalog.text"
	}
	return Output(ref)
}

// Output is SQL that writes the value of an expression of any type by its output function.
func Output(ref string) string {
	return "CASE WHEN " + ref + " IS DISTINCT FROM NULL THEN pg_catalog.concat(" + ref + ") END"
}

// AsTexts is SQL that writes the elements of an array of type t, of one dimension, as an
// array of texts; see [Type.AsText].
func (t *Type) AsTexts(ref string) string {
	t = t.Underlying()
	if t.Elem == nil || t.Elem.Underlying().OID < firstUserOID {
		return ref + "::pg_catalog.text[]"
	}
	return "CASE WHEN " + ref + " IS DISTINCT FROM NULL THEN ARRAY(SELECT " + Output(ref+"[i]") +
		" FROM pg_catalog.generate_subscripts(" + ref + ", 1) AS i ORDER BY i) END"
}
