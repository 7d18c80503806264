package refresh

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/verify/risk"
)

// suppresses reports whether some set of quasi-identifiers takes out what is too
// small.
func (r *run) suppresses() bool {
	for _, s := range r.risk {
		if s.Below == risk.Hide {
			return true
		}
	}
	return false
}

// suppress takes classes that are too small out of the shadow, while it has no
// index, constraint or trigger yet: those are built on what is left, and
// verification counts again.
func (r *run) suppress(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, r.shadow.Config())
	if err != nil {
		return client.Wrap(err, "connecting to the shadow to suppress small classes")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	removed, err := risk.Suppress(ctx, conn, r.catalog, r.risk)
	if err != nil {
		return err
	}
	for name, n := range removed {
		if c := r.counts[name.String()]; c != nil {
			c.suppressed.Add(n)
		}
	}
	return nil
}
