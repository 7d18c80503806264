package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/testkit/pgserver"
)

// rolledBack wants the rollback in the history, with who, when, which database and back to which run.
func (s *site) rolledBack(t *testing.T) {
	t.Helper()
	list, _ := s.must(exitClean, "runs", "--format", "json")
	var runs []struct {
		Run, Outcome, By string
		BackTo           string `json:"back_to"`
		Finished         *time.Time
	}
	if err := json.Unmarshal([]byte(list), &runs); err != nil || len(runs) < 3 {
		t.Fatalf("%v:\n%s", err, list)
	}
	back, made := runs[0], runs[len(runs)-1]
	if back.Outcome != string(fault.RolledBack) || back.By != "command line" || back.BackTo != made.Run || back.Finished == nil {
		t.Errorf("the rollback is recorded as %+v, and run %s made the database", back, made.Run)
	}
	_, said := s.must(exitClean, "runs", "--outcome", "rolled_back")
	if !strings.Contains(said, back.Run) || strings.Contains(said, "done") || !strings.Contains(said, "rolled_back to "+made.Run+" by command line") {
		t.Error(said)
	}
	if _, said = s.must(exitClean, "runs", "latest"); !strings.Contains(said, "run "+runs[1].Run+": ") {
		t.Errorf("the newest run is %s, not the rollback; runs latest says\n%s", runs[1].Run, said)
	}
	if _, said = s.must(exitClean, "runs", back.Run); !strings.Contains(said, "rolled_back") {
		t.Error(said)
	}
}

// Three refreshes of one site: what the first makes, what the second with the same key
// keeps and repeats, and what the third with another key has in common with them.
func TestRefreshes(t *testing.T) {
	t.Parallel()
	s := newSite(t) // keeps two datasets
	s.production("ALTER TABLE payments ADD CONSTRAINT huge CHECK (amount > 1e9) NOT VALID")
	s.aDryRunChangesNothing(t)
	_, said := s.must(exitClean, "run", "--report", filepath.Join(s.dir, "evidence")+"/")
	if found := s.leaks(said + readFile(t, filepath.Join(s.dir, "evidence", "report.html"))); len(found) > 0 {
		t.Errorf("the report or the terminal shows %q", found[0])
	}
	first, files, emails := s.oid(), s.parquet(), s.staged("SELECT string_agg(email, ' ') FROM users")
	step := func(name string, check func(*testing.T)) {
		t.Run(name, func(t *testing.T) { s.t = t; check(t) })
		s.t = t
	}
	step("no identifier is left", s.noIdentifierIsLeft)
	step("the dataset loads", s.theDatasetLoads)
	step("the report is signed", s.theReportIsSigned)
	step("verify finds a leak", s.verifyFindsALeak)

	role := s.grants()
	s.must(exitClean, "run")
	step("one key gives the same bytes", func(t *testing.T) {
		second := s.parquet()
		if len(files) < 10 || len(files) != len(second) {
			t.Fatalf("%d and %d Parquet files", len(files), len(second))
		}
		for name, body := range files {
			if second[name] != body {
				t.Errorf("%s differs between two runs with one key", name)
			}
		}
	})
	step("the sample is the same", func(t *testing.T) {
		roots := s.lastReport().Datasets[0].Sample.Roots
		if c := roots[0].Change; c == nil || c.Stayed != roots[0].Rows || c.Stayed == 0 || *c != (report.SampleChange{Stayed: c.Stayed}) {
			t.Errorf("%+v: %+v", roots, c)
		}
	})
	step("owner, settings and grants stay", func(t *testing.T) { s.granted(t, role) })
	step("rollback", func(t *testing.T) {
		if s.oid() == first {
			t.Fatal("the second run replaced nothing")
		}
		// The leak of the step before stands in it.
		if _, said := s.must(exitRefused, "rollback"); !strings.Contains(said, "--accept-leaks") {
			t.Error(said)
		}
		s.must(exitClean, "rollback", "--accept-leaks")
		if s.oid() != first || s.leftovers() != "" {
			t.Errorf("rollback did not bring the first database back, or left %s", s.leftovers())
		}
		s.rolledBack(t)
	})

	s.vars["KEY"] = otherKey
	s.must(exitClean, "run")
	step("another key shares nothing", func(t *testing.T) {
		if sample := s.lastReport().Datasets[0].Sample; !strings.Contains(sample.Why, "key is another") {
			t.Errorf("%+v", sample)
		}
		other := strings.Fields(s.staged("SELECT string_agg(email, ' ') FROM users"))
		for _, e := range strings.Fields(emails) {
			if slices.Contains(other, e) {
				t.Errorf("both keys give %s", e)
			}
		}
	})
	step("two datasets are kept", func(t *testing.T) {
		runs := map[string]bool{}
		for _, k := range s.keys() {
			if parts := strings.Split(k, "/"); len(parts) > 2 {
				runs[parts[2]] = true
			}
		}
		if len(runs) != 2 {
			t.Errorf("%d runs are in the bucket, want 2", len(runs))
		}
	})
}

