package history_test

import (
	"testing"

	"refresher/internal/history"
)

// An offer stands while the run that made it holds the lock; each has an epoch of its own.
func TestOffers(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	ctx := t.Context()
	offered := func() int64 {
		t.Helper()
		o, err := h.Offered(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if o == nil {
			return 0
		}
		if o.Run != "r1" || string(o.Terms) != `{"a": 1}` {
			t.Errorf("%+v %s", o, o.Terms)
		}
		return o.Epoch
	}
	put := func() int64 {
		t.Helper()
		epoch, err := h.PutOffer(ctx, "r1", []byte(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		return epoch
	}
	first := put()
	if offered() != 0 {
		t.Error("a run without the lock offers something")
	}
	lock, err := h.Lock(ctx, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if offered() != first {
		t.Error("nothing is offered")
	}
	second := put()
	if second <= first || offered() != second {
		t.Errorf("epochs %d and %d", first, second)
	}
	if err := h.Withdraw(ctx, first); err != nil || offered() != second {
		t.Errorf("an offer that was replaced took the new one with it: %v", err)
	}
	lock.Release()
	if offered() != 0 {
		t.Error("a run that lost the lock offers something")
	}
	if err := h.Withdraw(ctx, second); err != nil {
		t.Fatal(err)
	}
	if put() <= second {
		t.Error("an epoch came twice")
	}
}

// A worker is there as long as its session is, and is remembered with what it refused.
func TestWorkersAreThereWhileTheirSessionsAre(t *testing.T) {
	server, cfg := server(t)
	h := open(t, cfg)
	ctx := t.Context()
	there := func() (ids string) {
		t.Helper()
		list, err := h.Workers(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			ids += w.ID + " " + w.At + ";"
		}
		return ids
	}
	join := func(id string) *history.Presence {
		t.Helper()
		p, err := h.Join(ctx, history.Worker{ID: id, Host: "here", PID: 7, Version: "1", Streams: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Leave(ctx) })
		return p
	}
	a, b := join("a"), join("b")
	if err := a.Beat(ctx, func(w *history.Worker) { w.At, w.Run = "public.users", "r1" }); err != nil || there() != "a public.users;b ;" {
		t.Errorf("%s, %v", there(), err)
	}
	a.Leave(ctx)
	if there() != "b ;" {
		t.Errorf("one left: %s", there())
	}
	server.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'refresher/worker'")
	if there() != "" {
		t.Errorf("no session is there: %s", there())
	}
	refuses := func(w *history.Worker) { w.Run, w.Problem = "r1", "its rules are not the run's" }
	if err := b.Beat(ctx, refuses); err == nil { // the beat that meets the lost session
		t.Log("the session was opened again at once")
	} else if err := b.Beat(ctx, refuses); err != nil {
		t.Fatal(err)
	}
	if there() != "b ;" {
		t.Errorf("a session was opened again: %s", there())
	}
	refused, err := h.Refused(ctx, "r1")
	if err != nil || len(refused) != 1 || refused[0].ID != "b" || refused[0].Problem == "" {
		t.Errorf("%+v, %v", refused, err)
	}
}
