package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/report/notice"
)

const notifying = minimal + `
serve: {url: https://refresher.acme.example}
notify:
  - {on: [refused, failed, stale, recovered], slack: env:SLACK_WEBHOOK}
  - {on: [all], webhook: {url: "https://hooks.acme.example/refresher", secret: env:HOOK_SECRET, headers: {X-Team: data}}, retries: 2, timeout: 5s}
  - on: [failed]
    smtp: {host: mail.acme.example, username: robot, password: env:SMTP_PASSWORD, from: Refresher <r@acme.example>, to: [dba@acme.example], ca: ca.pem}
    title: "{{.Pipeline}}: {{.What}}"
    text: |
      {{.Reason}}
  - {on: [done], teams: "https://acme.example/workflows/x"}
mlflow: {tracking_uri: "${MLFLOW:-}"}
`

func TestNotify(t *testing.T) {
	c, err := load(t, notifying, env("REPLICA", "postgres://h/app"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i, n := range c.Notify {
		kinds = append(kinds, n.Kind())
		if _, err := c.Template(i); err != nil {
			t.Error(err)
		}
	}
	mail := c.Notify[2].SMTP
	if strings.Join(kinds, " ") != "slack webhook smtp teams" || c.Notify[0].Kinds()[2] != notice.Stale ||
		c.Notify[0].Limit() != 10*time.Second || c.Notify[0].Retries != 4 || c.Notify[1].Limit() != 5*time.Second ||
		c.Notify[1].Retries != 2 || mail.SMTPPort() != 587 || mail.TLS != "starttls" || !filepath.IsAbs(mail.CA) {
		t.Errorf("%v %+v", kinds, c.Notify)
	}
	if !c.MLflow.TrackingURI.IsZero() || c.MLflow.Experiment != "refresher" {
		t.Errorf("%+v", c.MLflow)
	}
	if times, err := c.Schedule.Times(); err != nil || times.Stale != 12*time.Hour {
		t.Errorf("%v, %v", times, err)
	}
}

// Each mistake is one sentence with its line, and quotes no secret.
func TestMistakesInNotify(t *testing.T) {
	for text, want := range map[string]string{
		`notify: [{on: [refuzed], slack: env:S}]`:                                                             "refresher.yaml:6:16: notify[0].on[0] is none of done, recovered",
		`notify: [{slack: env:S}]`:                                                                            "notify[0].on is missing",
		`notify: [{on: [all]}]`:                                                                               "notify[0] must have one of slack, teams, webhook and smtp",
		`notify: [{on: [all], slack: env:S, teams: env:T}]`:                                                   "notify[0] must have one of slack",
		`notify: [{on: [all], slack: hunter2}]`:                                                               "notify[0].slack must begin with https:// or http://",
		`notify: [{on: [all], webhook: {url: "https://h.example"}}]`:                                          "notify[0].webhook.secret is missing",
		`notify: [{on: [all], webhook: {url: "https://h.example", secret: hunter2}}]`:                         "notify[0].webhook.secret: a secret is written as a reference",
		`notify: [{on: [all], webhook: {url: "https://h.example", secret: env:S, headers: {webhook-id: a}}}]`: `can't set the header "webhook-id"`,
		`notify: [{on: [all], slack: env:S, text: "{{.Reazon}}"}]`:                                            "refresher.yaml:6:42: notify[0].text is a template with a mistake: notify[0].text:1:2: executing",
		`notify: [{on: [all], slack: env:S, title: "{{"}]`:                                                    "notify[0].title is a template with a mistake: notify[0].title:1: ",
		`notify: [{on: [all], slack: env:S, text: a, text_file: b}]`:                                          "notify[0].text_file is given beside text",
		`notify: [{on: [all], slack: env:S, text_file: none.tmpl}]`:                                           "none.tmpl: no such file or directory",
		`notify: [{on: [all], slack: env:S, retries: 21, timeout: 5}]`:                                        "notify[0].retries must be from 0 to 20",
		`notify: [{on: [all], smtp: {host: h.example, tls: none, username: u, password: env:P, from: a@b.example, to: [c@d.example]}}]`: "notify[0].smtp.tls is none, and the password would go to another machine",
		`notify: [{on: [all], smtp: {host: "h.example:25", username: u, from: ab.example, to: [c@d.example, d]}}]`:                      "notify[0].smtp.host must be the name or address of a host, without a port",
		`notify: [{on: [all], smtp: {host: h.example, from: ab.example, to: [c@d.example, d]}}]`:                                        "notify[0].smtp.to[1] is no address of mail",
		`mlflow: {tracking_uri: "sqlite:///hunter2.db"}`:                                                                                "mlflow.tracking_uri must begin with https:// or http://",
		`mlflow: {experiment: ""}`:                    "mlflow.experiment must be a name",
		`serve: {url: "https://u:hunter2@h.example"}`: "serve.url must be an http:// or https:// URL, without a password",
		`schedule: {stale_after: soon}`:               "schedule.stale_after must be a duration",
	} {
		_, err := load(t, minimal+text+"\n", env("REPLICA", "postgres://h/app"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s:\n%v", text, err)
		}
	}
}

// A mistake in a file of a template is said with the file's own line.
func TestTemplateFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "notify.tmpl")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "refresher.yaml"), minimal+"notify: [{on: [all], slack: env:S, text_file: notify.tmpl}]\n")
	for text, want := range map[string]string{
		"{{.Run}}\n{{.Reason}}\n": "", "{{.Run}}\n{{.Raison}}\n": "notify.tmpl:2:2: executing", " \n": "notify.tmpl: the template is empty",
	} {
		write(file, text)
		_, err := Load(filepath.Join(dir, "refresher.yaml"), env("REPLICA", "postgres://h/app"))
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "refresher.yaml:6:") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
