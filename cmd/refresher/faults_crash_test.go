package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/pgserver"
)

func (f *faultSite) restart(c *pgserver.Cluster) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c.Kill()
	if err := c.Restart(ctx); err != nil {
		f.t.Errorf("restarting: %v", err)
	}
}

// restartAt crashes a server when so many bytes have gone to and from it; it comes
// up again while the run goes on.
func restartAt(of func(*faultSite) (*faultproxy.Proxy, *pgserver.Cluster)) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		p, c := of(f)
		size := f.sizes[p]
		at := spot(i, n, size, rnd)
		f.inject(fmt.Sprintf("byte %d of %d", at, size), func() (int, string) {
			return f.crashing(p, c, func(crash func()) (int, string) {
				p.At(at, crash)
				return f.refresh(nil)
			})
		})
	}
}

// crashing gives run a way to crash a server, and waits until that is up again.
func (f *faultSite) crashing(p *faultproxy.Proxy, c *pgserver.Cluster,
	run func(crash func()) (int, string)) (int, string) {
	var up sync.WaitGroup
	code, said := run(func() { up.Go(func() { f.restart(c) }) })
	p.Never()
	up.Wait()
	return code, said
}

func restartWhileCopying(f *faultSite, i, n int, rnd *rand.Rand) {
	at := spot(i, n, copied, rnd)
	f.inject(fmt.Sprintf("byte %d of the data", at), func() (int, string) {
		code, said := f.crashing(f.toStaging, f.staging, func(crash func()) (int, string) {
			return f.refresh(atStage{"data": func() { f.toStaging.At(at, crash) }, "post-data": f.toStaging.Never})
		})
		f.wants(code == exitClean && strings.Contains(said, "resumed (1 of 10)"), said)
		return code, said
	})
}

// sessionsEnded ends all sessions of the run on a server, as a failover or an
// administrator does.
func sessionsEnded(of func(*faultSite) *pgserver.Cluster) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, _ int, _ *rand.Rand) {
		stage := stageNames[i%len(stageNames)]
		f.inject(stage, func() (int, string) {
			return f.refresh(atStage{stage: func() {
				pgserver.Exec(
					f.t,
					of(f).URL(pgserver.User),
					"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name LIKE 'refresher%'",
				)
			}})
		})
	}
}

// signalled sends a signal to a process at a random moment of its life.
func signalled(sig syscall.Signal) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		at := time.Duration(spot(i, n, int64(f.took), rnd))
		f.inject(at.String(), func() (int, string) {
			cmd := f.process("run")
			watch := f.stages(cmd)
			timer := time.AfterFunc(at, func() { _ = cmd.Process.Signal(sig) })
			defer timer.Stop()
			return exitOf(cmd.Wait()), watch.all()
		})
	}
}

// all waits for the process's last word.
func (w *stageWatch) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.done {
		w.cond.Wait()
	}
	return w.out.String()
}

func exitOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode() // -1 if a signal ended it
	}
	return exitClean
}

// inUpload breaks runs whose dataset is so large that it goes up in parts.
func inUpload(fault func(f *faultSite, at int64) (int, string)) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		if i == 0 { // words that are no words, which pack badly
			pgserver.Exec(
				f.t,
				f.primary.URL(f.db),
				`INSERT INTO bulk SELECT i, (SELECT regexp_replace(string_agg(translate(md5(i::text || j), '0123456789abcdef', 'ghijklmnopabcdef'), ''), '(.{5})', '\1 ', 'g')
				FROM generate_series(1, 6) j) FROM generate_series(10001, 120000) i`,
			)
			f.edit("refresher.yaml",
				"content: sample, formats: [pgdump, parquet], sample: {roots: [public.users], percent: 20}",
				"content: full, formats: [pgdump]")
			f.measure()
			f.want = f.content()
		}
		// The upload is about the first half of what goes to the bucket, its read-back the second.
		at := spot(i, n, f.sizes[f.toS3]/2, rnd)
		f.inject(fmt.Sprintf("byte %d of %d", at, f.sizes[f.toS3]), func() (int, string) {
			defer f.toS3.Never()
			return fault(f, at)
		})
	}
}

