package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// exportedBy is what another process gets of a source: it goes through JSON.
func exportedBy(t *testing.T, src *snapshot.Source) (e snapshot.Exported) {
	t.Helper()
	got, err := src.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Another process reads on the standby what the run's snapshot holds, and nothing that came since, and
// notices when the session that holds it has ended.
func TestAttachReadsTheSnapshotOfAnother(t *testing.T) {
	p, db, cfg := setup(t, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'before' FROM generate_series(1, 100) i")
	src := openLocked(t, snapshot.Options{Config: cfg})
	e := exportedBy(t, src)
	pgserver.Exec(t, p.primary.URL(db), "INSERT INTO t SELECT i, 'after' FROM generate_series(101, 5000) i; ANALYZE t; CREATE TABLE late (id int)")
	p.catchUp(t)
	other, err := snapshot.Attach(t.Context(), snapshot.Options{Config: cfg, Run: "20261121T030000Z-7f3a"}, e)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	if other.Catalog().Table(public("late")) != nil {
		t.Error("the catalog is newer than the snapshot")
	}
	if got, want := other.Catalog().Sizes(), src.Catalog().Sizes(); len(got) != 1 || got[0] != want[0] {
		t.Errorf("sizes %v, want those that the run planned on, %v", got, want)
	}
	r := reader(t, other)
	if _, n, err := copyAll(t.Context(), r, other, "t"); n != 100 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}

	src.Close(t.Context())
	if _, _, err := copyAll(t.Context(), r, other, "t"); !errors.Is(err, snapshot.ErrLost) {
		t.Errorf("reading when the holder has ended: %v", err)
	}
	if _, err := snapshot.Attach(t.Context(), snapshot.Options{Config: cfg}, e); !errors.Is(err, snapshot.ErrLost) {
		t.Errorf("joining when the holder has ended: %v", err)
	}
}

// A conflict on the standby ends the session that holds the snapshot: what others read is void.
func TestAttachNoticesAConflict(t *testing.T) {
	p, db, cfg := setup(t, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100); CREATE TABLE u (id int)")
	src := openLocked(t, snapshot.Options{Config: cfg})
	other, err := snapshot.Attach(t.Context(), snapshot.Options{Config: cfg}, exportedBy(t, src))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	if err := other.Holding(t.Context()); err != nil {
		t.Errorf("before the conflict: %v", err)
	}
	pgserver.Exec(t, p.primary.URL(db), "TRUNCATE u") // no reader has touched it: only the holder's lock is in the way
	p.catchUp(t)
	if err := other.Holding(t.Context()); !errors.Is(err, snapshot.ErrLost) {
		t.Errorf("after the conflict: %v", err)
	}
}

// A source that is another server than the run's, be it the primary, is refused with the setting to look at.
func TestAttachRefusesAnotherServer(t *testing.T) {
	p, db, cfg := setup(t, "CREATE TABLE t (id int)")
	src := openLocked(t, snapshot.Options{Config: cfg})
	var input *fault.Input
	_, err := snapshot.Attach(t.Context(), snapshot.Options{Config: config(t, p.primary.URL(db))}, exportedBy(t, src))
	if !errors.As(err, &input) {
		t.Errorf("the primary in place of its standby: %v", err)
	}
}
