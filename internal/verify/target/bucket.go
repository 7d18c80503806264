package target

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"refresher/internal/dataset/describe"
	"refresher/internal/dataset/lake"
	"refresher/internal/dataset/layout"
	"refresher/internal/fault"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
)

// Dataset looks through a published dataset, each object while its bytes are compared
// with the manifest, and through what else lies under the bucket's prefix.
func (r *Reader) Dataset(ctx context.Context, sink *s3sink.Sink, current *s3sink.Published) error {
	scan := &Scan{Verifier: r.Verifier, Tables: datesOf(r.Tables, current.Manifest)}
	index, err := IndexOf(ctx, current)
	if err != nil {
		return err
	}
	scan.Pattern = lake.PatternOf(index.Entries)
	if err := current.Verify(ctx, scan.Look); err != nil {
		return err
	}
	r.Results = append(r.Results, scan.Results()...)
	return r.beside(ctx, sink, current)
}

// IndexOf is what a run says of its copies of objects; empty if it has none.
func IndexOf(ctx context.Context, run *s3sink.Published) (index lake.Index, err error) {
	i := slices.IndexFunc(run.Manifest.Objects, func(o s3sink.Object) bool { return o.Name == lake.IndexName })
	if i < 0 || run.Manifest.Content != "objects" {
		return index, nil
	}
	var text bytes.Buffer
	if err := run.Fetch(ctx, run.Manifest.Objects[i], &text); err != nil {
		return index, err
	}
	if json.Unmarshal(text.Bytes(), &index) != nil {
		return lake.Index{}, nil // it is looked through as what it is
	}
	return index, nil
}

// Scan looks through the objects of a dataset; its Look is a [s3sink.Look].
type Scan struct {
	Verifier *verify.Verifier
	Tables   []verify.Table
	Pattern  func(object string) string // of the rules for objects, by which one was made; may be nil

	mu    sync.Mutex
	found map[string][]*verify.Result // by the object's name
}

// Look looks through one object as its reader will see it: the rows of a table, the
// script that pg_restore makes of a dump, and of all else that a run put there (its
// report, say) the text.
func (x *Scan) Look(ctx context.Context, o s3sink.Object, c *s3sink.Content) error {
	results, err := x.look(ctx, o, c)
	if err != nil {
		return err
	}
	headers, err := c.Headers()
	if err != nil {
		return err
	}
	if result := x.Verifier.Headers(o.Name, headers); result != nil {
		results = append(results, result)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.found == nil {
		x.found = map[string][]*verify.Result{}
	}
	x.found[o.Name] = results
	return nil
}

func (x *Scan) look(ctx context.Context, o s3sink.Object, c *s3sink.Content) ([]*verify.Result, error) {
	if part, ok := layout.Parse(o.Name); ok && part.Format == layout.Parquet {
		result, err := x.Verifier.Parquet(ctx, verify.TableNamed(x.Tables, part.Table), c, c.Size())
		return x.result(o, result, err)
	} else if ok {
		result, err := x.Verifier.Rows(ctx, verify.TableNamed(x.Tables, part.Table), o.Name, c)
		return x.result(o, result, err)
	}
	if strings.HasSuffix(o.Name, ".dump") {
		result, err := x.Verifier.Dump(ctx, o.Name, c)
		return x.result(o, result, err)
	}
	one := &Reader{Verifier: x.Verifier}
	in := verify.Input{Name: o.Name, R: c, At: c, Size: c.Size(), Own: !strings.HasPrefix(o.Name, lake.Folder),
		Definitions: describe.Beside(o.Name)}
	if x.Pattern != nil {
		in.Objects = x.Pattern(o.Name)
	}
	err := one.file(ctx, in)
	return one.Results, err
}

// result is the one of an object; one that can't be read has a result that does not pass.
func (x *Scan) result(o s3sink.Object, result *verify.Result, err error) ([]*verify.Result, error) {
	if damaged := x.Verifier.Unreadable(o.Name, err); damaged != nil {
		result, err = damaged, nil
	}
	return []*verify.Result{result}, err
}

// Results are what was found so far, in the order of the objects' names.
func (x *Scan) Results() (out []*verify.Result) {
	var names []string
	for name := range x.found {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, x.found[name]...)
	}
	return out
}

