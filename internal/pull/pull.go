package pull

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
	"refresher/internal/report/signature"
	"refresher/internal/restore"
	"refresher/internal/s3sink"
)

// Options of a pull.
type Options struct {
	ID      string                // of this pull, formed like a run's: its database is named by it
	Sink    *s3sink.Sink          // where the dataset is
	Run     string                // which one; empty: the latest
	To      *pgx.ConnConfig       // its database is the target
	Replace bool                  // a target that no pull made, too
	Trusted []signature.PublicKey // whose datasets are loaded; none: as Known says
	Known   Known                 // what was loaded before
	TempDir string                // for the dump; empty: the system's
	Workers int                   // sessions that build indexes
	Allowed []string              // extensions, beside those that do no harm
}

// Observer hears how a pull goes. Its methods may be called at any time, from any
// goroutine.
type Observer interface {
	Stage(name string)
	Expect(rows, bytes int64) // of the stage; 0: not known
	Copied(table string, rows, bytes int64)
	Warn(text string)
}

// Result is what was pulled.
type Result struct {
	Run, Content string
	Tables       int
	Rows         int64
	Bytes        int64  // of the dump
	Previous     string // name of the database that was replaced; empty if there was none
}

// pulling is one pull under way.
type pulling struct {
	Options
	watch   Observer
	dataset *s3sink.Published
	object  s3sink.Object // the dump
	server  *restore.Server
	claim   *restore.Claim
	guest   *restore.Guest // as which the dataset's SQL runs; nil: as the role of To
	dump    string         // its file
	db      *restore.Database
	seen    known // to be remembered
	result  *Result
}

// cleanUpTime is how long cleaning up may go on after a pull was interrupted.
const cleanUpTime = time.Minute

// Run pulls once.
func Run(ctx context.Context, o Options, watch Observer) (_ *Result, err error) {
	p := &pulling{Options: o, watch: watch}
	watch.Stage("guard")
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	if err := p.trust(ctx); err != nil {
		return nil, err
	}
	if p.server, err = restore.ConnectTarget(ctx, o.To); err != nil {
		return nil, err
	}
	if p.claim, err = p.server.Claim(ctx); err != nil {
		return nil, err
	}
	defer p.claim.Release(ctx)
	if err := p.guard(ctx); err != nil {
		return nil, err
	}
	dir, err := p.server.WorkDir(p.TempDir, "refresher-pull-", "")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p.dump = filepath.Join(dir, "dataset.dump")

	watch.Stage("download")
	if err := p.download(ctx); err != nil {
		return nil, err
	}
	if p.guest, err = p.claim.Guest(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.guest.Close(ctx)) }()
	defer func() { err = errors.Join(err, p.drop(ctx)) }()
	if err := p.build(ctx); err != nil {
		return nil, err
	}
	watch.Stage("check")
	if err := p.check(ctx); err != nil {
		return nil, err
	}
	watch.Stage("swap")
	if err := p.swap(ctx); err != nil {
		return nil, err
	}
	return p.result, p.Known.write(p.seen)
}

// open finds the dataset and, in it, the dump.
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
	m := p.dataset.Manifest
	for _, o := range m.Objects {
		if o.Name == m.Database+".dump" {
			p.object = o
		}
	}
	if p.object.Name == "" {
		return fault.BadInput("run %s under %s holds no pg_dump: publish with formats: [pgdump]", p.dataset.ID(),
			p.Sink.URL())
	}
	p.result = &Result{Run: p.dataset.ID(), Content: m.Content, Tables: len(m.Tables), Bytes: p.object.Size}
	for _, t := range m.Tables {
		p.result.Rows += t.Rows
	}
	_, _, err = programs.Find(client.Restore, client.Oldest)
	return err
}

// guard refuses to replace what no pull put there.
func (p *pulling) guard(ctx context.Context) error {
	live, previous := p.To.Database, restore.PreviousName(p.To.Database)
	at := fmt.Sprintf("on %s:%d", p.To.Host, p.To.Port)
	p.result.Previous = ""
	occupant, err := p.claim.Occupant(ctx, live)
	if err != nil || !occupant.Exists {
		return err
	}
	p.result.Previous = previous
	if p.Replace {
		return nil
	}
	if occupant.Run == "" && !occupant.Empty {
		return fault.BadInput("database %q %s was not put there by pull and is not empty: name another one with --to, "+
			"rename or drop this one, or say --replace, which keeps it as %q", live, at, previous)
	}
	if occupant, err = p.claim.Occupant(ctx, previous); err != nil {
		return err
	}
	if occupant.Exists && occupant.Run == "" && !occupant.Empty {
		return fault.BadInput("database %q %s was not put there by pull, and replacing %q would drop it: rename or drop it "+
			"yourself, or say --replace", previous, at, live)
	}
	return nil
}

// download brings the dump, compared with the manifest, and looks once more
// whether it is still the latest.
func (p *pulling) download(ctx context.Context) error {
	p.watch.Expect(0, p.object.Size)
	f, err := os.OpenFile(p.dump, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making a file for the dump: %w", err)
	}
	err = p.dataset.Fetch(ctx, p.object, &spool{f, p.watch})
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("writing the dump: %w", cerr)
	}
	// Retention may take away what isn't the latest any more: then that is the reason.
	if moved := p.dataset.Unmoved(ctx); moved != nil && ctx.Err() == nil {
		return moved
	}
	return err
}

// spool writes the dump's file.
type spool struct {
	f     *os.File
	watch Observer
}

func (s *spool) Write(b []byte) (int, error) {
	n, err := s.f.Write(b)
	s.watch.Copied("", 0, int64(n))
	if err != nil {
		err = fmt.Errorf("writing the dump: %w; name a folder with more room by TMPDIR, or by temp_dir in the "+
			"configuration", err)
	}
	return n, err
}

// build makes a database of the dump.
func (p *pulling) build(ctx context.Context) error {
	p.watch.Stage("schema")
	contents, err := restore.ReadContents(ctx, p.dump)
	if err != nil {
		return err
	}
	if err := allowed(contents, p.Allowed); err != nil {
		return err
	}
	if err := p.server.Fits(ctx, contents); err != nil {
		return err
	}
	// Not to be interrupted: the server would finish it after the clean-up.
	if p.db, err = p.server.Create(context.WithoutCancel(ctx), p.server.PullName(p.ID), contents.Like()); err != nil {
		return err
	}
	if err := p.guest.Enter(ctx, p.db, contents); err != nil {
		return err
	}
	left, err := p.db.PreData(ctx, p.dump)
	for _, l := range left {
		p.watch.Warn("left out: " + l)
	}
	if err != nil {
		return err
	}
	p.watch.Stage("data")
	p.watch.Expect(p.result.Rows, 0)
	if err := p.db.Data(ctx, p.dump, p.watch.Copied); err != nil {
		return err
	}
	p.watch.Stage("post-data")
	if err := p.db.PostData(ctx, p.dump, p.Workers); err != nil {
		return err
	}
	p.watch.Stage("analyze")
	return p.db.Analyze(ctx, p.Workers)
}

// swap puts the new database in the target's place, if that is still what it was.
func (p *pulling) swap(ctx context.Context) error {
	if err := p.guard(ctx); err != nil {
		return err
	}
	notes, err := p.claim.Replace(ctx, p.ID, p.result.Run, p.db)
	for _, n := range notes {
		p.watch.Warn(n)
	}
	if err == nil {
		p.db = nil
	}
	return err
}

// drop drops what was built and not swapped in.
func (p *pulling) drop(ctx context.Context) error {
	if p.db == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	return p.db.Drop(ctx)
}
