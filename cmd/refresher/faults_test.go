package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/pgserver"
)

// faultKind is one way to break a run. few faults are injected by `make test`, many
// by `make faults`.
type faultKind struct {
	name      string
	few, many int
	inject    func(f *faultSite, i, n int, rnd *rand.Rand)
}

// TestFaults breaks runs in every way that this list knows and asserts that none of
// them loses anything or shows half of it: a few of each in `make test`, and with
// FAULTS=all, as `make faults` has it, some 550. FAULTS_ONLY, a pattern, names kinds,
// FAULTS_MAX limits how many there are of each, FAULTS_SEED chooses other places.
func TestFaults(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("servers are killed here")
	}
	seed, _ := strconv.ParseUint(os.Getenv("FAULTS_SEED"), 10, 64) // 0 is as good as any
	most, _ := strconv.Atoi(os.Getenv("FAULTS_MAX"))
	only, all := regexp.MustCompile(os.Getenv("FAULTS_ONLY")), os.Getenv("FAULTS") == "all"
	var counts tallyOfFaults
	var shared *faultSite
	for _, k := range faultKinds() {
		n := k.few
		if all {
			n = k.many
		}
		if most > 0 {
			n = min(n, most)
		}
		if n == 0 || !only.MatchString(k.name) {
			continue
		}
		if shared == nil && !all {
			shared = newFaultSite(t, &counts)
			shared.requests = 60 // about; what counts them is one run more
		}
		t.Run(strings.ReplaceAll(k.name, " ", "_"), func(t *testing.T) {
			f := shared
			if all {
				f = newFaultSite(t, &counts)
				f.measure() // the first run was not like the others
			}
			f.t, f.kind = t, k.name
			rnd := rand.New(rand.NewPCG(seed, uint64(len(k.name))))
			for i := range n {
				k.inject(f, i, n, rnd)
			}
		})
	}
	if shared != nil {
		shared.t = t
	}
	sum := counts.print()
	if all && only.String() == "" && most == 0 && sum.injected < 500 {
		t.Errorf("%d faults were injected, want 500", sum.injected)
	}
}

