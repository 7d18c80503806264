package access

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// object is something with an owner and privileges.
type object struct{ kind, ident string } // ident is quoted and qualified SQL

// standing is an object's owner and place.
type standing struct {
	schema, owner string
	follows       bool // a sequence that a column owns: its owner is the table's
}

// grant is one privilege of one grantee.
type grant struct {
	object
	column    string // quoted, for a column's privilege
	grantee   string // a role's name; empty for PUBLIC
	privilege string
	grantable bool
}

// defaultGrant is one privilege that objects to be made will have.
type defaultGrant struct {
	role, schema string // schema empty: in all of them
	objtype      string // pg_default_acl.defaclobjtype
	grantee      string
	privilege    string
	grantable    bool
}

// Inventory is who owns what in a database and who may do what with it. An
// owner's privileges on his own objects aren't listed. Members of extensions are
// the extension's business.
type Inventory struct {
	objects  map[object]standing
	schemas  map[string]standing // by their bare names
	grants   map[grant]bool
	defaults map[defaultGrant]bool
	builtin  map[defaultGrant]bool // what would hold without the defaults that replace it
}

// objectsCTE lists schemas, relations, routines, types and foreign servers: kind, ident, schema,
// owner, follows, acl (its default if it has none), oid of the relation.
const objectsCTE = `
	WITH user_schema AS (
		SELECT * FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
	), obj AS (
		SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS ident, n.nspname AS schema, n.nspowner AS owner, false AS follows,
		       n.nspacl AS acl, 'n'::"char" AS code, n.oid, 'pg_namespace'::regclass AS class
		FROM user_schema n
		UNION ALL
		SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname), n.nspname,
			c.relowner,
		       c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
		           AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')),
		       c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.oid, 'pg_class'::regclass
		FROM pg_class c JOIN user_schema n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't'
		UNION ALL
		SELECT 'ROUTINE', (pg_identify_object('pg_proc'::regclass, p.oid, 0)).identity, n.nspname, p.proowner, false,
		       p.proacl, 'f', p.oid, 'pg_proc'::regclass
		FROM pg_proc p JOIN user_schema n ON n.oid = p.pronamespace
		UNION ALL
		SELECT 'TYPE', format('%I.%I', n.nspname, t.typname), n.nspname, t.typowner, false, t.typacl, 'T', t.oid,
			'pg_type'::regclass
		FROM pg_type t JOIN user_schema n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
		WHERE t.typtype IN ('b', 'e', 'd', 'r', 'c') AND coalesce(c.relkind, 'c') = 'c'
		  AND NOT EXISTS (SELECT FROM pg_type el WHERE el.typarray = t.oid)
		UNION ALL
		SELECT 'FOREIGN SERVER', quote_ident(f.srvname), '', f.srvowner, false, f.srvacl, 'S', f.oid,
			'pg_foreign_server'::regclass
		FROM pg_foreign_server f
	), own AS (
		SELECT * FROM obj WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = obj.class AND d.objid = obj.oid
			AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
	)`

const grantsQuery = objectsCTE + `
	SELECT o.kind, o.ident, '', coalesce(r.rolname::text, ''), x.privilege_type, x.is_grantable
	FROM own o, aclexplode(coalesce(o.acl, acldefault(o.code, o.owner))) x LEFT JOIN pg_roles r ON r.oid = x.grantee
	WHERE x.grantee <> o.owner AND (x.grantee = 0 OR r.oid IS NOT NULL)
	UNION ALL
	SELECT o.kind, o.ident, quote_ident(a.attname), coalesce(r.rolname::text, ''), x.privilege_type, x.is_grantable
	FROM own o JOIN pg_attribute a ON a.attrelid = o.oid AND o.kind = 'TABLE' AND a.attacl IS NOT NULL AND NOT
		a.attisdropped,
	     aclexplode(a.attacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
	WHERE x.grantee <> o.owner AND (x.grantee = 0 OR r.oid IS NOT NULL)`

const defaultsQuery = `
	SELECT o.rolname::text, coalesce(n.nspname::text, ''), d.defaclobjtype::text, coalesce(r.rolname::text, ''),
	       x.privilege_type, x.is_grantable, x.builtin
	FROM pg_default_acl d JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
	     LATERAL (
		SELECT grantee, privilege_type, is_grantable, false AS builtin FROM aclexplode(d.defaclacl)
		UNION ALL
		SELECT grantee, privilege_type, is_grantable, true
		FROM aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'::"char" ELSE d.defaclobjtype END, d.defaclrole))
		WHERE d.defaclnamespace = 0
	     ) x LEFT JOIN pg_roles r ON r.oid = x.grantee
	WHERE x.grantee = 0 OR r.oid IS NOT NULL`

// ReadInventory reads a database's inventory.
func ReadInventory(ctx context.Context, conn *pgx.Conn) (*Inventory, error) {
	inv := &Inventory{
		map[object]standing{}, map[string]standing{}, map[grant]bool{}, map[defaultGrant]bool{}, map[defaultGrant]bool{},
	}
	// Identities are to be qualified: the search path is empty.
	if _, err := conn.Exec(ctx, "SET search_path = ''"); err != nil {
		return nil, client.Wrap(err, "reading owners and privileges")
	}
	var o object
	var st standing
	var g grant
	var d defaultGrant
	var builtin bool
	steps := []struct {
		sql  string
		into []any
		each func()
	}{
		{objectsCTE + ` SELECT kind, ident, schema::text, pg_get_userbyid(owner)::text, follows FROM own`,
			[]any{&o.kind, &o.ident, &st.schema, &st.owner, &st.follows},
			func() {
				if inv.objects[o] = st; o.kind == "SCHEMA" {
					inv.schemas[st.schema] = st
				}
			}},
		{grantsQuery,
			[]any{&g.kind, &g.ident, &g.column, &g.grantee, &g.privilege, &g.grantable},
			func() { inv.grants[g] = true }},
		{defaultsQuery,
			[]any{&d.role, &d.schema, &d.objtype, &d.grantee, &d.privilege, &d.grantable, &builtin},
			func() {
				if builtin {
					inv.builtin[d] = true
				} else {
					inv.defaults[d] = true
				}
			}},
	}
	for _, s := range steps {
		rows, err := conn.Query(ctx, s.sql)
		if err != nil {
			return nil, client.Wrap(err, "reading owners and privileges")
		}
		if _, err := pgx.ForEachRow(rows, s.into, func() error { s.each(); return nil }); err != nil {
			return nil, client.Wrap(err, "reading owners and privileges")
		}
	}
	return inv, nil
}

// BelongTo notes one owner for everything.
func (inv *Inventory) BelongTo(owner string) {
	for o, st := range inv.objects {
		st.owner = owner
		inv.objects[o] = st
	}
	for n, st := range inv.schemas {
		st.owner = owner
		inv.schemas[n] = st
	}
}

// role is a grantee in SQL.
func role(name string) string {
	if name == "" {
		return "PUBLIC"
	}
	return catalog.Quote(name)
}
