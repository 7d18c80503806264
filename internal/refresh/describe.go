package refresh

import (
	"bytes"
	"context"
	"io"
	"slices"

	"refresher/internal/dataset/describe"
	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/restore"
)

// describe puts beside a dataset's rows what says what they are: the schema, a data dictionary, a
// descriptor and a page that says how to open it all.
func (e *exporter) describe(ctx context.Context, s *staged) error {
	if err := e.readSchema(ctx); err != nil {
		return err
	}
	if e.schemaSQL != "" {
		if _, err := s.staging.Put(ctx, describe.SchemaName, bytesOf([]byte(e.schemaSQL))); err != nil {
			return err
		}
	}
	d := describe.Dataset{Run: e.o.Run, Database: e.o.Staging.Database, Content: s.content(), URL: s.bucket.Sink.URL(),
		Server: client.Major(e.server.Version()), Schema: e.schemaSQL != "", Tables: s.described(e.described)}
	if s.sample != nil {
		d.Content = s.sample.content()
	}
	if s.synthetic != nil {
		d.Content, d.MadeUp = s.synthetic.content(), true
	}
	if slices.Contains(s.bucket.Formats, "pgdump") {
		d.Dump = e.dumpName()
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{describe.DictionaryName, d.Dictionary}, {describe.DictionaryMDName, d.DictionaryMarkdown},
		{describe.ReadmeName, d.Readme},
	} {
		if _, err := s.staging.Put(ctx, file.name, file.write); err != nil {
			return err
		}
	}
	for _, o := range s.staging.Objects() {
		d.Files = append(d.Files, describe.File{Name: o.Name, Bytes: o.Size, SHA256: o.SHA256})
	}
	_, err := s.staging.Put(ctx, describe.PackageName, d.Package)
	return err
}

// described adds to tables what one dataset holds of them.
func (s *staged) described(tables []describe.Table) []describe.Table {
	out := slices.Clone(tables)
	for i := range out {
		t := &out[i]
		if s.synthetic != nil {
			t.Columns = slices.Clone(t.Columns)
			for k := range t.Columns {
				if t.Columns[k].Rule != describe.Computed {
					t.Columns[k].Rule, t.Columns[k].Transform = describe.MadeUp, ""
				}
			}
		}
		t.Files = map[layout.Format]layout.Table{}
		for format, all := range s.files {
			if k := slices.IndexFunc(all, func(f layout.Table) bool { return f.Name == t.Name }); k >= 0 {
				t.Files[format] = all[k]
			}
		}
		for _, said := range s.tables {
			if said.Name == t.Name.String() {
				t.Rows = said.Rows
			}
		}
	}
	return out
}

// readSchema reads, once for all datasets, what the shadow's schema is and what its columns are.
func (e *exporter) readSchema(ctx context.Context) error {
	if e.described != nil {
		return nil
	}
	if err := e.dumpSchema(ctx); err != nil {
		return err
	}
	conn, err := client.Open(ctx, e.shadow.Config(),
		client.Session{To: "the shadow to describe its tables", ReadOnly: true})
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	words, err := catalog.Describe(ctx, conn)
	if err != nil {
		return err
	}
	e.described = []describe.Table{}
	for _, t := range e.catalog.Tables {
		if !t.IsPartition && t.Kind != catalog.Foreign {
			e.described = append(e.described, describeTable(t, words[t.Name], e.rec.report))
		}
	}
	return nil
}

// dumpSchema has pg_dump write the schema. Where no format needs one for staging's version, and
// none is installed, the datasets go without it.
func (e *exporter) dumpSchema(ctx context.Context) error {
	major := client.Major(e.server.Version())
	if err := client.Require(major); err != nil {
		e.rec.warn("the datasets have no schema.sql: %v", err)
		return nil
	}
	var script bytes.Buffer
	err := client.Run(ctx, client.Command{
		Tool: client.Dump, MinMajor: major, Doing: "writing the dataset's schema",
		Server: e.shadow.Config(), Stdout: &script, Settings: map[string]string{"client_encoding": "UTF8"},
		Args: []string{"--schema-only", "--no-owner", "--no-privileges", "--no-tablespaces", "--no-publications",
			"--no-subscriptions", "--no-security-labels"},
	})
	if err != nil {
		return err
	}
	e.schemaSQL = restore.Plain(script.String()) // any psql reads it, and it is the same for the same schema
	return nil
}

// describeTable says what a table's columns are, and what the rules made of them.
func describeTable(t *catalog.Table, words catalog.Words, rep *report.Report) describe.Table {
	out := describe.Table{Table: t, Comment: words.Comment}
	var said report.Table
	if i := slices.IndexFunc(rep.Tables, func(r report.Table) bool { return r.Name == t.Name.String() }); i >= 0 {
		said = rep.Tables[i]
	}
	out.Empty = said.Mode == "none"
	for _, c := range t.Columns {
		is := describe.Column{Column: c, Type: words.Types[c.Name], Comment: words.Comments[c.Name], Rule: describe.Own}
		i := slices.IndexFunc(said.Columns, func(r report.Column) bool { return r.Name == c.Name })
		switch {
		case c.Generated:
			is.Rule = describe.Computed
		case i < 0 || said.Columns[i].Origin == report.ByHook:
		case said.Columns[i].Keep:
			is.Rule = describe.Kept
		case said.Columns[i].KeepSome:
			is.Rule, is.Transform = describe.Partly, said.Columns[i].Transform
		default:
			is.Rule, is.Transform = describe.Scrubbed, said.Columns[i].Transform
		}
		out.Columns = append(out.Columns, is)
	}
	return out
}