func faultKinds() []faultKind {
	kinds := []faultKind{
		{
			"source: connections cut at a random byte",
			0,
			60,
			cutAt(func(f *faultSite) *faultproxy.Proxy { return f.toSource }),
		},
		{
			"staging: connections cut at a random byte",
			0,
			60,
			cutAt(func(f *faultSite) *faultproxy.Proxy { return f.toStaging }),
		},
		{
			"bucket: connections cut at a random byte",
			0,
			30,
			cutAt(func(f *faultSite) *faultproxy.Proxy { return f.toS3 }),
		},
		{"staging: connections cut while copying", 1, 12, cutWhileCopying},
		{"source: silent at a random byte", 0, 12, stallAt(func(f *faultSite) *faultproxy.Proxy { return f.toSource })},
		{"staging: silent while copying", 0, 8, stallWhileCopying},
		{"bucket: silent at a random byte", 0, 8, stallAt(func(f *faultSite) *faultproxy.Proxy { return f.toS3 })},
		{"source: the role's time-outs are tiny", 0, 2, tinyTimeouts("SOURCE")},
		{"staging: the role's time-outs are tiny", 0, 2, tinyTimeouts("STAGING")},
		{"source: recovery conflict in a running COPY", 0, 5, conflictInCopy},
		{"source: the exporter's session is ended", 0, 6, exporterEnded},
		{"source: DDL on a table that is read", 0, 6, ddl},
		{"source: TRUNCATE on the primary", 1, 6, truncate},
		{
			"source: killed and restarted",
			0,
			12,
			restartAt(func(f *faultSite) (*faultproxy.Proxy, *pgserver.Cluster) { return f.toSource, f.standby }),
		},
		{
			"staging: killed and restarted",
			0,
			12,
			restartAt(func(f *faultSite) (*faultproxy.Proxy, *pgserver.Cluster) { return f.toStaging, f.staging }),
		},
		{"staging: killed and restarted while copying", 1, 6, restartWhileCopying},
		{
			"source: sessions ended as a stage begins",
			0,
			18,
			sessionsEnded(func(f *faultSite) *pgserver.Cluster { return f.standby }),
		},
		{
			"staging: sessions ended as a stage begins",
			0,
			18,
			sessionsEnded(func(f *faultSite) *pgserver.Cluster { return f.staging }),
		},
		{"SIGTERM at a random moment", 0, 50, signalled(syscall.SIGTERM)},
		{"SIGKILL at a random moment", 0, 50, signalled(syscall.SIGKILL)},
		{"staging: out of disk", 0, 12, outOfDisk()},
		{"bucket: killed in a multipart upload", 0, 8, inUpload(func(f *faultSite, at int64) (int, string) {
			cmd := f.process("run")
			watch := f.stages(cmd)
			f.toS3.At(at, func() { _ = cmd.Process.Kill() })
			return exitOf(cmd.Wait()), watch.all()
		})},
		{"bucket: SIGTERM in a multipart upload", 0, 8, inUpload(func(f *faultSite, at int64) (int, string) {
			cmd := f.process("run")
			watch := f.stages(cmd)
			f.toS3.At(at, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
			return exitOf(cmd.Wait()), watch.all()
		})},
		{"bucket: cut in a multipart upload", 0, 8, inUpload(func(f *faultSite, at int64) (int, string) {
			f.toS3.At(at, f.toS3.Cut)
			return f.refresh(nil)
		})},
		{"two runs at once", 0, 15, twoAtOnce},
		{"the clock jumps", 0, 8, clockJumps},
	}
	for _, k := range []struct {
		name   string
		few    int
		many   int
		action faultproxy.Action
	}{
		{"bucket: HTTP 500, once", 0, 14, faultproxy.Answer(500, "InternalError")},
		{"bucket: throttled (503 SlowDown), once", 0, 14, faultproxy.Answer(503, "SlowDown")},
		{"bucket: reset before the request, once", 0, 14, faultproxy.ResetBefore},
		{"bucket: the answer is lost, once", 0, 14, faultproxy.ResetAfter},
		{"bucket: the answer breaks off, once", 0, 14, faultproxy.Truncate},
		{"bucket: slow bodies, once", 0, 8, faultproxy.Slow(30 * time.Millisecond)},
		{"bucket: wrong bytes in an answer, once", 0, 14, faultproxy.FlipDownload},
		{"bucket: wrong bytes in an upload, once", 0, 14, faultproxy.FlipUpload},
	} {
		kinds = append(kinds, faultKind{k.name, k.few, k.many, request(k.action, false)})
	}
	for _, k := range []struct {
		name   string
		few    int
		many   int
		action faultproxy.Action
	}{
		{"bucket: HTTP 500 from then on", 0, 8, faultproxy.Answer(500, "InternalError")},
		{"bucket: throttled from then on", 0, 8, faultproxy.Answer(503, "SlowDown")},
		{"bucket: credentials expired from then on", 1, 10, faultproxy.Answer(403, "ExpiredToken")},
		{"bucket: out of space from then on", 0, 4, faultproxy.Answer(507, "InsufficientStorage")},
	} {
		kinds = append(kinds, faultKind{k.name, k.few, k.many, request(k.action, true)})
	}
	return kinds
}

// spot is the i-th of n random places among size.
func spot(i, n int, size int64, rnd *rand.Rand) int64 {
	return min(size-1, size*int64(i)/int64(n)+rnd.Int64N(size/int64(n)+1))
}

func cutAt(proxy func(*faultSite) *faultproxy.Proxy) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		p := proxy(f)
		size := f.sizes[p]
		at := spot(i, n, size, rnd)
		f.inject(fmt.Sprintf("byte %d of %d", at, size), func() (int, string) {
			p.At(at, p.Cut)
			defer p.Never()
			return f.refresh(nil)
		})
	}
}

func stallAt(proxy func(*faultSite) *faultproxy.Proxy) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, n int, rnd *rand.Rand) {
		p := proxy(f)
		size := f.sizes[p]
		at := spot(i, n, size, rnd)
		f.inject(fmt.Sprintf("byte %d of %d", at, size), func() (int, string) {
			p.At(at, p.Stall)
			defer p.Cut()
			defer p.Never()
			return f.impatient(nil)
		})
	}
}

