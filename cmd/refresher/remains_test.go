package main

import (
	"slices"
	"strings"
	"testing"

	"refresher/internal/report"
	"refresher/internal/testkit/pgserver"
)

const remainsRules = `version: 1
tables:
  public.users: {columns: {id: keep, email: email, full_name: keep, note: keep}}
`

// newRemainsSite is a site whose rules keep a name that a later version masks.
func newRemainsSite(t *testing.T) *site {
	s := newEmptySite(t)
	s.production(`CREATE TABLE users (id int PRIMARY KEY, email text, full_name text, note text);
		INSERT INTO users VALUES (1, 'ottokar.zwetschgauer@posteo.de', 'Ottokar Zwetschgauer', 'blue'),
			(2, 'quirin.hinterhuberl@posteo.de', 'Quirin Hinterhuberl', 'green')`)
	s.write("rules.yaml", remainsRules)
	s.edit("refresher.yaml", "content: sample, formats: [pgdump, parquet], sample: {roots: [public.users], percent: 10}, keep: 2",
		"content: full, formats: [pgdump, parquet], keep: 3")
	return s
}

// remain is what the last run's report says of a copy.
func (s *site) remain(name string) report.Remain {
	s.t.Helper()
	all := s.lastReport().Remains
	i := slices.IndexFunc(all, func(r report.Remain) bool { return r.Name == name })
	if i < 0 {
		s.t.Fatalf("the report does not name %s: %+v", name, all)
	}
	return all[i]
}

func (s *site) exists(database string) bool {
	s.t.Helper()
	return s.one(s.staging.URL(pgserver.User), "SELECT count(*)::text FROM pg_database WHERE datname = '"+database+"'") == "1"
}

// runsInBucket are the runs of which the bucket holds objects.
func (s *site) runsInBucket() (runs []string) {
	s.t.Helper()
	for _, k := range s.keys() {
		if parts := strings.Split(k, "/"); len(parts) > 2 && parts[1] == "runs" && !slices.Contains(runs, parts[2]) {
			runs = append(runs, parts[2])
		}
	}
	return runs
}

// A column that was kept is masked now: the copies that hold its values are dropped.
func TestCopiesThatLeakByTodaysRulesAreDropped(t *testing.T) {
	t.Parallel()
	s := newRemainsSite(t)
	s.must(exitClean, "run")
	first := s.latest()
	s.must(exitClean, "run")
	if x := s.remain("database " + s.db + "_previous"); x.Verdict != report.Passed || x.Run != first || x.Dropped {
		t.Errorf("under the same rules: %+v", x)
	}
	if x := s.remain("run " + first); x.Verdict != report.Passed || x.Bucket != "dev" || x.Dropped {
		t.Errorf("under the same rules: %+v", x)
	}

	s.edit("rules.yaml", "full_name: keep", "full_name: full_name")
	_, said := s.must(exitClean, "run")
	for _, name := range []string{"database " + s.db + "_previous", "run " + first} {
		x := s.remain(name)
		if x.Verdict != report.Leaks || !x.Dropped || !strings.Contains(x.Why, "public.users.full_name") {
			t.Errorf("%+v", x)
		}
		if !strings.Contains(said, name) {
			t.Errorf("the run does not say that it dropped %s:\n%s", name, said)
		}
	}
	// What stands under its name has tables without rows, and goes with the next run.
	previous := s.db + "_previous"
	if n := s.one(s.staging.URL(previous), "SELECT count(full_name)::text FROM users"); n != "0" {
		t.Errorf("%s holds %s names", previous, n)
	}
	if runs := s.runsInBucket(); !slices.Equal(runs, []string{s.latest()}) {
		t.Errorf("the bucket holds runs %s", runs)
	}
	if _, said = s.must(exitRefused, "rollback"); !strings.Contains(said, "has no rows") {
		t.Error(said)
	}
	s.must(exitRefused, "rollback", "--accept-leaks")
	s.must(exitClean, "verify", "--target", "previous")
	s.must(exitClean, "run")
	if n := s.one(s.staging.URL(previous), "SELECT count(full_name)::text FROM users"); n != "2" {
		t.Errorf("%s holds %s names", previous, n)
	}
	s.must(exitClean, "rollback")
}

// What stands in the previous database is looked for there: a value of production that
// came into staging by another way is named, and not brought back without being told to.
func TestAPreviousDatabaseThatLeaksIsNamed(t *testing.T) {
	t.Parallel()
	s := newRemainsSite(t)
	s.must(exitClean, "run")
	previous := s.db + "_previous"
	if _, said := s.must(exitInput, "verify", "--target", "previous"); !strings.Contains(said, previous) {
		t.Error(said)
	}
	pgserver.Exec(t, s.staging.URL(s.db), "UPDATE users SET note = 'ottokar.zwetschgauer@posteo.de' WHERE id = 1")
	_, said := s.must(exitClean, "run")
	x := s.remain("database " + previous)
	if x.Verdict != report.Leaks || x.Dropped || !s.exists(previous) {
		t.Errorf("%+v", x)
	}
	if !strings.Contains(said, "stays reachable: database "+previous) || !strings.Contains(said, "--purge-previous") {
		t.Errorf("the run does not name it:\n%s", said)
	}
	if _, said = s.must(exitRefused, "verify", "--target", "previous"); !strings.Contains(said, "public.users.note") {
		t.Error(said)
	}
	if _, said = s.must(exitClean, "verify"); !strings.Contains(said, "not looked into: database "+previous) {
		t.Error(said)
	}
	if _, said = s.must(exitRefused, "rollback"); !strings.Contains(said, "--accept-leaks") {
		t.Error(said)
	}
	s.must(exitClean, "rollback", "--accept-leaks")
	s.must(exitClean, "rollback") // the database that the last run made

	s.must(exitClean, "run", "--purge-previous")
	if s.exists(previous) {
		t.Error("--purge-previous left the previous database")
	}
	if runs := s.runsInBucket(); !slices.Equal(runs, []string{s.latest()}) {
		t.Errorf("--purge-previous left runs %s", runs)
	}
	if x := s.remain("database " + previous); !x.Dropped {
		t.Errorf("%+v", x)
	}
}
