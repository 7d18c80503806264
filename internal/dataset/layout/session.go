package layout

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// open starts a read-only REPEATABLE READ transaction, on an exported snapshot if
// one is named.
func open(ctx context.Context, cfg *pgx.ConnConfig, snapshot string) (*pgx.Conn, error) {
	to := fmt.Sprintf("database %q to write its dataset", cfg.Database)
	return client.InSnapshot(ctx, cfg, client.Session{To: to}, snapshot)
}
