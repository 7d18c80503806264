package main

import (
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify/risk"
)

// patients is a table in which one person stands alone, with what points at her.
func (s *site) patients() {
	s.t.Helper()
	s.production(`
		CREATE TABLE patients (id int PRIMARY KEY, postcode text, year int NOT NULL, gender text, diagnosis text);
		CREATE TABLE visits (id int PRIMARY KEY, patient int NOT NULL REFERENCES patients, parent int REFERENCES visits);
		INSERT INTO patients SELECT i, '10115', 1950 + i % 2, 'f', CASE WHEN i % 4 < 2 THEN 'flu' ELSE 'cold' END FROM generate_series(1, 20) i;
		INSERT INTO patients VALUES (21, '20095', 1917, 'f', 'gout');
		INSERT INTO visits VALUES (1, 1, NULL), (2, 21, NULL), (3, 2, 2)`)
	s.edit("refresher.yaml", "rules: [rules.yaml]", "rules: [rules.yaml, patients.yaml]")
	s.risk("min_k: 5")
}

// risk declares the quasi-identifiers of patients, with further keys.
func (s *site) risk(more string) {
	s.write("patients.yaml", `version: 1
tables:
  public.patients: {columns: {"*": keep}}
  public.visits: {columns: {"*": keep}}
risk:
  - {table: public.patients, quasi_identifiers: [postcode, gender], sensitive: [diagnosis], `+more+`}
`)
}

func TestASmallClassRefusesTheRun(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.must(exitClean, "run")
	before := s.state()
	s.patients()
	_, said := s.must(exitRefused, "run")
	if !strings.Contains(said, "refused by risk") ||
		!strings.Contains(
			said,
			"public.patients (postcode, gender): k is 1, and min_k 5: 1 classes of fewer than 5 rows hold 1 rows, 1 of them singletons",
		) ||
		!strings.Contains(said, "l of diagnosis is 1, and min_l 2") ||
		strings.Contains(said, "20095") {
		t.Errorf("the refusal:\n%s", said)
	}
	if s.state() != before || s.leftovers() != "" {
		t.Error("a refused run changed staging or the bucket")
	}
	if r := s.lastReport().Risk; len(r) != 1 || r[0].Passed || r[0].K != 1 || r[0].Classes != 2 || r[0].Rows != 21 {
		t.Errorf("the report: %+v", r)
	}
	// The same figures are no obstacle where they are only asked for.
	s.risk("min_k: 5, below: report")
	s.must(exitClean, "run")
	if r := s.lastReport().Risk; len(r) != 1 || r[0].OK || !r[0].Passed || r[0].Below != risk.Inform {
		t.Errorf("the report: %+v", r)
	}
	// And a class that holds one diagnosis only is too small for l, however large.
	s.production("DELETE FROM visits; DELETE FROM patients WHERE id = 21; UPDATE patients SET diagnosis = 'flu'")
	s.risk("min_k: 5")
	if _, said = s.must(exitRefused, "run"); strings.Contains(said, "k is") ||
		!strings.Contains(said, "l of diagnosis is 1") {
		t.Errorf("the refusal:\n%s", said)
	}
}

func TestASmallClassIsSuppressed(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.patients()
	s.risk("min_k: 5, min_l: 2, below: suppress")
	s.must(exitClean, "run")
	staging := s.staging.URL(s.db)
	// The one row alone would be a class of one, so the class of twenty joined it.
	if got := s.one(staging, "SELECT count(*) || ' ' || count(postcode) || ' ' || count(gender) || ' ' || count(year) FROM patients"); got != "21 0 0 21" {
		t.Errorf("staging: %s", got)
	}
	s.production(
		"UPDATE patients SET postcode = '10117' WHERE id <= 10; INSERT INTO patients SELECT i, '30159', 1990, 'm', 'flu' FROM generate_series(31, 34) i",
	)
	s.must(exitClean, "run")
	if got := s.one(staging, "SELECT string_agg(coalesce(postcode, '-') || ' ' || n, ', ' ORDER BY postcode) FROM (SELECT postcode, count(*) n FROM patients GROUP BY 1) x"); got != "10115 10, 10117 10, - 5" {
		t.Errorf("staging: %s", got)
	}
	r := s.lastReport().Risk[0]
	if !r.OK || r.K != 5 || r.Suppressed == nil || r.Suppressed.Rows != 5 || r.Suppressed.How != risk.Values {
		t.Errorf("the report: %+v %+v", r, r.Suppressed)
	}
	s.must(exitClean, "verify")
	pgserver.Exec(t, staging, "UPDATE patients SET postcode = '20095' WHERE id = 21")
	if _, said := s.must(exitRefused, "verify"); !strings.Contains(said, "k is 1") {
		t.Errorf("verify:\n%s", said)
	}
}

