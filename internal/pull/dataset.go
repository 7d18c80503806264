package pull

import (
	"context"
	"path"
	"strings"

	"refresher/internal/dataset/layout"
	"refresher/internal/fault"
	"refresher/internal/s3sink"
)

// The formats of a dataset's objects, as a configuration calls them.
const (
	Dump    = "pgdump"
	Parquet = "parquet"
	CSV     = "csv"
	JSONL   = "jsonl"
)

// formatOf is the format of an object that holds rows; empty for another.
func formatOf(name string) string {
	if !strings.Contains(name, "/") && path.Ext(name) == ".dump" {
		return Dump
	}
	file, _ := layout.Parse(name)
	switch file.Format {
	case layout.Parquet:
		return Parquet
	case layout.CSV:
		return CSV
	case layout.JSONL:
		return JSONL
	}
	return ""
}

// formats are those of a dataset.
func formats(m s3sink.Manifest) (found []string) {
	has := map[string]bool{}
	for _, o := range m.Objects {
		has[formatOf(o.Name)] = true
	}
	for _, f := range []string{Dump, Parquet, CSV, JSONL} {
		if has[f] {
			found = append(found, f)
		}
	}
	return found
}

// open finds the dataset.
func (p *pulling) open(ctx context.Context) (err error) {
	if p.Run == "" {
		p.dataset, err = p.Sink.Current(ctx)
	} else {
		p.dataset, err = p.Sink.Published(ctx, p.Run)
	}
	switch {
	case err != nil:
		return err
	case p.dataset == nil && p.Run == "":
		return fault.BadInput("nothing was published under %s yet: check the URL", p.Sink.URL())
	case p.dataset == nil:
		return fault.BadInput("no run %s was published under %s, or it was not kept", p.Run, p.Sink.URL())
	}
	return nil
}

// choose takes the objects with rows in a format, of the tables of Only if there are any; with
// beside, also those that describe them. It comes after trust: names are those that were signed.
func (p *pulling) choose(format string, beside bool) error {
	m := p.dataset.Manifest
	only, err := named(m, p.Only)
	if err != nil {
		return err
	}
	for _, t := range m.Tables {
		if len(only) == 0 || only[t.Name] {
			p.result.Tables++
			p.result.Rows += t.Rows
		}
	}
	rows := 0
	for _, o := range m.Objects {
		is := formatOf(o.Name) == format
		if format == Dump {
			is = o.Name == m.Database+".dump"
		}
		file, ofTable := layout.Parse(o.Name)
		left := ofTable && len(only) > 0 && !only[file.Table.String()]
		if is && !left || beside && describes(o.Name) {
			p.objects = append(p.objects, o)
			p.result.Bytes += o.Size
		}
		if is {
			rows++
		}
	}
	switch {
	case rows > 0:
		return nil
	case format == Dump:
		return fault.BadInput("run %s under %s holds no pg_dump: publish with formats: [pgdump]", p.dataset.ID(),
			p.Sink.URL())
	}
	return fault.BadInput("run %s under %s has no files in format %s: it has %s; publish with formats: [%s]",
		p.dataset.ID(), p.Sink.URL(), format, strings.Join(formats(m), ", "), format)
}

// describes reports an object that says what the rows are.
func describes(name string) bool {
	switch path.Ext(name) {
	case ".json", ".sql", ".md", ".html", ".csv", ".txt", ".sig":
		return !strings.Contains(name, "/")
	}
	return false
}
