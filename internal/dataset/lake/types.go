package lake

import "refresher/internal/postgres/catalog"

// base is one of PostgreSQL's own types, of which files have the like.
func base(oid uint32, name, sql string) *catalog.Type {
	return &catalog.Type{OID: oid, Schema: "pg_catalog", Name: name, SQL: sql, Kind: catalog.BaseType, BinaryIO: true}
}

func textType() *catalog.Type { return base(catalog.TextOID, "text", "text") }

func textColumn(i int, name string) *catalog.Column {
	return &catalog.Column{Num: int16(i + 1), Name: name, Type: textType(), Mod: -1}
}

func jsonType() *catalog.Type { return base(catalog.JSONOID, "json", "json") }
