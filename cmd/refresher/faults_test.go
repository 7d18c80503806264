package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

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
	var counts faultCounts
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
		return f.refresh(atStage{"data": func() { f.toStaging.At(at, f.toStaging.Cut) },
			"post-data": f.toStaging.Never})
	})
}

func stallWhileCopying(f *faultSite, i, n int, rnd *rand.Rand) {
	at := spot(i, n, copied, rnd)
	f.inject(fmt.Sprintf("byte %d of the data", at), func() (int, string) {
		defer f.toStaging.Cut()
		return f.impatient(
			atStage{"data": func() { f.toStaging.At(at, f.toStaging.Stall) }, "post-data": f.toStaging.Never})
	})
}

// impatient is a run that takes a server to be dead after five seconds of silence.
func (f *faultSite) impatient(on atStage) (int, string) {
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
		pgserver.Exec(f.t, primary,
			"INSERT INTO bulk SELECT i, repeat('lorem ipsum dolor ', 100) FROM generate_series(10001, 22000) i")
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
		code, said := f.refresh(atStage{
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
		code, said := f.refresh(atStage{stage: end})
		f.wants(code == exitClean && strings.Contains(said, "starts over from a new snapshot (1 of 3)"), said)
		return code, said
	})
}

// ddl: a migration in the middle of a run.
func ddl(f *faultSite, i, _ int, _ *rand.Rand) {
	stage := []string{"data", "schema"}[i%2]
	f.inject(stage, func() (int, string) {
		code, said := f.refresh(atStage{stage: func() {
			pgserver.Exec(
				f.t,
				f.primary.URL(f.db),
				fmt.Sprintf(
					"ALTER TABLE orders ALTER memo SET DEFAULT 'order %d'; CREATE INDEX migrated_%d ON orders (memo)",
					i, i),
			)
			f.replayed()
		}})
		f.wants(code == exitClean && strings.Contains(said, "starts over from a new snapshot (1 of 3)"), said)
		f.replaced = f.content()
		index := f.one(f.staging.URL(f.db),
			fmt.Sprintf("SELECT count(*)::text FROM pg_indexes WHERE indexname = 'migrated_%d'", i))
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
		code, said := f.refresh(atStage{stage: func() {
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
