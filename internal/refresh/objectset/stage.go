package objectset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"refresher/internal/dataset/lake"
	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
	"refresher/internal/verify/target"
)

// Staged are the targets' runs before they are published.
type Staged struct {
	plan    *Plan
	targets []*staged
	sets    []*report.ObjectSet
}

// staged is one target's run.
type staged struct {
	Target
	of        *set
	at        int // in the set's targets
	staging   *s3sink.Staging
	latest    s3sink.Latest // when it was staged
	pass      pass.Pass
	published bool

	mu      sync.Mutex
	entries []lake.Entry
}

// Stage scrubs all objects into their targets. What is staged must be discarded if the run
// fails, also after an error. Objects that hold what rules can't handle are one refusal.
func (p *Plan) Stage(ctx context.Context, run string, e *lake.Engine, salt []byte) (*Staged, error) {
	out := &Staged{plan: p}
	for _, s := range p.sets {
		var targets []*staged
		for i, t := range s.To {
			staging, err := t.Sink.Stage(ctx, run)
			if err != nil {
				return out, fmt.Errorf("bucket %s: %w", t.Name, err)
			}
			st := &staged{Target: t, of: s, at: i, staging: staging}
			out.targets, targets = append(out.targets, st), append(targets, st)
			if st.latest, _, err = t.Sink.Latest(ctx); err != nil {
				return out, fmt.Errorf("bucket %s: %w", t.Name, err)
			}
		}
		w := &work{set: s, targets: targets, engine: e, salt: salt, report: s.report(), byPattern: map[string]int{}}
		out.sets = append(out.sets, w.report)
		if err := w.all(ctx, p.o.Workers); err != nil {
			return out, fmt.Errorf("objects %s: %w", s.Name, err)
		}
		for _, st := range targets {
			if err := st.putIndex(ctx, s.madeBy(st.Target, p.o)); err != nil {
				return out, fmt.Errorf("bucket %s: %w", st.Name, err)
			}
		}
	}
	return out, nil
}

// work is a set while it is scrubbed.
type work struct {
	*set
	targets []*staged
	engine  *lake.Engine
	salt    []byte

	mu        sync.Mutex
	report    *report.ObjectSet
	byPattern map[string]int
	refused   []fault.Problem
	reason    *fault.Refusal
}

// maxRefused is after how many objects that are refused a set is given up.
const maxRefused = 20

