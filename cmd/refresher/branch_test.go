package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/report"
	"refresher/internal/restore"
	"refresher/internal/testkit/pgserver"
)

// branches are those that `branch list` shows.
func (s *site) branches() (all []restore.Branch) {
	s.t.Helper()
	out, _ := s.must(exitClean, "branch", "list", "--format", "json")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// A branch is what the last run verified, although people write to staging since, and is as
// closed to others as staging is.
func TestBranches(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
	s.vars["XDG_CONFIG_HOME"] = t.TempDir()
	s.vars["GITHUB_ACTOR"] = "ann"
	server := s.staging.URL(pgserver.User)
	s.must(exitRefused, "branch", "pr-42") // nothing is verified yet
	s.edit("refresher.yaml", "workers: 2", "workers: 2\nbranches: {verified_copy: true, ttl: 2d}")
	s.must(exitClean, "run")
	run := s.latest()
	t.Cleanup(func() {
		for _, b := range s.branches() {
			s.must(exitClean, "branch", "drop", b.Name)
		}
		s.staging.Exec(t, "DROP DATABASE IF EXISTS "+restore.VerifiedName(s.db))
		s.staging.Exec(t, "REVOKE CONNECT ON DATABASE "+s.db+" FROM tester_"+s.db+"; REVOKE CONNECT ON DATABASE "+s.db+"_previous FROM tester_"+s.db)
		s.staging.Exec(t, "DROP ROLE IF EXISTS tester_"+s.db)
	})
	pgserver.Exec(t, server, "CREATE ROLE tester_"+s.db+" NOLOGIN; REVOKE CONNECT ON DATABASE "+s.db+" FROM PUBLIC; GRANT CONNECT ON DATABASE "+
		s.db+" TO tester_"+s.db+"; ALTER DATABASE "+s.db+" SET work_mem = '7MB'")
	tester := pgserver.Conn(t, s.staging.URL(s.db)) // stays in staging
	defer tester.Close(context.Background())
	if _, err := tester.Exec(t.Context(), "TRUNCATE users CASCADE"); err != nil {
		t.Fatal(err)
	}

	_, said := s.must(exitClean, "branch", "pr-42")
	all := s.branches()
	if len(all) != 1 {
		t.Fatalf("branches: %+v", all)
	}
	b := all[0]
	if b.Run != run || b.From != restore.FromCopy || b.By != "ann" || b.Database != s.db+"_branch_pr-42" ||
		b.Expires.Sub(b.Created) != 48*time.Hour || b.Bytes == 0 || !strings.Contains(said, b.Database) {
		t.Errorf("%+v\n%s", b, said)
	}
	if n := s.one(s.staging.URL(b.Database), "SELECT count(*)::text FROM users"); n == "0" {
		t.Error("the branch has what a tester did in staging, not what was verified")
	}
	if got := s.one(s.staging.URL(b.Database), "SELECT current_setting('work_mem') || has_database_privilege('tester_"+s.db+
		"', current_database(), 'CONNECT')::text || (SELECT count(*) FROM aclexplode((SELECT datacl FROM pg_database WHERE datname = "+
		"current_database())) WHERE grantee = 0 AND privilege_type = 'CONNECT')::text"); got != "7MBtrue0" {
		t.Errorf("settings and privileges of the branch: %s", got)
	}
	if got := s.one(server, "SELECT datallowconn::text FROM pg_database WHERE datname = '"+restore.VerifiedName(s.db)+"'"); got != "false" {
		t.Error("people can connect to the verified copy")
	}

	_, said = s.must(exitRefused, "branch", "pr-42")
	if !strings.Contains(said, "by ann") || !strings.Contains(said, "--replace") {
		t.Errorf("a branch that is there: %s", said)
	}
	s.must(exitClean, "branch", "pr-42", "--replace", "--ttl", "36h")
	if again := s.branches(); len(again) != 1 || again[0].Expires.Sub(again[0].Created) != 36*time.Hour {
		t.Errorf("%+v", again)
	}
	s.must(exitClean, "branch", "ann", "--from", "dataset")
	s.replacesWhole("ann")
	if n := s.one(s.staging.URL(s.db+"_branch_ann"), "SELECT count(*)::text FROM users"); n == "0" {
		t.Error("the dataset's branch is empty")
	}

	// The next run replaces the copy, and says what it thinks of the branches of earlier ones.
	s.must(exitClean, "run")
	for _, name := range []string{"pr-42", "ann"} {
		if x := s.remain("database " + s.db + "_branch_" + name); x.Verdict != report.Passed || x.Run != run || x.Dropped {
			t.Errorf("%+v", x)
		}
	}
	if out, _ := s.must(exitClean, "branch", "new", "--format", "json"); !strings.Contains(out, s.latest()) {
		t.Errorf("after the next run: %s", out)
	}

	// A time that is over.
	_, said = s.at(time.Now().Add(37*time.Hour), "branch", "list")
	if !strings.Contains(said, "dropped branch pr-42") || !strings.Contains(said, s.db+"_branch_new") {
		t.Errorf("37 hours later:\n%s", said)
	}
	_, said = s.must(exitInput, "branch", "drop", "ann", "nina", "otto")
	if !strings.Contains(said, `"nina"`) || !strings.Contains(said, `"otto"`) || len(s.branches()) != 2 {
		t.Errorf("names of no branch: %s", said)
	}
	s.must(exitClean, "branch", "drop", "ann", "new")
	if s.exists(s.db+"_branch_ann") || len(s.branches()) != 0 {
		t.Error("dropped branches are there")
	}

	// Without the copy, staging is copied if no session is in it.
	s.edit("refresher.yaml", "verified_copy: true", "verified_copy: false")
	s.must(exitClean, "run")
	if s.exists(restore.VerifiedName(s.db)) {
		t.Error("the copy outlives the setting")
	}
	late := pgserver.Conn(t, s.staging.URL(s.db))
	_, said = s.must(exitRefused, "branch", "late")
	if !strings.Contains(said, "verified_copy: true") {
		t.Errorf("sessions are in staging: %s", said)
	}
	late.Close(context.Background())
	if _, said = s.must(exitClean, "branch", "late"); !strings.Contains(said, "staging as it is now") {
		t.Error(said)
	}
	late = pgserver.Conn(t, s.staging.URL(s.db))
	defer late.Close(context.Background())
	before := s.branches()
	s.must(exitRefused, "branch", "late", "--replace")
	if after := s.branches(); len(after) != 1 || !after[0].Created.Equal(before[0].Created) || s.scratch() != "" {
		t.Errorf("it could not be replaced, and %+v became %+v, beside %q", before, after, s.scratch())
	}
}

// replacesWhole replaces a branch of a dataset: by a dataset that is not whole, and it stays what it is, by
// one that is, and then by a copy, and nothing but the new one is left.
func (s *site) replacesWhole(name string) {
	s.t.Helper()
	database := s.db + "_branch_" + name
	oid := func() string {
		return s.one(s.staging.URL(pgserver.User), "SELECT oid::text FROM pg_database WHERE datname = '"+database+"'")
	}
	first := oid()
	pgserver.Exec(s.t, s.staging.URL(database), "CREATE TABLE mine ()")
	key := "data/runs/" + s.latest() + "/" + s.db + ".dump"
	whole := s.object(key)
	s.put(key, whole[:len(whole)-1])
	s.must(exitRefused, "branch", name, "--from", "dataset", "--replace")
	s.put(key, whole)
	if oid() != first || s.scratch() != "" {
		s.t.Errorf("a dataset that is not whole made %s %s, beside %q", first, oid(), s.scratch())
	}
	for _, how := range [][]string{{"--from", "dataset"}, {}, {"--from", "dataset"}} {
		before := oid()
		s.must(exitClean, append([]string{"branch", name, "--replace"}, how...)...)
		mine := s.one(s.staging.URL(database), "SELECT (to_regclass('mine') IS NOT NULL)::text")
		if oid() == before || s.scratch() != "" || mine != "false" {
			s.t.Errorf("%v: replaced %s by %s, beside %q", how, before, oid(), s.scratch())
		}
	}
}

// scratch are databases that stand beside those of branches.
func (s *site) scratch() string {
	s.t.Helper()
	return s.one(s.staging.URL(pgserver.User), "SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database "+
		"WHERE datname LIKE '"+s.db+`\_branch\_%\_%'`)
}

// at runs a command at a time.
func (s *site) at(now time.Time, args ...string) (code int, said string) {
	s.t.Helper()
	var out, err bytes.Buffer
	a := &app{out: &out, err: &err, getenv: s.getenv, now: func() time.Time { return now }}
	code = run(s.t.Context(), append(args, "--config", filepath.Join(s.dir, "refresher.yaml")), a)
	return code, err.String()
}

// Names that make no database, and databases that are no branch.
func TestBranchesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Pr-42", "a b", "-x", "list.", strings.Repeat("x", 41), "drop "} {
		if _, err := restore.BranchDatabase("app", name); err == nil {
			t.Errorf("%q is taken for a branch's name", name)
		}
	}
	long := strings.Repeat("d", 60)
	a, _ := restore.BranchDatabase(long, "one")
	b, _ := restore.BranchDatabase(long+"x", "one")
	if len(a) > 63 || a == b {
		t.Errorf("branches of databases with long names: %s, %s", a, b)
	}
}
