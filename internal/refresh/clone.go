package refresh

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
	"refresher/internal/restore"
)

// notProduction refuses a staging server that is the source's cluster or a physical
// replica of it. Both have its system identifier, and so has a staging server that was
// restored from a snapshot of production: that one has to be confirmed by the
// identifier, and proves by what it does that it is not production now.
func (p *plan) notProduction(ctx context.Context, o *Options) error {
	id := p.server.SystemID()
	err := restore.Guard(p.catalog.SystemID, id)
	if err == nil || o.CloneOfSource == 0 {
		return err
	}
	if o.CloneOfSource != id {
		return fault.Refuse("staging", "staging.clone_of_source confirms %d, and the servers' system identifier is %d",
			o.CloneOfSource, id)
	}
	if o.Source.Host == o.Staging.Host && o.Source.Port == o.Staging.Port {
		return fault.Refuse("staging", "source.url and staging.url name one server, %s:%d", o.Staging.Host,
			o.Staging.Port)
	}
	staging, err := p.server.Instance(ctx)
	if err != nil {
		return err
	}
	return p.source.Catalogs(ctx, func(source *pgx.Conn) error {
		at, err := restore.ReadInstance(ctx, source)
		if err != nil {
			return err
		}
		if err := restore.Apart(at, staging); err != nil || o.DryRun {
			return err // a dry run writes nothing, a mark neither
		}
		return p.markStaging(ctx, o, source)
	})
}

// markStaging writes on staging what must not appear on the source.
func (p *plan) markStaging(ctx context.Context, o *Options, source *pgx.Conn) (err error) {
	runs, err := history.Open(ctx, o.Staging)
	if err != nil {
		return err
	}
	mark := "refresher " + o.Run + " looks whether this server is production"
	if err := runs.Mark(ctx, mark); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runs.Mark(context.WithoutCancel(ctx), "refresher's history")) }()
	written, err := p.server.Instance(ctx)
	if err != nil {
		return err
	}
	return restore.Absent(ctx, source, mark, written)
}

// OpenHistory opens the history of a service, before there is a run. Where the staging server has
// none, one is made only if that server is surely not production's.
func OpenHistory(ctx context.Context, o Options) (*history.History, error) {
	exists, err := history.Check(ctx, o.Staging)
	if err != nil {
		return nil, err
	}
	if !exists {
		if err := surelyApart(ctx, o); err != nil {
			return nil, err
		}
	}
	return history.Open(ctx, o.Staging)
}

// surelyApart refuses a staging server of the source's system identifier, even if it is
// confirmed: that takes the guard of a run.
func surelyApart(ctx context.Context, o Options) error {
	server, err := restore.Connect(ctx, o.Staging)
	if err != nil {
		return err
	}
	source, err := client.Open(ctx, o.Source, client.Session{To: "the source database", ReadOnly: true})
	if err != nil {
		return err
	}
	defer client.Close(ctx, source)
	var id int64
	if err := source.QueryRow(ctx, "SELECT system_identifier FROM pg_control_system()").Scan(&id); err != nil {
		return client.Wrap(err, "identifying the source's server")
	}
	err = restore.Guard(uint64(id), server.SystemID())
	if err != nil && o.CloneOfSource != 0 {
		return fault.Refuse("staging", "the staging server is a copy of production: run `refresher run` once, which "+
			"looks closely "+
			"and makes the history; the service goes on then")
	}
	return err
}
