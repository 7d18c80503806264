package verify

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/encoding/unicode"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Bounds of what is unpacked.
const (
	maxNested   = 4        // archives and compressed files within one another
	maxBuffered = 64 << 20 // of a file that must be read at random and can't be
	unpackBytes = 1 << 30  // that any compressed file may unpack to
	unpackRatio = 256      // and times its size, beyond that
	zstdWindow  = 128 << 20
	sniffBytes  = 8 << 10
)

// customFormat is the format that an archive's header names (K_FMT, archCustom).
const customFormat = 1

// Input is a file, an object or a stream.
type Input struct {
	Name string      // in findings; what it ends in says CSV from other text
	R    io.Reader   // from its start
	At   io.ReaderAt // the same at random; nil if it can't be read so
	Size int64       // of At
	// Table says what is known of a Parquet file's table; nil: its name.
	Table func(name string) Table
	// Rows is for a packed part of a table in CSV or JSON lines, whose columns Table knows too.
	Rows bool

	// Objects is the pattern of objects whose exceptions are for the file's columns; empty: there are none.
	Objects string

	// Own is for what refresher wrote itself: its hashes and paths look like tokens.
	Own bool
	// Definitions is for text that describes a schema: names, types and comments.
	Definitions bool

	// Title is the part of Name that is looked through like the file itself; empty: all.
	Title string

	label  string // Name as it may be printed
	as     string // what Name says of what is within, without .gz and the like; empty: Name
	within bool   // what Title says was looked through before
}

// kind is the name that tells of what is in the file.
func (in Input) kind() string {
	if in.as == "" {
		return in.Name
	}
	return in.as
}

// File looks through a file of any kind, told by its first bytes: an archive of
// pg_dump in custom format, an SQL script of pg_dump or pg_dumpall, a Parquet
// file, gzip or zstd of any of these, a tar or zip archive of any of these, CSV
// and TSV (by its name), and text of any kind: logs, JSON, JSON lines. Anything
// else is searched for survivors as the bytes it is, and so is what surrounds what was
// unpacked. It streams: memory depends on the longest row or line, not on the file.
// There is a result for each file within. What is damaged, is no such file behind its
// first bytes, or unpacks to far more than its size has a result that does not pass.
//
// The name of a file can be a finding too; then it is called "file 1" and so on, and
// there is a result for the name. That goes for the names in archives, too.
func (v *Verifier) File(ctx context.Context, in Input) ([]*Result, error) {
	f := &files{v: v, ruled: in.Objects, table: in.Table, rows: in.Rows, wrote: in.Own, schema: in.Definitions}
	in.R = f.from.reader(in.R)
	if in.At != nil {
		in.At = f.from.readerAt(in.At)
	}
	err := f.file(ctx, in, 0)
	return f.results, err
}

// files are the results of a file and of those in it.
type files struct {
	v       *Verifier
	table   func(name string) Table
	ruled   string // see [Input.Objects]
	rows    bool   // of that table, see [Input.Rows]
	results []*Result
	odd     int    // names that are findings themselves
	own     string // a name that is nobody's
	bytes   bool   // what can't be unpacked is searched as the bytes it is
	opaque  int    // how many of those there were
	seen    bool   // the bytes of the outermost were searched before
	wrote   bool   // by refresher itself, see [Input.Own]
	schema  bool   // see [Input.Definitions]
	from    origin // of the outermost
}

// file looks through a file; one that can't be read as what it begins like is a result.
func (f *files) file(ctx context.Context, in Input, depth int) error {
	if in.label = f.name(in.Name); !in.within {
		f.title(in)
	}
	return f.readable(ctx, in.label, f.form(ctx, in, depth))
}