// twoAtOnce starts two processes in the same moment: one may be refused, or wait its
// turn, and nothing else.
func twoAtOnce(f *faultSite, _, _ int, _ *rand.Rand) {
	f.inject("", func() (int, string) {
		first, second := f.process("run"), f.process("run")
		a, b := f.stages(first), f.stages(second)
		codes := []int{exitOf(first.Wait()), exitOf(second.Wait())}
		said := a.all() + b.all()
		for _, c := range codes {
			f.wants(c == exitClean || c == exitRefused, fmt.Sprint(codes, "\n", said))
		}
		f.wants(min(codes[0], codes[1]) == exitClean, fmt.Sprint(codes, "\n", said))
		return min(codes[0], codes[1]), said
	})
}

// clockJumps: this run's machine has another time than the last one's.
func clockJumps(f *faultSite, i, _ int, _ *rand.Rand) {
	const day = 24 * time.Hour
	jump := []time.Duration{-400 * day, 400 * day, -time.Hour, -day, time.Hour, -3 * 400 * day, 30 * 400 * day, -time.Second}[i%8]
	f.clock = func() time.Time { return time.Now().Add(jump) }
	defer func() { f.clock = time.Now }()
	f.inject(jump.String(), func() (int, string) {
		code, said := f.refresh(nil)
		f.wants(code == exitClean, said)
		return code, said
	})
}

// request spoils the i-th request to the bucket, or all from it on.
func request(action faultproxy.Action, onwards bool) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		direct := f.vars["S3"]
		defer func() { f.vars["S3"] = direct }()
		through := func(plan func(int, *http.Request) faultproxy.Action) *faultproxy.Web {
			w, err := faultproxy.HTTP(direct, plan)
			if err != nil {
				f.t.Fatal(err)
			}
			f.vars["S3"] = w.URL
			return w
		}
		if f.requests == 0 {
			w := through(func(int, *http.Request) faultproxy.Action { return faultproxy.Pass })
			if code, said := f.refresh(nil); code != exitClean {
				f.t.Fatalf("a run without a fault: exit %d\n%s", code, said)
			}
			f.requests = w.Requests()
			w.Close()
		}
		at := 1 + int(spot(i, n, int64(f.requests), rnd))
		before := f.state()
		w := through(func(k int, _ *http.Request) faultproxy.Action {
			if k == at || onwards && k > at {
				return action
			}
			return faultproxy.Pass
		})
		code, said := f.refresh(nil)
		w.Close()
		f.vars["S3"] = direct
		f.judge(fmt.Sprintf("request %d of %d", at, f.requests), before, code, said)
	}
}

// outOfDisk leaves staging with less free space than a run needs, now more, now less.
func outOfDisk() func(*faultSite, int, int, *rand.Rand) {
	var site *faultSite
	var disk string
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		if i == 0 {
			disk = smallDisk(f.t, 256<<20)
			srv := *f.servers
			srv.staging = pgserver.New(f.t,
				pgserver.Options{Dir: disk, Config: map[string]string{"max_wal_size": "48MB", "min_wal_size": "32MB"}})
			site = siteOf(f.t, &srv, f.counts, f.kind)
		}
		free := spot(i, n, 22<<20, rnd)
		site.inject(fmt.Sprintf("%d bytes free", free), func() (int, string) {
			ballast := fillDisk(f.t, disk, free)
			code, said := site.refresh(nil)
			if err := os.Remove(ballast); err != nil {
				f.t.Fatal(err)
			}
			site.alive()
			f.wants(
				code == exitClean || strings.Contains(said, "SQLSTATE") || strings.Contains(said, "lock on the staging database was lost") ||
					strings.Contains(said, "No space left"),
				said,
			)
			return code, said
		})
	}
}

// alive waits until staging accepts connections again: a server that can't write its
// log ends, and starts again by itself or not.
func (f *faultSite) alive() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, f.staging.URL(pgserver.User))
	if err == nil {
		_ = conn.Close(ctx)
		return
	}
	if err := f.staging.Restart(ctx); err != nil {
		f.t.Fatal(err)
	}
}
