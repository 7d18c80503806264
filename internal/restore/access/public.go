package access

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Public is what PUBLIC, that is every role, may do in a database. What an object has
// for a default (EXECUTE on functions, USAGE on types and languages) is part of it,
// so what production revoked is what its Public lacks.
type Public struct {
	objects  map[object]bool
	grants   map[grant]bool  // of PUBLIC, on objects and on the database (kind DATABASE, without a name)
	explicit map[grant]bool  // those of an object whose privileges were written, and are no defaults
	closed   map[string]bool // kinds of object (pg_default_acl) that some role makes without what PUBLIC has by default
}

// publicQuery lists objects, members of extensions and languages included, with what
// PUBLIC may do with them.
const publicQuery = objectsCTE + `, every AS (
		SELECT kind, ident, owner, acl, code FROM obj
		UNION ALL
		SELECT 'LANGUAGE', quote_ident(lanname), lanowner, lanacl, 'l'::"char" FROM pg_language WHERE lanpltrusted
		UNION ALL
		SELECT 'DATABASE', '', datdba, datacl, 'd'::"char" FROM pg_database WHERE datname = current_database()
	)
	SELECT e.kind, e.ident, coalesce(x.privilege_type, ''), e.acl IS NOT NULL
	FROM every e LEFT JOIN LATERAL aclexplode(coalesce(e.acl, acldefault(e.code, e.owner))) x ON x.grantee = 0`

// ReadPublic reads what PUBLIC may do in the database of a session.
func ReadPublic(ctx context.Context, conn *pgx.Conn) (*Public, error) {
	const doing = "reading what PUBLIC may do"
	p := &Public{map[object]bool{}, map[grant]bool{}, map[grant]bool{}, map[string]bool{}}
	if _, err := conn.Exec(ctx, "SET search_path = ''"); err != nil { // identities are to be qualified
		return nil, client.Wrap(err, doing)
	}
	rows, err := conn.Query(ctx, publicQuery)
	if err != nil {
		return nil, client.Wrap(err, doing)
	}
	var g grant
	var written bool
	_, err = pgx.ForEachRow(rows, []any{&g.kind, &g.ident, &g.privilege, &written}, func() error {
		p.objects[g.object] = true
		if g.privilege != "" {
			p.grants[g] = true
			p.explicit[g] = written
		}
		return nil
	})
	if err != nil {
		return nil, client.Wrap(err, doing)
	}
	rows, err = conn.Query(ctx, `
		SELECT d.defaclobjtype::text FROM pg_default_acl d
		WHERE d.defaclnamespace = 0 AND d.defaclobjtype IN ('f', 'T')
		  AND NOT EXISTS (SELECT FROM aclexplode(d.defaclacl) x WHERE x.grantee = 0)`)
	if err != nil {
		return nil, client.Wrap(err, doing)
	}
	var kind string
	_, err = pgx.ForEachRow(rows, []any{&kind}, func() error { p.closed[kind] = true; return nil })
	return p, client.Wrap(err, doing)
}

// lacks reports whether the database has the object, and PUBLIC not that privilege.
func (p *Public) lacks(g grant) bool {
	return p != nil && p.objects[g.object] && !p.grants[g]
}

// publicGrant is a grant as Public lists it.
func publicGrant(g grant) grant { return grant{object: g.object, privilege: g.privilege} }

// CloseToPublic takes from PUBLIC, in the session's database, what it hasn't in production. Objects of which
// staging has privileges of its own are the business of [Carry]; live is nil if there is no staging
// database, production if it is not known. The notes name what this role may not revoke.
func CloseToPublic(ctx context.Context, conn *pgx.Conn, production, live *Public) (notes []string, err error) {
	if production == nil {
		return nil, nil
	}
	now, err := ReadPublic(ctx, conn)
	if err != nil {
		return nil, err
	}
	var statements []string
	for _, g := range sortedGrants(now.grants) {
		if g.kind == "DATABASE" || !production.lacks(g) || live != nil && live.grants[g] && live.explicit[g] {
			continue
		}
		statements = append(statements, fmt.Sprintf("REVOKE %s ON %s FROM PUBLIC", g.privilege, g.on()))
	}
	if live == nil {
		for _, kind := range slices.Sorted(maps.Keys(production.closed)) {
			statements = append(statements, "ALTER DEFAULT PRIVILEGES REVOKE ALL ON "+plural[kind]+" FROM PUBLIC")
		}
	}
	if _, err := apply(ctx, conn, statements); err != nil {
		return nil, err
	}
	// A REVOKE without the right to it only warns: what counts is what is there.
	if now, err = ReadPublic(ctx, conn); err != nil {
		return nil, err
	}
	for _, g := range sortedGrants(now.grants) {
		if g.kind != "DATABASE" && production.lacks(g) && !(live != nil && live.grants[g] && live.explicit[g]) {
			notes = append(notes, fmt.Sprintf("production took %s on %s from PUBLIC, and this role may not do so in "+
				"staging: its owner can", g.privilege, g.on()))
		}
	}
	return notes, nil
}

// OpenDatabase lets PUBLIC into the first staging database, called name, as far as production does.
func OpenDatabase(ctx context.Context, conn *pgx.Conn, production *Public, name string) error {
	for _, privilege := range []string{"CONNECT", "TEMPORARY"} { // as CREATE DATABASE does
		if production.lacks(grant{object: object{"DATABASE", ""}, privilege: privilege}) {
			continue
		}
		_, err := conn.Exec(ctx, "GRANT "+privilege+" ON DATABASE "+catalog.Quote(name)+" TO PUBLIC")
		if err != nil {
			return client.Wrap(err, "opening database %q", name)
		}
	}
	return nil
}
