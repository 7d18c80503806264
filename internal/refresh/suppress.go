package refresh

import (
	"context"
	"slices"

	"refresher/internal/postgres/client"
	"refresher/internal/verify/risk"
)

// suppresses reports whether some set of quasi-identifiers takes out what is too small.
func suppresses(specs []risk.Spec) bool {
	return slices.ContainsFunc(specs, func(s risk.Spec) bool { return s.Below == risk.Hide })
}

// suppress takes classes that are too small out of the shadow, while it has no
// index, constraint or trigger yet: those are built on what is left, and
// verification counts again.
func suppress(ctx context.Context, data *filled) error {
	conn, err := client.Open(ctx, data.shadow.Config(), client.Session{To: "the shadow to suppress small classes"})
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	removed, err := risk.Suppress(ctx, conn, data.catalog, data.risk)
	if err != nil {
		return err
	}
	for name, n := range removed {
		if c := data.counts[name.String()]; c != nil {
			c.suppressed += n
		}
	}
	return nil
}
