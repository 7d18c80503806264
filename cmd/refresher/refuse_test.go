package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// Every plant is a real identifier of a customer, put where no rule looks for
// it. The run must find all of them, refuse, and leave everything as it was.
func TestAPlantedLeakRefusesTheRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	inbox, tracking := s.notifies("all"), s.tracks()
	s.must(exitClean, "run")
	before := s.state()
	const first = "(SELECT email FROM users ORDER BY id LIMIT 1)"
	for _, plant := range []struct{ sql, where string }{
		{"UPDATE teams SET name = " + first + " WHERE id = 1", "public.teams.name"}, // a kept column
		{`UPDATE users SET attributes = jsonb_set(attributes, '{plan}', jsonb_build_object('of', jsonb_build_object('note',
			(SELECT full_name FROM users ORDER BY id LIMIT 1)))) WHERE id = 5`, "public.users.attributes"},
		{"UPDATE experiments SET name = 'Call ' || (SELECT upper(full_name) FROM users ORDER BY id LIMIT 1) || ' back' WHERE id = 1",
			"public.experiments.name"},
		{"UPDATE experiments SET name = 'on ' || (SELECT regexp_replace(phone, '[^0-9]', '', 'g') FROM users " +
			"WHERE phone IS NOT NULL ORDER BY id LIMIT 1) WHERE id = 3", "class phone"}, // another form
		{"UPDATE metrics_later SET name = " + first + " WHERE ctid = (SELECT min(ctid) FROM metrics_later)", "public.metrics_later.name"},
		{"UPDATE support_tickets SET labels = ARRAY['vip', " + first + "] WHERE id = (SELECT min(id) FROM support_tickets)",
			"public.support_tickets.labels"},
		// Nobody's whom production knows: only the detectors can find these two.
		{"UPDATE experiments SET key = 'ask jane.doe.1977@gmail.com' WHERE id = 2", "public.experiments.key"},
		{"UPDATE countries SET name = 'paid by 4929 1234 5678 9015' WHERE code = (SELECT min(code) FROM countries)", "public.countries.name"},
	} {
		s.production(plant.sql)
		t.Cleanup(func() {
			if doc := s.findings(); !strings.Contains(doc, plant.where) {
				t.Errorf("no finding in %s:\n%s", plant.where, doc)
			}
		})
	}
	_, said := s.must(exitRefused, "run")
	told, runs := inbox.everything(), tracking.Runs()
	if len(runs) != 2 || runs[0].Status != "FINISHED" || runs[0].Metrics["rows"] < 1000 || runs[1].Status != "FAILED" ||
		runs[1].Tags["refresher.outcome"] != "refused" || runs[1].Metrics["survivors"] < 1 {
		t.Fatalf("MLflow has %+v", runs)
	}
	logged := fmt.Sprint(runs) + string(tracking.Artefact(runs[1].ID, "report.json")) +
		string(tracking.Artefact(runs[1].ID, "report.html"))
	if found := s.leaks(said + s.findings() + told + logged); len(found) > 0 {
		t.Errorf("the refusal, a notification of it or what MLflow has shows %s", found[0])
	}
	if hooks := inbox.hooks(t); len(hooks) != 2 || hooks[0].Type != "refresher.done" || hooks[1].Type != "refresher.refused" ||
		strings.Count(told, "was refused") < 4 || strings.Contains(told, "***") ||
		strings.Contains(told+logged, "jane.doe") || strings.Contains(told+logged, "4929 1234") {
		t.Errorf("notifications:\n%s", told)
	}
	if s.state() != before || s.leftovers() != "" {
		t.Errorf("a refused run changed staging or the bucket, or left %s", s.leftovers())
	}
}

// findings are the last run's, one a line.
func (s *site) findings() string {
	s.t.Helper()
	var b strings.Builder
	for _, v := range s.lastReport().Verification {
		for _, r := range v.Results {
			for _, f := range r.Findings {
				fmt.Fprintln(&b, f)
			}
		}
	}
	return b.String()
}

// What looks personal in the text of the schema is weak: only strict refuses it.
func TestALeakInASchemaRefusesAStrictRun(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.production("ALTER TABLE users ALTER email SET DEFAULT 'mail jane.roe@gmail.com'")
	s.must(exitClean, "run")
	s.edit("refresher.yaml", "key: env:KEY", "key: env:KEY\nverify: {strict: true}")
	before := s.state()
	if _, said := s.must(exitRefused, "run"); strings.Contains(said, "jane.roe") || s.state() != before {
		t.Errorf("the refusal shows the address, or something changed:\n%s", said)
	}
}

func TestARefusalChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	vars, rules, config := maps.Clone(s.vars), readFile(t, filepath.Join(s.dir, "rules.yaml")), readFile(t,
		filepath.Join(s.dir, "refresher.yaml"))
	for name, tc := range map[string]struct {
		spoil func(*site)
		code  int
		want  string
		mend  string // undoes what was done in production
	}{
		"a column without a rule": {func(s *site) { s.production("ALTER TABLE users ADD nickname text") }, exitRefused,
			"public.users.nickname", "ALTER TABLE users DROP nickname"},
		"a table without a rule": {func(s *site) { s.production("CREATE TABLE leads (email text)") }, exitRefused,
			"public.leads", "DROP TABLE leads"},
		"a partition's own table": {func(s *site) {
			s.production("CREATE TABLE audit (who text) PARTITION BY LIST (who); CREATE TABLE audit_1 PARTITION OF audit DEFAULT")
		}, exitRefused, "public.audit", "DROP TABLE audit"},
		"an unknown transform": {func(s *site) { s.edit("rules.yaml", "email: email", "email: emial") }, exitInput, "emial", ""},
		"an unknown column": {func(s *site) {
			s.edit("rules.yaml", "national_id: national_id", "national_id: national_id\n      nationl_id: keep")
		}, exitInput, "nationl_id", ""},
		"a short key":            {func(s *site) { s.vars["KEY"] = "1234" }, exitInput, "too short", ""},
		"no key":                 {func(s *site) { delete(s.vars, "KEY") }, exitInput, "KEY is not set", ""},
		"staging on production":  {func(s *site) { s.vars["STAGING"] = s.primary.URL("staging_" + s.db) }, exitRefused, "system identifier", ""},
		"staging on the replica": {func(s *site) { s.vars["STAGING"] = s.standby.URL("staging_" + s.db) }, exitRefused, "", ""},
		"not a replica":          {func(s *site) { s.vars["SOURCE"] = s.primary.URL(s.db) }, exitRefused, "standby", ""},
		"no bucket":              {func(s *site) { s.edit("refresher.yaml", "s3://"+s.db+"/data", "s3://"+s.db+"-none/data") }, exitEnvironment, s3Missing, ""},
		"no source":              {func(s *site) { s.vars["SOURCE"] = "postgres://postgres@127.0.0.1:1/x" }, exitEnvironment, "connect", ""},
		"no staging":             {func(s *site) { s.vars["STAGING"] = "postgres://postgres@127.0.0.1:1/x" }, exitEnvironment, "connect", ""},
		"an unknown root":        {func(s *site) { s.edit("refresher.yaml", "roots: [public.users]", "roots: [public.usrs]") }, exitInput, "public.usrs", ""},
		"a missing privilege": {func(s *site) {
			s.production("CREATE ROLE weak_" + s.db + " LOGIN")
			s.vars["SOURCE"] = strings.Replace(s.standby.URL(s.db), pgserver.User+"@", "weak_"+s.db+"@", 1)
		}, exitEnvironment, "GRANT", "DROP ROLE weak_" + s.db},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.vars = maps.Clone(vars)
			s.write("rules.yaml", rules)
			s.write("refresher.yaml", config)
			before := s.state()
			tc.spoil(s)
			_, said := s.must(tc.code, "run")
			if !strings.Contains(said, tc.want) {
				t.Errorf("the message lacks %q:\n%s", tc.want, said)
			}
			s.vars = maps.Clone(vars)
			if s.state() != before || len(s.keys()) > 0 || s.leftovers() != "" {
				t.Error("something changed")
			}
			if tc.mend != "" {
				s.production(tc.mend)
			}
		})
	}
}

const s3Missing = "bucket"

func TestAReplicaIsNotRequiredUnlessAskedFor(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.vars["SOURCE"] = s.primary.URL(s.db)
	_, said := s.must(exitClean, "run")
	if !strings.Contains(said, "warning") || !strings.Contains(said, "standby") {
		t.Errorf("no warning that the source is a primary:\n%s", said)
	}
}

func TestASecondRunIsRefused(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
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
