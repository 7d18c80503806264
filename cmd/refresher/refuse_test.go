package main

import (
	"fmt"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// Every plant is a real identifier of a customer, put where no rule looks for
// it. The run must find it, refuse, and leave everything as it was.
func TestAPlantedLeakRefusesTheRun(t *testing.T) {
	for name, tc := range map[string]struct{ plant, where string }{
		"kept column":      {"UPDATE teams SET name = (SELECT email FROM users ORDER BY id LIMIT 1) WHERE id = 1", "public.teams.name"},
		"nested JSON":      {`UPDATE users SET attributes = jsonb_set(attributes, '{plan}', jsonb_build_object('of', jsonb_build_object('note', (SELECT full_name FROM users ORDER BY id LIMIT 1)))) WHERE id = 5`, "public.users.attributes"},
		"free text":        {"UPDATE experiments SET name = 'Call ' || (SELECT upper(full_name) FROM users ORDER BY id LIMIT 1) || ' back' WHERE id = 1", "name"},
		"another form":     {"UPDATE experiments SET name = 'on ' || (SELECT regexp_replace(phone, '[^0-9]', '', 'g') FROM users WHERE phone IS NOT NULL ORDER BY id LIMIT 1) WHERE id = 1", "name"},
		"partition":        {"UPDATE metrics_later SET name = (SELECT email FROM users ORDER BY id LIMIT 1) WHERE ctid = (SELECT min(ctid) FROM metrics_later); UPDATE metrics_2025_03 SET name = (SELECT email FROM users ORDER BY id LIMIT 1) WHERE ctid = (SELECT min(ctid) FROM metrics_2025_03)", "name"},
		"array":            {"UPDATE support_tickets SET labels = ARRAY['vip', (SELECT email FROM users ORDER BY id LIMIT 1)] WHERE id = (SELECT min(id) FROM support_tickets)", "labels"},
		"default":          {"ALTER TABLE experiments ALTER hypothesis SET DEFAULT 'mail jane.roe@gmail.com'", ""},
		"someone new":      {"UPDATE experiments SET name = 'ask jane.doe.1977@gmail.com' WHERE id = 1", "name"},
		"card of no-one's": {"UPDATE experiments SET name = 'paid by 4929 1234 5678 9015' WHERE id = 1", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.must(exitClean, "run")
			before := s.state()
			s.production(tc.plant)
			if name == "default" { // text of the schema: weak, so only strict refuses
				s.edit("refresher.yaml", "workers: 2", "workers: 2\nverify: {strict: true}")
			}
			_, said := s.must(exitRefused, "run")
			if !strings.Contains(said, tc.where) {
				t.Errorf("the refusal does not name %q:\n%s", tc.where, said)
			}
			if found := s.leaks(said); len(found) > 0 {
				t.Errorf("the refusal shows %s", found[0])
			}
			if s.state() != before {
				t.Error("a refused run changed staging or the bucket")
			}
			if left := s.leftovers(); left != "" {
				t.Errorf("left over: %s", left)
			}
		})
	}
}

func TestARefusalChangesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*site)
		code  int
		want  string
	}{
		"a column without a rule": {func(s *site) { s.production("ALTER TABLE users ADD nickname text") }, exitRefused, "public.users.nickname"},
		"a table without a rule":  {func(s *site) { s.production("CREATE TABLE leads (email text)") }, exitRefused, "public.leads"},
		"a partition's own table": {func(s *site) {
			s.production("CREATE TABLE audit (who text) PARTITION BY LIST (who); CREATE TABLE audit_1 PARTITION OF audit DEFAULT")
		}, exitRefused, "public.audit"},
		"an unknown transform": {func(s *site) { s.edit("rules.yaml", "email: email", "email: emial") }, exitInput, "emial"},
		"an unknown column": {func(s *site) {
			s.edit("rules.yaml", "national_id: national_id", "national_id: national_id\n      nationl_id: keep")
		}, exitInput, "nationl_id"},
		"a short key":            {func(s *site) { s.vars["KEY"] = "1234" }, exitInput, "too short"},
		"no key":                 {func(s *site) { delete(s.vars, "KEY") }, exitInput, "KEY is not set"},
		"staging on production":  {func(s *site) { s.vars["STAGING"] = s.primary.URL("staging_" + s.db) }, exitRefused, "system identifier"},
		"staging on the replica": {func(s *site) { s.vars["STAGING"] = s.standby.URL("staging_" + s.db) }, exitRefused, ""},
		"not a replica":          {func(s *site) { s.vars["SOURCE"] = s.primary.URL(s.db) }, exitRefused, "standby"},
		"no bucket":              {func(s *site) { s.edit("refresher.yaml", "s3://"+s.db+"/data", "s3://"+s.db+"-none/data") }, exitEnvironment, s3Missing},
		"no source":              {func(s *site) { s.vars["SOURCE"] = "postgres://postgres@127.0.0.1:1/x" }, exitEnvironment, "connect"},
		"no staging":             {func(s *site) { s.vars["STAGING"] = "postgres://postgres@127.0.0.1:1/x" }, exitEnvironment, "connect"},
		"an unknown root":        {func(s *site) { s.edit("refresher.yaml", "roots: [public.users]", "roots: [public.usrs]") }, exitInput, "public.usrs"},
		"a missing privilege": {func(s *site) {
			s.production("CREATE ROLE weak_" + s.db + " LOGIN")
			s.t.Cleanup(func() { pgserver.Exec(s.t, s.primary.URL(s.db), "DROP ROLE weak_"+s.db) })
			s.vars["SOURCE"] = strings.Replace(s.standby.URL(s.db), pgserver.User+"@", "weak_"+s.db+"@", 1)
		}, exitEnvironment, "GRANT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			before := s.state()
			keys := fmt.Sprint(s.keys())
			tc.spoil(s)
			_, said := s.must(tc.code, "run")
			if !strings.Contains(said, tc.want) {
				t.Errorf("the message lacks %q:\n%s", tc.want, said)
			}
			if s.state() != before || fmt.Sprint(s.keys()) != keys || s.leftovers() != "" {
				t.Error("something changed")
			}
		})
	}
}

const s3Missing = "bucket"

func TestAReplicaIsNotRequiredUnlessAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit("refresher.yaml", ", require_replica: true", "")
	s.vars["SOURCE"] = s.primary.URL(s.db)
	_, said := s.must(exitClean, "run")
	if !strings.Contains(said, "warning") || !strings.Contains(said, "standby") {
		t.Errorf("no warning that the source is a primary:\n%s", said)
	}
}

func TestASecondRunIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run")
	first := s.process("run")
	stages := s.stages(first)
	stages.await("data")
	_, said := s.must(exitRefused, "run")
	if !strings.Contains(said, "another run") && !strings.Contains(said, "run ") {
		t.Errorf("the refusal does not name the other run:\n%s", said)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first run: %v\n%s", err, stages.text())
	}
}

func TestCheckNamesWhatIsMissingAndWhatToWrite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "check")
	s.production("ALTER TABLE users ADD nickname text; CREATE TABLE leads (email text)")
	_, said := s.must(exitRefused, "check")
	for _, want := range []string{"public.users.nickname", "public.leads"} {
		if !strings.Contains(said, want) {
			t.Errorf("check does not name %s:\n%s", want, said)
		}
	}
	s.write("rules.yaml", "version: 1\ntables: {}\n")
	_, said = s.must(exitRefused, "check")
	if !strings.Contains(said, "public.users") {
		t.Errorf("an empty ruleset covers nothing:\n%s", said)
	}
}
