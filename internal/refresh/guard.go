package refresh

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/restore"
	"refresher/internal/restore/access"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
	"refresher/internal/verify"
	"refresher/internal/verify/risk"
)

// idTime is how a run's id begins.
const idTime = "20060102T150405Z"

// NewID names a run: its start in UTC and four random hex digits, so that ids
// sort by time and two hosts never share one.
func NewID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return now.UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
}

// plan is a snapshot of the source, and what is to be made of it.
type plan struct {
	server  *restore.Server
	source  *snapshot.Source
	catalog *catalog.Catalog
	program *scrub.Program
	risk    []risk.Spec           // with what was suppressed of them
	objects []snapshot.OIDRange   // of large objects that are to arrive
	keep    *restore.Preservation // what staging keeps of its own
	public  *access.Public        // what production lets every role do
	bound   *restore.Bound        // what stays behind with an extension
}

// guard finds everything that can be found wrong before anything is changed and
// before a row is read.
func guard(ctx context.Context, o *Options, rec *recorder, made *cleanup) (p *plan, err error) {
	return p, bounded(ctx, o.Retry.Stall, func(ctx context.Context) error {
		if err := checkHooks(ctx, o); err != nil {
			return err
		}
		server, err := restore.Connect(ctx, o.Staging)
		if err != nil {
			return err
		}
		if o.Template != "" {
			server.UseTemplate(o.Template)
		}
		if o.KeepVerified {
			server.KeepVerified()
		}
		afterTheLast(ctx, o, rec)
		tries := attempts{retry: o.Retry, rec: rec}
		for {
			if p, err = openSource(ctx, o, rec, made, server); err == nil {
				break
			}
			// A migration in this moment: the next look sees what it made.
			if ctx.Err() != nil || !errors.Is(err, snapshot.ErrSchemaChanged) && client.Code(err) != "40001" {
				return err
			}
			if err := tries.restart(err); err != nil {
				return err
			}
		}
		if o.DryRun {
			return errors.Join(probe(ctx, o), p.tryCredentials(ctx, o))
		}
		return nil
	})
}

// openSource takes a snapshot of the source and plans on it.
func openSource(ctx context.Context, o *Options, rec *recorder, made *cleanup, server *restore.Server) (*plan, error) {
	source, err := snapshot.Open(ctx, snapshot.Options{
		Config: o.Source, Run: o.Run, RequireReplica: o.RequireReplica, ChunkBytes: o.ChunkBytes,
	})
	if err != nil {
		return nil, err
	}
	p := &plan{server: server, source: source, catalog: source.Catalog()}
	if err := p.make(ctx, o, rec); err != nil {
		source.Close(ctx)
		return nil, err
	}
	made.always(func(ctx context.Context) error { source.Close(ctx); return nil })
	return p, nil
}

