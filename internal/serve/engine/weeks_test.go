package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"refresher/internal/config/schedule"
	"refresher/internal/fault"
	"refresher/internal/history"
)

// model is a queue on a fake clock that two services share. It takes each slot once, as River
// does by its unique index, and gives a job to one service. The history is the real one.
type model struct {
	t       *testing.T
	r       *rand.Rand
	history *history.History
	hosts   [2]*host
	jobs    map[string]*modelJob // by slot
	busy    time.Time            // until when a run goes on
	now     time.Time
}

type host struct {
	*runner
	times *times
	next  time.Time     // when River asks its schedule again
	ahead time.Duration // of its clock
}

type modelJob struct {
	id    int64
	args  Args
	due   time.Time // when a service may take it; zero: it has ended
	tried int
}

// week is what happens in a week.
type week struct {
	down       time.Duration // from the slot on no service is up, or staging is down
	crash      bool          // the service is killed in the run
	fails      int           // attempts that the environment fails
	restart    bool          // both services start anew
	hand       bool          // a run by hand is going when the time comes
	stop, skew bool          // the service stops in the run; the clock of one is ahead
}

func newModel(t *testing.T, zone, cron string, seed uint64) *model {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := schedule.Parse(cron, loc)
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.Open(t.Context(), staging(t))
	if err != nil {
		t.Fatal(err)
	}
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 7)), history: h, jobs: map[string]*modelJob{},
		now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	for i := range m.hosts {
		m.hosts[i] = &host{runner: &runner{Pipeline: Pipeline{Name: "shop", Plan: plan, CatchUp: 24 * time.Hour,
			NewID: func(at time.Time) string {
				return fmt.Sprintf("%s-%06d", at.UTC().Format("20060102T150405Z"), ids.Add(1))
			}},
			log: slog.New(slog.DiscardHandler)}}
	}
	m.restart()
	if err := h.Enrol(t.Context(), plan.Last(m.now, 24*time.Hour).Wall, "here"); err != nil {
		t.Fatal(err)
	}
	return m
}

// restart starts both services anew.
func (m *model) restart() {
	for _, h := range m.hosts {
		h.now = func() time.Time { return m.now.Add(h.ahead) }
		h.times = &times{Pipeline: &h.Pipeline, now: h.now}
		h.next = time.Time{}
	}
}

// offer is what River does in the service that leads.
func (m *model) offer(leader *host) {
	started := leader.next.IsZero()
	if started {
		leader.next = leader.times.Next(leader.now())
	}
	for n := 0; started || !leader.next.After(leader.now().Add(early)); n++ {
		if args, opts := leader.times.job(); args != nil {
			a := args.(Args)
			if m.jobs[a.Slot] == nil {
				due := m.now
				if opts.ScheduledAt.After(due) {
					due = opts.ScheduledAt
				}
				m.jobs[a.Slot] = &modelJob{id: int64(len(m.jobs) + 1), args: a, due: due}
			}
		}
		if started {
			started = false
			continue
		}
		leader.next = leader.times.Next(leader.next)
		if n > 3 {
			m.t.Fatalf("the schedule spins at %s", m.now)
		}
	}
}

// work is a service that takes a job.
func (m *model) work(h *host, job *modelJob, w *week) {
	ctx := context.Background()
	id, err := h.begins(ctx, m.history, job.id, job.args)
	if err != nil {
		m.t.Fatal(err)
	}
	if id == "" {
		job.due = time.Time{}
		return
	}
	run := history.Run{ID: id, Pipeline: "shop", By: "schedule", Job: job.id, Started: m.now, Finished: m.now}
	if m.now.Before(m.busy) { // the lock of the history is another run's
		run.Outcome, job.due = fault.Skipped, time.Time{}
		m.finish(run)
		return
	}
	took := time.Duration(10+m.r.IntN(50)) * time.Minute
	run.Finished = m.now.Add(took)
	m.busy = run.Finished
	switch {
	case w.crash: // the row stays, and no session vouches for it
		w.crash = false
		if err := m.history.Start(ctx, run); err != nil {
			m.t.Fatal(err)
		}
		dead, err := m.history.Dead(ctx)
		if err == nil {
			err = m.history.MarkLost(ctx, dead)
		}
		if err != nil || len(dead) != 1 || dead[0] != id {
			m.t.Fatalf("dead: %v, %v", dead, err)
		}
		m.busy, job.due = m.now, m.now.Add(time.Minute)
	case w.stop:
		w.stop = false
		run.Outcome, run.Finished, m.busy, job.due = fault.Stopped, m.now.Add(time.Minute), m.now.Add(time.Minute), m.now.Add(time.Minute)
		m.finish(run)
	case w.fails > 0:
		w.fails--
		run.Outcome, job.due = fault.Failed, run.Finished.Add(time.Minute<<(2*job.tried))
		job.tried++
		m.finish(run)
	default:
		run.Outcome, job.due = fault.Done, time.Time{}
		m.finish(run)
	}
}

