package refresh

import (
	"context"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/discover"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/restore"
)

// syntheticDB is a database of rows that stand for nobody, made from the shadow's schema and released statistics.
type syntheticDB struct {
	options    synthetic.Options
	db         *restore.Database
	statistics *synthetic.Statistics
}

// checkSynthetic finds before a row is read what is wrong with options, and what can't be made.
func (p *plan) checkSynthetic(ctx context.Context, o *Options) error {
	var bounds map[catalog.Name]string
	for _, b := range o.Buckets {
		if b.Synthetic == nil {
			continue
		}
		err := b.Synthetic.Check(p.catalog)
		if err == nil && bounds == nil {
			err = p.source.Catalogs(ctx, func(conn *pgx.Conn) (err error) {
				bounds, err = synthetic.Bounds(ctx, conn)
				return err
			})
		}
		if err == nil {
			err = p.server.Maintenance(ctx, func(conn *pgx.Conn) error {
				return b.Synthetic.Try(ctx, conn, synthetic.Schema{Catalog: p.catalog, Bounds: bounds, Empty: p.empties(),
					Policy: policy(p, b.Synthetic.Method), Session: p.source.Catalogs})
			})
		}
		if err != nil {
			return ofBucket(b.Name, err)
		}
	}
	return nil
}

// empties are the tables whose rows stay behind.
func (p *plan) empties() map[catalog.Name]bool {
	empty := map[catalog.Name]bool{}
	for _, d := range p.program.Decisions() {
		empty[d.Table] = d.RowsNone
	}
	return empty
}

// synthesized makes a bucket's synthetic database; buckets with equal options share it.
func (e *exporter) synthesized(ctx context.Context, b Bucket) (*syntheticDB, error) {
	for _, s := range e.synthetic {
		if reflect.DeepEqual(s.options, *b.Synthetic) {
			return s, nil
		}
	}
	db, err := e.beside(ctx, "sample", len(e.samples)+len(e.synthetic)+1)
	if err != nil {
		return nil, err
	}
	s := &syntheticDB{options: *b.Synthetic, db: db}
	e.synthetic = append(e.synthetic, s)
	if err := e.measure(ctx, s); err != nil {
		return nil, err
	}
	if err := e.makeUp(ctx, s); err != nil {
		return nil, err
	}
	if err := db.PostData(ctx, e.schema, e.o.Workers); err != nil {
		return nil, synthetic.Explain(err, nil)
	}
	return s, db.RefreshMatViews(ctx, filledViews(e.o, e.plan))
}

// measure counts the rows of the scrubbed shadow.
func (e *exporter) measure(ctx context.Context, s *syntheticDB) error {
	conn, err := client.Open(ctx, e.shadow.Config(), client.Session{To: "the database to count its rows", ReadOnly: true})
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	s.statistics, err = synthetic.Measure(ctx, conn, e.catalog, policy(e.plan, s.options.Method))
	return err
}

// makeUp fills the synthetic database: all that is known of the shadow is its schema, and the statistics.
func (e *exporter) makeUp(ctx context.Context, s *syntheticDB) error {
	conn, err := client.Open(ctx, s.db.Config(), client.Session{To: "the synthetic database"})
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	bounds, err := synthetic.Bounds(ctx, conn)
	if err != nil {
		return err
	}
	options, err := synthetic.Ask(ctx, conn, e.catalog, bounds, s.statistics, s.options)
	if err != nil {
		return err
	}
	rows, err := synthetic.New(e.catalog, bounds, s.statistics, options)
	if err != nil {
		return err
	}
	loader, err := s.db.Loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close(context.WithoutCancel(ctx))
	if _, err := rows.Copy(ctx, loader); err != nil {
		return err
	}
	values, err := synthetic.Sequences(ctx, conn)
	if err != nil {
		return err
	}
	return s.db.SetSequences(ctx, values)
}

// policy is what the rules let a synthetic database know: values of columns that they keep in all rows and that
// don't look personal by name either. Of what a hook made no rule says that it may be released.
func policy(p *plan, m synthetic.Method) synthetic.Policy {
	type column struct {
		table catalog.Name
		name  string
	}
	kept, class, people := map[column]bool{}, map[column]pii.Class{}, map[catalog.Name]bool{}
	survey := discover.Names(p.catalog)
	for _, d := range p.program.Decisions() {
		for _, c := range d.Columns {
			at := column{d.Table, c.Name}
			if class[at] = c.Class; c.Class == pii.None {
				class[at] = ""
			}
			f, personal := survey.Suspicious(d.Table, c.Name)
			kept[at] = c.Keep && !c.KeepSome && !c.Generated && !(personal && f.Class != pii.None)
			people[d.Root] = people[d.Root] || c.Class.Direct()
		}
	}
	return synthetic.Policy{
		Method: m,
		Values: func(t catalog.Name, name string) bool { return kept[column{t, name}] },
		Class:  func(t catalog.Name, name string) pii.Class { return class[column{t, name}] },
		People: func(t catalog.Name) bool { return people[t] },
	}
}

// content is what a synthetic dataset is called in lists.
func (s *syntheticDB) content() string {
	return fmt.Sprintf("synthetic, %s, seed %d", s.statistics.Method, s.options.Seed)
}
