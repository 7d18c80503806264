package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Defaults of Options.
const (
	DefaultChunkBytes  = 64 << 20
	DefaultLockTimeout = 30 * time.Second
)

// Options say what to read and how.
type Options struct {
	Config         *pgx.ConnConfig
	Run            string        // run id, for application_name
	RequireReplica bool          // refuse a source that is not a hot standby
	ChunkBytes     int64         // table bytes (TOAST included) a chunk; 0: DefaultChunkBytes
	Workers        int           // sessions the run will read with; Open fails if the server hasn't room for them
	LockTimeout    time.Duration // longest wait for a lock; 0: DefaultLockTimeout
}

// Source is an open source database. Its methods may be called from several
// goroutines, except Lock and Close.
type Source struct {
	opts     Options
	cfg      *pgx.ConnConfig // pinned to the instance that the exporter reached
	hostaddr string          // its IP address, "" for a Unix socket
	home     instance
	cat      *catalog.Catalog
	warnings []string

	mu       sync.Mutex // guards exporter
	exporter *pgx.Conn  // holds the locks and the snapshot
	snapshot string     // "" before Lock

	held *Exported // by another process, which it came from; nil: by exporter
}

// Open connects, checks the guard and loads the catalog. It takes no lock that
// outlives it and reads no row. A server that isn't a standby is a warning, or
// a [fault.Refusal] with RequireReplica.
func Open(ctx context.Context, opts Options) (_ *Source, err error) {
	s, err := connect(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Close(ctx)
		}
	}()
	if s.cat, err = catalog.Load(ctx, s.exporter); err != nil {
		return nil, err
	}
	if err := s.room(ctx); err != nil {
		return nil, err
	}
	if opts.RequireReplica && !s.cat.InRecovery {
		return nil, fault.Refuse("source",
			"the source is a primary, not a hot standby, and the configuration requires a replica")
	}
	if err := s.warn(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// connect opens the first session, and pins the others to the server that it reached.
func connect(ctx context.Context, opts Options) (_ *Source, err error) {
	if opts.ChunkBytes <= 0 {
		opts.ChunkBytes = DefaultChunkBytes
	}
	if opts.LockTimeout <= 0 {
		opts.LockTimeout = DefaultLockTimeout
	}
	s := &Source{opts: opts, cfg: opts.Config}
	conn, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	s.exporter = conn
	defer func() {
		if err != nil {
			s.Close(ctx)
		}
	}()
	if err := client.Supported(conn, "the source"); err != nil {
		return nil, err
	}
	s.cfg, s.hostaddr = pin(ctx, opts.Config, conn)
	s.home, err = identify(ctx, conn)
	return s, err
}

// Catalog is the database as Open found it.
func (s *Source) Catalog() *catalog.Catalog { return s.cat }

// Warnings are sentences about the source that don't stop a run.
func (s *Source) Warnings() []string { return slices.Clone(s.warnings) }

// SnapshotID is the exported snapshot's name, empty before Lock.
func (s *Source) SnapshotID() string { return s.snapshot }

// Close ends the session that holds the locks and the snapshot. Readers that
// are open keep their own snapshot but can't vouch for it any more. It works
// with a ctx that has ended.
func (s *Source) Close(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client.Close(ctx, s.exporter)
}

// answerIn is the longest that the exporter may take to say that it is there.
const answerIn = 10 * time.Second

// Holding fails with ErrLost if the session that holds the locks and the snapshot has ended.
// What was read before a call that returns nil is consistent.
func (s *Source) Holding(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snapshot == "" {
		return errNotLocked
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Cancelling a statement ends its session, and this one must outlive the caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerIn)
	defer cancel()
	var err error
	if s.held != nil {
		err = s.stillHeld(ctx, s.exporter)
	} else {
		_, err = s.exporter.Exec(ctx, "SELECT 1")
	}
	if err != nil && !errors.Is(err, ErrLost) {
		err = fmt.Errorf("%w: %w", ErrLost, client.Wrap(err, "looking at it"))
	}
	return err
}

// ErrLost means that what was read can't be trusted, and that a new snapshot is
// needed: a recovery conflict on a standby, a restart, or the network.
var ErrLost = fault.Passing("the session that holds the snapshot and its locks has ended")

var errNotLocked = errors.New("the source has no snapshot yet: Lock comes first")