func (m *model) finish(run history.Run) {
	if err := m.history.Finish(context.Background(), run); err != nil {
		m.t.Fatal(err)
	}
}

// pass plays one week, from a while before its slot until a day and more after it.
func (m *model) pass(slot schedule.Slot, w week) {
	if w.restart {
		m.restart()
	}
	if w.skew {
		m.hosts[1].ahead = time.Duration(m.r.IntN(3000)) * time.Millisecond
	}
	leader := m.r.IntN(2)
	if w.hand {
		m.busy = slot.At.Add(20 * time.Minute)
		m.finish(history.Run{ID: fmt.Sprintf("by-hand-%06d", ids.Add(1)), By: "command line",
			Started: slot.At.Add(-time.Hour), Finished: m.busy, Outcome: fault.Done})
	}
	steps := []time.Duration{-90 * time.Second, -30 * time.Second, 0, 50 * time.Millisecond}
	for d := time.Minute; d < 10*time.Minute; d += time.Minute {
		steps = append(steps, d)
	}
	for d := 10 * time.Minute; d < 36*time.Hour; d += 21 * time.Minute {
		steps = append(steps, d)
	}
	for _, d := range steps {
		m.now = slot.At.Add(d)
		if d >= 0 && d < w.down {
			continue
		}
		if d >= w.down && w.down > 0 { // both begin anew, and one leads
			w.down = 0
			m.restart()
			leader = 1 - leader
		}
		m.offer(m.hosts[leader])
		for _, job := range m.jobs {
			if !job.due.IsZero() && !job.due.After(m.now) {
				m.work(m.hosts[m.r.IntN(2)], job, &w)
			}
		}
	}
}

// Two hundred weeks in four zones over the changes of their clocks, on two hosts, with faults: no week
// is missed that was down less than catch_up, none has two refreshes, none overlap, and the
// history has each attempt.
func TestTwoHundredWeeks(t *testing.T) {
	weeks := 200
	if testing.Short() {
		weeks = 20
	}
	for seed, c := range []struct{ zone, cron string }{{"Europe/Berlin", "30 2 * * 0"}, {"America/New_York", "30 1 * * 0"},
		{"America/Santiago", "0 0 * * 0"}, {"Australia/Lord_Howe", "15 2 * * 0"}} {
		t.Run(c.zone, func(t *testing.T) {
			t.Parallel()
			m := newModel(t, c.zone, c.cron, uint64(seed))
			slot, want, attempts := m.hosts[0].Plan.After(m.now), 0, 0
			for range weeks {
				w := week{restart: m.r.IntN(4) == 0, skew: m.r.IntN(4) == 0}
				missed := false
				switch m.r.IntN(8) {
				case 0:
					w.down = time.Duration(1+m.r.IntN(22)) * time.Hour
				case 1:
					w.down, missed = time.Duration(25+m.r.IntN(9))*time.Hour, true
				case 2:
					w.crash = true
					attempts++
				case 3:
					w.fails = 1 + m.r.IntN(3)
					attempts += w.fails
				case 4:
					w.hand = true
					want++ // its own
				case 5:
					w.stop = true
					attempts++
				}
				m.pass(slot, w)
				if !missed && !w.hand {
					want++
				}
				slot = m.hosts[0].Plan.After(slot.At)
			}
			m.check(want, attempts)
		})
	}
}

// check compares the history with what had to come.
func (m *model) check(done, attempts int) {
	list, err := m.history.List(m.t.Context(), history.Filter{})
	if err != nil {
		m.t.Fatal(err)
	}
	var got, others int
	until := map[int64]bool{}
	var last history.Run
	for i := len(list) - 1; i >= 0; i-- {
		run := list[i]
		switch run.Outcome {
		case fault.Done:
			got++
			if run.Job != 0 && until[run.Job] {
				m.t.Errorf("job %d was done twice", run.Job)
			}
			until[run.Job] = true
		case fault.Skipped:
			continue
		default:
			others++
		}
		if run.Outcome != fault.Lost && run.Started.Before(last.Finished) {
			m.t.Errorf("run %s began at %s, before run %s ended at %s", run.ID, run.Started, last.ID, last.Finished)
		}
		if run.Outcome != fault.Lost {
			last = run
		}
	}
	if got != done || others != attempts {
		m.t.Errorf("%d refreshes and %d other attempts, want %d and %d", got, others, done, attempts)
	}
}