func (f *files) form(ctx context.Context, in Input, depth int) error {
	r := bufio.NewReaderSize(in.R, 64<<10)
	head, err := r.Peek(sniffBytes)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", in.label, err)
	}
	if apart := f.apart(ctx, in, head, depth); apart != nil {
		if f.v.opts.Set == nil || f.seen && depth == 0 {
			return apart(r)
		}
		return f.taken(ctx, in, r, apart) // it is searched for survivors as the bytes it is, too
	}
	switch {
	case bytes.HasPrefix(head, []byte("PGDMP")):
		return fault.BadInput("%s: not looked through, since it is damaged, or a part of a dump in another format: "+
			"it begins like a dump in custom format, and is none", in.label)
	case bytes.HasPrefix(head, []byte("PAR1")) && (in.At == nil || endsWith(in, "PAR1") || endsWith(in, "PARE")):
		return f.parquet(ctx, in, r)
	case bytes.HasPrefix(head, []byte("--\n-- PostgreSQL database ")):
		result, err := f.v.script(ctx, in.label, r)
		return f.add(result, err)
	}
	if what := opaqueHead(head); what != "" && !f.bytes {
		return f.unread(in.label, what)
	} else if what != "" {
		f.opaque++
	}
	if err := f.plain(ctx, in, head, r); err != nil || !stubbed(in) {
		return err
	}
	return f.zip(ctx, in, nil, depth) // a program that unpacks itself
}

// apart is how a file that begins with head is taken apart, nil if it has no members.
func (f *files) apart(ctx context.Context, in Input, head []byte, depth int) func(r io.Reader) error {
	switch {
	case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
		return func(r io.Reader) error {
			z, err := gzip.NewReader(r)
			if err != nil {
				return f.from.blame(in.label, fmt.Errorf("unpacking %s: %w", in.label, err))
			}
			return f.unpacked(ctx, in, z, depth, ".gz", ".tgz")
		}
	case zstandard(head):
		return func(r io.Reader) error {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
			if err != nil {
				return f.from.blame(in.label, fmt.Errorf("unpacking %s: %w", in.label, err))
			}
			defer z.Close()
			return f.unpacked(ctx, in, z, depth, ".zst", ".zstd")
		}
	case len(head) > 523 && string(head[257:262]) == "ustar" && string(head[512:517]) == "PGDMP":
		dumped := bytes.Clone(head[512:]) // the buffer it is in is read on
		return func(r io.Reader) error {
			result, err := f.v.restored(ctx, in.label, dumped, client.Command{Args: []string{"-f", "-", "-F", "tar"}, Stdin: r})
			return f.add(result, err)
		}
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return func(r io.Reader) error { return f.tar(ctx, in, r, depth) }
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return func(r io.Reader) error { return f.zip(ctx, in, r, depth) }
	case len(head) > 10 && string(head[:5]) == "PGDMP" && head[10] == customFormat:
		return func(r io.Reader) error {
			result, err := f.v.Dump(ctx, in.label, r)
			return f.add(result, err)
		}
	}
	return nil
}

// unpacked looks through what a packed file unpacks to, which has its name without the ending.
func (f *files) unpacked(ctx context.Context, in Input, r io.Reader, depth int, ends ...string) error {
	if depth == maxNested {
		return tooDeep(in.label)
	}
	name := in.kind()
	for _, end := range ends {
		name = strings.TrimSuffix(name, end)
	}
	return f.file(ctx, Input{Name: in.Name, as: name, R: f.bounded(in, r), within: true}, depth+1)
}

// taken has a file taken apart, and meanwhile searches the bytes that it is made of
// for survivors: there is more in it than its members. A value that a member shows is
// not told again.
func (f *files) taken(ctx context.Context, in Input, r io.Reader, apart func(r io.Reader) error) error {
	before := len(f.results)
	pr, pw := io.Pipe()
	var group errgroup.Group
	var raw *Result
	group.Go(func() (err error) {
		raw, err = f.raw(ctx, in, pr)
		pr.CloseWithError(err)
		return err
	})
	whole := io.TeeReader(r, pw)
	err := f.readable(ctx, in.label, apart(whole))
	if err == nil { // what nobody had to read
		if _, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, whole, make([]byte, 64<<10)); err != nil {
			err = f.from.blame(in.label, fmt.Errorf("reading %s: %w", in.label, err))
		}
	}
	pw.CloseWithError(err)
	if searched := group.Wait(); err == nil {
		err = searched
	}
	if err == nil {
		f.tell(raw, before)
	}
	return err
}

// raw searches the bytes of a file that is taken apart beside this.
func (f *files) raw(ctx context.Context, in Input, r io.Reader) (*Result, error) {
	began, l := time.Now(), &ledger{ruled: f.ruled}
	if err := f.v.pieces(ctx, l, in.label, r, 1, true); err != nil {
		return nil, fmt.Errorf("reading %s: %w", in.label, err)
	}
	return f.v.result(in.label, began, l), nil
}

