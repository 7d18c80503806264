package access

import (
	"context"
	"maps"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// Carry gives the objects of the session's database the owners, privileges and default privileges of the live one; what
// belongs to the live database's owner will belong to databaseOwner. Owners come first, because a change of owner
// rewrites the privileges that are there. What production takes from PUBLIC and the live database leaves at its default
// is not granted. The notes name what this role may not do.
func Carry(ctx context.Context, conn *pgx.Conn, live *Inventory, databaseOwner string,
	production, open *Public) (notes []string, err error) {
	shadow, err := ReadInventory(ctx, conn)
	if err != nil {
		return nil, err
	}
	if _, err := apply(ctx, conn, ownership(live, shadow, databaseOwner)); err != nil {
		return nil, err
	}
	if shadow, err = ReadInventory(ctx, conn); err != nil {
		return nil, err
	}
	want := wanted(live, shadow)
	maps.DeleteFunc(want, func(g grant, _ bool) bool {
		return g.grantee == "" && production.lacks(publicGrant(g)) && !open.explicit[publicGrant(g)]
	})
	if _, err := apply(ctx, conn, privileges(want, shadow.grants)); err != nil {
		return nil, err
	}
	refused, err := apply(ctx, conn, defaultPrivileges(live, shadow))
	if err != nil {
		return nil, err
	}
	// A GRANT without the right to it only warns: what counts is what is there.
	if shadow, err = ReadInventory(ctx, conn); err != nil {
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
