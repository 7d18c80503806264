package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/testkit/longform"
)

// stageWatch follows a process's own words: it prints "  NAME …" when a stage begins.
type stageWatch struct {
	s    *site
	mu   sync.Mutex
	cond *sync.Cond
	out  strings.Builder
	done bool
}

// stages starts the process and listens to it.
func (s *site) stages(cmd *exec.Cmd) *stageWatch {
	s.t.Helper()
	pipe, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill() })
	w := &stageWatch{s: s}
	w.cond = sync.NewCond(&w.mu)
	go w.listen(pipe)
	return w
}

func (w *stageWatch) listen(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		w.mu.Lock()
		w.out.WriteString(lines.Text() + "\n")
		w.cond.Broadcast()
		w.mu.Unlock()
	}
	w.mu.Lock()
	w.done = true
	w.cond.Broadcast()
	w.mu.Unlock()
}

func (w *stageWatch) text() string { w.mu.Lock(); defer w.mu.Unlock(); return w.out.String() }

// await returns when the process has said that the stage began.
func (w *stageWatch) await(stage string) { w.s.t.Helper(); w.awaitText("  " + stage + " …") }

// awaitText returns when the process has said something.
func (w *stageWatch) awaitText(text string) { w.s.t.Helper(); w.awaitAfter(0, text) }

// awaitAfter does, behind the first bytes that it said.
func (w *stageWatch) awaitAfter(bytes int, text string) {
	w.s.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for !strings.Contains(w.out.String()[bytes:], text) {
		if w.done {
			w.s.t.Fatalf("the process ended before it said %q:\n%s", text, w.out.String())
		}
		w.cond.Wait()
	}
}

var stageNames = []string{
	"guard",
	"schema",
	"data",
	"post-data",
	"analyze",
	"verify",
	"datasets",
	"read-back",
	"promote",
}

// A run killed in any stage leaves the previous staging and the previous dataset,
// and the next run clears its remains away.
func TestKilledInAnyStage(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
	temp := t.TempDir()
	s.edit("refresher.yaml", "workers: 2", "workers: 2\ntemp_dir: "+temp)
	s.must(exitClean, "run")
	t.Run("SIGTERM", func(t *testing.T) { s.terminated(t) })
	for _, stage := range longform.Some(t, 4, stageNames) {
		t.Run("SIGKILL in "+stage, func(t *testing.T) {
			s.t = t
			before := s.state()
			cmd := s.process("run")
			watch := s.stages(cmd)
			watch.await(stage)
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			after := s.state()
			if stage == "promote" {
				// The kill may come after the swap: then staging is whole and new.
				if n := s.one(s.staging.URL(s.db), "SELECT count(*)::text FROM users"); n != "200" {
					t.Errorf("staging holds %s users", n)
				}
			} else if after != before {
				t.Errorf("killed in %s, staging or the bucket changed:\n%s\n%s", stage, before, after)
			}
		})
	}
	s.t = t
	s.must(exitClean, "run") // clears what all of them left
	if left := s.leftovers(); left != "" {
		t.Errorf("the next run left %s", left)
	}
	if dirs, err := os.ReadDir(temp); err != nil || len(dirs) > 0 {
		t.Errorf("the next run left %v in its temporary folder, %v", dirs, err)
	}
	s.noUploads()
}

// terminated interrupts runs, which clean up and exit with 130.
func (s *site) terminated(t *testing.T) {
	s.t = t
	before := s.state()
	keys := len(s.keys())
	for _, stage := range longform.Some(t, 1, []string{"verify", "data", "datasets"}) {
		cmd := s.process("run")
		watch := s.stages(cmd)
		watch.await(stage)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Errorf("in %s: %v, want exit 130\n%s", stage, err, watch.text())
		}
		if s.state() != before || s.leftovers() != "" || len(s.keys()) != keys {
			t.Errorf("interrupted in %s, something changed: %s %v", stage, s.leftovers(), s.keys())
		}
		if rep := s.lastReport(); rep.Outcome != fault.Stopped || rep.Stage != stage {
			t.Errorf("the history says %s in %s, want stopped in %s", rep.Outcome, rep.Stage, stage)
		}
	}
}

// noUploads fails if a multipart upload is unfinished in the bucket.
func (s *site) noUploads() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := s.s3.Client().ListMultipartUploads(ctx, uploadsOf(s.db))
	if err != nil {
		s.t.Fatal(err)
	}
	if len(out.Uploads) > 0 {
		s.t.Errorf("%d multipart uploads are unfinished", len(out.Uploads))
	}
}
