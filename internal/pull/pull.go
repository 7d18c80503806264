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
	"refresher/internal/postgres/catalog"
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
	Cache   string                // folder for downloads that a later pull goes on with; empty: none does
	Jobs    int                   // sessions that load rows and build indexes, and objects that are downloaded, at once
	Only    []string              // tables, as the manifest or without a schema; empty: all
	Allowed []string              // extensions, beside those that do no harm
	// Mark is what the database is known by afterwards, and nothing is then kept of the one
	// before; nil: it is a dataset of that run, and the one before is kept.
	Mark func(run string) (string, error)
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
	Bytes        int64    // of what was downloaded, and was here
	Kept         int64    // bytes of them that an interrupted pull had brought
	Also         []string // tables that Only does not name, to which foreign keys of its own lead
	Previous     string   // name of the database that was replaced; empty if there was none
}

// pulling is one pull under way.
type pulling struct {
	Options
	watch   Observer
	dataset *s3sink.Published
	keys    []signature.PublicKey // that are trusted

	manifest, signature []byte // as they are stored

	objects []s3sink.Object // that are downloaded
	server  *restore.Server
	claim   *restore.Claim
	guest   *restore.Guest // as which the dataset's SQL runs; nil: as the role of To
	dump    string         // its file
	db      *restore.Database
	chosen  map[catalog.Name]bool // tables whose rows are loaded; nil: all
	seen    known                 // to be remembered
	result  *Result
}

// cleanUpTime is how long cleaning up may go on after a pull was interrupted.
const cleanUpTime = time.Minute

// Run pulls once.
func Run(ctx context.Context, o Options, watch Observer) (_ *Result, err error) {
	p := &pulling{Options: o, watch: watch, result: &Result{}}
	if err := p.begin(ctx, Dump); err != nil {
		return nil, err
	}
	if p.server, err = restore.ConnectTarget(ctx, o.To); err != nil {
		return nil, err
	}
	if err := p.versions(); err != nil {
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

	watch.Stage("download")
	kept, err := p.download(ctx, dir)
	if kept != nil {
		defer func() { err = errors.Join(err, kept.end(err == nil)) }()
	}
	if err != nil {
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

// begin finds the dataset, and the objects of a format in it, if it is one to be trusted.
func (p *pulling) begin(ctx context.Context, format string) error {
	p.watch.Stage("guard")
	if err := p.open(ctx); err != nil {
		return err
	}
	if err := p.trust(ctx); err != nil {
		return err
	}
	p.result.Run, p.result.Content = p.dataset.ID(), p.dataset.Manifest.Content
	if err := p.choose(format, format != Dump); err != nil {
		return err
	}
	return p.attested(ctx)
}

// versions refuses a server that is older than the dataset, and a machine without the pg_restore
// that it takes, before anything is downloaded.
func (p *pulling) versions() error {
	from := p.dataset.Manifest.ServerMajor
	if err := p.server.NotOlderThan(from); err != nil {
		return err
	}
	_, _, err := programs.Find(client.Restore, max(client.Oldest, from))
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
		return fault.BadInput("database %q %s was not put there by pull, and replacing %q would drop it: rename "+
			"or drop it "+
			"yourself, or say --replace", previous, at, live)
	}
	return nil
}

// download brings the dump into dir, compared with the manifest, and looks once more
// whether it is still the latest. The file that done removes is where it is until then.
func (p *pulling) download(ctx context.Context, dir string) (kept *download, err error) {
	dump := p.objects[0]
	p.dump = filepath.Join(dir, "dataset.dump")
	if p.Cache != "" {
		kept, err = p.fetch(ctx, dump)
	}
	switch {
	case err != nil:
	case kept != nil: // what pg_restore needs beside it is made in dir
		p.result.Kept = kept.kept
		if err = os.Symlink(kept.path(), p.dump); err != nil {
			err = fmt.Errorf("making a file for the dump: %w", err)
		}
	default:
		p.watch.Expect(0, dump.Size)
		err = p.write(ctx, dump)
	}
	// Retention may take away what isn't the latest any more: then that is the reason.
	if moved := p.dataset.Unmoved(ctx); moved != nil && ctx.Err() == nil {
		err = moved
	}
	return kept, err
}

// write brings an object into the dump's file, from its start.
func (p *pulling) write(ctx context.Context, o s3sink.Object) error {
	f, err := os.OpenFile(p.dump, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making a file for the dump: %w", err)
	}
	err = p.dataset.Fetch(ctx, o, &spool{f, p.watch})
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("writing the dump: %w", cerr)
	}
	return err
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
	if err := p.data(ctx, contents); err != nil {
		return err
	}
	p.watch.Stage("post-data")
	if err := p.db.PostData(ctx, p.dump, p.Jobs); err != nil {
		return err
	}
	p.watch.Stage("analyze")
	return p.db.Analyze(ctx, p.Jobs)
}

// swap puts the new database in the target's place, if that is still what it was.
func (p *pulling) swap(ctx context.Context) error {
	if err := p.guard(ctx); err != nil {
		return err
	}
	mark, err := restore.DatasetMark(p.result.Run), error(nil)
	if p.Mark != nil {
		if mark, err = p.Mark(p.result.Run); err != nil {
			return err
		}
	}
	notes, err := p.claim.Replace(ctx, p.ID, mark, p.db, p.Mark == nil)
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
