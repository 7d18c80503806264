package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"refresher/internal/fault"
)

// The gravest end decides, and an interruption counts more than all that ended before it.
func TestTheGravestPipelineDecides(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	refused, invalid, failed := fault.Refuse("survivors", "3"), fault.BadInput("no such transform"),
		errors.New("no route")
	for _, tt := range []struct {
		ctx  context.Context
		s    several
		want int
	}{
		{t.Context(), several{errs: []error{failed, refused}}, exitRefused},
		{t.Context(), several{errs: []error{failed, refused, invalid}}, exitInput},
		{t.Context(), several{errs: []error{failed}}, exitEnvironment},
		{stopped, several{errs: []error{refused, context.Canceled}, stopped: true}, exitInterrupted},
	} {
		if got := exitCode(outcomeOf(tt.ctx, &tt.s)); got != tt.want {
			t.Errorf("%v: exit code %d, want %d", tt.s.errs, got, tt.want)
		}
	}
}

func TestRunsAreChosen(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	at := func(day int, outcome fault.Outcome) runSummary {
		return runSummary{Started: time.Date(2026, 11, day, 3, 0, 0, 0, time.UTC), Outcome: string(outcome)}
	}
	for _, tt := range []struct {
		f    runsFlags
		run  runSummary
		want bool
	}{
		{runsFlags{}, at(1, fault.Lost), true},
		{runsFlags{outcomes: []string{"refused", "failed"}}, at(1, fault.Failed), true},
		{runsFlags{outcomes: []string{"refused", "failed"}}, at(1, fault.Done), false},
		{runsFlags{since: "2026-11-22"}, at(22, fault.Done), true},
		{runsFlags{since: "2026-11-22"}, at(21, fault.Done), false},
		{runsFlags{since: "2026-11-22T04:00:00+02:00"}, at(22, fault.Done), true},
		{runsFlags{since: "7d"}, at(22, fault.Done), false}, // nine hours too old
		{runsFlags{since: "8d"}, at(22, fault.Done), true},
		{runsFlags{since: "36h"}, at(28, fault.Done), true},
		{runsFlags{since: "36h"}, at(27, fault.Done), false},
	} {
		tt.f.format = "text"
		match, err := tt.f.match(nil, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := match(tt.run); got != tt.want {
			t.Errorf("%+v chooses the run of %s: %t", tt.f, tt.run.Started, got)
		}
	}
}

// Pipelines that sign with different keys have no key in common.
func TestSigningKeyOfSeveralPipelines(t *testing.T) {
	config := filepath.Join(t.TempDir(), "refresher.yaml")
	text := "key: env:K\npipelines:\n" +
		"  a: {source: {url: postgres://h/a}, staging: {url: postgres://s/a}, rules: [r]}\n" +
		"  b: {source: {url: postgres://h/b}, staging: {url: postgres://s/b}, rules: [r], key: env:L}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{configPath: config, getenv: os.LookupEnv}
	var input *fault.Input
	if _, err := a.loadSigning(); !errors.As(err, &input) {
		t.Errorf("%v", err)
	}
	a.pipeline = "b"
	if c, err := a.loadSigning(); err != nil || c.Key.Name() != "env:L" {
		t.Errorf("%v, %v", c, err)
	}
}

// Three databases by one key: a person is the same fake in both that are refreshed, and the
// one between them that a gate refuses keeps neither from its turn.
func TestRunOfSeveralPipelines(t *testing.T) {
	t.Parallel()
	shop, refused, crm := newEmptySite(t), newEmptySite(t), newEmptySite(t)
	for _, s := range []*site{shop, refused, crm} {
		s.production("CREATE TABLE users (email text PRIMARY KEY); INSERT INTO users VALUES ('zanzibar.quill@bigcorp.com')")
	}
	shop.write("rules.yaml", "version: 1\ntables: {public.users: {columns: {email: email}}}\n")
	shop.write("none.yaml", "version: 1\ntables: {}\n")
	shop.vars["SOURCE2"], shop.vars["STAGING2"] = refused.vars["SOURCE"], refused.vars["STAGING"]
	shop.vars["SOURCE3"], shop.vars["STAGING3"] = crm.vars["SOURCE"], crm.vars["STAGING"]
	shop.write("refresher.yaml", `key: env:KEY
workers: 1
pipelines:
  shop: {source: {url: "${SOURCE}"}, staging: {url: "${STAGING}"}, rules: [rules.yaml]}
  refused: {source: {url: "${SOURCE2}"}, staging: {url: "${STAGING2}"}, rules: [none.yaml]}
  crm: {source: {url: "${SOURCE3}"}, staging: {url: "${STAGING3}"}, rules: [rules.yaml]}
`)
	reports := filepath.Join(shop.dir, "reports")
	_, said := shop.must(exitRefused, "run", "--report", reports)
	if want := "3 pipelines: shop done, refused refused, crm done\n"; !strings.Contains(said, want) ||
		!strings.Contains(said, "refresher: refused: ") {
		t.Errorf("%q is not in\n%s", want, said)
	}
	fake := func(s *site) string { return s.one(s.staging.URL(s.db), "SELECT email FROM users") }
	if a, b := fake(shop), fake(crm); a != b || strings.Contains(a, "zanzibar") {
		t.Errorf("one person is %s and %s", a, b)
	}
	for _, name := range []string{"shop", "refused", "crm"} {
		if _, err := os.Stat(filepath.Join(reports, name, "report.json")); err != nil {
			t.Error(err)
		}
	}
	list, _ := shop.must(exitClean, "runs", "--format", "json", "--outcome", "done", "--limit", "2")
	if strings.Index(list, `"pipeline": "crm"`) > strings.Index(list, `"pipeline": "shop"`) || strings.Contains(list, `"refused"`) {
		t.Errorf("runs are %s", list)
	}
	if _, said := shop.must(exitClean, "runs", "--pipeline", "refused"); strings.Count(said, "refused in") != 1 {
		t.Error(said)
	}
	// One by its name: what it prints and writes is as where there is one alone.
	_, said = shop.must(exitClean, "run", "crm", "--report", filepath.Join(reports, "one.json"))
	if strings.Contains(said, "pipeline") {
		t.Error(said)
	}
	shop.must(exitClean, "rollback", "crm")
	shop.must(exitClean, "verify", "shop")
}

// A staging server that accepts connections and says nothing is given up within seconds.
func TestRunsOfASilentServer(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	config := filepath.Join(t.TempDir(), "refresher.yaml")
	text := "source: {url: postgres://localhost/a}\nstaging: {url: \"postgres://s@" + silent.Addr().String() +
		"/a?sslmode=disable\"}\nrules: [r]\nkey: env:K\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	began := time.Now()
	code := run(t.Context(), []string{"runs", "--config", config}, &app{out: &out, err: &said, getenv: os.LookupEnv})
	if took := time.Since(began); code != exitEnvironment || took > 3*answer {
		t.Errorf("exit %d after %s:\n%s", code, took, said.String())
	}
}

// The list of runs fits a narrow terminal: without the column that names of runs repeat, and in more lines where
// that is not enough. Where there is no terminal each run has one line.
func TestRunsFitTheTerminal(t *testing.T) {
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	end := at.Add(754 * time.Second)
	var list []listedRun
	for outcome, stage := range map[fault.Outcome]string{fault.Done: "", fault.Refused: "verify", fault.RolledBack: ""} {
		list = append(list, listedRun{Pipeline: "experimentation", runSummary: runSummary{ID: "20261121T030000Z-7f3a",
			Started: at, Finished: &end, Outcome: string(outcome), Stage: stage, By: "command line", BackTo: "20261114T030000Z-0b5e"}})
	}
	for columns, want := range map[int]string{
		0:   "2026-11-21 03:00:00",
		200: "2026-11-21 03:00:00  12 min 34 s  rolled_back to 20261114T030000Z-0b5e by command line\n",
		80:  "12 min 34 s  rolled_back to\n    20261114T030000Z-0b5e by command line\n",
	} {
		var out bytes.Buffer
		(&app{err: &out, columns: columns}).printRuns(list, true)
		for line := range strings.Lines(out.String()) {
			if columns > 0 && uniseg.StringWidth(line) > columns {
				t.Errorf("%d columns: %q", columns, line)
			}
		}
		if !strings.Contains(out.String(), want) || columns != 80 && strings.Count(out.String(), "\n") != 4 {
			t.Errorf("%d columns:\n%s", columns, out.String())
		}
	}
}
