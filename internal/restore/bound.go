package restore

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Bound is what production has of extensions that stay behind (bound): views and
// routines that use them can't be made in staging and stay behind with them.
type Bound struct {
	objects  map[objectID]bool
	comments []string // how comments on them begin in an archive's contents
}

// objectID is a catalog and an object in it, as an archive's contents name them.
type objectID struct{ class, oid string }

// ReadBound reads what depends on extensions that stay behind.
func ReadBound(ctx context.Context, conn *pgx.Conn) (*Bound, error) {
	const q = `
		WITH RECURSIVE dependent AS (
			SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
			WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = ANY($1)
			UNION
			SELECT coalesce(v.class, d.classid), coalesce(v.oid, d.objid)
			FROM dependent b JOIN pg_depend d ON d.refclassid = b.classid AND d.refobjid = b.objid AND d.deptype = 'n'
			LEFT JOIN LATERAL (SELECT 'pg_class'::regclass::oid AS class, r.ev_class AS oid FROM pg_rewrite r
				WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid) v ON true
		)
		SELECT DISTINCT b.classid::text, b.objid::text, n.nspname::text,
			coalesce(CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' END || c.relname, 'FUNCTION ' ||
				p.proname)
		FROM dependent b
		LEFT JOIN pg_class c ON b.classid = 'pg_class'::regclass AND c.oid = b.objid AND c.relkind IN ('v', 'm')
		LEFT JOIN pg_proc p ON b.classid = 'pg_proc'::regclass AND p.oid = b.objid
		JOIN pg_namespace n ON n.oid = coalesce(c.relnamespace, p.pronamespace)
		WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = b.classid AND e.objid = b.objid AND e.deptype = 'e')`
	rows, err := conn.Query(ctx, q, bound)
	if err != nil {
		return nil, client.Wrap(err, "looking what uses extensions that stay behind")
	}
	b := &Bound{objects: map[objectID]bool{}}
	var id objectID
	var schema, what string
	_, err = pgx.ForEachRow(rows, []any{&id.class, &id.oid, &schema, &what}, func() error {
		b.objects[id] = true
		b.comments = append(b.comments, fmt.Sprintf("COMMENT %s %s", schema, what))
		if _, name, ok := strings.Cut(what, "VIEW "); ok {
			b.comments = append(b.comments, fmt.Sprintf("COMMENT %s COLUMN %s.", schema, name))
		}
		return nil
	})
	return b, client.Wrap(err, "looking what uses extensions that stay behind")
}

// entryID is how an entry of an archive's contents begins: its number, catalog and object.
var entryID = regexp.MustCompile(`^\d+; (\d+) (\d+) `)

// holds reports whether an entry is of what stays behind.
func (b *Bound) holds(line, entry string) bool {
	if b == nil {
		return false
	}
	if m := entryID.FindStringSubmatch(line); m != nil && b.objects[objectID{m[1], m[2]}] {
		return true
	}
	for _, c := range b.comments {
		if rest, ok := strings.CutPrefix(entry, c); ok && (strings.HasSuffix(c, ".") || rest == "" || rest[0] == ' ' ||
			rest[0] == '(') {
			return true
		}
	}
	return false
}

// Without leaves what stays behind with an extension out of the database.
func (d *Database) Without(b *Bound) { d.without = b }

// Views are those that can be made: without those that stay behind.
func (b *Bound) Views(views []*catalog.MatView) (out []*catalog.MatView) {
	for _, v := range views {
		stays := false
		for _, c := range b.comments {
			stays = stays || c == fmt.Sprintf("COMMENT %s MATERIALIZED VIEW %s", v.Name.Schema, v.Name.Name)
		}
		if !stays {
			out = append(out, v)
		}
	}
	return out
}