// copied is about how many bytes the data stage writes to staging.
const copied = 900 << 10

func cutWhileCopying(f *faultSite, i, n int, rnd *rand.Rand) {
	at := spot(i, n, copied, rnd)
	f.inject(fmt.Sprintf("byte %d of the data", at), func() (int, string) {
		return f.refresh(hooks{"data": func() { f.toStaging.At(at, f.toStaging.Cut) }, "post-data": f.toStaging.Never})
	})
}

func stallWhileCopying(f *faultSite, i, n int, rnd *rand.Rand) {
	at := spot(i, n, copied, rnd)
	f.inject(fmt.Sprintf("byte %d of the data", at), func() (int, string) {
		defer f.toStaging.Cut()
		return f.impatient(
			hooks{"data": func() { f.toStaging.At(at, f.toStaging.Stall) }, "post-data": f.toStaging.Never},
		)
	})
}

// impatient is a run that takes a server to be dead after five seconds of silence.
func (f *faultSite) impatient(on hooks) (int, string) {
	f.edit("refresher.yaml", "stall: 30s", "stall: 5s")
	defer f.edit("refresher.yaml", "stall: 5s", "stall: 30s")
	return f.refresh(on)
}

// tinyTimeouts gives the run a role with what administrators set against forgotten
// sessions: it must not feel it.
func tinyTimeouts(side string) func(*faultSite, int, int, *rand.Rand) {
	return func(f *faultSite, i, _ int, _ *rand.Rand) {
		c := map[string]*pgserver.Cluster{"SOURCE": f.primary, "STAGING": f.staging}[side]
		if i == 0 {
			pgserver.Exec(f.t, c.URL(pgserver.User), "DROP ROLE IF EXISTS hasty; CREATE ROLE hasty SUPERUSER LOGIN")
			own := f.vars[side]
			f.vars[side] = strings.Replace(own, "//"+pgserver.User+"@", "//hasty@", 1)
		}
		ms := []string{"500ms", "150ms"}[i%2]
		for _, s := range []string{"statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout", "lock_timeout"} {
			pgserver.Exec(f.t, c.URL(pgserver.User), "ALTER ROLE hasty SET "+s+" = '"+ms+"'")
		}
		f.inject(ms, func() (int, string) {
			code, said := f.refresh(nil)
			f.wants(code == exitClean, said)
			return code, said
		})
	}
}

// onStandby runs a query on the standby until it is true.
func (f *faultSite) onStandby(query string) {
	f.t.Helper()
	conn := pgserver.Conn(f.t, f.standby.URL(f.db))
	defer conn.Close(context.Background())
	limit := time.Now().Add(30 * time.Second)
	for yes := false; !yes; {
		if err := conn.QueryRow(context.Background(), query).Scan(&yes); err != nil || time.Now().After(limit) {
			f.t.Fatalf("waiting on the standby for %s: %v", query, err)
		}
	}
}

// conflictInCopy: the primary vacuums away rows that a COPY is reading.
func conflictInCopy(f *faultSite, i, _ int, _ *rand.Rand) {
	primary := f.primary.URL(f.db)
	if i == 0 { // more than sockets and pipes swallow, so that the COPY waits for its reader
		pgserver.Exec(
			f.t,
			primary,
			"INSERT INTO bulk SELECT i, repeat('lorem ipsum dolor ', 100) FROM generate_series(10001, 22000) i",
		)
		f.replayed()
		f.must(exitClean, "run")
		f.want = f.content()
	}
	f.inject("VACUUM", func() (int, string) {
		conflict := func() {
			f.onStandby(
				"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'COPY \"public\".\"bulk\"%' AND state = 'active')",
			)
			pgserver.Exec(f.t, primary, "VACUUM bulk")
			f.replayed()
		}
		code, said := f.refresh(hooks{
			"schema":    func() { pgserver.Exec(f.t, primary, "UPDATE bulk SET filler = filler") },
			"data":      func() { f.toSource.At(2<<20, conflict) },
			"post-data": f.toSource.Never,
		})
		f.wants(
			code == exitClean && strings.Contains(said, "starts over from a new snapshot (1 of 3)") &&
				strings.Contains(said, "40001"),
			said,
		)
		return code, said
	})
}

