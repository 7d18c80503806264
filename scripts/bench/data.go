package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"refresher"
	"refresher/internal/testkit/shop"
)

// A database is one to measure with. Its folder in testdata/bench has what the turns need.
type database struct {
	name, about string
	perGB       int // customers, or accounts
	load        func(ctx context.Context, url string, n int) error
	rules       func() (string, error)
}

func databaseNamed(name string) (database, error) {
	for _, d := range []database{
		{"shop", "the sample database: narrow tables, 45 of 150 columns masked", 540_000, loadShop,
			func() (string, error) { return refresher.ExperimentationRules, nil }},
		{"wide", "sixty text columns of which twenty are masked, documents of sixty keys, notes of four kilobytes", 480_000, loadWide, func() (string, error) {
			b, err := os.ReadFile(folder("wide", "rules.yaml"))
			return string(b), err
		}},
	} {
		if d.name == name {
			return d, nil
		}
	}
	return database{}, fmt.Errorf("-data %s: shop and wide are known", name)
}

func folder(parts ...string) string {
	return filepath.Join(append([]string{"testdata", "bench"}, parts...)...)
}

func loadShop(ctx context.Context, url string, n int) error {
	return shop.Load(ctx, url, shop.Options{Users: n, Seed: 1})
}

func loadWide(ctx context.Context, url string, n int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "SELECT set_config('bench.accounts', $1, false)", fmt.Sprint(n)); err != nil {
		return err
	}
	for _, name := range []string{"schema.sql", "rows.sql", "keys.sql"} {
		text, err := os.ReadFile(folder("wide", name))
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