func (p *plan) make(ctx context.Context, o *Options, rec *recorder) (err error) {
	rec.describe(o, p)
	if err := p.notProduction(ctx, o); err != nil {
		return err
	}
	if err := mayReplace(ctx, o, p.server); err != nil {
		return err
	}
	rec.traceable = true
	if err := p.server.NotOlder(p.catalog); err != nil {
		return err
	}
	lerr := p.planLake(ctx, o, rec)
	if lerr != nil && !fault.Decided(lerr) {
		return lerr
	}
	if p.program, err = scrub.Compile(o.Rules, p.catalog, o.Key.Bytes(), o.lake.Files()...); err != nil {
		return errors.Join(discover.Propose(p.catalog, err), lerr)
	}
	if lerr != nil {
		return lerr
	}
	p.risk, rec.report.SafeHarbor = p.program.Risk(), p.program.SafeHarbor()
	if err := p.source.Lock(ctx, tablesRead(p.program)); err != nil {
		return err
	}
	rec.report.Snapshot = p.source.SnapshotID()
	if p.objects, err = planObjects(ctx, o, rec, p.source); err != nil {
		return err
	}
	if err := p.server.Preflight(ctx, p.catalog); err != nil {
		return err
	}
	err = p.source.Catalogs(ctx, func(conn *pgx.Conn) (err error) {
		if p.public, err = access.ReadPublic(ctx, conn); err == nil {
			p.bound, err = restore.ReadBound(ctx, conn)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := p.planKeep(ctx, o, rec); err != nil {
		return err
	}
	if err := p.checkSamples(ctx, o, rec); err != nil {
		return err
	}
	if err := p.checkSynthetic(ctx, o); err != nil {
		return err
	}
	rec.decisions(p.program)
	for _, w := range append(p.source.Warnings(), p.program.Warnings()...) {
		rec.warn("%s", w)
	}
	return nil
}

// mayReplace refuses to replace what no run made, unless told to.
func mayReplace(ctx context.Context, o *Options, server *restore.Server) error {
	exists, err := history.Check(ctx, o.Staging)
	if err != nil {
		return err
	}
	live, previous, err := server.Occupants(ctx)
	if err != nil || !live.Exists || o.Replace {
		return err
	}
	var runs *history.History
	if exists {
		if runs, err = history.Open(ctx, o.Staging); err != nil {
			return err
		}
	}
	database, before := o.Staging.Database, restore.PreviousName(o.Staging.Database)
	for _, found := range []struct {
		name     string
		occupant restore.Occupant
		reason   string
	}{
		{database, live, fmt.Sprintf("database %q on %s:%d was not made by a refresh and is not empty: look whether "+
			"staging.url is right (isn't it production's?), then say refresher run --replace once, which "+
			"keeps it as %q",
			database, o.Staging.Host, o.Staging.Port, before)},
		{before, previous, fmt.Sprintf("database %q on %s:%d was not left there by a refresh, and this one would drop it: "+
			"rename or drop it yourself, or say refresher run --replace once", before, o.Staging.Host, o.Staging.Port)},
	} {
		known := !found.occupant.Exists || found.occupant.Empty
		// The database that a confirmed copy of production was born with.
		known = known || found.name == database && o.CloneOfSource == server.SystemID()
		if !known && runs != nil {
			if known, err = runs.Knows(ctx, found.occupant.OID); err != nil {
				return err
			}
		}
		if !known {
			return &fault.Refusal{Gate: "staging", Reason: found.reason}
		}
	}
	return nil
}

// probe looks whether every bucket can be written to. A run does it when it has the
// lock: the next to get it sweeps probes away.
func probe(ctx context.Context, o *Options) error {
	for _, b := range o.places() {
		if err := b.Sink.Probe(ctx); err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
		if b.Sink.Local() {
			continue
		}
		if _, err := b.Sink.Private(ctx); err != nil { // what is unknown, doctor says
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	if o.Fingerprints != nil && o.Fingerprints.Place != nil {
		return o.Fingerprints.Place.Probe(ctx)
	}
	return nil
}

// noCredentials refuses a schema whose definitions hold a password or key.
func noCredentials(ctx context.Context, o *Options, archive string) error {
	found, err := verify.New(verify.Options{Exceptions: Exceptions(o.Rules), Workers: 1}).Credentials(ctx, archive)
	if err != nil || len(found) == 0 {
		return err
	}
	return &fault.Refusal{Gate: "credentials", Problems: found,
		Reason: "definitions of the schema hold credentials, which may not reach staging"}
}

// tryCredentials is noCredentials for a run that ends with the guard.
func (p *plan) tryCredentials(ctx context.Context, o *Options) (err error) {
	dir, err := os.MkdirTemp(o.TempDir, "refresher-dry-run-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	archive := filepath.Join(dir, "schema.dump")
	if err := p.source.DumpSchema(ctx, archive); err != nil {
		return err
	}
	return noCredentials(ctx, o, archive)
}

// afterTheLast gives the run an id behind those that the buckets name as their
// latest, even if this machine's clock was put back: ids are compared, and a dataset
// must not look older than the one it replaces. An error here shows in the probe.
func afterTheLast(ctx context.Context, o *Options, rec *recorder) {
	for _, b := range o.places() {
		last, _, err := b.Sink.Latest(ctx)
		if err != nil || last.Run < o.Run {
			continue
		}
		at, err := time.Parse(idTime, last.Run[:len(idTime)])
		if err != nil {
			continue
		}
		if now := latestNow(ctx, o); at.After(now.Add(maxAhead)) {
			rec.warn("the latest run in bucket %s is called %s, %s ahead of this machine's and the staging "+
				"server's clocks: "+
				"a clock was wrong, or the name is false; this run replaces it and keeps "+
				"its own name", b.Name, last.Run,
				at.Sub(now).Round(time.Hour))
			continue
		}
		was := o.Run
		o.Run = at.Add(time.Second).Format(idTime) + was[len(idTime):]
		rec.report.Run = o.Run
		rec.warn("run %s is called %s, because the latest in bucket %s is %s: the clock of this machine, "+
			"or of the one before, is wrong", was, o.Run, b.Name, last.Run)
	}
}

// maxAhead is how far a bucket's latest run may be ahead of all clocks at hand, so that the next
// run is called after it. A latest.json of the year 9999 would give that year to each run to
// come, until no name is left that sorts after it.
const maxAhead = 48 * time.Hour

// latestNow is the later of this machine's time and the staging server's, since either clock
// may have been put back.
func latestNow(ctx context.Context, o *Options) time.Time {
	now := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	cfg := o.Staging.Copy()
	cfg.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return now // the guard finds out why
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var theirs time.Time
	if conn.QueryRow(ctx, "SELECT pg_catalog.clock_timestamp()").Scan(&theirs) == nil && theirs.After(now) {
		return theirs
	}
	return now
}

// tablesRead are the tables whose rows leave the source.
func tablesRead(p *scrub.Program) []*catalog.Table {
	var tables []*catalog.Table
	for _, plan := range p.Tables() {
		tables = append(tables, plan.Table)
	}
	return tables
}