// wants fails the test if a run ended otherwise than it must.
func (f *faultSite) wants(ok bool, said string) {
	f.t.Helper()
	if !ok {
		f.t.Errorf("%s: the run did not end as it must:\n%s", f.kind, said)
	}
}

func exporterEnded(f *faultSite, i, n int, rnd *rand.Rand) {
	end := func() {
		pgserver.Exec(
			f.t,
			f.standby.URL(pgserver.User),
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'refresher/%' AND state = 'idle in transaction'",
		)
	}
	stage := []string{"schema", "data"}[i%2]
	f.inject(stage, func() (int, string) {
		code, said := f.refresh(hooks{stage: end})
		f.wants(code == exitClean && strings.Contains(said, "starts over from a new snapshot (1 of 3)"), said)
		return code, said
	})
}

// ddl: a migration in the middle of a run.
func ddl(f *faultSite, i, _ int, _ *rand.Rand) {
	stage := []string{"data", "schema"}[i%2]
	f.inject(stage, func() (int, string) {
		code, said := f.refresh(hooks{stage: func() {
			pgserver.Exec(
				f.t,
				f.primary.URL(f.db),
				fmt.Sprintf(
					"ALTER TABLE orders ALTER memo SET DEFAULT 'order %d'; CREATE INDEX migrated_%d ON orders (memo)",
					i,
					i,
				),
			)
			f.replayed()
		}})
		f.wants(code == exitClean && strings.Contains(said, "starts over from a new snapshot (1 of 3)"), said)
		f.replaced = f.content()
		index := f.one(
			f.staging.URL(f.db),
			fmt.Sprintf("SELECT count(*)::text FROM pg_indexes WHERE indexname = 'migrated_%d'", i),
		)
		rows := f.one(f.staging.URL(f.db), "SELECT count(*)::text FROM orders")
		f.wants(index == "1" && rows == "2000", "index "+index+", rows "+rows)
		return code, said
	})
	f.want = f.content()
}

// truncate: the rows are replaced in one transaction. Staging has them all, of
// before or of after, and never none.
func truncate(f *faultSite, i, _ int, _ *rand.Rand) {
	stage := []string{"data", "schema", "guard"}[i%3]
	rows := strconv.Itoa(500 + i)
	f.inject(stage, func() (int, string) {
		code, said := f.refresh(hooks{stage: func() {
			pgserver.Exec(
				f.t,
				f.primary.URL(f.db),
				"BEGIN; TRUNCATE orders; INSERT INTO orders (user_id, memo) SELECT 7, 'new' FROM generate_series(1, "+rows+"); REFRESH MATERIALIZED VIEW totals; COMMIT",
			)
			f.replayed()
		}})
		f.replaced = f.content()
		got := f.one(f.staging.URL(f.db), "SELECT count(*)::text FROM orders")
		f.wants(
			code == exitClean && got == rows &&
				(stage == "guard" || strings.Contains(said, "starts over from a new snapshot")),
			"rows "+got+"\n"+said,
		)
		return code, said
	})
	f.want = f.content()
}

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
func (f *faultSite) crashing(
	p *faultproxy.Proxy,
	c *pgserver.Cluster,
	run func(crash func()) (int, string),
) (int, string) {
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
			return f.refresh(hooks{"data": func() { f.toStaging.At(at, crash) }, "post-data": f.toStaging.Never})
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
			return f.refresh(hooks{stage: func() {
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
			f.edit(
				"refresher.yaml",
				"content: sample, formats: [pgdump, parquet], sample: {roots: [public.users], percent: 20}",
				"content: full, formats: [pgdump]",
			)
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
			srv.staging = pgserver.New(
				f.t,
				pgserver.Options{Dir: disk, Config: map[string]string{"max_wal_size": "48MB", "min_wal_size": "32MB"}},
			)
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
