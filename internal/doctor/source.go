package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report/visible"
	"refresher/internal/snapshot"
)

// maxSkew is how far two clocks may be apart before run ids, which begin with the
// time, could come in the wrong order.
const maxSkew = 30 * time.Second

// source looks at the source and returns it open, nil if it can't be read.
func (r *Report) source(ctx context.Context, o Options) *snapshot.Source {
	const area = "source"
	source, err := snapshot.Open(ctx, snapshot.Options{Config: o.Source, Run: "doctor", RequireReplica: o.RequireReplica, Workers: o.Workers})
	if err != nil {
		r.Add(area, "it can be reached and read", err, "", reachRemedy("source.url", err))
		return nil
	}
	cat := source.Catalog()
	r.ok(area, "it can be reached and read", fmt.Sprintf("PostgreSQL %s, %s, %s of tables",
		visible.Server(cat.ServerVersion), standing(cat), visible.Size(tableBytes(cat))))
	for _, w := range source.Warnings() {
		r.warn(area, "what a run would warn of", w, "")
	}
	r.Add(area, "its role may read all of it", source.CheckPrivileges(ctx), "SELECT on every table and sequence",
		grantsRemedy(o.Source.User))
	r.Add(area, "pg_dump and pg_restore for its version", client.Require(client.Major(cat.ServerVersion)),
		"both are installed",
		fmt.Sprintf("apt-get install postgresql-client-%d, or set REFRESHER_PG_BIN to the folder that has them",
			client.Major(cat.ServerVersion)))
	err = source.Catalogs(ctx, func(conn *pgx.Conn) error {
		r.clock(ctx, area, conn)
		r.locks(ctx, area, conn, cat)
		if cat.InRecovery {
			r.standby(ctx, conn)
		}
		return conn.QueryRow(ctx, `SELECT datcollate FROM pg_catalog.pg_database
			WHERE datname = pg_catalog.current_database()`).Scan(&r.locale)
	})
	if err != nil {
		r.Add(area, "its settings", client.Wrap(err, "reading the source's settings"), "",
			reachRemedy("source.url", err))
	}
	return source
}

func standing(cat *catalog.Catalog) string {
	if cat.InRecovery {
		return "a hot standby"
	}
	return "a primary"
}

// standby looks at what lets a long read finish on a hot standby (PostgreSQL docs,
// 27.4.2 Handling Query Conflicts).
func (r *Report) standby(ctx context.Context, conn *pgx.Conn) {
	const area, name = "source", "long reads survive on the standby"
	var feedback bool
	var delay string
	var lag *float64
	const q = `SELECT pg_catalog.current_setting('hot_standby_feedback')::bool, pg_catalog.current_setting('max_standby_streaming_delay'),
		pg_catalog.date_part('epoch', pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.pg_last_xact_replay_timestamp())`
	if err := conn.QueryRow(ctx, q).Scan(&feedback, &delay, &lag); err != nil {
		r.Add(area, name, client.Wrap(err, "reading the standby's settings"), "", "")
		return
	}
	switch {
	case feedback:
		r.ok(area, name, "hot_standby_feedback is on")
	case delay == "-1":
		r.ok(area, name, "max_standby_streaming_delay is -1")
	default:
		r.warn(area, name, "hot_standby_feedback is off and max_standby_streaming_delay is "+delay+
			": VACUUM on the primary can cancel a run's reads",
			"ALTER SYSTEM SET hot_standby_feedback = on;   -- on the standby, best with a replication slot\nSELECT "+
				"pg_reload_conf();")
	}
	if lag != nil && *lag > 3600 {
		r.warn(area, "the standby is up to date",
			fmt.Sprintf("it replayed its last transaction %s ago",
				time.Duration(*lag*float64(time.Second)).Round(time.Minute)),
			"an idle primary shows this, too; else look at pg_stat_wal_receiver on the standby")
	}
}

// clock compares a server's clock with this machine's.
func (r *Report) clock(ctx context.Context, area string, conn *pgx.Conn) {
	const name = "its clock agrees with this machine's"
	before := time.Now()
	var theirs time.Time
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.clock_timestamp()").Scan(&theirs); err != nil {
		r.Add(area, name, client.Wrap(err, "asking for the time"), "", "")
		return
	}
	ours := before.Add(time.Since(before) / 2)
	skew := theirs.Sub(ours)
	if skew.Abs() > maxSkew {
		r.warn(area, name, fmt.Sprintf("it is %s away", skew.Abs().Round(time.Second)),
			"turn on time synchronisation (chrony, systemd-timesyncd) on both machines")
		return
	}
	r.ok(area, name, "within "+maxSkew.String())
}

// locks asks whether the lock table holds what one transaction takes: a lock for
// each table, so that none is rewritten under the snapshot (PostgreSQL docs, 20.12
// Lock Management).
func (r *Report) locks(ctx context.Context, area string, conn *pgx.Conn, cat *catalog.Catalog) {
	const name = "its lock table is large enough"
	var each, connections, prepared int
	const q = `SELECT pg_catalog.current_setting('max_locks_per_transaction')::int, pg_catalog.current_setting('max_connections')::int,
		pg_catalog.current_setting('max_prepared_transactions')::int`
	if err := conn.QueryRow(ctx, q).Scan(&each, &connections, &prepared); err != nil {
		r.Add(area, name, client.Wrap(err, "reading the lock settings"), "", "")
		return
	}
	room := each * (connections + prepared)
	need := 2 * len(cat.Tables) // other sessions hold locks, too
	if need > room {
		want := (need/(connections+prepared) + 63) / 64 * 64
		r.warn(area, name, fmt.Sprintf("%d locks fit, and a run takes about %d", room, need),
			fmt.Sprintf("ALTER SYSTEM SET max_locks_per_transaction = %d;   -- takes a restart", max(want, 64)))
		return
	}
	r.ok(area, name, fmt.Sprintf("%d locks fit, a run takes about %d", room, need))
}

// reachRemedy says where to look when a server can't be used.
func reachRemedy(field string, err error) string {
	switch code := client.Code(err); {
	case code == "28P01" || code == "28000":
		return "set the password of the role in " + field + ", and look at pg_hba.conf on the server"
	case code == "3D000":
		return "name a database that exists in " + field
	case code == "42501":
		return grantsRemedy("")
	case strings.HasPrefix(code, "08"), errors.Is(err, context.DeadlineExceeded):
		return "point " + field + " at the server itself, not at a pooler or load balancer"
	}
	return "look at host, port and TLS in " + field + ", and whether this machine may connect"
}

func grantsRemedy(role string) string {
	if role == "" {
		role = "refresher_reader"
	}
	return "GRANT pg_read_all_data TO " + catalog.Quote(role) + ";   -- or the statements above, for tables alone"
}
