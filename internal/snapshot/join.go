package snapshot

import (
	"context"
	"encoding/json"
	"strings"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// How a chunk's join is executed. Rows must come in the order in which they lie,
// and at any size of the other table, the source shall write no temporary file.
// So each row is looked up by the other table's key; a small table may be held
// in a hash for as long as the chunk is read, if that is cheaper.
const (
	joinMemory = 64 << 20 // bytes of a hash
	joining    = "; SET LOCAL enable_mergejoin = off; SET LOCAL enable_hashjoin = off; SET LOCAL work_mem = '64MB'"
	hashOn     = "SET LOCAL enable_hashjoin = on"
	hashOff    = "SET LOCAL enable_hashjoin = off"
	hashEntry  = 48 // bytes beside a row's values, at most
)

// planJoin lets the server choose a hash if it is one of the other table and
// fits into joinMemory.
func (r *Reader) planJoin(ctx context.Context, c Chunk, cols []*catalog.Column, f copyfmt.Format) error {
	query, ok := strings.CutPrefix(copySQL(c, cols, f), "COPY (")
	if i := strings.LastIndex(query, ") TO STDOUT"); ok && i > 0 {
		query = query[:i]
	}
	results, err := r.conn.PgConn().Exec(ctx, hashOn+"; EXPLAIN (FORMAT JSON) "+query).ReadAll()
	if err == nil {
		var plans []struct{ Plan planNode }
		if last := results[len(results)-1]; len(last.Rows) == 1 && json.Unmarshal(last.Rows[0][0], &plans) == nil &&
			len(plans) == 1 && plans[0].Plan.ordered() {
			return nil
		}
		_, err = r.conn.PgConn().Exec(ctx, hashOff).ReadAll()
	}
	return client.Wrap(err, "planning to read %s with %s", c.Table.Name, c.Join.Table.Name)
}

// planNode is what matters of a plan (PostgreSQL docs, "EXPLAIN").
type planNode struct {
	Type  string     `json:"Node Type"`
	Join  string     `json:"Join Type"`
	Rows  float64    `json:"Plan Rows"`
	Width float64    `json:"Plan Width"`
	Plans []planNode `json:"Plans"`
}

// ordered reports whether a join keeps the order of its left side, in memory.
func (n *planNode) ordered() bool {
	if n.Join != "Left" || len(n.Plans) != 2 {
		return false
	}
	if n.Type == "Nested Loop" {
		return true
	}
	hash := &n.Plans[1]
	return n.Type == "Hash Join" && hash.Type == "Hash" && hash.Rows*(hash.Width+hashEntry) <= joinMemory
}