func (w *work) all(ctx context.Context, workers int) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for key, carried := range w.carried {
		if carried {
			group.Go(func() error { return w.refusal(w.carry(gctx, w.ids[key])) })
		}
	}
	for _, it := range w.plan.Items {
		if w.carried[it.Key] {
			continue
		}
		group.Go(func() error { return w.refusal(w.one(gctx, it)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if w.reason == nil {
		return nil
	}
	return w.collected()
}

// collected is one refusal for all objects that were refused.
func (w *work) collected() *fault.Refusal {
	all := *w.reason
	all.Problems = w.refused
	return &all
}

// refusal collects what is refused, so that one run tells of many objects.
func (w *work) refusal(err error) error {
	var r *fault.Refusal
	if !errors.As(err, &r) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reason, w.refused = r, append(w.refused, r.Problems...)
	if len(w.refused) < maxRefused {
		return nil
	}
	return w.collected()
}

// carry takes the copies of an object over.
func (w *work) carry(ctx context.Context, source string) error {
	var e lake.Entry
	for i, st := range w.targets {
		b := w.before[i]
		e = b.entries[source]
		if e.Object != "" {
			if err := st.staging.Carry(ctx, b.run, *b.object(e.Object), e.Object); err != nil {
				return fmt.Errorf("bucket %s: taking over an object that has not changed: %w", st.Name, err)
			}
		}
		st.add(e)
	}
	w.count(e.Pattern, lake.Stats{Rows: w.before[0].entries[source].Rows}, true)
	return nil
}

// one scrubs an object into all targets that have it.
func (w *work) one(ctx context.Context, it *lake.Item) error {
	outs := make([]lake.Output, len(w.targets))
	for i, st := range w.targets {
		outs[i] = lake.Output{By: st.By, Percent: st.Percent, Salt: w.salt}
	}
	key, have, err := w.engine.Name(it, outs)
	if err != nil {
		return err
	}
	content, err := it.Open(ctx)
	if err != nil {
		return fmt.Errorf("object %s: %w", it.Label, err)
	}
	defer func() { _ = content.Close() }() // it was only read
	group, gctx := errgroup.WithContext(ctx)
	var to []lake.Output
	var pipes []*io.PipeWriter
	for i, st := range w.targets {
		if !have[i] {
			continue
		}
		pr, pw := io.Pipe()
		outs[i].W = pw
		to, pipes = append(to, outs[i]), append(pipes, pw)
		group.Go(func() error {
			_, err := st.staging.Put(gctx, lake.Folder+key, func(w io.Writer) error {
				_, err := io.Copy(w, pr)
				return err
			})
			pr.CloseWithError(errors.Join(err, io.ErrClosedPipe))
			return err
		})
	}
	var stats lake.Stats
	var scrubbed error // what the object's own scrubbing came to: the targets' errors only follow from it
	group.Go(func() error {
		stats, scrubbed = w.engine.Scrub(gctx, it, content, to)
		for _, pw := range pipes {
			pw.CloseWithError(scrubbed)
		}
		return scrubbed
	})
	err = group.Wait()
	if fault.Decided(scrubbed) {
		err = scrubbed
	}
	if err != nil {
		return err
	}
	for i, st := range w.targets {
		e := lake.Entry{Source: w.ids[it.Key], Pattern: it.Rule.Pattern, Rows: stats.Rows}
		if have[i] {
			e.Object = lake.Folder + key
		}
		st.add(e)
	}
	w.count(it.Rule.Pattern, stats, false)
	return nil
}

func (st *staged) add(e lake.Entry) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.entries = append(st.entries, e)
}

// putIndex says what the run's objects were made of.
func (st *staged) putIndex(ctx context.Context, made string) error {
	slices.SortFunc(st.entries, func(a, b lake.Entry) int { return strings.Compare(a.Source, b.Source) })
	text, err := json.MarshalIndent(lake.Index{Made: made, Entries: st.entries}, "", " ")
	if err != nil {
		return err
	}
	_, err = st.staging.Put(ctx, lake.IndexName, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	return err
}

// Verify reads every object back and looks through it. judge makes of the results of a target a
// pass, or refuses.
func (s *Staged) Verify(ctx context.Context, v *verify.Verifier,
	judge func(name string, results []*verify.Result) (pass.Pass, error)) error {
	for _, st := range s.targets {
		scan := &target.Scan{Verifier: v, Pattern: lake.PatternOf(st.entries)}
		err := st.staging.Verify(ctx, scan.Look)
		if err == nil {
			st.pass, err = judge(st.Name, scan.Results())
		}
		if err != nil {
			return fmt.Errorf("bucket %s: %w", st.Name, err)
		}
	}
	return nil
}

// Unchanged refuses if another program published to a target meanwhile.
func (s *Staged) Unchanged(ctx context.Context) error {
	for _, st := range s.targets {
		if err := st.Sink.Unchanged(ctx, st.latest); err != nil {
			return err
		}
	}
	return nil
}

// Publish makes the targets' runs their current ones.
func (s *Staged) Publish(ctx context.Context, sign func([]byte) ([]byte, error), m s3sink.Manifest) error {
	for _, st := range s.targets {
		st.staging.Sign = sign
		m.Content = "objects"
		if _, err := st.staging.Publish(ctx, st.pass, m); err != nil {
			return fmt.Errorf("bucket %s: %w", st.Name, err)
		}
		st.published = true
		if _, err := st.Sink.Retain(ctx, st.Keep); err != nil {
			return fmt.Errorf("bucket %s: %w", st.Name, err)
		}
	}
	return nil
}

// Discard removes what was not published.
func (s *Staged) Discard(ctx context.Context) (err error) {
	for _, st := range s.targets {
		if !st.published {
			err = errors.Join(err, st.staging.Discard(ctx))
		}
	}
	return err
}
