package parquet

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// settings make the server print every value in one way: the files must depend on the rows alone.
var settings = []string{
	"client_encoding = 'UTF8'",
	"DateStyle = 'ISO, MDY'",
	"IntervalStyle = 'postgres'",
	"TimeZone = 'UTC'",
	"extra_float_digits = 1",
	"bytea_output = 'hex'",
	"lc_monetary = 'C'",
	"xmloption = 'content'",
	"search_path = ''",
	"row_security = off",
	"statement_timeout = 0",
	"idle_in_transaction_session_timeout = 0",
}

// open starts a read-only REPEATABLE READ transaction, on an exported snapshot if
// one is named.
func open(ctx context.Context, cfg *pgx.ConnConfig, snapshot string) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, client.Wrap(err, "connecting to database %q to write its dataset", cfg.Database)
	}
	sql := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
	if snapshot != "" {
		sql += "SET TRANSACTION SNAPSHOT " + catalog.Literal(snapshot) + ";"
	}
	sql += "SET LOCAL " + strings.Join(settings, ";SET LOCAL ")
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, client.Wrap(err, "starting a read-only transaction in database %q", cfg.Database)
	}
	return conn, nil
}
