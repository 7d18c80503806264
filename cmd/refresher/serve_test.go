package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// document is GET /status.
type document struct {
	Next *time.Time
	Last *struct{ Outcome string }
}

func TestServeRunsOnScheduleAndStopsCleanly(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
	inbox, tracking := s.notifies("done, invalid"), s.tracks()
	s.edit("refresher.yaml", "workers: 2",
		"workers: 2\nlisten: 127.0.0.1:0\nschedule: {cron: \"@every 1s\", timezone: Europe/Berlin}")
	cmd := s.process("serve")
	watch := s.stages(cmd)
	watch.awaitText("outcome=done")
	address := regexp.MustCompile(`address=(http://\S+)`).FindStringSubmatch(watch.text())
	run := regexp.MustCompile(`msg="run ended" .*run=(\S+)`).FindStringSubmatch(watch.text())
	if address == nil || run == nil {
		t.Fatalf("serve did not say where it is:\n%s", watch.text())
	}
	if documented(t, "getting-started.md", map[string]string{"serve": watch.text()}) != 1 {
		t.Error("docs/getting-started.md doesn't show what serve prints")
	}
	get := func(path string) string {
		t.Helper()
		res, err := http.Get(address[1] + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", path, res.Status, err)
		}
		return string(body)
	}
	if get("/healthz") != "ok\n" {
		t.Error("/healthz is not ok")
	}
	var doc document
	if err := json.Unmarshal([]byte(get("/status")), &doc); err != nil || doc.Next == nil || doc.Last == nil ||
		doc.Last.Outcome != "done" {
		t.Errorf("/status: %+v %v", doc, err)
	}
	for path, want := range map[string]string{
		"/": run[1], "/?": ">" + s.db + "</b> <span class=\"dim\">on 127.0.0.1:", "/?zone": "@every 1s, Europe/Berlin", "/runs/" + run[1]: "No source identifier survived", "/runs/" + run[1] + "?format=json": `"promoted": true`,
		"/metrics": `refresher_last_run_timestamp_seconds{outcome="done",pipeline="default"}`,
		"/readyz":  "ok", "/api/v1/pipelines": `"server": "127.0.0.1:`, "/api/v1/runs/" + run[1]: `"outcome": "done"`,
	} {
		if !strings.Contains(get(path), want) {
			t.Errorf("%s lacks %q", path, want)
		}
	}
	watch.awaitText("target=\"notify[2] (webhook)\"")
	if told := inbox.hooks(t); told[0].Data.Run != run[1] || told[0].Data.By != "schedule" ||
		!regexp.MustCompile(`refresher_notifications_total{pipeline="default",result="sent"} [1-9]`).MatchString(get("/metrics")) {
		t.Errorf("told %+v", told)
	}
	if runs := tracking.Runs(); runs[0].Name != run[1] || runs[0].Tags["refresher.by"] != "schedule" {
		t.Errorf("MLflow has %+v", runs)
	}
	// A report on the page's server is checked like one anywhere.
	if _, said := s.must(exitClean, "verify", "--report", address[1]+"/runs/"+run[1]+"/report.json"); !strings.Contains(
		said, run[1]+" is genuine") {
		t.Error(said)
	}
	s.must(exitInput, "verify", "--report", address[1]+"/runs/none/report.json")
	if res, err := http.Get(address[1] + "/runs/none"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown run: %v %v", res, err)
	}
	// What is wrong on disk refuses one run, which is recorded; what is mended there is used.
	good := readFile(t, filepath.Join(s.dir, "rules.yaml"))
	s.write("rules.yaml", "version: 1\ntables: nonsense\n")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	watch.awaitText("outcome=invalid")
	watch.awaitText("-invalid target=\"notify[2] (webhook)\"")
	if list, _ := s.must(exitClean, "runs", "--format", "json"); !strings.Contains(list, "invalid") {
		t.Errorf("the attempt is not recorded:\n%s", list)
	}
	s.write("rules.yaml", good)
	watch.awaitAfter(len(watch.text()), "outcome=done")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve did not stop cleanly: %v\n%s", err, watch.text())
	}
	if left := s.leftovers(); left != "" {
		t.Errorf("left over: %s", left)
	}
	if !strings.Contains(watch.text(), "msg=stopped") {
		t.Error("serve did not say that it stopped")
	}

	// After a restart the last run is still known; a schedule that is off plans none.
	s.edit("refresher.yaml", `cron: "@every 1s"`, "cron: off")
	cmd = s.process("serve")
	watch = s.stages(cmd)
	watch.awaitText("address=http://")
	address = regexp.MustCompile(`address=(http://\S+)`).FindStringSubmatch(watch.text())
	for doc = (document{}); doc.Last == nil; { // it is read while the page is served
		if err := json.Unmarshal([]byte(get("/status")), &doc); err != nil {
			t.Fatal(err)
		}
	}
	ends := []string{"done", "stopped", "skipped"} // a time that came while the last run went on is skipped
	if !slices.Contains(ends, doc.Last.Outcome) || doc.Next != nil ||
		!strings.Contains(get("/metrics"), `refresher_last_success_timestamp_seconds{pipeline="default"}`) {
		t.Errorf("after a restart: %+v, next %v", *doc.Last, doc.Next)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
