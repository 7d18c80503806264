package verify

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// pageObjects is how many OIDs are listed at a time.
const pageObjects = 1000

// objectsSeen is what the database has of large objects.
type objectsSeen struct {
	mu       sync.Mutex
	sum      client.LargeObjectSum
	opaque   int64
	problems []string
}

// largeObjects looks through every large object of the database, and checks that
// they are there by a rule and as many as left the source. Without any, and without
// a rule that keeps them, there is no check.
func (db *database) largeObjects(ctx context.Context, conn *pgx.Conn) (Check, error) {
	var any bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+
		"pg_catalog.pg_largeobject_metadata)").Scan(&any); err != nil {
		return Check{}, client.Wrap(err, "looking for large objects in database %q", db.cfg.Database)
	}
	seen := &objectsSeen{}
	if any {
		if err := db.scanObjects(ctx, conn, seen); err != nil {
			return Check{}, err
		}
	}
	rule := db.v.opts.Objects
	if !any && !rule.Keep {
		return Check{}, nil
	}
	detail := fmt.Sprintf("%d large objects, %d bytes, looked through", seen.sum.Count, seen.sum.Bytes)
	if seen.opaque > 0 {
		detail += fmt.Sprintf("; %d hold what can't be unpacked (PDF, encrypted, other compression), and were "+
			"searched as bytes", seen.opaque)
	}
	switch {
	case !rule.Keep && db.ruled:
		seen.problems = append(seen.problems,
			fmt.Sprintf("%d large objects: the rules don't keep them (large_objects: keep)", seen.sum.Count))
	case rule.Source != nil && *rule.Source != seen.sum:
		seen.problems = append(seen.problems,
			fmt.Sprintf("%d large objects of %d bytes where %d of %d bytes left the source, or their content differs",
				seen.sum.Count, seen.sum.Bytes, rule.Source.Count, rule.Source.Bytes))
	case rule.Source != nil:
		detail += "; count, bytes and checksum are those that left the source"
	}
	return check("large objects", detail, seen.problems), nil
}

// scanObjects looks through them, several at a time. conn lists them meanwhile.
func (db *database) scanObjects(ctx context.Context, conn *pgx.Conn, seen *objectsSeen) error {
	list := func(ctx context.Context, put func(uint32) error) error { return db.listObjects(ctx, conn, put) }
	return client.Stream(ctx, db.v.opts.Workers, list, func(ctx context.Context, oids iter.Seq[uint32]) error {
		conn, err := connect(ctx, db.cfg, db.snapshot)
		if err != nil {
			return err
		}
		defer client.Close(ctx, conn)
		s := db.v.scanner()
		for oid := range oids {
			if err := db.scanObject(ctx, conn, s, oid, seen); err != nil {
				return err
			}
		}
		return nil
	})
}

func (db *database) listObjects(ctx context.Context, conn *pgx.Conn, put func(uint32) error) error {
	const q = "SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid > $1 ORDER BY oid LIMIT $2"
	for last := uint32(0); ; {
		rows, err := conn.Query(ctx, q, last, pageObjects)
		if err != nil {
			return client.Wrap(err, "listing the large objects of database %q", db.cfg.Database)
		}
		oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
		if err != nil {
			return client.Wrap(err, "listing the large objects of database %q", db.cfg.Database)
		}
		for _, oid := range oids {
			if err := put(oid); err != nil {
				return err
			}
		}
		if len(oids) < pageObjects {
			return nil
		}
		last = oids[len(oids)-1]
	}
}

func (db *database) scanObject(ctx context.Context, conn *pgx.Conn, s *scanner, oid uint32, seen *objectsSeen) error {
	stored := &storedObject{ctx: ctx, conn: conn, oid: oid}
	if err := stored.measure(); err != nil {
		return err
	}
	r := digest(oid, io.NewSectionReader(stored, 0, stored.size))
	opaque, err := s.object(ctx, db.v, db.ledger, oid, r, stored, stored.size)
	if stored.err != nil {
		return stored.err
	}
	problem, own := "", false
	if err != nil {
		if problem, own = unpackable(oid, err); !own {
			return fmt.Errorf("%s of database %q: %w", objectLabel(oid), db.cfg.Database, err)
		}
	}
	sum, err := r.rest()
	if err != nil {
		return err
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	seen.sum.Add(sum)
	if opaque {
		seen.opaque++
	}
	if own && len(seen.problems) < maxPlaces {
		seen.problems = append(seen.problems, problem)
	}
	return nil
}

// storedObject reads a large object at random, a piece at a time.
type storedObject struct {
	ctx  context.Context // of the verification, for ReadAt
	conn *pgx.Conn
	oid  uint32
	size int64

	mu    sync.Mutex
	from  int64 // where the piece at hand begins
	piece []byte
	err   error
}

// measure finds out how long it is. Its first piece says it of most.
func (o *storedObject) measure() error {
	if err := o.load(0); err != nil {
		return err
	}
	if o.size = int64(len(o.piece)); o.size < client.LargeObjectPieceBytes {
		return nil
	}
	const q = `SELECT pg_catalog.lo_lseek64(fd, 0, 2), pg_catalog.lo_close(fd) FROM (SELECT pg_catalog.lo_open($1::oid, 262144) AS fd OFFSET 0) o`
	var closed int32
	err := o.conn.QueryRow(o.ctx, q, o.oid).Scan(&o.size, &closed)
	return client.Wrap(err, "measuring %s to verify it", objectLabel(o.oid))
}

func (o *storedObject) load(from int64) error {
	const q = "SELECT pg_catalog.lo_get($1::oid, $2, $3)"
	o.from = from
	o.err = client.Wrap(o.conn.QueryRow(o.ctx, q, o.oid, from, client.LargeObjectPieceBytes).Scan(&o.piece),
		"reading %s to verify it", objectLabel(o.oid))
	return o.err
}

func (o *storedObject) ReadAt(b []byte, at int64) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(b) && at < o.size {
		if at < o.from || at >= o.from+int64(len(o.piece)) {
			if err := o.load(at - at%client.LargeObjectPieceBytes); err != nil {
				return n, err
			}
		}
		k := copy(b[n:], o.piece[min(int64(len(o.piece)), at-o.from):])
		if k == 0 {
			return n, io.ErrUnexpectedEOF
		}
		n, at = n+k, at+int64(k)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
