package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// attached is the shadow as another process sees it.
func (s *stage) attached(db *Database) *Loader {
	s.t.Helper()
	staging := db.Config()
	staging.Database = s.live
	l, err := Attach(staging, db.Name(), db.Ledger(), "refresher/other").Loader(s.t.Context())
	s.ok(err)
	s.t.Cleanup(func() { l.Close(context.Background()) })
	return l
}

func answered(l *Loader, e Entry, rows string, answer func(int64, io.Writer) error) error {
	table := "t"
	if e.Unlogged {
		table = "u"
	}
	_, err := l.CopyAnswered(context.Background(), e, public(table), []string{"id", "v"}, copyfmt.Text,
		strings.NewReader(rows), answer)
	return err
}

func says(text string) func(int64, io.Writer) error {
	return func(_ int64, w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

// Rows, entry and answer of a chunk that another process copies come together or not at all.
func TestAnswers(t *testing.T) {
	s := newStage(t, ledgerSchema)
	db := s.ledgered()
	broken := errors.New("the fingerprints could not be read")
	if err := answered(s.attached(db), Entry{Chunk: 0}, "1\ta\n", func(_ int64, w io.Writer) error {
		_, _ = w.Write(make([]byte, answerPiece+1))
		return broken
	}); !errors.Is(err, broken) {
		t.Errorf("an answer that fails: %v", err)
	}
	long := strings.Repeat("0123456789abcdef", answerPiece/8) // two pieces
	l := s.attached(db)
	s.ok(answered(l, Entry{Chunk: 0}, "1\ta\n2\tb\n", says(long)))
	s.ok(answered(l, Entry{Chunk: 1, Unlogged: true}, "1\ta\n", says("short")))
	s.ok(s.copyChunk(db, Entry{Chunk: 2}, "t", "3\tc\n")) // without an answer
	if err := answered(l, Entry{Chunk: 0}, "1\ta\n2\tb\n", says("again")); !errors.Is(err, ErrBooked) {
		t.Errorf("a chunk was copied twice: %v", err)
	}
	pr, pw := io.Pipe()
	heard := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, err = io.WriteString(pw, strings.Repeat("9\tz\n", 10_000))
		}
		heard <- fmt.Errorf("scrubbing: %w", err)
	}()
	_, err := l.CopyAnswered(t.Context(), Entry{Chunk: 0}, public("t"), []string{"id", "v"}, copyfmt.Text, pr, says("again"))
	if writer := <-heard; !errors.Is(err, ErrBooked) || !AlreadyBooked(writer) || AlreadyBooked(broken) {
		t.Errorf("a chunk that is booked: the loader says %v, the writer hears %v", err, writer)
	}
	got, err := db.Answered(t.Context())
	s.ok(err)
	slices.SortFunc(got, func(a, b Entry) int { return int(a.Chunk - b.Chunk) })
	if want := []Entry{{Chunk: 0}, {Chunk: 1, Unlogged: true}}; !slices.Equal(got, want) {
		t.Errorf("answers to %v, want %v", got, want)
	}
	for e, want := range map[Entry]string{{Chunk: 0}: long, {Chunk: 1}: "short", {Chunk: 2}: ""} {
		var b bytes.Buffer
		s.ok(db.Answer(t.Context(), e, func(r io.Reader) error { _, err := b.ReadFrom(r); return err }))
		if b.String() != want {
			t.Errorf("the answer to chunk %d has %d bytes, want %d", e.Chunk, b.Len(), len(want))
		}
	}
	if n := s.count(db, "t"); n != "3" {
		t.Errorf("%s rows", n)
	}
}

// A process that is lost in the middle of a chunk leaves nothing, and one that knows the ledger of
// an attempt before books nothing in this one.
func TestLostWorker(t *testing.T) {
	s := newStage(t, ledgerSchema)
	db := s.ledgered()
	late := s.attached(db)
	l := s.attached(db)
	sent := make(chan struct{})
	resumed, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		failed <- answered(l, Entry{Chunk: 0}, "1\ta\n", func(int64, io.Writer) error {
			close(sent)
			<-resumed // stopped, as by SIGSTOP: its session in the server lives on
			return nil
		})
	}()
	<-sent
	s.ok(db.EndNamed(t.Context(), "refresher/nobody"))
	if err := late.conn.Ping(t.Context()); err != nil {
		t.Fatalf("a session of another name was ended: %v", err)
	}
	s.ok(db.EndNamed(t.Context(), "refresher/other"))
	if n := s.count(db, "t"); n != "0" {
		t.Errorf("the process that was lost left %s rows", n)
	}
	close(resumed)
	if err := <-failed; err == nil {
		t.Error("the process that was lost committed its chunk")
	}
	before := db.Ledger()
	s.ok(db.Drop(t.Context()))
	db = s.ledgered()
	if db.Ledger() == before {
		t.Fatal("two ledgers have one name")
	}
	staging := db.Config()
	stale, err := Attach(staging, db.Name(), before, "refresher/stale").Loader(t.Context())
	s.ok(err)
	defer stale.Close(t.Context())
	if err := answered(stale, Entry{Chunk: 0}, "1\ta\n", says("")); client.Code(err) != "42P01" && client.Code(err) != "3F000" {
		t.Errorf("a chunk of an attempt before: %v", err)
	}
	if n := s.count(db, "t"); n != "0" {
		t.Errorf("the attempt before left %s rows", n)
	}
}

func (s *stage) count(db *Database, table string) string {
	s.t.Helper()
	return s.value(db.Name(), "SELECT count(*)::text FROM public."+table)
}
