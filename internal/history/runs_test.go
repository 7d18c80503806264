package history_test

import (
	"slices"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
)

func finish(t *testing.T, h *history.History, runs ...history.Run) {
	t.Helper()
	for _, r := range runs {
		if r.Finished.IsZero() {
			r.Finished = r.Started.Add(time.Minute)
		}
		if err := h.Finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(t *testing.T, h *history.History, f history.Filter) (ids []string) {
	t.Helper()
	list, err := h.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestFilters(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	begin := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	for i, r := range []history.Run{{ID: "r1", Outcome: fault.Done, Pipeline: "default"}, {ID: "r2", Outcome: fault.Refused, Pipeline: "shop"},
		{ID: "r3", Outcome: fault.Done, Pipeline: "shop"}, {ID: "r4", Outcome: fault.Skipped, Pipeline: "shop"}} {
		r.Started = begin.Add(time.Duration(i) * time.Hour)
		finish(t, h, r)
	}
	finish(t, h, history.Run{ID: "r5", Database: "other", Started: begin.Add(9 * time.Hour), Outcome: fault.Done})
	for _, c := range []struct {
		f    history.Filter
		want []string
	}{
		{history.Filter{}, []string{"r4", "r3", "r2", "r1"}},
		{history.Filter{Outcome: fault.Done}, []string{"r3", "r1"}},
		{history.Filter{Pipeline: "shop", Outcome: fault.Done}, []string{"r3"}},
		{history.Filter{Limit: 2}, []string{"r4", "r3"}},
		{history.Filter{Limit: 2, Before: "r3"}, []string{"r2", "r1"}},
		{history.Filter{Limit: -1, Before: "r1"}, nil},
	} {
		if got := ids(t, h, c.f); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.f, got, c.want)
		}
	}
}

// A rollback is a row of the list, and no run to whom asks for the latest.
func TestRollbackInTheHistory(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	begin := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	back := history.Run{ID: "r3", By: "ann", Pipeline: "shop", Host: "here", Started: begin.Add(2 * time.Hour), Outcome: fault.RolledBack, BackTo: "r1"}
	finish(t, h, history.Run{ID: "r1", Started: begin, Outcome: fault.Done},
		history.Run{ID: "r2", Started: begin.Add(time.Hour), Outcome: fault.Refused}, back)
	if got := ids(t, h, history.Filter{}); !slices.Equal(got, []string{"r3", "r2", "r1"}) {
		t.Errorf("the list: %v", got)
	}
	if got := ids(t, h, history.Filter{Outcome: fault.RolledBack}); !slices.Equal(got, []string{"r3"}) {
		t.Errorf("the rollbacks: %v", got)
	}
	r, err := h.Get(t.Context(), "r3")
	if err != nil || r.BackTo != "r1" || r.By != "ann" || r.Database != cfg.Database || r.Host != "here" {
		t.Errorf("%+v %v", r, err)
	}
	latest, err := h.Latest(t.Context())
	if err != nil || len(latest) != 2 || latest[0].ID != "r2" || latest[1].ID != "r1" {
		t.Errorf("the latest: %+v %v", latest, err)
	}
}

// What is old is forgotten, but not the last run that was done, nor one whose database is
// there, nor one of another database.
func TestPrune(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	now := time.Now()
	old := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	finish(t, h, history.Run{ID: "a", Started: old(50), Outcome: fault.Done},
		history.Run{ID: "b-live", Started: old(45), Outcome: fault.Done},
		history.Run{ID: "c-last-done", Started: old(40), Outcome: fault.Done},
		history.Run{ID: "d", Started: old(30), Outcome: fault.Refused},
		history.Run{ID: "e-young", Started: old(3), Outcome: fault.Failed},
		history.Run{ID: "f-other", Database: "other", Started: old(50), Outcome: fault.Failed})
	if err := h.Start(t.Context(), history.Run{ID: "g-running", Started: old(60)}); err != nil {
		t.Fatal(err)
	}
	if err := h.Remember(t.Context(), "b-live", 1, 0); err != nil { // 1 is template1's
		t.Fatal(err)
	}
	if err := h.Prune(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	if got, want := ids(t, h, history.Filter{}), []string{"e-young", "c-last-done", "b-live", "g-running"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := h.Get(t.Context(), "f-other"); err != nil {
		t.Error(err)
	}
}

// The service records a run before the run records itself: who asked for it stays.
func TestARunThatWasRecordedBefore(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	r := history.Run{ID: "r1", Pipeline: "shop", By: "ann", Job: 7, Host: "here", Started: time.Now(), Stage: "waiting"}
	for _, again := range []history.Run{r, {ID: "r1", Started: r.Started, Stage: "guard"}} {
		if err := h.Start(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Stage(t.Context(), "r1", "data"); err != nil {
		t.Fatal(err)
	}
	got, err := h.OfJob(t.Context(), 7)
	if err != nil || got.By != "ann" || got.Pipeline != "shop" || got.Stage != "data" || got.Outcome != fault.Running {
		t.Errorf("%+v, %v", got, err)
	}
	finish(t, h, history.Run{ID: "r1", Started: r.Started, Outcome: fault.Done, Stage: ""})
	if err := h.Stage(t.Context(), "r1", "late"); err != nil {
		t.Fatal(err)
	}
	if got, err = h.OfJob(t.Context(), 7); err != nil || got.By != "ann" || got.Stage != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A run that a session vouches for, its own or the holder of the lock, goes on; others are lost.
func TestRunsThatWereKilled(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	for i, id := range []string{"dead", "locked", "vouched", "elsewhere"} {
		r := history.Run{ID: id, Started: time.Now(), Job: int64(i + 1)}
		if id == "elsewhere" {
			r.Database = "other"
		}
		if err := h.Start(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	release, err := h.Vouch(t.Context(), "vouched")
	if err != nil {
		t.Fatal(err)
	}
	lock := take(t, open(t, cfg), "locked")
	if r, err := h.Get(t.Context(), "dead"); err != nil || r.Outcome != fault.Lost || r.Finished.IsZero() {
		t.Errorf("whoever takes the lock finds the dead: %+v, %v", r, err)
	}
	dead := func(want ...string) {
		t.Helper()
		got, err := h.Dead(t.Context())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
		if err := h.MarkLost(t.Context(), got); err != nil {
			t.Error(err)
		}
	}
	dead()
	release()
	dead("vouched")
	lock.Release()
	dead("locked")
	dead()
	if lost, err := h.EndedJobs(t.Context(), []int64{1, 2, 3, 4, 9}); err != nil || !slices.Equal(lost, []int64{1, 2, 3}) {
		t.Errorf("jobs %v, %v", lost, err)
	}
}

// Of all services of a staging database one has a slot, for one job; other databases have their own.
func TestClaimSlot(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	other := open(t, with(cfg, "crm"))
	for _, begin := range []*history.History{h, h, other} {
		if err := begin.Enrol(t.Context(), "2026-11-15T03:00:00", "host"); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		h           *history.History
		slot        string
		job         int64
		mine, again bool
	}{
		{h, "2026-11-15T03:00:00", 1, false, false}, // what is new has missed nothing
		{h, "2026-11-22T03:00:00", 1, true, false},
		{open(t, cfg), "2026-11-22T03:00:00", 2, false, false},
		{open(t, cfg), "2026-11-22T03:00:00", 1, true, true},
		{other, "2026-11-22T03:00:00", 1, true, false},
		{h, "2026-11-29T03:00:00", 3, true, false},
	} {
		mine, again, err := step.h.ClaimSlot(t.Context(), step.slot, "host", step.job)
		if mine != step.mine || again != step.again || err != nil {
			t.Errorf("%s for job %d: %v, %v, %v", step.slot, step.job, mine, again, err)
		}
	}
	if err := h.Enrol(t.Context(), "2026-12-06T03:00:00", "host"); err != nil {
		t.Fatal(err)
	}
	if err := h.SkipSlot(t.Context(), "2026-12-13T03:00:00", "host"); err != nil {
		t.Fatal(err)
	}
	for slot, want := range map[string]bool{"2026-12-06T03:00:00": true, "2026-12-13T03:00:00": false} {
		if mine, _, err := h.ClaimSlot(t.Context(), slot, "host", 9); mine != want || err != nil {
			t.Errorf("%s: %v, %v", slot, mine, err)
		}
	}
}
