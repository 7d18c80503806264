package engine

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/history"
	"refresher/internal/history/jobs"
	"refresher/internal/postgres/client"
)

// seen is what the last look at the staging server showed.
type seen struct {
	problem  error  // nil: all is well
	leader   string // "leader" or "follower"; "" if none leads, or that can't be told
	paused   bool
	pausedBy string
	latest   []history.Run
	workers  []history.Worker // that copy, where other processes do
}

// examine looks at the staging server: for runs and jobs that were killed, and for people.
func (r *runner) examine(ctx context.Context, w *work) error {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	if err := r.findLost(ctx, w); err != nil {
		return err
	}
	return r.see(ctx, w)
}

// see looks at what is shown of the pipeline.
func (r *runner) see(ctx context.Context, w *work) error {
	latest, err := w.history.Latest(ctx)
	if err != nil {
		return err
	}
	now := seen{latest: latest}
	if r.ByWorkers {
		if now.workers, err = w.history.Workers(ctx); err != nil {
			return err
		}
	}
	queue, err := w.client.QueueGet(ctx, scheduled)
	if err != nil {
		return client.Wrap(err, "reading the state of the queue")
	}
	if queue.PausedAt != nil {
		var meta struct{ By string }
		_ = json.Unmarshal(queue.Metadata, &meta) // without, it is not said who
		now.paused, now.pausedBy = true, meta.By
	}
	leader, err := w.client.Driver().GetExecutor().LeaderGetElectedLeader(ctx,
		&riverdriver.LeaderGetElectedLeaderParams{Schema: w.client.Schema()})
	switch {
	case err == nil && leader.LeaderID == w.client.ID():
		now.leader = "leader"
	case err == nil:
		now.leader = "follower"
	}
	r.mu.Lock()
	before := r.seen
	if r.seen = now; !reflect.DeepEqual(before, now) {
		r.version++
	}
	r.mu.Unlock()
	if before.problem != nil && !errors.Is(before.problem, errStarting) {
		r.log.Info("the staging server answers again")
	}
	return nil
}

// findLost records runs that were killed as lost, and gives their jobs back to the queue, and those
// whose end River was not told. What looks so is looked at twice: a session that ended can be
// followed by one that vouches for the same run.
func (r *runner) findLost(ctx context.Context, w *work) error {
	dead, err := w.history.Dead(ctx)
	if err != nil {
		return err
	}
	twice := slices.DeleteFunc(slices.Clone(dead), func(id string) bool { return !slices.Contains(w.dead, id) })
	w.dead = dead
	if len(twice) > 0 {
		if err := w.history.MarkLost(ctx, twice); err != nil {
			return err
		}
		r.log.Error("runs ended without a word", "runs", twice)
	}
	running, err := w.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateRunning))
	if err != nil {
		return client.Wrap(err, "listing the jobs that go on")
	}
	rows := map[int64]*rivertype.JobRow{}
	var ids []int64
	for _, job := range running.Jobs {
		rows[job.ID] = job
		ids = append(ids, job.ID)
	}
	ended, err := w.history.EndedJobs(ctx, ids)
	if err != nil {
		return err
	}
	before := w.suspects
	w.suspects = map[int64]bool{}
	var abandoned []*rivertype.JobRow
	for _, id := range ended {
		if before[id] {
			abandoned = append(abandoned, rows[id])
		}
		w.suspects[id] = true
	}
	return jobs.Rescue(ctx, w.client, abandoned, "the service that ran it was killed", true)
}
