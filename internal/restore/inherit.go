package restore

import (
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// inherit gives the shadow what belongs to the live database rather than to the
// source: owners, privileges, default privileges, the database's own owner,
// privileges, settings, comment and connection limit. The notes name what this
// role may not do; anything else that fails is an error.
func (s *Server) inherit(ctx context.Context, shadow *Database) (notes []string, err error) {
	var facts databaseFacts
	err = s.do(ctx, func(conn *pgx.Conn) (err error) {
		facts, err = readFacts(ctx, conn, s.live)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !facts.exists {
		err = shadow.do(ctx, func(conn *pgx.Conn) (err error) {
			notes, err = shadow.closeToPublic(ctx, conn, nil)
			return err
		})
		if err != nil {
			return notes, err
		}
		return notes, s.do(ctx, func(conn *pgx.Conn) error { return shadow.openDatabase(ctx, conn) })
	}
	var live *inventory
	var open *Public
	err = with(ctx, s.liveConfig(), func(conn *pgx.Conn) (err error) {
		if live, err = readInventory(ctx, conn); err == nil {
			open, err = ReadPublic(ctx, conn)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	owner := facts.owner
	if shadow.owner != "" { // what a dataset brings is never handed to a role that may do more
		owner = shadow.owner
		live.belongTo(owner)
	}
	err = shadow.do(ctx, func(conn *pgx.Conn) error {
		if notes, err = carryObjects(ctx, conn, live, owner, func(g grant) bool {
			return g.grantee == "" && shadow.production.lacks(publicGrant(g)) && !open.explicit[publicGrant(g)]
		}); err != nil {
			return err
		}
		more, err := carryLargeObjects(ctx, conn, owner)
		if notes = append(notes, more...); err != nil {
			return err
		}
		more, err = shadow.closeToPublic(ctx, conn, open)
		notes = append(notes, more...)
		return err
	})
	if err != nil {
		return notes, err
	}
	// Last, because settings such as default_transaction_read_only would bind the
	// sessions above.
	err = s.do(ctx, func(conn *pgx.Conn) error {
		more, err := carryDatabase(ctx, conn, facts, shadow.name)
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

// carryObjects works in the shadow. Owners come first, because a change of owner
// rewrites the privileges that are there. What is closed is not granted.
func carryObjects(ctx context.Context, conn *pgx.Conn, live *inventory, databaseOwner string,
	closed func(grant) bool) (notes []string, err error) {
	shadow, err := readInventory(ctx, conn)
	if err != nil {
		return nil, err
	}
	if _, err := apply(ctx, conn, ownership(live, shadow, databaseOwner)); err != nil {
		return nil, err
	}
	if shadow, err = readInventory(ctx, conn); err != nil {
		return nil, err
	}
	want := wanted(live, shadow)
	maps.DeleteFunc(want, func(g grant, _ bool) bool { return closed(g) })
	if _, err := apply(ctx, conn, privileges(want, shadow.grants)); err != nil {
		return nil, err
	}
	refused, err := apply(ctx, conn, defaultPrivileges(live, shadow))
	if err != nil {
		return nil, err
	}
	// A GRANT without the right to it only warns: what counts is what is there.
	if shadow, err = readInventory(ctx, conn); err != nil {
		return nil, err
	}
	return append(lost(live, shadow, want), refused...), nil
}

// apply runs statements one by one and returns notes on those that this role may
// not run or whose role is gone. Other failures end it.
func apply(ctx context.Context, conn *pgx.Conn, statements []string) (refused []string, err error) {
	for _, sql := range statements {
		note, err := try(ctx, conn, sql, sql)
		if err != nil {
			return refused, err
		}
		if note != "" {
			refused = append(refused, note)
		}
	}
	return refused, nil
}

// try runs one statement, which notes and errors call about.
func try(ctx context.Context, conn *pgx.Conn, sql, about string) (note string, err error) {
	_, err = conn.Exec(ctx, sql)
	switch client.Code(err) {
	case "42501", "42704", "0LP01", "0L000", "22023":
		return client.Wrap(err, "could not carry over: %s", about).Error(), nil
	}
	return "", client.Wrap(err, "carrying over: %s", about)
}
