package refresh

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
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
		return fault.Refuse("staging", "source.url and staging.url name one server, %s:%d", o.Staging.Host, o.Staging.Port)
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
