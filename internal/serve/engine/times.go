package engine

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/config/schedule"
)

// Args say what a job is for.
type Args struct {
	Slot string    `json:"slot,omitempty" river:"unique"` // empty: a person asked
	At   time.Time `json:"at"`                            // of the slot, or when it was asked for
	Run  string    `json:"run,omitempty"`                 // the id that was promised to who asked
	By   string    `json:"by"`
}

// Kind names the jobs in River's tables.
func (Args) Kind() string { return "refresh" }

const (
	// lookAgain is how long the schedule waits at most before it reads the clock again, so that
	// a machine that slept, or whose clock was set, is at most this late.
	lookAgain = time.Minute
	// early is how much before its time River asks for a job.
	early = 100 * time.Millisecond
	// grace is how late a slot may begin where missed ones are left out.
	grace = time.Minute
)

// window is how old a slot may be to begin still.
func (p *Pipeline) window() time.Duration { return max(p.CatchUp, grace) }

// times is the schedule as River wants it. River, in the service that leads, asks for a job
// at each time that Next says, and once when the service begins to lead.
type times struct {
	*Pipeline
	now func() time.Time

	mu   sync.Mutex
	next schedule.Slot
}

// Next is a [river.PeriodicSchedule]: the next slot, or when to look again.
func (t *times) Next(at time.Time) time.Time {
	if now := t.now(); now.Sub(at) > lookAgain { // the machine slept; due finds what was missed
		at = now
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.next.At.After(at) {
		t.next = t.Plan.After(at)
	}
	look := at.Add(lookAgain)
	if slot := t.next.At; !slot.IsZero() && slot.Before(look) {
		return slot
	}
	return look
}

// due is the newest slot that has come and may begin still. It may have a job already.
func (t *times) due(now time.Time) (slot schedule.Slot, ok bool) {
	t.mu.Lock()
	slot = t.next
	t.mu.Unlock()
	if slot.At.IsZero() || slot.At.After(now.Add(early)) {
		slot = t.Plan.Last(now, t.window())
	}
	return slot, !slot.At.IsZero()
}

// job is the job of the slot that is due. River leaves it out if the slot has one, or had.
func (t *times) job() (river.JobArgs, *river.InsertOpts) {
	now := t.now()
	slot, ok := t.due(now)
	if !ok {
		return nil, nil
	}
	opts := &river.InsertOpts{Queue: scheduled, MaxAttempts: attempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}}
	if at := t.later(slot); at.After(now) {
		opts.ScheduledAt = at
	}
	return Args{Slot: slot.Wall, At: slot.At, By: "schedule"}, opts
}

// later is when the job of a slot begins: by chance up to the jitter after it, and before the next slot comes.
func (t *times) later(slot schedule.Slot) time.Time {
	spread := t.Jitter
	if next := t.Plan.After(slot.At).At; !next.IsZero() {
		spread = min(spread, next.Sub(slot.At))
	}
	if spread <= 0 {
		return slot.At
	}
	return slot.At.Add(rand.N(spread))
}
