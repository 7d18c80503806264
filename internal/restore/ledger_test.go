package restore

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

const ledgerSchema = "CREATE TABLE t (id int, v text); CREATE UNLOGGED TABLE u (id int, v text)"

// ledgered makes a shadow with an open ledger.
func (s *stage) ledgered() *Database {
	s.t.Helper()
	db, err := s.srv.Create(s.t.Context(), s.srv.ShadowName(run), s.source)
	s.ok(err)
	_, err = db.PreData(s.t.Context(), s.dump)
	s.ok(err)
	s.ok(db.OpenLedger(s.t.Context()))
	return db
}

func (s *stage) copyChunk(db *Database, e Entry, table, rows string) error {
	s.t.Helper()
	loader, err := db.Loader(s.t.Context())
	s.ok(err)
	defer loader.Close(s.t.Context())
	n, err := loader.CopyChunk(s.t.Context(), e, public(table), []string{"id", "v"}, copyfmt.Text, strings.NewReader(rows))
	if err == nil && n != int64(strings.Count(rows, "\n")) {
		s.t.Errorf("%d rows counted of %q", n, rows)
	}
	return err
}

func (s *stage) booked(db *Database) []Entry {
	s.t.Helper()
	m, err := db.Booked(s.t.Context())
	s.ok(err)
	var list []Entry
	for e := range m {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return int(a.Chunk - b.Chunk) })
	return list
}

func TestLedgerBooksEachChunkOnce(t *testing.T) {
	s := newStage(t, ledgerSchema)
	db := s.ledgered()
	first, second := Entry{Chunk: 0}, Entry{Chunk: 1, Unlogged: true}
	s.ok(s.copyChunk(db, first, "t", "1\ta\n2\tb\n"))
	if err := s.copyChunk(db, first, "t", "1\ta\n2\tb\n"); !errors.Is(err, ErrBooked) {
		t.Errorf("a chunk was copied twice: %v", err)
	}
	if err := s.copyChunk(db, second, "u", "1\ta\nx\tb\n"); client.Code(err) != "22P02" {
		t.Errorf("a bad row: %v", err)
	}
	if got := s.booked(db); !slices.Equal(got, []Entry{first}) {
		t.Errorf("booked: %v", got)
	}
	if n := s.value(db.Name(), "SELECT count(*)::text FROM t") + s.value(db.Name(), "SELECT count(*)::text FROM "+
		"u"); n != "20" {
		t.Errorf("rows: %s", n)
	}
	missing, err := db.CloseLedger(t.Context(), []Entry{first, second})
	if err != nil || !slices.Equal(missing, []Entry{second}) {
		t.Errorf("missing %v, %v", missing, err)
	}
	s.ok(s.copyChunk(db, second, "u", "1\ta\n"))
	if _, err := db.CloseLedger(t.Context(), []Entry{first}); err == nil {
		t.Error("a chunk that was never sent is no matter")
	}
	if missing, err := db.CloseLedger(t.Context(), []Entry{first, second}); err != nil || len(missing) > 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
	if got := s.value(db.Name(), "SELECT coalesce(string_agg(nspname, ' '), '') FROM pg_namespace WHERE nspname ~ "+
		"'ledger'"); got != "" {
		t.Errorf("left of the ledger: %s", got)
	}
	if err := s.copyChunk(db, first, "t", ""); err == nil {
		t.Error("a ledger that is closed was written to")
	}
}

// A session whose client is gone unnoticed, in the middle of a chunk, must not
// hold up the next attempt, nor commit after it.
func TestBookedEndsLostSessions(t *testing.T) {
	s := newStage(t, ledgerSchema)
	db := s.ledgered()
	lost, err := db.Loader(t.Context())
	s.ok(err)
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := lost.CopyChunk(context.Background(), Entry{}, public("t"), []string{"id", "v"}, copyfmt.Text, r)
		done <- err
	}()
	_, err = w.Write([]byte("1\ta\n"))
	s.ok(err)
	if got := s.booked(db); len(got) > 0 {
		t.Errorf("booked: %v", got)
	}
	s.ok(s.copyChunk(db, Entry{}, "t", "1\ta\n"))
	w.Close()
	if err := <-done; err == nil || !fault.Retry(err) {
		t.Errorf("the lost attempt: %v", err)
	}
	if n := s.value(db.Name(), "SELECT count(*)::text FROM t"); n != "1" {
		t.Errorf("%s rows", n)
	}
}

// After a crash of the server the ledger and the rows say the same, of unlogged
// tables too.
func TestLedgerAfterACrash(t *testing.T) {
	shared := newStage(t, ledgerSchema)
	own := *shared
	s := &own
	s.admin = pgserver.New(t)
	s.role = pgserver.User
	s.connect()
	db := s.ledgered()
	var want []Entry
	for i := range 40 {
		e := Entry{Chunk: int32(i), Unlogged: i%2 == 1}
		s.ok(s.copyChunk(db, e, map[bool]string{false: "t", true: "u"}[e.Unlogged], strings.Repeat("7\tv\n", i+1)))
		want = append(want, e)
	}
	s.admin.Kill()
	if _, err := db.Booked(t.Context()); !fault.Retry(err) {
		t.Errorf("a server that is down: %v", err)
	}
	s.ok(s.admin.Restart(t.Context()))
	rows := 0
	for _, e := range s.booked(db) {
		if e.Unlogged {
			t.Errorf("the ledger claims chunk %d of an unlogged table", e.Chunk)
		}
		rows += int(e.Chunk) + 1
	}
	if n := s.value(db.Name(), "SELECT count(*)::text FROM t"); n != strconv.Itoa(rows) {
		t.Errorf("%s rows, and the ledger says %d", n, rows)
	}
	missing, err := db.CloseLedger(t.Context(), want)
	if err != nil || len(missing) < 20 {
		t.Errorf("missing %v, %v", missing, err)
	}
}
