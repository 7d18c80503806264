package restore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// preData restores pre-data, and makes the foreign servers that have options which
// could hold a credential itself, without these. The notes name them.
func (d *Database) preData(ctx context.Context, dump string, contents []byte) (notes []string, err error) {
	servers := map[string]*catalog.Server{}
	for _, s := range d.like.Servers {
		if len(s.Withheld) > 0 {
			servers["SERVER - "+oneLine.Replace(s.Name)] = s
		}
	}
	var list []byte
	for line := range bytes.Lines(contents) {
		m := tocLine.FindSubmatch(bytes.TrimRight(line, "\r\n"))
		var server *catalog.Server
		if m != nil {
			server = servers[describe(string(m[1]))]
		}
		if server == nil {
			list = append(list, line...)
			continue
		}
		if err := d.preDataEntries(ctx, dump, list); err != nil {
			return notes, err
		}
		list = nil
		if err := d.do(ctx, func(conn *pgx.Conn) error { return createServer(ctx, conn, server) }); err != nil {
			return notes, err
		}
		for _, o := range server.Withheld {
			notes = append(notes, "OPTION "+o+" of SERVER "+server.Name)
		}
	}
	return notes, d.preDataEntries(ctx, dump, list)
}

func createServer(ctx context.Context, conn *pgx.Conn, s *catalog.Server) error {
	var sql strings.Builder
	sql.WriteString("CREATE SERVER " + catalog.Quote(s.Name))
	if s.Type != "" {
		sql.WriteString(" TYPE " + catalog.Literal(s.Type))
	}
	if s.Version != "" {
		sql.WriteString(" VERSION " + catalog.Literal(s.Version))
	}
	sql.WriteString(" FOREIGN DATA WRAPPER " + catalog.Quote(s.Wrapper))
	for i, o := range s.Options {
		before := ", "
		if i == 0 {
			before = " OPTIONS ("
		}
		fmt.Fprintf(&sql, "%s%s %s", before, catalog.Quote(o.Name), catalog.Literal(o.Value))
	}
	if len(s.Options) > 0 {
		sql.WriteString(")")
	}
	_, err := conn.Exec(ctx, sql.String())
	return client.Wrap(err, "creating foreign server %s without the options that could hold credentials", s.Name)
}

// missingRoles are those of the names that are no roles of the server.
func missingRoles(ctx context.Context, conn *pgx.Conn, names []string) ([]string, error) {
	rows, err := conn.Query(ctx, "SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM pg_roles WHERE "+
		"rolname = n) ORDER BY n", names)
	if err != nil {
		return nil, client.Wrap(err, "looking for roles on the staging server")
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return missing, client.Wrap(err, "looking for roles on the staging server")
}

// oneLine is what pg_restore does to names in its list (src/fe_utils, sanitize_line).
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

// suspendRowSecurity takes FORCE ROW LEVEL SECURITY off the tables of the
// database being built. It applies to a table's owner, who builds and verifies it
// here: rows could not be loaded, and those a policy hides not be verified. The
// policies themselves come with post-data and don't bind an owner without FORCE.
func (d *Database) suspendRowSecurity(ctx context.Context) error {
	return d.do(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relforcerowsecurity ORDER BY 1, 2`)
		if err != nil {
			return client.Wrap(err, "listing tables with FORCE ROW LEVEL SECURITY")
		}
		var n catalog.Name
		var found []catalog.Name
		if _, err := pgx.ForEachRow(rows, []any{&n.Schema, &n.Name}, func() error {
			found = append(found, n)
			return nil
		}); err != nil {
			return client.Wrap(err, "listing tables with FORCE ROW LEVEL SECURITY")
		}
		d.forced = append(d.forced, found...)
		return force(ctx, conn, "NO FORCE", found)
	})
}

// resumeRowSecurity puts FORCE back, before others than the owner may connect.
func (d *Database) resumeRowSecurity(ctx context.Context) error {
	if len(d.forced) == 0 {
		return nil
	}
	return d.do(ctx, func(conn *pgx.Conn) error { return force(ctx, conn, "FORCE", d.forced) })
}

func force(ctx context.Context, conn *pgx.Conn, how string, tables []catalog.Name) error {
	for _, n := range tables {
		if _, err := conn.Exec(ctx, "ALTER TABLE "+n.SQL()+" "+how+" ROW LEVEL SECURITY"); err != nil {
			return client.Wrap(err, "setting %s ROW LEVEL SECURITY on %s", how, n)
		}
	}
	return nil
}
