package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/report"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// manyChunks makes production large enough for a score of chunks of 1 MiB: rows with identifiers, rows without, an
// unlogged table, which arrives empty from a standby, and one that only some rows of are kept.
const manyChunks = `
	CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, name text, note text);
	INSERT INTO people SELECT i, 'zanzibar.' || i || '@bigcorp.com', 'Zanzibar Quillfeather' || i, repeat('lorem ipsum ', 8) FROM generate_series(1, 30000) i;
	CREATE TABLE visits (id bigint PRIMARY KEY, person int REFERENCES people, mail text, place text);
	INSERT INTO visits SELECT i, i % 30000 + 1, 'zanzibar.' || i % 30000 + 1 || '@bigcorp.com', repeat('dolor sit amet ', 4) FROM generate_series(1, 60000) i;
	CREATE UNLOGGED TABLE scratch (id int);
	CREATE TABLE log (id int, level text);
	INSERT INTO log SELECT i, CASE WHEN i % 3 = 0 THEN 'debug' ELSE 'error' END FROM generate_series(1, 9000) i;`

const manyChunksRules = `
  public.people: {columns: {id: keep, email: email, name: full_name, note: keep}}
  public.visits: {columns: {id: keep, person: keep, mail: email, place: keep}}
  public.scratch: {rows: none}
  public.log: {rows: {when: "level != 'debug'"}, columns: {id: keep, level: keep}}
`

// newCrewSite is a site whose runs leave copying to workers, once it was refreshed by one process. want is
// what staging then holds.
func newCrewSite(t *testing.T) (s *site, want string, alone *report.Report) {
	t.Helper()
	s = newSmallSite(t)
	s.production(manyChunks)
	s.write("rules.yaml", faultRules+manyChunksRules)
	s.edit("refresher.yaml", "workers: 2", "workers: 2\ncopy: {chunk_mib: 1}\nretry: {patience: 20s}")
	s.must(exitClean, "run", "--fingerprints", s.dir+"/alone/")
	want, alone = s.everything(), s.lastReport()
	s.edit("refresher.yaml", "copy: {chunk_mib: 1}", "copy: {chunk_mib: 1, dispatch: workers}")
	return s, want, alone
}

// everything is all rows of staging, as hashes of its tables.
func (s *site) everything() string {
	s.t.Helper()
	var parts []string
	for _, table := range strings.Fields("users orders events_old events_new bulk nothing totals people visits scratch log") {
		parts = append(parts, fmt.Sprintf("(SELECT '%s ' || count(*) || ' ' || "+
			"coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM %[1]s t)", table))
	}
	return s.one(s.staging.URL(s.db), "SELECT concat_ws(E'\\n', "+strings.Join(parts, ", ")+`,
		(SELECT 'constraints ' || count(*) || ' ' || bool_and(convalidated) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
		(SELECT 'schemas ' || string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_'))`)
}

// crew are worker processes of a site.
type crew struct {
	*site
	mu  sync.Mutex
	all []*stageWatch
	cmd []*exec.Cmd
}

// hire starts a worker process, and returns when it is ready.
func (c *crew) hire() int {
	c.t.Helper()
	cmd := c.process("worker")
	watch := c.stages(cmd)
	watch.awaitText("this worker is ready")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all, c.cmd = append(c.all, watch), append(c.cmd, cmd)
	return len(c.all) - 1
}

func (c *crew) dismiss() {
	c.t.Helper()
	for i, cmd := range c.cmd {
		if cmd.ProcessState != nil {
			continue
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			c.t.Errorf("a worker stopped with %v:\n%s", err, c.all[i].text())
		}
	}
}

// One site, refreshed by one process, is refreshed by workers in all ways that keep what it holds, and then by those
// that change it.
func TestWorkers(t *testing.T) {
	t.Parallel()
	s, want, alone := newCrewSite(t)
	for _, step := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"make what one process makes", func(t *testing.T) { s.workersMakeTheSame(t, want, alone) }},
		{"killed at random", func(t *testing.T) { s.workersKilledAtRandom(t, want) }},
		{"and a lost snapshot", s.workersAndALostSnapshot},
	} {
		t.Run(step.name, func(t *testing.T) { s.t = t; step.do(t) })
		s.t = t
	}
}