func TestASmallClassesRowsGo(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.patients()
	s.risk("min_k: 5, below: suppress, suppress: rows")
	s.must(exitClean, "run")
	staging := s.staging.URL(s.db)
	if got := s.one(staging, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM visits"); got != "1 3" {
		t.Errorf("visits in staging: %s", got)
	}
	if got := s.one(staging, "SELECT count(*) || ' ' || (SELECT parent IS NULL FROM visits WHERE id = 3) FROM patients"); got != "20 true" {
		t.Errorf("patients in staging: %s", got)
	}
	rep := s.lastReport()
	if r := rep.Risk[0]; !r.OK || r.Suppressed.Rows != 1 || len(r.Suppressed.Follows) != 1 ||
		r.Suppressed.Follows[0] != (risk.Follows{Table: "public.visits", Removed: 1, Unset: 1}) {
		t.Errorf("the report: %+v", r.Suppressed)
	}
	for _, v := range rep.Verification {
		if !v.Passed {
			t.Errorf("%s did not pass", v.Name)
		}
	}
}

func TestRiskIsCheckedBeforeARowIsRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.patients()
	s.write("patients.yaml", `version: 1
tables:
  public.patients: {columns: {"*": keep}}
  public.visits: {columns: {"*": keep}}
risk:
  - {table: public.patients, quasi_identifiers: [postcod, year], below: suppress}
  - {table: public.patient, quasi_identifiers: [year]}
  - {table: public.users, quasi_identifiers: [attributes], sensitive: [id], person: nobody}
hipaa:
  absent: {email: "we have none"}
  columns: {public.users.serial: device_id, public.patients.diagnosis: other}
`)
	_, said := s.must(exitInput, "check")
	for _, want := range []string{
		`patients.yaml:6:50: there is no column "postcod" in public.patients (did you mean "postcode"?)`,
		`patients.yaml:6:59: public.patients.year is NOT NULL, so it can't become NULL`,
		`patients.yaml:7:5: risk names table public.patient`,
		`patients.yaml:8:85: there is no column "nobody" in public.users`,
		`patients.yaml:10:12: email is declared absent, and `,
		`patients.yaml:11:13: there is no column "serial" in public.users`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("check does not say %q:\n%s", want, said)
		}
	}
}

func TestSafeHarborGapsRefuse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withoutBuckets()
	s.must(exitClean, "run")
	if m := s.lastReport().SafeHarbor; m == nil || m.Declared || len(m.Identifiers) != 18 {
		t.Fatalf("the matrix: %+v", m)
	}
	s.edit("refresher.yaml", "rules: [rules.yaml]", "rules: [rules.yaml, hipaa.yaml]")
	const absent = `version: 1
hipaa:
  absent: {fax: none, medical_record: none, health_plan: none, license: none, vehicle: none, device_id: none, url: none, biometric: none, photo: none}
`
	s.write("hipaa.yaml", absent+"  gaps: fail\n")
	_, said := s.must(exitRefused, "check")
	if !strings.Contains(said, "refused by safe harbor") ||
		!strings.Contains(said, "dates (C): public.users.date_of_birth is not removed: shifted") ||
		strings.Contains(said, "neither mapped") {
		t.Errorf("check:\n%s", said)
	}
	before := s.state()
	s.must(exitRefused, "run")
	if s.state() != before {
		t.Error("a refused run changed something")
	}
	s.write("hipaa.yaml", absent)
	s.must(exitClean, "run")
	if m := s.lastReport().SafeHarbor; !m.Declared || len(m.Unmapped) != 0 || len(m.Gaps) == 0 {
		t.Errorf("the matrix: %+v", m)
	}
}