// tell adds what was found in the bytes of a file, unless what was taken out of it,
// the results from before on, says as much.
func (f *files) tell(raw *Result, before int) {
	told := slices.ContainsFunc(f.results[before:], func(r *Result) bool { return r.Survivors > 0 })
	if raw.Survivors > 0 && !told {
		f.results = append(f.results, raw)
	}
}

// plain looks through text, or anything else.
func (f *files) plain(ctx context.Context, in Input, head []byte, r io.Reader) error {
	if ext := path.Ext(in.kind()); f.rows && f.table != nil && (ext == csvRows || ext == jsonRows) {
		result, err := f.v.rows(ctx, f.table(in.Name), ext, in.label, r)
		return f.add(result, err)
	}
	began := time.Now()
	l := &ledger{ruled: f.ruled}
	name := in.label
	if bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF}) { // a byte order mark
		r = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(r)
	}
	var err error
	if ext := strings.ToLower(path.Ext(in.kind())); ext == ".csv" || ext == ".tsv" {
		err = f.v.csv(ctx, l, name, ext, r)
	} else {
		l.column(name, "", func(t *tally) {
			t.stats.Type, t.file, t.own, t.schema = "text", true, f.wrote, f.schema
		})
		err = f.v.text(ctx, l, name, r)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return f.add(f.v.result(name, began, l), nil)
}

func (f *files) add(r *Result, err error) error {
	if err == nil {
		f.results = append(f.results, r)
	}
	return err
}

// name is a file's name as it may be printed.
func (f *files) name(name string) string {
	if name != f.own && !f.v.Printable(name) {
		f.odd++
		return fmt.Sprintf("file %d (its name is a finding)", f.odd)
	}
	return name
}

// Printable reports whether there is nothing to be found in a name.
func (v *Verifier) Printable(name string) bool { return !v.scanner().finds([]byte(name)) }

// title looks through a file's name.
func (f *files) title(in Input) {
	title := in.Title
	if title == "" {
		title = in.Name
	}
	if r := f.v.name(in.label, title); r != nil {
		f.results = append(f.results, r)
	}
}

// member looks through the names of an archive's member.
func (f *files) member(in Input, names ...string) Input {
	inner := Input{Name: in.Name + ":" + names[0], within: true}
	if title := strings.Join(names, "\n"); !f.v.Printable(title) {
		odd := f.odd
		f.title(Input{Title: title, label: f.name(inner.Name)})
		f.odd = odd // it is named once more when it is looked into
	}
	return inner
}

// FileName looks through the name of a file that is not looked into itself; nil if
// there is nothing to be found.
func (v *Verifier) FileName(title string) *Result {
	return v.name("a file (its name is a finding)", title)
}

// Headers looks through what a store keeps beside the bytes of a file; nil if there is
// nothing to be found.
func (v *Verifier) Headers(label, headers string) *Result {
	return v.name(label+", its metadata", headers)
}

func (v *Verifier) name(label, title string) *Result {
	if v.Printable(title) {
		return nil
	}
	began := time.Now()
	l := &ledger{}
	s := v.scanner()
	s.cell(l.column(label, "name", func(t *tally) { t.stats.Type, t.file = "text", true }), place{}, []byte(title))
	return v.result(label, began, l)
}

func (f *files) parquet(ctx context.Context, in Input, r io.Reader) error {
	at, size, err := atRandom(in, r)
	if err != nil {
		return err
	}
	name := in.label
	table := Table{Name: catalog.Name{Schema: "file", Name: path.Base(name)}, SourceRows: -1}
	if f.table != nil && name == in.Name {
		table = f.table(in.Name)
	}
	before := len(f.results)
	result, err := f.v.parquet(ctx, table, f.ruled, at, size, unpackBytes+unpackRatio*size)
	if err = f.add(result, err); err != nil || f.v.opts.Set == nil {
		return err
	}
	// Between the columns there is room for more than the footer names.
	raw, err := f.raw(ctx, in, io.NewSectionReader(at, 0, size))
	if err == nil {
		f.tell(raw, before)
	}
	return err
}