// Both dispatchers are held to one measure: the same rows, counts, canaries, verification and fingerprints, whoever
// copies. Two workers take part, and secrets stand in none of what they say.
func (s *site) workersMakeTheSame(t *testing.T, want string, alone *report.Report) {
	c := &crew{site: s}
	c.hire()
	c.hire()
	s.must(exitClean, "run", "--fingerprints", s.dir+"/crew/")
	if got := s.everything(); got != want {
		t.Errorf("workers made\n%s\nwant\n%s", got, want)
	}
	together := s.lastReport()
	sameReports(t, together, alone)
	for i := range c.all {
		c.all[i].awaitText("no more chunks")
		if said := c.all[i].text(); strings.Contains(said, "chunks=0") || strings.Contains(said, testKey) {
			t.Errorf("a worker says\n%s", said)
		}
	}
	c.dismiss()
	for _, q := range []string{"SELECT count(*)::text FROM offers WHERE terms IS NOT NULL AND database = '" + s.db + "'",
		"SELECT count(*)::text FROM work_" + s.db + ".river_job WHERE state NOT IN ('running', 'completed')"} {
		if n := s.one(s.staging.URL("refresher"), q); n != "0" {
			t.Errorf("%s: %s", q, n)
		}
	}
	if left := s.leftovers(); left != "" {
		t.Errorf("left: %s", left)
	}
}

// sameReports compares what two runs of one production report, but for times.
func sameReports(t *testing.T, got, want *report.Report) {
	t.Helper()
	if len(got.Tables) != len(want.Tables) {
		t.Fatalf("%d tables, want %d", len(got.Tables), len(want.Tables))
	}
	for i, w := range want.Tables {
		if g := got.Tables[i]; g.Name != w.Name || g.Rows != w.Rows || g.Bytes != w.Bytes {
			t.Errorf("%s: %d rows, %d bytes; want %s: %d, %d", g.Name, g.Rows, g.Bytes, w.Name, w.Rows, w.Bytes)
		}
	}
	if g, w := fmt.Sprintf("%+v", got.Canaries), fmt.Sprintf("%+v", want.Canaries); g != w {
		t.Errorf("canaries %s, want %s", g, w)
	}
	g, w := setHeader(t, got), setHeader(t, want)
	if g.Fingerprints != w.Fingerprints || fmt.Sprint(g.Classes) != fmt.Sprint(w.Classes) || g.Fingerprints == 0 {
		t.Errorf("%d fingerprints, %v; want %d, %v", g.Fingerprints, g.Classes, w.Fingerprints, w.Classes)
	}
}

