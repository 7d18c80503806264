package workqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/refresh/workqueue"
	"refresher/internal/testkit/pgserver"
)

// queueOf is the queue of a staging database of a test, as the run and as a worker open it.
func queueOf(t *testing.T, database string) (run, worker *workqueue.Queue) {
	t.Helper()
	cfg, err := pgx.ParseConfig(pgserver.Shared(t).URL(database))
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var queues []*workqueue.Queue
	for _, prepare := range []bool{true, false} {
		q, err := workqueue.Open(t.Context(), h, prepare)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(q.Close)
		queues = append(queues, q)
	}
	return queues[0], queues[1]
}

func chunksOf(epoch int64, n int) (list []workqueue.Chunk) {
	for i := range n {
		list = append(list, workqueue.Chunk{Epoch: epoch, Number: int32(i), Table: catalog.Name{Schema: "public", Name: "t"}, Of: n, Index: i})
	}
	return list
}

// work takes chunks until stop is called.
func work(t *testing.T, q *workqueue.Queue, id string, streams int, do func(context.Context, workqueue.Chunk) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx, id, streams, do, slog.New(slog.DiscardHandler)) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("worker %s: %v", id, err)
		}
	}
}

// until looks at the queue until it is as wanted.
func until(t *testing.T, q *workqueue.Queue, epoch int64, is func(workqueue.Found) bool) workqueue.Found {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		f, err := q.Look(ctx, epoch)
		if err != nil {
			t.Fatal(err)
		}
		if is(f) {
			return f
		}
	}
}

func empty(f workqueue.Found) bool { return f.Left == 0 }

// Each worker takes as many chunks at once as it has streams, in the order in which they were put, and what
// passes is tried again.
func TestWorkersTakeWhatTheyCan(t *testing.T) {
	run, worker := queueOf(t, "queue_take")
	if err := run.Put(t.Context(), chunksOf(1, 9)); err != nil {
		t.Fatal(err)
	}
	if err := run.Put(t.Context(), chunksOf(2, 5)); err != nil { // in place of those
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []int32
	at, most, failed := 0, 0, false
	stop := work(t, worker, "a", 2, func(_ context.Context, c workqueue.Chunk) error {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, c.Number)
		if c.Number == 3 && !failed {
			failed = true
			return fmt.Errorf("staging: %w", fault.Passing("the connection was lost"))
		}
		at++
		most = max(most, at)
		at--
		return nil
	})
	until(t, run, 2, empty)
	stop()
	slices.Sort(order)
	if !slices.Equal(order, []int32{0, 1, 2, 3, 3, 4}) || most > 2 {
		t.Errorf("chunks %v, %d at once", order, most)
	}
	if f, err := run.Look(t.Context(), 1); err != nil || f.Left > 0 {
		t.Errorf("chunks of the epoch before are there: %+v, %v", f, err)
	}
}

// An error comes to the run as what it was, without being tried again.
func TestErrorsComeBackAsWhatTheyWere(t *testing.T) {
	run, worker := queueOf(t, "queue_errors")
	refusal := fault.Refuse("canaries", "values would pass")
	refusal.Problems = []fault.Problem{{Table: "public.t", Column: "c", Text: "a value would pass", Fix: "write email"}}
	for i, c := range []struct {
		err  error
		want func(error) bool
	}{
		{fmt.Errorf("table t: %w", refusal), func(err error) bool {
			var r *fault.Refusal
			return errors.As(err, &r) && r.Gate == "canaries" && slices.Equal(r.Problems, refusal.Problems)
		}},
		{fault.BadInput("no such transform"), func(err error) bool {
			var in *fault.Input
			return errors.As(err, &in) && in.Error() == "no such transform"
		}},
		{state("53100"), func(err error) bool {
			var f *workqueue.Failure
			return errors.As(err, &f) && f.SQLState() == "53100" && f.Worker == "a" && !fault.Retry(err)
		}},
		{fmt.Errorf("staging: %w", errors.New("out of luck")), func(err error) bool {
			return err.Error() == "worker a: staging: out of luck" && !fault.Decided(err) && !fault.Retry(err)
		}},
	} {
		epoch := int64(i + 1)
		if err := run.Put(t.Context(), chunksOf(epoch, 1)); err != nil {
			t.Fatal(err)
		}
		stop := work(t, worker, "a", 1, func(context.Context, workqueue.Chunk) error { return c.err })
		if f := until(t, run, epoch, empty); f.Failed == nil || !c.want(f.Failed) {
			t.Errorf("%v came back as %#v", c.err, f.Failed)
		}
		stop()
	}
}

type state string

func (s state) Error() string    { return "server: " + string(s) }
func (s state) SQLState() string { return string(s) }

// What a lost worker had taken goes to another, however often that happens; what a stopped one had goes at once.
func TestChunksOfLostWorkers(t *testing.T) {
	run, worker := queueOf(t, "queue_lost")
	if err := run.Put(t.Context(), chunksOf(1, 1)); err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		taken := make(chan struct{})
		id := fmt.Sprint("w", i)
		stop := work(t, worker, id, 1, func(ctx context.Context, _ workqueue.Chunk) error {
			close(taken)
			<-ctx.Done()
			return context.Cause(ctx)
		})
		<-taken
		if i%2 == 0 {
			stop() // gives it back itself
			continue
		}
		if lost, err := run.Rescue(t.Context(), []string{id}); err != nil || len(lost) > 0 {
			t.Errorf("%v were lost, %v", lost, err)
		}
		if lost, err := run.Rescue(t.Context(), []string{"other"}); err != nil || !slices.Equal(lost, []string{id}) {
			t.Errorf("%v were lost, %v", lost, err)
		}
		stop()
	}
	stop := work(t, worker, "last", 1, func(context.Context, workqueue.Chunk) error { return nil })
	if f := until(t, run, 1, empty); f.Failed != nil {
		t.Error(f.Failed)
	}
	stop()
}
