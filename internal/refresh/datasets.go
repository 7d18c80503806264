package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/parquet"
	"refresher/internal/dataset/sample"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/restore"
	"refresher/internal/s3sink"
	"refresher/internal/verify/pass"
)

// staged is one bucket's dataset: uploaded under runs/<run>/, not yet named by
// latest.json.
type staged struct {
	bucket    Bucket
	staging   *s3sink.Staging
	database  *restore.Database // what the dataset holds
	rows      int64
	tables    []s3sink.Table
	parquet   []parquet.Table
	pass      pass.Pass
	before    s3sink.Latest // what was published when the run was staged
	published bool
}

// sampleDB is a sample of the shadow as a database of its own, so that dumps,
// Parquet and the validation of every foreign key see nothing else.
type sampleDB struct {
	options sample.Options
	db      *restore.Database
	counts  []sample.Count
}

// stageDatasets uploads every bucket's dataset, all of it fed from the scrubbed
// shadow.
func (r *run) stageDatasets(ctx context.Context) error {
	for _, b := range r.Buckets {
		if err := r.stageBucket(ctx, b); err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	return nil
}

func (r *run) stageBucket(ctx context.Context, b Bucket) error {
	staging, err := b.Sink.Stage(ctx, r.Options.Run)
	if err != nil {
		return err
	}
	s := &staged{bucket: b, staging: staging, database: r.shadow}
	if s.before, _, err = b.Sink.Latest(ctx); err != nil {
		return err
	}
	r.staged = append(r.staged, s)
	if b.Sample != nil {
		sdb, err := r.sampled(ctx, *b.Sample)
		if err != nil {
			return err
		}
		s.database = sdb.db
	}
	for _, format := range b.Formats {
		var err error
		switch format {
		case "parquet":
			err = r.putParquet(ctx, s)
		case "pgdump":
			err = r.putDump(ctx, s)
		default:
			err = fmt.Errorf("unknown format %q", format)
		}
		if err != nil {
			return err
		}
	}
	return r.countRows(ctx, s)
}

// sampled builds the sample's database; buckets with equal options share it.
func (r *run) sampled(ctx context.Context, o sample.Options) (*sampleDB, error) {
	for _, s := range r.samples {
		if fmt.Sprint(s.options.Roots, s.options.Percent, s.options.Whole) == fmt.Sprint(o.Roots, o.Percent, o.Whole) {
			return s, nil
		}
	}
	o.Salt, o.References = r.Key.Derive("sample"), r.program.References()
	name := restore.ScratchName(r.Staging.Database, "sample", fmt.Sprintf("%s_%d", r.Options.Run, len(r.samples)+1))
	db, err := r.server.Create(ctx, name, r.catalog)
	if err != nil {
		return nil, err
	}
	s := &sampleDB{options: o, db: db}
	r.samples = append(r.samples, s)
	if _, err := db.PreData(ctx, r.schema); err != nil {
		return nil, err
	}
	if err := r.pick(ctx, s); err != nil {
		return nil, err
	}
	// Post-data validates every foreign key: that proves the closure.
	if err := db.PostData(ctx, r.schema, r.Workers); err != nil {
		return nil, err
	}
	if err := db.SetSequences(ctx, r.sequences); err != nil {
		return nil, err
	}
	return s, db.RefreshMatViews(ctx, r.catalog.MatViews)
}

// pick computes the sample on the shadow and streams it into its own database.
func (r *run) pick(ctx context.Context, s *sampleDB) (err error) {
	conn, err := pgx.ConnectConfig(ctx, r.shadow.Config())
	if err != nil {
		return client.Wrap(err, "connecting to the shadow to sample it")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	picked, err := sample.Compute(ctx, conn, r.catalog, s.options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, picked.Close(context.WithoutCancel(ctx))) }()
	if s.counts, err = picked.Counts(ctx); err != nil {
		return err
	}
	loader, err := s.db.Loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close(context.WithoutCancel(ctx))
	_, err = picked.Copy(ctx, loader)
	return err
}

func (r *run) putParquet(ctx context.Context, s *staged) error {
	put := func(ctx context.Context, path string, write func(io.Writer) error) error {
		_, err := s.staging.Put(ctx, path, write)
		return err
	}
	tables, err := parquet.Export(ctx, s.database.Config(), r.catalog, parquet.Options{Workers: r.Workers}, put)
	s.parquet = tables
	return err
}

// putDump streams pg_dump's custom format into the bucket: any pg_restore loads it.
func (r *run) putDump(ctx context.Context, s *staged) error {
	cfg := s.database.Config()
	_, err := s.staging.Put(ctx, r.dumpName(), func(w io.Writer) error {
		return client.Run(ctx, client.Command{
			Tool: client.Dump, MinMajor: client.Major(r.server.Version()), Doing: "dumping the dataset", Server: cfg, Stdout: w,
			Args: []string{"--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions", "--no-security-labels",
				"-B"}, // no large objects: a sample's rows don't say which are theirs
		})
	})
	return err
}

func (r *run) dumpName() string { return r.Staging.Database + ".dump" }

// countRows notes how many rows of each table the dataset holds.
func (r *run) countRows(ctx context.Context, s *staged) error {
	conn, err := pgx.ConnectConfig(ctx, s.database.Config())
	if err != nil {
		return client.Wrap(err, "connecting to count the dataset's rows")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := r.catalog.CountRows(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range r.catalog.Tables {
		if t.IsPartition || t.Kind == catalog.Foreign {
			continue
		}
		s.rows += rows[t.Name]
		s.tables = append(s.tables, s.table(t.Name, rows[t.Name]))
	}
	return nil
}

// table is what the manifest says of one table.
func (s *staged) table(name catalog.Name, rows int64) s3sink.Table {
	t := s3sink.Table{Name: name.String(), Rows: rows}
	for _, p := range s.parquet {
		if p.Name != name {
			continue
		}
		for _, part := range p.Parts {
			t.Objects = append(t.Objects, part.Path)
		}
		for _, c := range p.Columns {
			t.Columns = append(t.Columns, s3sink.Column{Name: c.Name, Type: c.Type, Parquet: c.Parquet, AsText: c.AsText})
		}
	}
	return t
}

func (s *staged) content() string {
	if s.bucket.Sample != nil {
		return "sample"
	}
	return "full"
}

// report is what the report says of the bucket.
func (s *staged) report() report.Dataset {
	d := report.Dataset{Bucket: s.bucket.Name, URL: s.staging.URL(), Content: s.content(), Rows: s.rows, Published: s.published}
	if s.bucket.Sample != nil {
		d.Content = fmt.Sprintf("sample of %g %%", s.bucket.Sample.Percent)
	}
	for _, o := range s.staging.Objects() {
		d.Bytes += o.Size
		d.Objects = append(d.Objects, report.Object{Key: o.Name, Bytes: o.Size, SHA256: o.SHA256})
	}
	return d
}
