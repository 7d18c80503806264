package restore

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// searchTrigger is how the triggers are called that make words for full-text search anew.
// They fire before those that production has, which are made with post-data.
const searchTrigger = "refresher_search"

// MakeSearch has the server make a column anew from the masked text of others while rows
// arrive in a table, as tsvector_update_trigger does.
func (d *Database) MakeSearch(ctx context.Context, table catalog.Name, s catalog.Search) error {
	function, config := "tsvector_update_trigger", s.Config
	if s.ConfigColumn != "" {
		function, config = "tsvector_update_trigger_column", s.ConfigColumn
	}
	args := []string{catalog.Literal(s.Column), catalog.Literal(config)}
	for _, c := range s.From {
		args = append(args, catalog.Literal(c))
	}
	return with(ctx, d.cfg, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, fmt.Sprintf("CREATE TRIGGER %s BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION "+
			"pg_catalog.%s(%s)",
			catalog.Quote(searchTrigger+"_"+s.Column), table.SQL(), function, strings.Join(args, ", ")))
		if err == nil {
			d.search = append(d.search, "DROP TRIGGER "+catalog.Quote(searchTrigger+"_"+s.Column)+" ON "+table.SQL())
		}
		return client.Wrap(err, "having %s of %s made anew", s.Column, table)
	})
}

// EndSearch drops the triggers, once the rows are there.
func (d *Database) EndSearch(ctx context.Context) error {
	if len(d.search) == 0 {
		return nil
	}
	return with(ctx, d.cfg, func(conn *pgx.Conn) error {
		for _, sql := range d.search {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return client.Wrap(err, "dropping the triggers that made words for searches")
			}
		}
		d.search = nil
		return nil
	})
}
