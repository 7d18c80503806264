package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/restore/access"
)

// Branch is a database of a pull request's or a person's own, made from what a run
// verified. All that is known of it stands in the comment of its database.
type Branch struct {
	Name     string    `json:"branch"`
	Database string    `json:"database"`
	Of       string    `json:"of"`   // the staging database
	Run      string    `json:"run"`  // that made what is in it
	From     string    `json:"from"` // FromCopy, FromStaging or FromDataset
	By       string    `json:"by"`   // who made it
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	Bytes    int64     `json:"bytes"` // on the server's disk
	OID      uint32    `json:"-"`
}

// What a branch can be made from.
const (
	FromCopy    = "copy"    // the verified copy that a run kept
	FromStaging = "staging" // the staging database as it is now
	FromDataset = "dataset" // a dataset of a bucket
)

var branchName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`) })

// BranchDatabase is the name of a branch's database.
func BranchDatabase(live, branch string) (string, error) {
	if !branchName().MatchString(branch) || branch == "list" || branch == "drop" {
		return "", fault.BadInput("%q can't be a branch's name: use up to 40 lower-case letters, digits, - and _, "+
			"other than "+
			"the words list and drop", branch)
	}
	return fit(live, "_branch_"+branch), nil
}

// Branches are those of the live database, by name.
func (s *Server) Branches(ctx context.Context) ([]Branch, error) {
	all, err := s.branchDatabases(ctx)
	return slices.DeleteFunc(all, s.unfinished), err
}

// unfinished reports a branch's database that is not its own yet, or not any more: a kill left it.
func (s *Server) unfinished(b Branch) bool {
	name, err := BranchDatabase(s.live, b.Name)
	return err == nil && isOf(pullKinds, name, b.Database)
}

// branchDatabases are the databases that are marked as branches of the live one.
func (s *Server) branchDatabases(ctx context.Context) (all []Branch, err error) {
	const q = `SELECT oid, datname::text, shobj_description(oid, 'pg_database'), pg_database_size(oid) FROM pg_database
		WHERE shobj_description(oid, 'pg_database') LIKE 'refresher branch %' AND pg_has_role(datdba, 'USAGE') ORDER BY datname`
	err = s.do(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, q)
		if err != nil {
			return client.Wrap(err, "listing branches")
		}
		var oid uint32
		var name, comment string
		var bytes int64
		_, err = pgx.ForEachRow(rows, []any{&oid, &name, &comment, &bytes}, func() error {
			if b, ok := s.branch(comment, oid); ok && b.Of == s.live {
				b.Database, b.Bytes, b.OID = name, bytes, oid
				all = append(all, b)
			}
			return nil
		})
		return client.Wrap(err, "listing branches")
	})
	slices.SortFunc(all, func(a, b Branch) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// branch reads the comment of a branch's database.
func (s *Server) branch(comment string, oid uint32) (b Branch, ok bool) {
	said, ours := s.marked(branchKind, comment, oid)
	return b, ours && json.Unmarshal([]byte(said), &b) == nil
}

// Copied tells which database a branch is copied from, and by which run it was made: the
// verified copy if there is one, else the live database, of which that is not known here.
func (s *Server) Copied(ctx context.Context) (from, run string, oid uint32, err error) {
	err = s.do(ctx, func(conn *pgx.Conn) error {
		var comment string
		if oid, comment, err = commented(ctx, conn, VerifiedName(s.live)); err != nil {
			return err
		}
		if said, ours := s.marked(verifiedKind, comment, oid); ours {
			from, run = FromCopy, said
			return nil
		}
		from = FromStaging
		oid, err = oidOf(ctx, conn, s.live)
		return err
	})
	return from, run, oid, err
}

// CopyBranch makes a branch's database as a copy, which has owner, privileges and settings of
// the live one of the server that b is a branch of. It is made beside the one that is there, if
// any is, which it then replaces: an error means that that is what it was.
func (c *Claim) CopyBranch(ctx context.Context, of *Server, b Branch, id string) (notes []string, err error) {
	made := c.srv.PullName(id)
	if notes, err = of.copyTo(ctx, b, made); err == nil {
		more, xerr := c.srv.exchange(ctx, made, ScratchName(c.srv.live, replaced, id), false)
		notes, err = append(notes, more...), xerr
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	if err != nil {
		drop := func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, made) }
		return notes, errors.Join(err, c.srv.do(ctx, drop))
	}
	drop := func(conn *pgx.Conn) error { return dropGuest(ctx, conn, b.Database) } // of a dataset that was replaced
	if err := c.srv.do(ctx, drop); err != nil {
		notes = append(notes, err.Error())
	}
	return notes, nil
}

// cleanUpTime is how long cleaning up may go on after a command was interrupted.
const cleanUpTime = time.Minute

// copyTo makes the copy.
func (s *Server) copyTo(ctx context.Context, b Branch, to string) (notes []string, err error) {
	from, remedy := VerifiedName(s.live), "try again when the other branch is made"
	if b.From == FromStaging {
		from, remedy = s.live, "set branches: {verified_copy: true} and refresh, so that each run keeps a copy for "+
			"branches, "+
			"or say --from dataset"
	}
	mark, err := b.Mark()
	if err != nil {
		return nil, err
	}
	oid, err := s.duplicate(ctx, from, to, mark)
	if err != nil {
		return nil, inUse(err, from, remedy)
	}
	err = s.do(ctx, func(conn *pgx.Conn) error {
		// The mark is the branch's; all else is as at the live database.
		facts, err := access.ReadFacts(ctx, conn, s.live)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+catalog.Quote(to)+" ALLOW_CONNECTIONS true"); err != nil {
			return client.Wrap(err, "opening database %q", to)
		}
		if !facts.Exists {
			return nil
		}
		facts.Comment = s.markOf(mark, oid)
		notes, err = access.CarryDatabase(ctx, conn, facts, to)
		return err
	})
	return notes, err
}

// Mark is what its database is known by.
func (b Branch) Mark() (string, error) {
	b.Database, b.Bytes = "", 0 // what the server knows
	text, err := json.Marshal(b)
	if err != nil {
		return "", fmt.Errorf("describing branch %s: %w", b.Name, err)
	}
	return branchKind + " " + string(text), nil
}

// DropBranch drops a branch's database, with the sessions in it, and the role that owns
// what a dataset brought. A database that is not that branch any more stays.
func (s *Server) DropBranch(ctx context.Context, b Branch) error {
	return s.do(ctx, func(conn *pgx.Conn) error {
		oid, comment, err := commented(ctx, conn, b.Database)
		if err != nil || oid == 0 {
			return err
		}
		if now, ours := s.branch(comment, oid); !ours || oid != b.OID || now.Name != b.Name {
			return fault.Refuse("branch", "database %q is not the branch %s any more", b.Database, b.Name)
		}
		if err := dropDatabase(ctx, conn, b.Database); err != nil {
			return err
		}
		return dropGuest(ctx, conn, b.Database)
	})
}

// DropExpired drops the branches whose time is over, and returns them. One that can't
// be dropped keeps no other.
func (s *Server) DropExpired(ctx context.Context, now time.Time) (dropped []Branch, notes []string, err error) {
	all, err := s.branchDatabases(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range all {
		if now.Before(b.Expires) {
			continue
		}
		switch err := s.DropBranch(ctx, b); {
		case ctx.Err() != nil:
			return dropped, notes, context.Cause(ctx)
		case err != nil:
			notes = append(notes, undroppable(b.Database, err))
		default:
			dropped = append(dropped, b)
		}
	}
	return dropped, notes, nil
}