// oid identifies the staging database.
func (s *site) oid() string {
	s.t.Helper()
	return s.one(s.staging.URL(pgserver.User), "SELECT oid::text FROM pg_database WHERE datname = '"+s.db+"'")
}

// parquet are the Parquet files of the latest dataset.
func (s *site) parquet() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, k := range s.keys() {
		if name, ok := strings.CutPrefix(k, "data/runs/"+s.latest()+"/"); ok && strings.HasSuffix(name, ".parquet") {
			out[name] = string(s.object(k))
		}
	}
	return out
}

func (s *site) aDryRunChangesNothing(t *testing.T) {
	before := s.state()
	_, said := s.must(exitClean, "run", "--dry-run")
	if !strings.Contains(said, "public.users") || !strings.Contains(said, "nothing was changed") {
		t.Errorf("the plan is missing:\n%s", said)
	}
	for _, want := range []string{
		"The sample in bucket dev: about ", "planner statistics", "most by",
		"public.assignments (user_id) → public.users",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the plan lacks %q:\n%s", want, said)
		}
	}
	if s.state() != before || len(s.keys()) != 0 || s.leftovers() != "" {
		t.Error("a dry run changed something")
	}
}

func (s *site) noIdentifierIsLeft(t *testing.T) {
	if found := s.leaks(s.dump(s.staging.URL(s.db))); len(found) > 0 {
		t.Errorf("%d source identifiers are in staging, such as %q", len(found), found[0])
	}
	if found := s.leaks(s.bucketText()); len(found) > 0 {
		t.Errorf("%d source identifiers are in the bucket, such as %q", len(found), found[0])
	}
	for _, q := range []string{"SELECT count(*)::text FROM events", "SELECT count(*)::text FROM metrics", "SELECT sum(amount)::text FROM payments",
		"SELECT md5(string_agg(u::text, '' ORDER BY u.user_id, u.experiment_id)) FROM assignments u", "SELECT md5(string_agg(hypothesis, '' ORDER BY id)) FROM experiments",
		"SELECT md5(string_agg(platforms::text, '' ORDER BY id)) FROM experiments", "SELECT last_value::text FROM users_id_seq",
		"SELECT count(*)::text FROM pg_constraint WHERE convalidated", "SELECT count(*)::text FROM pg_indexes WHERE schemaname = 'public'",
		"SELECT md5(string_agg(b::text, '' ORDER BY key)) FROM experiment_balance b"} {
		if a, b := s.one(s.standby.URL(s.db), q), s.one(s.staging.URL(s.db), q); a != b {
			t.Errorf("%s: source %s, staging %s", q, a, b)
		}
	}
	rep := s.lastReport()
	if rep.Outcome != fault.Done || !rep.Promoted || len(rep.Verification) != 2 || len(rep.Datasets) != 1 ||
		!rep.Datasets[0].Published {
		t.Errorf("report: %+v", rep)
	}
	if rep.Summary().Looked < 5*sampleUsers {
		t.Errorf("only %d identifiers were looked for", rep.Summary().Looked)
	}
	if got := s.staged("SELECT convalidated::text FROM pg_constraint WHERE conname = 'huge'"); got != "false" {
		t.Errorf("a constraint that is not valid in production: convalidated is %s", got)
	}
}

// bucketText is everything in the bucket as a reader sees it: dumps restored to
// SQL, and the Parquet files' own bytes (zstd, so read through verify elsewhere).
func (s *site) bucketText() string { return s.textBelow("") }