// setHeader is what the fingerprint set of a run says of itself.
func setHeader(t *testing.T, rep *report.Report) fingerprint.Header {
	t.Helper()
	f, err := os.Open(rep.Prints.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := fingerprint.ReadHeader(f)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Workers killed at random, in the middle of a chunk or between two, change nothing: others copy their chunks, each
// of which is there once.
func (s *site) workersKilledAtRandom(t *testing.T, want string) {
	s.edit("refresher.yaml", "workers: 2", "workers: 1")
	defer s.edit("refresher.yaml", "workers: 1", "workers: 2")
	s.vars["TMPDIR"] = t.TempDir()
	defer delete(s.vars, "TMPDIR")
	kills := 3
	if longform.Asked() {
		kills = 20
	}
	rnd := rand.New(rand.NewPCG(16, 6))
	for killed, round := 0, 0; killed < kills; round++ {
		c := &crew{site: s}
		c.hire()
		done := make(chan int, 1)
		ended, stop := context.WithCancel(context.Background())
		go func() {
			code, _, stderr := s.run("run")
			if code != exitClean {
				t.Errorf("round %d: exit %d\n%s", round, code, stderr)
			}
			stop()
			done <- code
		}()
		for victim := 0; killed < kills; {
			c.all[victim].awaitText("copying chunks")
			select { // somewhere within the two seconds or so that the copy takes
			case <-ended.Done():
			case <-time.After(time.Duration(rnd.IntN(600)) * time.Millisecond):
			}
			if ended.Err() != nil || strings.Contains(c.all[victim].text(), "no more chunks") {
				break
			}
			_ = c.cmd[victim].Process.Kill()
			_ = c.cmd[victim].Wait()
			killed++
			victim = c.hire()
			if ended.Err() != nil {
				break
			}
		}
		<-done
		c.dismiss()
		if got := s.everything(); got != want {
			t.Fatalf("round %d, after %d kills:\n%s\nwant\n%s", round, killed, got, want)
		}
	}
	if rep := s.lastReport(); rep.Outcome != fault.Done {
		t.Errorf("the last run: %s", rep.Outcome)
	}
	if left, err := os.ReadDir(s.vars["TMPDIR"]); err != nil || len(left) > 0 {
		t.Errorf("the last workers left %v, %v: of themselves or of those that were killed", left, err)
	}
	t.Logf("%d kills", kills)
}

// A worker that hangs and goes on later has lost its chunk to another: its sessions in the shadow were ended.
func TestWorkerThatHangs(t *testing.T) {
	if !longform.Asked() {
		t.Skip("it waits until a worker counts as lost, which is 20 seconds: make long runs it")
	}
	t.Parallel()
	s, want, _ := newCrewSite(t)
	c := &crew{site: s}
	leader := s.process("run")
	run := s.stages(leader)
	run.awaitText("waits for workers")
	c.hire()
	c.all[0].awaitText("copying chunks")
	_ = c.cmd[0].Process.Signal(syscall.SIGSTOP)
	c.hire()
	err := leader.Wait()
	_ = c.cmd[0].Process.Signal(syscall.SIGCONT)
	if err != nil || s.everything() != want {
		t.Errorf("the run: %v\n%s\nstaging: %s\nwant %s", err, run.text(), s.everything(), want)
	}
	c.dismiss()
}

// A worker with other rules, or another key, says so in one line and ends; a run that only such workers come to is
// invalid, and says why.
func TestWorkersOfOtherRulesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
	s.edit("refresher.yaml", "workers: 2", "workers: 2\ncopy: {dispatch: workers}\nretry: {patience: 4s}")
	s.must(exitClean, "run", "--dry-run")
	before := s.state()
	otherKey, otherRules := *s, *s
	otherKey.vars = map[string]string{}
	for k, v := range s.vars {
		otherKey.vars[k] = v
	}
	otherKey.vars["KEY"] = keyOf("a third key")
	otherRules.dir = t.TempDir()
	otherRules.write("refresher.yaml", readFile(t, s.dir+"/refresher.yaml"))
	otherRules.write("rules.yaml", strings.Replace(faultRules, "memo: keep", "memo: text", 1))
	leader := s.process("run")
	run := s.stages(leader)
	run.awaitText("waits for workers")
	for name, w := range map[string]*site{"masking key": &otherKey, "rules": &otherRules} {
		code, _, stderr := w.run("worker")
		if code != exitInput || !strings.Contains(stderr, "what it has is not the run's: "+name+" (") ||
			strings.Count(stderr, "refresher: ") != 1 || strings.Contains(stderr, testKey) {
			t.Errorf("another %s: exit %d\n%s", name, code, stderr)
		}
	}
	if err := leader.Wait(); err == nil || leader.ProcessState.ExitCode() != exitInput || !strings.Contains(run.text(), "is not the run's") {
		t.Errorf("the run: %v\n%s", err, run.text())
	}
	if s.state() != before || s.leftovers() != "" {
		t.Errorf("something changed: %s", s.leftovers())
	}
}

// A snapshot that is lost voids all that workers copied in it: the run begins again from a new one, with the same
// workers, or, if it may not, fails and leaves staging as it was.
func (s *site) workersAndALostSnapshot(t *testing.T) {
	for _, restarts := range []int{0, 3} {
		s.edit("refresher.yaml", "retry: {", fmt.Sprintf("retry: {restarts: %d, ", restarts))
		before := s.state()
		c := &crew{site: s}
		leader := s.process("run")
		run := s.stages(leader)
		run.awaitText("waits for workers")
		c.hire()
		c.all[0].awaitText("copying chunks")
		// Production changes, and the session that holds the snapshot ends, as by a conflict on the standby.
		pgserver.Exec(t, s.primary.URL(s.db), fmt.Sprintf("INSERT INTO nothing VALUES (%d)", restarts))
		s.replayed()
		pgserver.Exec(t, s.standby.URL(s.db), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction' AND application_name LIKE 'refresher/2%Z-____'`)
		err := leader.Wait()
		switch {
		case restarts == 0 && (err == nil || leader.ProcessState.ExitCode() != exitEnvironment || s.state() != before || s.leftovers() != ""):
			t.Errorf("a run that may not begin again: %v, left %q\n%s", err, s.leftovers(), run.text())
		case restarts > 0 && (err != nil || !strings.Contains(run.text(), "starts over from a new snapshot")):
			t.Errorf("a run that may begin again: %v\n%s\n%s", err, run.text(), c.all[0].text())
		case restarts > 0 && s.one(s.staging.URL(s.db), "SELECT string_agg(id::text, ' ' ORDER BY id) FROM nothing") != "0 3":
			t.Error("staging is not of the new snapshot")
		}
		c.dismiss()
		s.edit("refresher.yaml", fmt.Sprintf("restarts: %d, ", restarts), "")
	}
}
