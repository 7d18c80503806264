package web_test

import (
	"fmt"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/serve/servetest"
	"refresher/internal/verify"
)

// weeks is an engine with two pipelines and a history of half a year, at the times of their schedules.
func weeks(until time.Time) *servetest.Engine {
	e := servetest.New("experimentation", "mlflow")
	for i := 26; i >= 0; i-- {
		for name, scale := range map[string]int64{"experimentation": 100, "mlflow": 3} {
			outcome := fault.Done
			if i%9 == 4 {
				outcome = fault.Refused
			}
			size := scale * (60 - int64(i) + int64(i%5)*4)
			add(e, name, outcome, sunday(until, -i).Add(took(size)), size)
		}
	}
	due := sunday(until, 1)
	for _, name := range []string{"experimentation", "mlflow"} {
		e.Change(name, func(p *serve.PipelineState) { p.Next = &due })
	}
	return e
}

// sunday is the time of the schedule 0 3 * * 0 in Berlin that is so many weeks after the newest one until a time.
func sunday(until time.Time, weeks int) time.Time {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	day := until.In(berlin)
	back := int(day.Weekday())
	if back == 0 && day.Hour() < 3 {
		back = 7
	}
	return time.Date(day.Year(), day.Month(), day.Day()-back+7*weeks, 3, 0, 0, 0, berlin)
}

// took is how long a run of a size took.
func took(size int64) time.Duration { return time.Duration(size*30) * time.Second / 50 }

func add(e *servetest.Engine, name string, outcome fault.Outcome, end time.Time, size int64) {
	r := serve.Run{ID: end.Add(-took(size)).UTC().Format("20060102T150405Z-") + name[:4], Pipeline: name,
		Host: "runner-1", By: "schedule", Started: end.Add(-took(size)), Finished: &end, Outcome: outcome, Rows: size * 1000, Bytes: size * 160_000}
	if outcome == fault.Refused {
		r.Stage, r.Error, r.Findings = "verify", "verification found personal data that survived: 3 values of class email in public.notes.body", 3
	} else {
		r.Promoted = true
	}
	e.Add(r, sampleReport(r))
}

func sampleReport(r serve.Run) *report.Report {
	rep := &report.Report{Format: 1, Run: r.ID, Version: "1.2.3", Started: r.Started, Finished: *r.Finished, Outcome: r.Outcome,
		Stage: r.Stage, Error: r.Error, Promoted: r.Promoted,
		Source:       report.Server{Address: "replica.internal:5432", Database: r.Pipeline, Version: 150018, Replica: true},
		Staging:      report.Server{Address: "staging.internal:5432", Database: r.Pipeline + "_staging", Version: 150018},
		Stages:       []report.Stage{{Name: "guard", Seconds: 1.2}, {Name: "data", Seconds: 900}, {Name: "verify", Seconds: 300}},
		Verification: []report.Subject{{Name: "staging", Passed: r.Outcome == fault.Done, Results: []*verify.Result{{Subject: "database", Survivors: r.Findings}}}}}
	for i, name := range []string{"users", "events", "assignments", "payments", "notes", "sessions", "countries"} {
		t := report.Table{Name: "public." + name, Rows: r.Rows / int64(i+2), Bytes: r.Bytes / int64(i+2), Mode: "all"}
		if name == "sessions" {
			t.Mode, t.Rows, t.Bytes = "none", 0, 0
		}
		for c := range 4 + i {
			t.Columns = append(t.Columns, report.Column{Name: fmt.Sprint("c", c), Type: "text", Transform: "email", Class: "email", Keep: c%(i+2) == 0})
		}
		rep.Tables = append(rep.Tables, t)
	}
	rep.Signed = &report.Signed{Document: []byte(`{"format":1,"run":"` + r.ID + `","outcome":"` + string(r.Outcome) + `","promoted": true}`),
		Signature: []byte(`{"sig":"x"}`)}
	return rep
}