// textBelow is what bucketText is of the objects whose keys begin so.
func (s *site) textBelow(prefix string) string {
	s.t.Helper()
	var b strings.Builder
	for _, key := range s.keys() {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		body := s.object(key)
		if strings.HasSuffix(key, ".dump") {
			cmd := exec.Command(s.staging.Tool("pg_restore"), "-f", "-")
			cmd.Stdin = bytes.NewReader(body)
			out, err := cmd.Output()
			if err != nil {
				s.t.Fatal(err)
			}
			body = out
		}
		b.Write(body)
		b.WriteByte('\n')
	}
	return b.String()
}

func (s *site) theDatasetLoads(t *testing.T) {
	var latest struct{ Run, Manifest, SHA256 string }
	if err := json.Unmarshal(s.object("data/latest.json"), &latest); err != nil {
		t.Fatal(err)
	}
	dump := s.object("data/runs/" + latest.Run + "/" + s.db + ".dump")
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE DATABASE "+s.db+"_dev")
	defer pgserver.Exec(t, s.staging.URL(pgserver.User), "DROP DATABASE "+s.db+"_dev")
	cmd := exec.Command(s.staging.Tool("pg_restore"), "--exit-on-error", "--no-owner", "-d", s.staging.URL(s.db+"_dev"))
	cmd.Stdin = bytes.NewReader(dump)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_restore: %v\n%s", err, out)
	}
	users := s.one(s.staging.URL(s.db+"_dev"), "SELECT count(*)::text FROM users")
	if users == "0" || users == fmt.Sprint(sampleUsers) {
		t.Errorf("the sample holds %s users", users)
	}
	var manifest struct {
		Tables []struct {
			Name string
			Rows int64
		}
	}
	if err := json.Unmarshal(s.object("data/"+strings.TrimPrefix(latest.Manifest, "/")), &manifest); err != nil {
		t.Fatal(err)
	}
	for _, table := range manifest.Tables {
		if table.Name == "public.users" && fmt.Sprint(table.Rows) != users {
			t.Errorf("the manifest says %d users, the dump has %s", table.Rows, users)
		}
	}
}

// grants gives staging an owner, a setting and grants of its own.
func (s *site) grants() (role string) {
	s.t.Helper()
	role = "app_" + s.db
	pgserver.Exec(s.t, s.staging.URL(pgserver.User), fmt.Sprintf(
		"CREATE ROLE %[1]s; CREATE ROLE %[1]s_owner; GRANT CREATE ON DATABASE %[2]s TO %[1]s; ALTER DATABASE %[2]s SET work_mem = '7MB'; ALTER DATABASE %[2]s OWNER TO %[1]s_owner",
		role,
		s.db,
	))
	pgserver.Exec(s.t, s.staging.URL(s.db),
		fmt.Sprintf("GRANT SELECT ON users TO %[1]s; GRANT UPDATE (name) ON teams TO %[1]s", role))
	return role
}

func (s *site) granted(t *testing.T, role string) {
	for q, want := range map[string]string{
		"SELECT current_setting('work_mem')": "7MB",
		"SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()": role + "_owner",
		"SELECT has_table_privilege('" + role + "', 'users', 'SELECT')::text":                      "true",
		"SELECT has_table_privilege('" + role + "', 'payments', 'SELECT')::text":                   "false",
		"SELECT has_column_privilege('" + role + "', 'teams', 'name', 'UPDATE')::text":             "true",
		"SELECT has_database_privilege('" + role + "', current_database(), 'CREATE')::text":        "true",
	} {
		if got := s.one(s.staging.URL(s.db), q); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
}

func (s *site) verifyFindsALeak(t *testing.T) {
	s.must(exitClean, "verify")
	s.must(exitClean, "verify", "--target", "dev")
	email := s.one(s.primary.URL(s.db), "SELECT email FROM users ORDER BY id LIMIT 1")
	conn := pgserver.Conn(t, s.staging.URL(s.db))
	if _, err := conn.Exec(context.Background(), "UPDATE experiments SET name = 'ask ' || $1 WHERE id = 1", email); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json", "junit", "sarif"} {
		out, said := s.must(exitRefused, "verify", "--format", format)
		if format != "text" && !strings.Contains(out, "public.experiments") ||
			format == "text" && !strings.Contains(said, "experiments.name") {
			t.Errorf("%s does not name the column:\n%s%s", format, out, said)
		}
		if found := s.leaks(out + said); len(found) > 0 {
			t.Errorf("%s shows %s", format, found[0])
		}
	}
}
