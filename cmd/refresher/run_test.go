package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/report"
	"refresher/internal/testkit/pgserver"
)

func TestARefreshLeavesNoIdentifierBehind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, said := s.must(exitClean, "run", "--report", filepath.Join(s.dir, "report.html"))

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
	if rep.Outcome != report.Done || !rep.Promoted || len(rep.Verification) != 2 || len(rep.Datasets) != 1 || !rep.Datasets[0].Published {
		t.Errorf("report: %+v", rep)
	}
	if rep.Summary().Looked < 5*sampleUsers {
		t.Errorf("only %d identifiers were looked for", rep.Summary().Looked)
	}
	if found := s.leaks(said + readFile(t, filepath.Join(s.dir, "report.html"))); len(found) > 0 {
		t.Errorf("the report or the terminal shows %q", found[0])
	}
}

// bucketText is everything in the bucket as a reader sees it: dumps restored to
// SQL, and the Parquet files' own bytes (zstd, so read through verify elsewhere).
func (s *site) bucketText() string {
	s.t.Helper()
	var b strings.Builder
	for _, key := range s.keys() {
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

func TestTheDatasetLoadsAndIsClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run")
	var latest struct{ Run, Manifest, SHA256 string }
	if err := json.Unmarshal(s.object("data/latest.json"), &latest); err != nil {
		t.Fatal(err)
	}
	dump := s.object("data/runs/" + latest.Run + "/" + s.db + ".dump")
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE DATABASE "+s.db+"_dev")
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

func TestOneKeyGivesTheSameBytesAnotherKeySharesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	parquet := func() map[string]string {
		var latest struct{ Run string }
		if err := json.Unmarshal(s.object("data/latest.json"), &latest); err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, k := range s.keys() {
			if name, ok := strings.CutPrefix(k, "data/runs/"+latest.Run+"/"); ok && strings.HasSuffix(name, ".parquet") {
				out[name] = string(s.object(k))
			}
		}
		return out
	}
	values := func() string {
		return s.one(s.staging.URL(s.db), "SELECT string_agg(email, ' ') FROM users")
	}
	s.must(exitClean, "run")
	first, emails := parquet(), values()
	s.must(exitClean, "run")
	second := parquet()
	if len(first) < 10 || len(first) != len(second) {
		t.Fatalf("%d and %d Parquet files", len(first), len(second))
	}
	for name, body := range first {
		if second[name] != body {
			t.Errorf("%s differs between two runs with one key", name)
		}
	}
	s.vars["KEY"] = "616e6f74686572206b657920656e746972656c792e2e2e2e2e2e2e2e2e2e2e2e"
	s.must(exitClean, "run")
	other := map[string]bool{}
	for _, e := range strings.Fields(values()) {
		other[e] = true
	}
	for _, e := range strings.Fields(emails) {
		if other[e] {
			t.Errorf("both keys give %s", e)
		}
	}
}

func TestRollbackSwapsTheDatabases(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run")
	first := s.one(s.staging.URL(pgserver.User), "SELECT oid::text FROM pg_database WHERE datname = '"+s.db+"'")
	s.must(exitClean, "run")
	if now := s.one(s.staging.URL(pgserver.User), "SELECT oid::text FROM pg_database WHERE datname = '"+s.db+"'"); now == first {
		t.Fatal("the second run replaced nothing")
	}
	s.must(exitClean, "rollback")
	if now := s.one(s.staging.URL(pgserver.User), "SELECT oid::text FROM pg_database WHERE datname = '"+s.db+"'"); now != first {
		t.Error("rollback did not bring the first database back")
	}
	if left := s.leftovers(); left != "" {
		t.Errorf("left over: %s", left)
	}
}

func TestOldDatasetsAreRetainedAsConfigured(t *testing.T) {
	t.Parallel()
	s := newSite(t) // keep: 2
	for range 3 {
		s.must(exitClean, "run")
	}
	runs := map[string]bool{}
	for _, k := range s.keys() {
		if parts := strings.Split(k, "/"); len(parts) > 2 {
			runs[parts[2]] = true
		}
	}
	if len(runs) != 2 {
		t.Errorf("%d runs are in the bucket, want 2", len(runs))
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.state()
	_, said := s.must(exitClean, "run", "--dry-run")
	if !strings.Contains(said, "public.users") || !strings.Contains(said, "nothing was changed") {
		t.Errorf("the plan is missing:\n%s", said)
	}
	if s.state() != before || len(s.keys()) != 0 || s.leftovers() != "" {
		t.Error("a dry run changed something")
	}
}

func TestStagingKeepsItsOwnerSettingsAndGrants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run")
	role := "app_" + s.db
	pgserver.Exec(t, s.staging.URL(pgserver.User), fmt.Sprintf(
		"CREATE ROLE %[1]s; CREATE ROLE %[1]s_owner; GRANT CREATE ON DATABASE %[2]s TO %[1]s; ALTER DATABASE %[2]s SET work_mem = '7MB'; ALTER DATABASE %[2]s OWNER TO %[1]s_owner", role, s.db))
	pgserver.Exec(t, s.staging.URL(s.db), fmt.Sprintf("GRANT SELECT ON users TO %[1]s; GRANT UPDATE (name) ON teams TO %[1]s", role))
	s.must(exitClean, "run")
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

// The roles that the README's SQL makes are all that a refresh needs.
func TestTheReadmesGrantsAreEnough(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers := *s.servers
	servers.staging = pgserver.New(t) // where the database "refresher" belongs to the README's role
	s.servers = &servers
	readme := readFile(t, "../../README.md")
	grants := func(which string) string {
		_, rest, ok := strings.Cut(readme, "<!-- grants: "+which+" -->\n```sql\n")
		if !ok {
			t.Fatalf("README has no %s grants", which)
		}
		sql, _, _ := strings.Cut(rest, "```")
		sql = strings.NewReplacer("refresher_reader", "reader_"+s.db, "refresher_staging", "writer_"+s.db, "app", s.db).Replace(sql)
		return sql
	}
	s.production(grants("source"))
	pgserver.Exec(t, s.staging.URL(pgserver.User), grants("staging"))
	t.Cleanup(func() { pgserver.Exec(t, s.primary.URL(s.db), "DROP OWNED BY reader_"+s.db+"; DROP ROLE reader_"+s.db) })
	as := func(url, role string) string { return strings.Replace(url, pgserver.User+"@", role+"@", 1) }
	s.vars["SOURCE"], s.vars["STAGING"] = as(s.standby.URL(s.db), "reader_"+s.db), as(s.staging.URL(s.db), "writer_"+s.db)
	s.must(exitClean, "run")
	s.production("ALTER TABLE payments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY nobody ON payments USING (false); ALTER ROLE reader_" + s.db + " BYPASSRLS")
	s.must(exitClean, "run")
	if got := s.one(s.staging.URL(s.db), "SELECT relforcerowsecurity::text || ' ' || (SELECT count(*) FROM payments) FROM pg_class WHERE relname = 'payments'"); got != "true "+fmt.Sprint(sampleUsers) {
		t.Errorf("payments in staging: %s", got)
	}
	s.must(exitClean, "rollback")
}

func TestVerifyFindsWhatSomebodyPutIntoStaging(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run")
	s.must(exitClean, "verify")
	s.must(exitClean, "verify", "--target", "dev")
	email := s.one(s.primary.URL(s.db), "SELECT email FROM users ORDER BY id LIMIT 1")
	conn := pgserver.Conn(t, s.staging.URL(s.db))
	if _, err := conn.Exec(context.Background(), "UPDATE experiments SET name = 'ask ' || $1 WHERE id = 1", email); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json", "junit", "sarif"} {
		out, said := s.must(exitRefused, "verify", "--format", format)
		if format != "text" && !strings.Contains(out, "public.experiments") || format == "text" && !strings.Contains(said, "experiments.name") {
			t.Errorf("%s does not name the column:\n%s%s", format, out, said)
		}
		if found := s.leaks(out + said); len(found) > 0 {
			t.Errorf("%s shows %s", format, found[0])
		}
	}
}

func TestAConstraintThatIsNotValidStaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.production("ALTER TABLE payments ADD CONSTRAINT huge CHECK (amount > 1e9) NOT VALID")
	s.must(exitClean, "run")
	if got := s.one(s.staging.URL(s.db), "SELECT convalidated::text FROM pg_constraint WHERE conname = 'huge'"); got != "false" {
		t.Errorf("convalidated is %s", got)
	}
}
