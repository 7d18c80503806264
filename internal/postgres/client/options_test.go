package client_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// The server must read the options as they were meant, with any characters in them.
func TestOptionsReachTheServer(t *testing.T) {
	cfg, err := pgx.ParseConfig(pgserver.DB(t))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"my.path": `C:\a b\`, "my.quote": `it's "so"`, "work_mem": "5MB", "my.lines": "a\tb\nc", "search_path": `"$user", public`}
	cfg.RuntimeParams = map[string]string{"options": client.Options(cfg, want)}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	got := map[string]string{}
	for k := range want {
		var v string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", k).Scan(&v); err != nil {
			t.Error(err)
		}
		got[k] = v
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
