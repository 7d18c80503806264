package restore

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// VerifiedName is the name of the copy that [Server.KeepVerified] keeps beside the live
// database.
func VerifiedName(live string) string { return fit(live, "_verified") }

// verified is the kind of database that becomes the copy when its run is promoted.
const verified = "verified"

// KeepVerified has Promote keep a copy of the shadow as it was verified, from which
// branches are made while people work in the live database. No session may enter it.
// Without, Promote drops the copy of an earlier run.
func (s *Server) KeepVerified() { s.keepVerified = true }

// copyVerified copies the shadow before it is promoted. A copy that can't be made
// takes nothing from the run: it is a note, and the one before stays.
func (s *Server) copyVerified(ctx context.Context, shadow *Database, run string) (name, note string, err error) {
	if !s.keepVerified {
		return "", "", nil
	}
	name = ScratchName(s.live, verified, run)
	err = shadow.EndSessions(ctx)
	if err == nil {
		_, err = s.duplicate(ctx, shadow.name, name, verifiedKind+" "+run)
	}
	if ctx.Err() != nil {
		return "", "", context.Cause(ctx)
	}
	if err != nil {
		return "", fmt.Sprintf("no copy was kept for branches, which come from the one before until the next run: %v",
			err), nil
	}
	return name, "", nil
}

// exchangeVerified gives the copy of this run its name, in place of the one before. An
// empty name drops that only.
func (s *Server) exchangeVerified(ctx context.Context, name string) (note string, err error) {
	kept := VerifiedName(s.live)
	err = s.do(ctx, func(conn *pgx.Conn) error {
		oid, comment, err := commented(ctx, conn, kept)
		if err != nil {
			return err
		}
		if oid != 0 {
			if _, ours := s.marked(verifiedKind, comment, oid); !ours {
				note = fmt.Sprintf("no run made database %q, so it stays, and no copy for branches is kept: rename it",
					kept)
				if name == "" {
					note = ""
				}
				return nil
			}
			if name == "" && s.keepVerified { // this run has none
				return nil
			}
			if err := dropDatabase(ctx, conn, kept); err != nil {
				note = undroppable(kept, err)
				return nil
			}
		}
		if name == "" {
			return nil
		}
		_, err = conn.Exec(ctx, rename{name, kept}.sql())
		return client.Wrap(err, "keeping the copy for branches")
	})
	return note, err
}

// duplicate makes a database as a copy of another one of the server, in which there may be
// no sessions, and marks it. Nobody may connect to it.
func (s *Server) duplicate(ctx context.Context, from, to, mark string) (oid uint32, err error) {
	err = with(ctx, s.cfg, func(conn *pgx.Conn) error {
		sql := "CREATE DATABASE " + catalog.Quote(to) + " TEMPLATE " + catalog.Quote(from) + " ALLOW_CONNECTIONS false"
		if s.version >= 150000 { // before, files were always copied
			sql += " STRATEGY file_copy"
		}
		err := s.clone(ctx, conn, sql)
		if err != nil && ctx.Err() == nil && !final[client.Code(err)] {
			_, err = conn.Exec(ctx, sql)
		}
		if err != nil {
			return client.Wrap(err, "copying database %q", from)
		}
		if _, err := conn.Exec(ctx, "REVOKE ALL ON DATABASE "+catalog.Quote(to)+" FROM PUBLIC"); err != nil {
			return client.Wrap(err, "closing database %q to others", to)
		}
		if oid, err = oidOf(ctx, conn, to); err != nil {
			return err
		}
		return s.comment(ctx, conn, to, s.markOf(mark, oid))
	})
	return oid, err
}

// final are errors that are the same whether files are cloned or copied.
var final = map[string]bool{
	"42P04": true, // duplicate_database
	"42501": true, // insufficient_privilege
	"55006": true, // object_in_use
	"3D000": true, // invalid_catalog_name
	"53100": true, // disk_full
}

// clone has the file system share the files, which takes no time and no space, where server
// (PostgreSQL 18, file_copy_method) and file system can.
func (s *Server) clone(ctx context.Context, conn *pgx.Conn, sql string) error {
	if s.version < 180000 {
		_, err := conn.Exec(ctx, sql)
		return err
	}
	if _, err := conn.Exec(ctx, "SET file_copy_method = 'clone'"); err != nil {
		return err // a platform without
	}
	_, err := conn.Exec(ctx, sql)
	if _, reset := conn.Exec(context.WithoutCancel(ctx), "RESET file_copy_method"); reset != nil && err == nil {
		err = reset
	}
	return err
}

// The kinds of mark.
const (
	datasetKind  = "dataset"
	verifiedKind = "verified copy"
	branchKind   = "branch"
	emptiedKind  = "emptied by run"
)

var markShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^refresher (dataset|verified copy|branch|emptied by run) (.+), in \d+/\d+$`)
})

// markOf is the comment by which a database is known as refresher's. It holds the
// cluster and the OID of the database, so that it is true only where it was
// written: a rename keeps it, but a dump of the database that is restored
// elsewhere carries words that are no longer a mark.
func (s *Server) markOf(what string, oid uint32) string {
	return fmt.Sprintf("refresher %s, in %d/%d", what, s.systemID, oid)
}

// marked returns what a mark of that kind says of the database of that OID.
func (s *Server) marked(kind, comment string, oid uint32) (said string, ours bool) {
	m := markShape().FindStringSubmatch(comment)
	if m == nil || m[1] != kind || comment != s.markOf(kind+" "+m[2], oid) {
		return "", false
	}
	return m[2], true
}

func (s *Server) comment(ctx context.Context, conn *pgx.Conn, database, text string) error {
	_, err := conn.Exec(ctx, "COMMENT ON DATABASE "+catalog.Quote(database)+" IS "+catalog.Literal(text))
	return client.Wrap(err, "marking database %q", database)
}

// commented is a database's OID, 0 if there is none of that name, and its comment.
func commented(ctx context.Context, conn *pgx.Conn, name string) (oid uint32, comment string, err error) {
	if oid, err = oidOf(ctx, conn, name); err != nil || oid == 0 {
		return 0, "", err
	}
	err = conn.QueryRow(ctx, `SELECT coalesce(shobj_description($1, 'pg_database'), '')`, oid).Scan(&comment)
	return oid, comment, client.Wrap(err, "reading the comment of database %q", name)
}

// inUse explains that sessions are in a database that is to be copied.
func inUse(err error, name, remedy string) error {
	if client.Code(err) != "55006" {
		return err
	}
	return fault.Refuse("branch", "database %q can't be copied while sessions are in it: %s", name, remedy)
}
