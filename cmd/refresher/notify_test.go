package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"refresher/internal/refresh/notify"
	"refresher/internal/testkit/mlflowserver"
)

// inbox is what the receivers of a site's notifications got.
type inbox struct {
	*httptest.Server

	mu     sync.Mutex
	got    map[string][]string // bodies by path
	broken bool
}

// notifies gives a site receivers of notifications, at the paths /slack, /teams and /hook.
func (s *site) notifies(on string) *inbox {
	b := &inbox{got: map[string][]string{}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.got[r.URL.Path] = append(b.got[r.URL.Path], string(body))
		if b.broken {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	s.t.Cleanup(b.Close)
	s.vars["SLACK"], s.vars["TEAMS"], s.vars["HOOK"] = b.URL+"/slack", b.URL+"/teams", b.URL+"/hook"
	s.vars["HOOK_SECRET"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	s.edit("refresher.yaml", "key: env:KEY", `key: env:KEY
serve: {url: https://refresher.example/}
notify:
  - {on: [`+on+`], slack: env:SLACK, retries: 1}
  - {on: [`+on+`], teams: env:TEAMS, retries: 1}
  - {on: [`+on+`], webhook: {url: env:HOOK, secret: env:HOOK_SECRET}, retries: 1}`)
	return b
}

// tracks gives a site an MLflow tracking server.
func (s *site) tracks() *mlflowserver.Server {
	server := &mlflowserver.Server{Authorization: "Bearer tracking"}
	at := httptest.NewServer(server)
	s.t.Cleanup(at.Close)
	s.vars["MLFLOW_TRACKING_URI"], s.vars["MLFLOW_TRACKING_TOKEN"] = at.URL, "tracking"
	s.edit("refresher.yaml", "key: env:KEY", "key: env:KEY\nmlflow: {tracking_uri: \"${MLFLOW_TRACKING_URI:-}\"}")
	return server
}

// hooks are what the webhook was told, and empties it.
func (b *inbox) hooks(t *testing.T) (all []notify.Payload) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, body := range b.got["/hook"] {
		var p notify.Payload
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	delete(b.got, "/hook")
	return all
}

// everything is all that was received, as text.
func (b *inbox) everything() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var text strings.Builder
	for _, bodies := range b.got {
		text.WriteString(strings.Join(bodies, "\n"))
	}
	return text.String()
}

// A target that fails for ever is tried again, then it is a warning, and the run's exit code is its own.
func TestNotificationsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	inbox := s.notifies("all")
	delete(s.vars, "SLACK")
	s.vars["HOOK_SECRET"] = "short"
	if _, said := s.must(exitInput, "run"); !strings.Contains(said, "refresher.yaml:7:24: notify[0].slack: ") ||
		!strings.Contains(said, "SLACK is not set") || !strings.Contains(said, "the secret is too short") || len(s.keys()) > 0 {
		t.Errorf("wrong targets:\n%s", said)
	}
	if _, said := s.must(exitInput, "doctor"); !strings.Contains(said, "FAIL  notify[0] (slack)") ||
		!strings.Contains(said, "ok    notify[1] (teams): it is complete; nothing is sent") {
		t.Errorf("doctor:\n%s", said)
	}
	s.vars["SLACK"], s.vars["HOOK_SECRET"] = inbox.URL+"/slack", "a secret of more than sixteen bytes"
	s.must(exitClean, "run", "--dry-run")
	if said := inbox.everything(); said != "" {
		t.Errorf("a dry run told %s", said)
	}
	inbox.broken = true
	tracking := s.tracks()
	s.vars["MLFLOW_TRACKING_INSECURE_TLS"] = "perhaps"
	if _, said := s.must(exitInput, "run"); !strings.Contains(said, "MLFLOW_TRACKING_INSECURE_TLS must be true or false") {
		t.Errorf("a wrong variable:\n%s", said)
	}
	delete(s.vars, "MLFLOW_TRACKING_INSECURE_TLS")
	s.vars["MLFLOW_TRACKING_TOKEN"] = "another"
	_, said := s.must(exitClean, "run")
	for _, want := range []string{"warning: a notification was not sent (tries: 2): notify[0] (slack): the server answered 500",
		"notify[1] (teams)", "notify[2] (webhook)",
		"the run could not be logged: MLflow: looking for the experiment: the server answered 401 Unauthorized"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, inbox.URL) {
		t.Errorf("an address is shown:\n%s", said)
	}
	if strings.Contains(said, s.vars["MLFLOW_TRACKING_URI"]) || len(tracking.Runs()) > 0 {
		t.Errorf("MLflow has %v:\n%s", tracking.Runs(), said)
	}
	inbox.broken = false
	inbox.hooks(t)

	rules := readFile(t, s.dir+"/rules.yaml")
	s.edit("rules.yaml", "email: email", "email: emial")
	s.must(exitInput, "run")
	s.write("rules.yaml", rules)
	s.production("ALTER TABLE users ADD nickname text")
	s.must(exitRefused, "run")
	s.production("ALTER TABLE users DROP nickname")
	s.must(exitClean, "run")
	var types []string
	told := inbox.hooks(t)
	for _, p := range told {
		types = append(types, p.Type)
	}
	if !slices.Equal(types, []string{"refresher.invalid", "refresher.refused", "refresher.recovered"}) {
		t.Fatalf("told %v", types)
	}
	refused, done := told[1].Data, told[2].Data
	if refused.Reason == "" || !strings.Contains(strings.Join(refused.Details, "\n"), "public.users.nickname") || refused.Promoted ||
		refused.LastDone.IsZero() || refused.Database != s.db || refused.Link != "https://refresher.example/runs/"+refused.Run {
		t.Errorf("of the refusal: %+v", refused)
	}
	if done.Rows == 0 || done.Tables == 0 || done.Seconds <= 0 || !done.Promoted || done.By != "command line" ||
		done.Run != s.lastReport().Run {
		t.Errorf("of the run: %+v", done)
	}
}
