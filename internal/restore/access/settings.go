package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Facts are what belongs to a database as a whole.
type Facts struct {
	Exists  bool
	Owner   string
	limit   int
	Comment string
	grants  map[grant]bool
	set     []setting
}

// setting is one line of pg_db_role_setting.
type setting struct{ role, name, value string } // role empty: every role's

// ReadFacts reads a database's facts from a connection to another one.
func ReadFacts(ctx context.Context, conn *pgx.Conn, name string) (Facts, error) {
	f := Facts{grants: map[grant]bool{}}
	const q = `
		SELECT pg_get_userbyid(datdba)::text, datconnlimit, coalesce(shobj_description(oid, 'pg_database'), '')
		FROM pg_database WHERE datname = $1`
	rows, err := conn.Query(ctx, q, name)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&f.Owner, &f.limit, &f.Comment}, func() error { f.Exists = true; return nil })
	}
	if err != nil || !f.Exists {
		return f, client.Wrap(err, "reading what belongs to database %q", name)
	}
	const acl = `
		SELECT coalesce(r.rolname::text, ''), x.privilege_type, x.is_grantable
		FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x LEFT JOIN pg_roles r ON r.oid =
			x.grantee
		WHERE d.datname = $1 AND x.grantee <> d.datdba AND (x.grantee = 0 OR r.oid IS NOT NULL)`
	g := grant{object: object{"DATABASE", ""}}
	if rows, err = conn.Query(ctx, acl, name); err == nil {
		_, err = pgx.ForEachRow(rows, []any{&g.grantee, &g.privilege, &g.grantable},
			func() error { f.grants[g] = true; return nil })
	}
	if err != nil {
		return f, client.Wrap(err, "reading the privileges of database %q", name)
	}
	const set = `
		SELECT coalesce(r.rolname::text, ''), split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
		FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole,
		     unnest(s.setconfig) WITH ORDINALITY u(c, i)
		WHERE d.datname = $1 AND (s.setrole = 0 OR r.oid IS NOT NULL) ORDER BY 1, i`
	var st setting
	if rows, err = conn.Query(ctx, set, name); err == nil {
		_, err = pgx.ForEachRow(rows, []any{&st.role, &st.name, &st.value}, func() error {
			f.set = append(f.set, st)
			return nil
		})
	}
	return f, client.Wrap(err, "reading the settings of database %q", name)
}

// CarryDatabase gives database name the facts of the live one.
func CarryDatabase(ctx context.Context, conn *pgx.Conn, live Facts, name string) (notes []string, err error) {
	database := "DATABASE " + catalog.Quote(name)
	var first []string
	now, err := ReadFacts(ctx, conn, name)
	if err != nil {
		return nil, err
	}
	if now.Owner != live.Owner {
		first = append(first, "ALTER "+database+" OWNER TO "+catalog.Quote(live.Owner))
	}
	if now.limit != live.limit {
		first = append(first, fmt.Sprintf("ALTER %s CONNECTION LIMIT %d", database, live.limit))
	}
	if notes, err = apply(ctx, conn, first); err != nil {
		return notes, err
	}
	if live.Comment != "" {
		if notes, err = tryNote(ctx, conn, notes, "COMMENT ON "+database+" IS "+catalog.Literal(live.Comment),
			"the database's comment"); err != nil {
			return notes, err
		}
	}
	if now, err = ReadFacts(ctx, conn, name); err != nil {
		return notes, err
	}
	want, have := map[grant]bool{}, map[grant]bool{}
	for g := range live.grants {
		if g.ident = catalog.Quote(name); g.grantee != now.Owner {
			want[g] = true
		}
	}
	for g := range now.grants {
		g.ident = catalog.Quote(name)
		have[g] = true
	}
	refused, err := apply(ctx, conn, privileges(want, have))
	if notes = append(notes, refused...); err != nil {
		return notes, err
	}
	for _, st := range live.set {
		if slices.Contains(now.set, st) {
			continue
		}
		if notes, err = applySetting(ctx, conn, notes, name, st); err != nil {
			return notes, err
		}
	}
	return notes, nil
}

func tryNote(ctx context.Context, conn *pgx.Conn, notes []string, sql, about string) ([]string, error) {
	note, err := try(ctx, conn, sql, about)
	if note != "" {
		notes = append(notes, note)
	}
	return notes, err
}

// applySetting sets a database's or a role's setting. A role's can be set by the
// role itself, so a member takes it on for the moment. The value, which could be
// a secret of an application's, appears nowhere.
func applySetting(ctx context.Context, conn *pgx.Conn, notes []string, database string, st setting) ([]string, error) {
	about := "the setting " + st.name
	if st.role != "" {
		about += " of role " + st.role
	}
	note, err := try(ctx, conn, st.sql(database), about)
	if err == nil && note != "" && st.role != "" {
		if refused, _ := try(ctx, conn, "SET ROLE "+catalog.Quote(st.role), about); refused == "" {
			note, err = try(ctx, conn, st.sql(database), about)
			_, rerr := conn.Exec(ctx, "RESET ROLE")
			err = errors.Join(err, client.Wrap(rerr, "carrying over: %s", about))
		}
	}
	if note != "" {
		notes = append(notes, note)
	}
	return notes, err
}

// listSettings hold a list of identifiers, which pg_db_role_setting stores
// quoted as such (src/bin/pg_dump/dumputils.c, variable_is_guc_list_quote).
var listSettings = []string{"local_preload_libraries", "search_path", "session_preload_libraries",
	"shared_preload_libraries",
	"temp_tablespaces", "unix_socket_directories"}

func (st setting) sql(database string) string {
	parts := strings.Split(st.name, ".") // an extension's setting
	for i, p := range parts {
		parts[i] = catalog.Quote(p)
	}
	value := catalog.Literal(st.value)
	if slices.Contains(listSettings, strings.ToLower(st.name)) {
		items := splitIdents(st.value)
		for i, it := range items {
			items[i] = catalog.Literal(it)
		}
		value = strings.Join(items, ", ")
		if len(items) == 0 {
			value = "''"
		}
	}
	assign := " SET " + strings.Join(parts, ".") + " = " + value
	if st.role == "" {
		return "ALTER DATABASE " + catalog.Quote(database) + assign
	}
	return "ALTER ROLE " + catalog.Quote(st.role) + " IN DATABASE " + catalog.Quote(database) + assign
}

// splitIdents splits `"$user", public` at its commas; quotes are undone.
func splitIdents(s string) []string {
	var out []string
	var b strings.Builder
	quoted, any := false, false
	flush := func() {
		if any {
			out = append(out, b.String())
		}
		b.Reset()
		any = false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted, any = !quoted, true
		case !quoted && c == ',':
			flush()
		case !quoted && (c == ' ' || c == '\t'):
		default:
			b.WriteByte(c)
			any = true
		}
	}
	flush()
	return out
}