// beside looks through what else lies under a dataset's prefix: objects that no
// manifest names, and the datasets of other runs, which are only counted unless
// Older says otherwise.
func (r *Reader) beside(ctx context.Context, sink *s3sink.Sink, current *s3sink.Published) error {
	strays, unread := 0, 0
	var runs []string // those unread
	err := sink.Beside(ctx, current, func(b s3sink.Beside) error {
		switch {
		case b.Of == nil:
			strays++
		case !r.Older:
			if unread++; !slices.Contains(runs, b.Run) {
				runs = append(runs, b.Run)
			}
			return nil
		}
		return r.entry(ctx, sink, b)
	})
	if err != nil {
		return err
	}
	if strays > 0 {
		r.note("objects that no run's manifest names: %d, looked through as files", strays)
	}
	if n := len(runs); n > 0 {
		r.note("not looked into: %d objects of other runs (%d); --target %sruns/%s looks into one of these, "+
			"--target %s into all",
			unread, n, sink.URL(), runs[n-1], sink.URL())
	}
	return nil
}

// entry looks through an object beside the current dataset as a file.
func (r *Reader) entry(ctx context.Context, sink *s3sink.Sink, b s3sink.Beside) error {
	body, err := sink.OpenEntry(ctx, b.Entry)
	if s3sink.Gone(err) { // retention took it, or a run that was refused
		r.note("gone before it was looked into: %s", r.label(b.Name))
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was only read
	part, known := layout.Parse(b.Path)
	known = known && b.Run != ""
	before := len(r.Results)
	err = r.file(ctx, verify.Input{Name: b.Name, R: body, At: body, Size: body.Size(), Own: b.Of != nil,
		Definitions: b.Of != nil && describe.Beside(b.Path),
		Rows:        known && part.Format != layout.Parquet,
		Table: func(name string) verify.Table {
			if known {
				t := verify.TableNamed(r.Tables, part.Table)
				t.Rest, t.RowsNone = true, false // today's rules need not be those of its run
				return t
			}
			return fileTable(name)
		}})
	if known && err == nil { // not by its table: that of another run is another
		for _, result := range r.Results[before:] {
			if kind, table, _ := strings.Cut(result.Subject, " "); table == part.Table.String() {
				result.Subject = kind + " " + b.Name
			}
		}
	}
	if err != nil {
		return err
	}
	headers, err := body.Headers()
	if result := r.Verifier.Headers(r.label(b.Name), headers); result != nil {
		r.Results = append(r.Results, result)
	}
	if s3sink.Gone(err) {
		return nil
	}
	return err
}

// Prefix looks through what an s3:// or file:/// URL names: a dataset or one run's, or else every
// object under it.
func (r *Reader) Prefix(ctx context.Context, sink *s3sink.Sink) error {
	current, err := sink.Current(ctx)
	if err != nil {
		return err
	}
	if current != nil {
		return r.Dataset(ctx, sink, current)
	}
	if of, run := sink.OfRun(); of != nil {
		ok, err := of.RunObjects(ctx, run, func(b s3sink.Beside) error { return r.entry(ctx, of, b) })
		if err != nil || ok {
			return err
		}
	}
	n := 0
	err = sink.Entries(ctx, func(e s3sink.Entry) error {
		n++
		return r.entry(ctx, sink, s3sink.Beside{Entry: e, Path: e.Name})
	})
	if err == nil && n == 0 {
		return fault.Refuse("datasets", "nothing was published under %s yet, and there is no other object",
			strings.TrimSuffix(sink.URL(), "/"))
	}
	return err
}

// datesOf adds to what the rules say of tables which columns hold dates and times alone, as a manifest
// has it: the rules don't know, and files of text don't say.
func datesOf(tables []verify.Table, m s3sink.Manifest) []verify.Table {
	out := slices.Clone(tables)
	for _, said := range m.Tables {
		i := slices.IndexFunc(out, func(t verify.Table) bool { return t.Name.String() == said.Name })
		if i < 0 && tables == nil && len(said.CSV)+len(said.JSONL) > 0 {
			part, _ := layout.Parse(append(said.CSV, said.JSONL...)[0])
			i, out = len(out), append(out, verify.Table{Name: part.Table, Rest: true, SourceRows: -1})
		}
		if i < 0 {
			continue
		}
		columns := slices.Clone(out[i].Columns)
		for _, c := range said.Columns {
			if !verify.DatesOnly(c.Type) {
				continue
			}
			k := slices.IndexFunc(columns, func(have verify.Column) bool { return have.Name == c.Name })
			switch {
			case k >= 0:
				columns[k].Dates = true
			case out[i].Rest:
				columns = append(columns, verify.Column{Name: c.Name, Keep: true, Dates: true})
			}
		}
		out[i].Columns = columns
	}
	return out
}
