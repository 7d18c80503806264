package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Write tries to write through the session that holds the snapshot.
func Write(ctx context.Context, s *Source) error {
	_, err := s.exporter.Exec(ctx, "CREATE TABLE written (v int)")
	return err
}

// CheckInstance compares a new session's instance with the first one's.
func CheckInstance(ctx context.Context, s *Source) error {
	conn, err := s.session(ctx)
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	return s.atHome(ctx, conn)
}

// Listing is a dump's table of contents.
func Listing(ctx context.Context, path string) (string, error) {
	var out bytes.Buffer
	err := client.Run(ctx, client.Command{Tool: client.Restore, Doing: "listing", Args: []string{"--list", path}, Stdout: &out})
	return out.String(), err
}

// Explain is the server's plan for a chunk's COPY.
func Explain(ctx context.Context, r *Reader, c Chunk, cols []*catalog.Column) ([]string, error) {
	query, _ := strings.CutPrefix(copySQL(c, cols, copyfmt.Text), "COPY (")
	rows, err := r.conn.Query(ctx, "EXPLAIN "+query[:strings.LastIndex(query, ") TO STDOUT")])
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Ordered reports whether a plan, as JSON, is one that a join may have.
func Ordered(t *testing.T, plan string) bool {
	var n planNode
	if err := json.Unmarshal([]byte(plan), &n); err != nil {
		t.Fatal(err)
	}
	return n.ordered()
}
