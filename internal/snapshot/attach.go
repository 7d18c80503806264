package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Exported is what another process needs to read in a source's snapshot: [Attach] takes it. It is
// worth something as long as the session lives that holds the snapshot.
type Exported struct {
	Snapshot string         `json:"snapshot"`
	SystemID int64          `json:"system_id"`
	Started  time.Time      `json:"started"` // the server: a restart ends all snapshots
	PID      int            `json:"pid"`     // of the session that holds the snapshot and the locks
	Holds    string         `json:"holds"`   // its virtual transaction
	Catalog  string         `json:"catalog"` // digest of what was planned on
	Sizes    []catalog.Size `json:"sizes"`
}

// Export describes the snapshot for other processes. Lock must have been called.
func (s *Source) Export(ctx context.Context) (Exported, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snapshot == "" {
		return Exported{}, errNotLocked
	}
	e := Exported{Snapshot: s.snapshot, SystemID: s.home.systemID, Started: s.home.started, Sizes: s.cat.Sizes()}
	var err error
	if e.Catalog, err = s.cat.Digest(); err != nil {
		return Exported{}, err
	}
	const q = `SELECT pid, virtualtransaction FROM pg_locks WHERE locktype = 'virtualxid' AND pid = pg_backend_pid()`
	err = s.exporter.QueryRow(ctx, q).Scan(&e.PID, &e.Holds)
	return e, client.Wrap(err, "looking at the session that holds the snapshot")
}

// Attach opens the source of a run that another process leads, in that run's snapshot, with the catalog
// as of it. It holds neither the snapshot nor locks on tables: [Source.Holding] looks whether the
// other process's session still does, and so does the end of each [Reader.CopyOut]. A snapshot
// that is gone is ErrLost.
func Attach(ctx context.Context, opts Options, e Exported) (_ *Source, err error) {
	s, err := connect(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Close(ctx)
		}
	}()
	// The address is no matter here: another machine reaches the same server by another.
	if s.home.systemID != e.SystemID || !s.home.started.Equal(e.Started) {
		return nil, fault.BadInput("the source of this worker is another server than the run reads from, or was "+
			"restarted since: source.url must lead to the same standby (system identifier %d, started %s; this one: "+
			"%d, %s)", e.SystemID, e.Started.UTC().Format(time.RFC3339), s.home.systemID,
			s.home.started.UTC().Format(time.RFC3339))
	}
	s.snapshot, s.held = e.Snapshot, &e
	if err := s.inSnapshot(ctx); err != nil {
		return nil, err
	}
	digest, err := s.cat.Digest()
	if err == nil && digest != e.Catalog {
		err = ErrSchemaChanged
	}
	if err == nil {
		err = s.cat.SetSizes(e.Sizes)
	}
	return s, err
}

// inSnapshot reads the catalog as of the snapshot, in a session of its own.
func (s *Source) inSnapshot(ctx context.Context) error {
	r, err := s.Reader(ctx)
	if slices.Contains([]string{"22023", "42704", "55000"}, client.Code(err)) {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	if err != nil {
		return err
	}
	defer r.Close(ctx)
	s.cat, err = catalog.Load(ctx, r.conn)
	return err
}

// stillHeld looks whether the session of another process that holds the snapshot is in its transaction.
func (s *Source) stillHeld(ctx context.Context, conn *pgx.Conn) error {
	const q = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'virtualxid' AND granted AND pid = $1 AND virtualxid = $2)`
	var held bool
	if err := conn.QueryRow(ctx, q, s.held.PID, s.held.Holds).Scan(&held); err != nil {
		return err
	}
	if !held {
		return ErrLost
	}
	return nil
}
