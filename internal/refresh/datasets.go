package refresh

import (
	"context"
	"fmt"
	"io"
	"slices"

	"refresher/internal/dataset/archive"
	"refresher/internal/dataset/describe"
	"refresher/internal/dataset/layout"
	"refresher/internal/dataset/parquet"
	"refresher/internal/dataset/synthetic"
	"refresher/internal/dataset/text"
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
	files     map[layout.Format][]layout.Table
	pass      pass.Pass
	before    s3sink.Latest // what was published when the run was staged
	sample    *sampleDB     // nil: full content
	picked    *report.Sample
	synthetic *syntheticDB // nil: the content is no synthetic one
	published bool
}

// stageDatasets uploads every bucket's dataset, all of it fed from the scrubbed
// shadow.
func stageDatasets(ctx context.Context, o *Options, rec *recorder, mine *claim, made *cleanup,
	data *filled) ([]*staged, error) {
	data, err := data.asBuilt(ctx, o)
	if err != nil {
		return nil, err
	}
	e := &exporter{filled: data, o: o, rec: rec, mine: mine, made: made}
	var out []*staged
	for _, b := range o.Buckets {
		s, err := e.stage(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", b.Name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// exporter stages the datasets of a shadow.
type exporter struct {
	*filled
	o       *Options
	rec     *recorder
	mine    *claim
	made    *cleanup
	samples []*sampleDB

	synthetic []*syntheticDB
	schemaSQL string           // of the shadow, without rows
	described []describe.Table // its tables, without what differs from one dataset to another
}

func (e *exporter) stage(ctx context.Context, b Bucket) (*staged, error) {
	staging, err := b.Sink.Stage(ctx, e.o.Run)
	if err != nil {
		return nil, err
	}
	s := &staged{bucket: b, staging: staging, database: e.shadow, files: map[layout.Format][]layout.Table{}}
	e.made.onFailure(func(ctx context.Context) error {
		if s.published {
			return nil
		}
		return staging.Discard(ctx)
	})
	if s.before, _, err = b.Sink.Latest(ctx); err != nil {
		return nil, err
	}
	if b.Sample != nil {
		if s.sample, err = e.sampled(ctx, b); err != nil {
			return nil, err
		}
		s.database = s.sample.db
		if s.picked, err = s.sinceBefore(ctx, e); err != nil {
			return nil, err
		}
	}
	if b.Synthetic != nil {
		if s.synthetic, err = e.synthesized(ctx, b); err != nil {
			return nil, err
		}
		s.database = s.synthetic.db
		if _, err := staging.Put(ctx, synthetic.Name, s.synthetic.statistics.Write); err != nil {
			return nil, err
		}
	}
	for _, format := range b.Formats {
		var err error
		switch format {
		case "parquet":
			err = e.putTables(ctx, s, layout.Parquet)
		case "csv":
			err = e.putTables(ctx, s, layout.CSV)
		case "jsonl":
			err = e.putTables(ctx, s, layout.JSONL)
		case "pgdump":
			err = e.putDump(ctx, s)
		default:
			err = fmt.Errorf("unknown format %q", format)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := e.countRows(ctx, s); err != nil {
		return nil, err
	}
	return s, e.describe(ctx, s)
}

// putTables writes the rows of every table in one format.
func (e *exporter) putTables(ctx context.Context, s *staged, format layout.Format) (err error) {
	put := func(ctx context.Context, path string, write func(io.Writer) error) error {
		_, err := s.staging.Put(ctx, path, write)
		return err
	}
	var tables []layout.Table
	if format == layout.Parquet {
		tables, err = parquet.Export(ctx, s.database.Config(), e.catalog, parquet.Options{Workers: e.o.Workers}, put)
	} else {
		tables, err = text.Export(ctx, s.database.Config(), e.catalog, format, text.Options{Workers: e.o.Workers}, put)
	}
	s.files[format] = tables
	return err
}

func (e *exporter) dumpName() string { return e.o.Staging.Database + ".dump" }

// putDump streams pg_dump's custom format into the bucket: any pg_restore loads it, as any role.
func (e *exporter) putDump(ctx context.Context, s *staged) error {
	cfg := s.database.Config()
	_, err := s.staging.Put(ctx, e.dumpName(), func(w io.Writer) error {
		r, pipe := io.Pipe()
		copied := make(chan error, 1)
		go func() {
			err := archive.WithoutOwners(w, r)
			r.CloseWithError(err)
			copied <- err
		}()
		err := client.Run(ctx, client.Command{
			Tool: client.Dump, MinMajor: client.Major(e.server.Version()), Doing: "dumping the dataset",
			Server: cfg, Stdout: pipe, Settings: map[string]string{"client_encoding": e.catalog.Encoding},
			Args: []string{"--format=custom", "--compress=1", "--no-privileges", "--no-publications", "--no-subscriptions",
				"--no-security-labels", "-B"}, // a sample does not say which large objects are its own
		})
		pipe.CloseWithError(err)
		if werr := <-copied; err == nil {
			err = werr
		}
		return err
	})
	return err
}

// countRows notes how many rows of each table the dataset holds. The files of each format must hold as many.
func (e *exporter) countRows(ctx context.Context, s *staged) error {
	conn, err := client.Open(ctx, s.database.Config(), client.Session{To: "the dataset to count its rows"})
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := e.catalog.CountRows(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range e.catalog.Tables {
		if t.IsPartition || t.Kind == catalog.Foreign {
			continue
		}
		s.rows += rows[t.Name]
		said, err := s.table(t.Name, rows[t.Name])
		if err != nil {
			return err
		}
		s.tables = append(s.tables, said)
	}
	return nil
}

// table is what the manifest says of one table.
func (s *staged) table(name catalog.Name, rows int64) (s3sink.Table, error) {
	t := s3sink.Table{Name: name.String(), Rows: rows}
	for format, into := range map[layout.Format]*[]string{
		layout.Parquet: &t.Objects, layout.CSV: &t.CSV, layout.JSONL: &t.JSONL,
	} {
		i := slices.IndexFunc(s.files[format], func(f layout.Table) bool { return f.Name == name })
		if i < 0 {
			continue
		}
		written := s.files[format][i]
		if written.Rows != rows {
			return t, fmt.Errorf("%s has %d rows, and %d were written as %s", name, rows, written.Rows, format)
		}
		for _, part := range written.Parts {
			*into = append(*into, part.Path)
		}
		if format == layout.Parquet || t.Columns == nil {
			t.Columns = nil
			for _, c := range written.Columns {
				t.Columns = append(t.Columns, s3sink.Column(c))
			}
		}
	}
	return t, nil
}

func (s *staged) content() string {
	switch {
	case s.bucket.Sample != nil:
		return "sample"
	case s.bucket.Synthetic != nil:
		return "synthetic"
	}
	return "full"
}

// report is what the report says of the bucket.
func (s *staged) report() report.Dataset {
	d := report.Dataset{
		Bucket: s.bucket.Name, URL: s.staging.URL(), Content: s.content(), Rows: s.rows, Published: s.published,
	}
	if s.sample != nil {
		d.Content, d.Sample = s.sample.content(), s.picked
	}
	if s.synthetic != nil {
		d.Content = s.synthetic.content()
	}
	for _, o := range s.staging.Objects() {
		d.Bytes += o.Size
		d.Objects = append(d.Objects, report.Object{Key: o.Name, Bytes: o.Size, SHA256: o.SHA256})
	}
	return d
}
