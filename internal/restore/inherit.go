package restore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/restore/access"
)

// inherit gives the shadow what belongs to the live database rather than to the
// source: owners, privileges, default privileges, the database's own owner,
// privileges, settings, comment and connection limit. The notes name what this
// role may not do; anything else that fails is an error.
func (s *Server) inherit(ctx context.Context, shadow *Database) (notes []string, err error) {
	var facts access.Facts
	err = s.do(ctx, func(conn *pgx.Conn) (err error) {
		facts, err = access.ReadFacts(ctx, conn, s.live)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !facts.Exists {
		err = shadow.do(ctx, func(conn *pgx.Conn) (err error) {
			notes, err = access.CloseToPublic(ctx, conn, shadow.production, nil)
			return err
		})
		if err != nil {
			return notes, err
		}
		return notes, s.do(ctx, func(conn *pgx.Conn) error {
			return access.OpenDatabase(ctx, conn, shadow.production, shadow.name)
		})
	}
	var live *access.Inventory
	var open *access.Public
	err = with(ctx, s.liveConfig(), func(conn *pgx.Conn) (err error) {
		if live, err = access.ReadInventory(ctx, conn); err == nil {
			open, err = access.ReadPublic(ctx, conn)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	owner := facts.Owner
	if shadow.owner != "" { // what a dataset brings is never handed to a role that may do more
		owner = shadow.owner
		live.BelongTo(owner)
	}
	err = shadow.do(ctx, func(conn *pgx.Conn) error {
		if notes, err = access.Carry(ctx, conn, live, owner, shadow.production, open); err != nil {
			return err
		}
		more, err := carryLargeObjects(ctx, conn, owner)
		if notes = append(notes, more...); err != nil {
			return err
		}
		more, err = access.CloseToPublic(ctx, conn, shadow.production, open)
		notes = append(notes, more...)
		return err
	})
	if err != nil {
		return notes, err
	}
	// Last, because settings such as default_transaction_read_only would bind the
	// sessions above.
	err = s.do(ctx, func(conn *pgx.Conn) error {
		more, err := access.CarryDatabase(ctx, conn, facts, shadow.name)
		notes = append(notes, more...)
		return err
	})
	return limitNotes(notes), err
}

// maxNotes is how many notes a report should hold.
const maxNotes = 50

func limitNotes(notes []string) []string {
	if len(notes) <= maxNotes {
		return notes
	}
	return append(notes[:maxNotes:maxNotes], fmt.Sprintf("and %d more things could not be carried over",
		len(notes)-maxNotes))
}

// CloseAs has the database closed to PUBLIC where production is, until staging's own
// privileges say otherwise: see [Server.Promote].
func (d *Database) CloseAs(production *access.Public) { d.production = production }
