package snapshot

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// LargeObjects is what the source has of large objects.
type LargeObjects struct {
	Count  int64
	Bytes  int64   // on the source's disk
	Denied int64   // that the role may not read
	Some   []int64 // the first of those
	Role   string
}

// LargeObjects counts the large objects of the snapshot.
func (s *Source) LargeObjects(ctx context.Context) (LargeObjects, error) {
	// From PostgreSQL 18 on the server itself says who may read one; 19 lets
	// pg_read_all_data. Before, it is the owner, the ACL and the old setting.
	may := `(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR current_setting('lo_compat_privileges')::bool
		OR EXISTS (SELECT FROM aclexplode(coalesce(lomacl, acldefault('L', lomowner))) a
		           WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))`
	if s.cat.ServerVersion >= 180000 {
		may = `current_setting('lo_compat_privileges')::bool OR has_largeobject_privilege(oid, 'SELECT')`
	}
	q := `WITH denied AS MATERIALIZED (SELECT oid::bigint FROM pg_largeobject_metadata WHERE NOT (` + may + `))
		SELECT (SELECT count(*) FROM pg_largeobject_metadata), pg_relation_size('pg_largeobject'), (SELECT count(*) FROM denied),
		       ARRAY(SELECT oid FROM denied ORDER BY oid LIMIT 5), current_user::text`
	s.mu.Lock()
	defer s.mu.Unlock()
	var o LargeObjects
	err := s.exporter.QueryRow(ctx, q).Scan(&o.Count, &o.Bytes, &o.Denied, &o.Some, &o.Role)
	return o, client.Wrap(err, "counting the large objects of the source")
}

// Readable refuses large objects that the role may not read.
func (o LargeObjects) Readable() error {
	if o.Denied == 0 {
		return nil
	}
	list := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(o.Some)), ", "), "[]")
	if o.Denied > int64(len(o.Some)) {
		list += ", …"
	}
	return fault.Refuse("large objects",
		"the rules say large_objects: keep, and role %q may not read %d of the %d large objects of the source: "+
			"on the primary, GRANT SELECT ON LARGE OBJECT %s TO %s, or make it a member of "+
			"their owner", o.Role, o.Denied, o.Count, list, catalog.Quote(o.Role))
}

// OIDRange is a stretch of OIDs.
type OIDRange struct{ First, Last uint32 }

// rangeObjects is how many large objects are in a range.
const rangeObjects = 256

// LargeObjectRanges cuts the OIDs of the snapshot's large objects into stretches of
// a few hundred.
func (s *Source) LargeObjectRanges(ctx context.Context) ([]OIDRange, error) {
	const q = `SELECT min(oid)::oid, max(oid)::oid FROM (SELECT oid, (row_number() OVER (ORDER BY oid) - 1) / $1 AS part FROM pg_largeobject_metadata) o
		GROUP BY part ORDER BY 1`
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.exporter.Query(ctx, q, rangeObjects)
	if err != nil {
		return nil, client.Wrap(err, "listing the large objects of the source")
	}
	ranges, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OIDRange])
	return ranges, client.Wrap(err, "listing the large objects of the source")
}

// LargeObjects lists those of a range.
func (r *Reader) LargeObjects(ctx context.Context, in OIDRange) ([]uint32, error) {
	rows, err := r.conn.Query(ctx, "SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid BETWEEN $1 AND $2 "+
		"ORDER BY oid", in.First, in.Last)
	if err != nil {
		return nil, client.Wrap(err, "listing the large objects of the source")
	}
	oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	return oids, client.Wrap(err, "listing the large objects of the source")
}

// LargeObject hands over the pieces of a large object in their order, each of
// client.LargeObjectPieceBytes but the last, which is shorter and may be empty. Holes are
// zeros. An error of each is returned as it is.
func (r *Reader) LargeObject(ctx context.Context, oid uint32, each func(piece []byte) error) error {
	for offset := int64(0); ; offset += client.LargeObjectPieceBytes {
		var piece []byte
		err := r.conn.QueryRow(ctx, "SELECT pg_catalog.lo_get($1::oid, $2, $3)", oid, offset,
			client.LargeObjectPieceBytes).Scan(&piece)
		switch {
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return client.Wrap(err, "reading large object %d", oid)
		}
		if err := each(piece); err != nil {
			return err
		}
		if len(piece) < client.LargeObjectPieceBytes {
			return nil
		}
	}
}

// Holding is [Source.Holding]: what was read of large objects before counts.
func (r *Reader) Holding(ctx context.Context) error { return r.src.Holding(ctx) }
