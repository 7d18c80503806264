package main

import (
	"encoding/json"
	"strings"
	"testing"

	"refresher/internal/doctor"
	"refresher/internal/testkit/pgserver"
)

// doctorSays runs doctor and returns its checks by area and name.
func (s *site) doctorSays(code int) map[string]doctor.Check {
	s.t.Helper()
	out, _ := s.must(code, "doctor", "--format", "json")
	var rep doctor.Report
	if err := json.Unmarshal([]byte(out), &rep); err != nil {
		s.t.Fatalf("stdout is not one JSON document: %v\n%s", err, out)
	}
	said := map[string]doctor.Check{}
	for _, c := range rep.Checks {
		said[c.Area+": "+c.Name] = c
	}
	return said
}

// A site as the docs set it up has nothing that fails; then what a new user forgets
// is missing, each thing with the statement that mends it, all in one visit.
func TestDoctor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, c := range s.doctorSays(exitClean) {
		if c.State != doctor.OK && c.State != doctor.Warn {
			t.Errorf("%s: %s: %s", name, c.State, c.Detail)
		}
	}
	_, said := s.must(exitClean, "doctor")
	for _, want := range []string{"secrets\n", "source\n", "staging\n", "bucket dev\n", "  ok    ", "a hot standby"} {
		if !strings.Contains(said, want) {
			t.Errorf("the text lacks %q:\n%s", want, said)
		}
	}

	poor := "poor_" + s.db
	pgserver.Exec(t, s.primary.URL(s.db), "CREATE ROLE "+poor+" LOGIN; GRANT CONNECT ON DATABASE "+s.db+" TO "+poor)
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE ROLE "+poor+" LOGIN")
	t.Cleanup(func() {
		pgserver.Exec(t, s.primary.URL(s.db), "DROP OWNED BY "+poor+"; DROP ROLE "+poor)
		pgserver.Exec(t, s.staging.URL(pgserver.User), "DROP ROLE "+poor)
	})
	s.replayed()
	as := func(url string) string { return strings.Replace(url, pgserver.User+"@", poor+"@", 1) }
	s.vars["SOURCE"], s.vars["STAGING"], s.vars["KEY"] = as(s.standby.URL(s.db)), as(s.staging.URL(s.db)), "short"
	s.edit("refresher.yaml", "s3://"+s.db+"/data", "s3://no-such-bucket-"+s.db+"/data")
	checks := s.doctorSays(exitInput)
	for name, want := range map[string]string{
		"secrets: the masking key":                                     "openssl rand -hex 32",
		"source: its role may read all of it":                          "GRANT ",
		"staging: its role, programs and extensions":                   "CREATEDB",
		"staging: its role may end sessions before the swap":           "GRANT pg_signal_backend TO",
		"bucket dev: objects can be written, read, listed and removed": `"s3:PutObject"`,
		"rules: every column has a rule that serves it":                "",
		"staging: it is another cluster than production":               "",
		"source: pg_dump and pg_restore for its version":               "",
		"source: its lock table is large enough":                       "",
		"machine: temporary files":                                     "",
		"staging: it has the source's locale":                          "",
		"staging: its clock agrees with this machine's":                "",
		"source: it can be reached and read":                           "",
	} {
		c, ok := checks[name]
		switch {
		case !ok:
			t.Errorf("doctor did not look: %s", name)
		case want == "" && c.State != doctor.OK && c.State != doctor.Warn:
			t.Errorf("%s: %s: %s", name, c.State, c.Detail)
		case want != "" && (c.State == doctor.OK || !strings.Contains(c.Detail+c.Remedy, want)):
			t.Errorf("%s: %s: %s\n→ %s\nwant %q", name, c.State, c.Detail, c.Remedy, want)
		}
		if strings.Contains(c.Detail+c.Remedy, "short") && name == "secrets: the masking key" && strings.Contains(c.Detail, `"short"`) {
			t.Error("the key itself is printed")
		}
	}
}

// Servers that can't be reached don't stop the other checks.
func TestDoctorGoesOnWithoutServers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vars["SOURCE"], s.vars["STAGING"] = "postgres://nobody@127.0.0.1:1/x", "postgres://nobody@127.0.0.1:1/y"
	checks := s.doctorSays(exitEnvironment)
	for name, want := range map[string]doctor.State{
		"source: it can be reached and read": doctor.Fail, "staging: it can be reached": doctor.Fail,
		"rules: every column has a rule that serves it":                doctor.Skipped,
		"bucket dev: objects can be written, read, listed and removed": doctor.OK, "machine: temporary files": doctor.OK,
	} {
		if checks[name].State != want {
			t.Errorf("%s: %+v, want %s", name, checks[name], want)
		}
	}
}
