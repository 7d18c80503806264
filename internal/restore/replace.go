package restore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// ConnectTarget connects to a server on which a database is replaced by one that was
// verified before, somewhere else: a dataset. What it makes and drops has names of
// its own, so that it never touches what a run has under way there.
func ConnectTarget(ctx context.Context, cfg *pgx.ConnConfig) (*Server, error) {
	return connect(ctx, cfg, "target", pullKinds)
}

// PullName is the name of the database that a pull builds. Its id is like a run's.
func (s *Server) PullName(id string) string { return ScratchName(s.live, pulled, id) }

// Claim is the sole right to replace a database, for as long as its session lives.
type Claim struct {
	srv  *Server
	conn *pgx.Conn
}

// claimClass is the first key of a claim's advisory lock; the second is the
// database's name, hashed.
const claimClass = 8241033

// Claim takes the right to replace the live database, and drops what others left
// who had it and were killed. It is refused while another process has it.
func (s *Server) Claim(ctx context.Context) (*Claim, error) {
	conn, err := session(ctx, s.cfg)
	if err != nil {
		return nil, err
	}
	c := &Claim{s, conn}
	var ok bool
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, hashtext($2))`, claimClass, s.live).Scan(&ok)
	switch {
	case err != nil:
		err = client.Wrap(err, "locking database %q", s.live)
	case !ok:
		err = fault.Refuse("lock", "somebody else is replacing database %q at this moment: wait until that has ended",
			s.live)
	default:
		if err = c.ready(ctx); err == nil {
			_, _, err = s.sweep(ctx, conn, ctx.Err)
		}
	}
	if err != nil {
		c.Release(ctx)
		return nil, err
	}
	return c, nil
}

// Release gives the right back.
func (c *Claim) Release(ctx context.Context) { client.Close(ctx, c.conn) }

// ready finds what the role may not do.
func (c *Claim) ready(ctx context.Context) error {
	const q = `
		SELECT r.rolcreatedb OR r.rolsuper, (SELECT coalesce(array_agg(DISTINCT pg_get_userbyid(d.datdba)::text), '{}')
			FROM pg_database d WHERE d.datname = ANY($1) AND NOT pg_has_role(d.datdba, 'USAGE'))
		FROM pg_roles r WHERE r.rolname = current_user`
	var createDB bool
	var owners []string
	if err := c.conn.QueryRow(ctx, q, []string{c.srv.live, PreviousName(c.srv.live)}).Scan(&createDB,
		&owners); err != nil {
		return client.Wrap(err, "looking at the role's privileges")
	}
	if !createDB {
		return fmt.Errorf("role %q may not create databases; run: ALTER ROLE %s CREATEDB;", c.srv.role,
			catalog.Quote(c.srv.role))
	}
	if len(owners) > 0 {
		return fmt.Errorf("role %q may not rename database %q and its predecessor; run: GRANT %s TO %s;", c.srv.role,
			c.srv.live, catalog.QuoteAll(owners), catalog.Quote(c.srv.role))
	}
	return nil
}

// Occupant is a database that is in the way.
type Occupant struct {
	Exists bool
	OID    uint32
	Run    string // of the dataset that was put there by Replace; empty if something else is there
	Empty  bool   // it holds no object, or none of rows; not known if Run is given
	Of     string // the run that left this without rows in the place of what leaks; empty: none
}

// Occupant tells what stands under a name. A database that can't be looked into
// is not empty.
func (c *Claim) Occupant(ctx context.Context, name string) (o Occupant, err error) {
	return c.srv.occupant(ctx, c.conn, name)
}

// Occupants tells what stands under the live database's name, and under that of the
// one before it.
func (s *Server) Occupants(ctx context.Context) (live, previous Occupant, err error) {
	err = s.do(ctx, func(conn *pgx.Conn) (err error) {
		if live, err = s.occupant(ctx, conn, s.live); err == nil {
			previous, err = s.occupant(ctx, conn, PreviousName(s.live))
		}
		return err
	})
	return live, previous, err
}

func (s *Server) occupant(ctx context.Context, conn *pgx.Conn, name string) (o Occupant, err error) {
	oid, comment, err := commented(ctx, conn, name)
	if err != nil || oid == 0 {
		return o, err
	}
	o.Exists, o.OID = true, oid
	if run, ours := s.marked(datasetKind, comment, oid); ours {
		o.Run = run
		return o, nil
	}
	if run, ours := s.marked(emptiedKind, comment, oid); ours {
		o.Of, o.Empty = run, true
		return o, nil
	}
	// Objects that initdb didn't make (FirstNormalObjectId), but those of extensions.
	const q = `
		SELECT NOT EXISTS (SELECT FROM pg_largeobject_metadata) AND NOT EXISTS (
			SELECT FROM (SELECT 'pg_class'::regclass, oid FROM pg_class UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc
				UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type UNION ALL SELECT 'pg_namespace'::regclass, oid FROM
					pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_') x (class, oid)
			WHERE x.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = x.class AND d.objid = x.oid AND
				d.deptype = 'e'))`
	cfg := s.cfg.Copy()
	cfg.Database = name
	err = with(ctx, cfg, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, q).Scan(&o.Empty) })
	if ctx.Err() != nil {
		return o, context.Cause(ctx)
	}
	o.Empty = o.Empty && err == nil
	return o, nil
}

// DatasetMark is what Replace marks a database by which holds a run's dataset.
func DatasetMark(run string) string { return datasetKind + " " + run }

// Replace makes a database that a pull built of a run's dataset the live one, as
// Promote does with a shadow, and marks it. What was live stays as previous, and
// what was previous is dropped; without keep, what was live is dropped. An error means that
// both are what they were.
func (c *Claim) Replace(ctx context.Context, id, mark string, db *Database, keep bool) (notes []string, err error) {
	s := c.srv
	if db.name != s.PullName(id) {
		return nil, fmt.Errorf("replacing %q: database %q is not the one that pull %s built", s.live, db.name, id)
	}
	if notes, err = s.fit(ctx, db); err != nil {
		return notes, err
	}
	oid, err := oidOf(ctx, c.conn, db.name)
	if err != nil {
		return notes, err
	}
	if err := s.comment(ctx, c.conn, db.name, s.markOf(mark, oid)); err != nil {
		return notes, err
	}
	more, err := s.exchange(ctx, db.name, ScratchName(s.live, replaced, id), keep)
	return append(notes, more...), err
}
