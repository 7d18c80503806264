package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report/visible"
	"refresher/internal/snapshot"
)

// stagingDetails looks at what a run needs on the staging server beside what
// restore's own check finds.
func (r *Report) stagingDetails(ctx context.Context, o Options, source *snapshot.Source) {
	const area = "staging"
	cfg := o.Staging.Copy()
	cfg.Database = "postgres"
	conn, err := client.Open(ctx, cfg, client.Session{Name: "refresher/doctor", ReadOnly: true})
	if err != nil {
		r.warn(area, "its settings", err.Error(), "")
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	r.clock(ctx, area, conn)
	r.signal(ctx, conn)
	r.reach(ctx, conn)
	r.room(ctx, conn, o.Staging.Database, source)
	if source != nil {
		r.locks(ctx, area, conn, source.Catalog())
		if r.locale != "" {
			r.sourceLocale(ctx, conn)
		}
	}
	r.historyOwner(ctx, conn)
}

// signal asks whether the role may end the sessions of applications at the swap.
func (r *Report) signal(ctx context.Context, conn *pgx.Conn) {
	const area, name = "staging", "its role may end sessions before the swap"
	var may bool
	const q = `SELECT pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user`
	if err := conn.QueryRow(ctx, q).Scan(&may); err != nil {
		r.Add(area, name, client.Wrap(err, "asking for privileges"), "", "")
		return
	}
	if !may {
		r.warn(area, name, "it may not: the swap waits for applications to disconnect, and gives up in the end",
			"GRANT pg_signal_backend TO "+catalog.Quote(conn.Config().User)+";")
		return
	}
	r.ok(area, name, "it is a member of pg_signal_backend")
}

// reach asks whether code of production's could leave the database with the rights of
// staging's role, which builds indexes, checks constraints and fills views.
func (r *Report) reach(ctx context.Context, conn *pgx.Conn) {
	const area, name = "staging", "its role can't reach files, programs and the network"
	var super bool
	var roles []string
	const q = `SELECT rolsuper, ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_roles g
			WHERE g.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
			AND pg_catalog.pg_has_role(g.oid, 'USAGE') ORDER BY 1)
		FROM pg_catalog.pg_roles WHERE rolname = current_user`
	if err := conn.QueryRow(ctx, q).Scan(&super, &roles); err != nil {
		r.Add(area, name, client.Wrap(err, "asking for privileges"), "", "")
		return
	}
	role := catalog.Quote(conn.Config().User)
	switch {
	case super:
		r.warn(area, name, "it is a superuser: functions of production's that run while staging is built may do "+
			"anything on that machine",
			"ALTER ROLE "+role+" NOSUPERUSER CREATEDB;")
	case len(roles) > 0:
		r.warn(area, name, "it is a member of "+strings.Join(roles, ", ")+
			": functions of production's that run while staging is built may do so, too",
			"REVOKE "+strings.Join(roles, ", ")+" FROM "+role+";")
	default:
		r.ok(area, name, "it is no superuser, and no member of roles that may")
	}
}

// room says how much space a run will take. A server doesn't say what its disk has
// left, so this is for a person to compare.
func (r *Report) room(ctx context.Context, conn *pgx.Conn, live string, source *snapshot.Source) {
	const area, name = "staging", "disk space"
	var used int64
	const q = `SELECT coalesce(sum(pg_catalog.pg_database_size(oid)), 0)::bigint FROM pg_catalog.pg_database
		WHERE datname IN ($1::name, ($1::text || '_previous')::name) AND pg_catalog.has_database_privilege(oid, 'CONNECT')`
	if err := conn.QueryRow(ctx, q, live).Scan(&used); err != nil {
		r.Add(area, name, client.Wrap(err, "measuring databases"), "", "")
		return
	}
	if source == nil {
		r.skip(area, name, "the source could not be read")
		return
	}
	need := tableBytes(source.Catalog())
	r.ok(area, name, fmt.Sprintf("a run builds about %s beside the %s that %s and its previous one hold: the server "+
		"must have that much free",
		visible.Size(need), visible.Size(used), live))
}

// sourceLocale asks whether the staging server knows the locale of the source's database.
func (r *Report) sourceLocale(ctx context.Context, staging *pgx.Conn) {
	const area, name = "staging", "it has the source's locale"
	var known bool
	const q = `SELECT $1 IN ('C', 'POSIX') OR EXISTS (SELECT FROM pg_catalog.pg_database WHERE datcollate = $1)
		OR EXISTS (SELECT FROM pg_catalog.pg_collation WHERE collprovider = 'c'
			AND pg_catalog.lower(pg_catalog.replace(collcollate, '-', '')) = pg_catalog.lower(pg_catalog.replace($1, '-', '')))`
	if err := staging.QueryRow(ctx, q, r.locale).Scan(&known); err != nil {
		r.Add(area, name, client.Wrap(err, "reading the staging server's locales"), "", "")
		return
	}
	if !known {
		r.warn(area, name, fmt.Sprintf("the staging server lists no locale %s: text may be sorted otherwise there",
			r.locale),
			"install the locale on the staging server's machine, and run pg_import_system_collations there")
		return
	}
	r.ok(area, name, r.locale)
}

// historyOwner asks whose the database is in which runs are recorded.
func (r *Report) historyOwner(ctx context.Context, conn *pgx.Conn) {
	const area, name = "staging", "the database " + history.Database + " is refresher's"
	var owner string
	var ours bool
	const q = `SELECT pg_catalog.pg_get_userbyid(datdba), pg_catalog.pg_has_role(datdba, 'USAGE') FROM pg_catalog.pg_database WHERE datname = $1`
	err := conn.QueryRow(ctx, q, history.Database).Scan(&owner, &ours)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		r.ok(area, name, "the first run will make it")
	case err != nil:
		r.Add(area, name, client.Wrap(err, "looking for the history"), "", "")
	case !ours:
		r.Add(area, name, fmt.Errorf("it belongs to %q, of which the role is no member", owner), "",
			"drop or rename that database, or connect as its owner")
	default:
		r.ok(area, name, "it belongs to "+owner)
	}
}
