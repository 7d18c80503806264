package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report"
	"refresher/internal/report/notice"
	"refresher/internal/verify"
)

// receiver is a server that keeps what it was sent and answers as told.
type receiver struct {
	*httptest.Server
	status func(try int) int

	mu       sync.Mutex
	requests []received
}

type received struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T, status func(try int) int) *receiver {
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.requests = append(r.requests, received{req.Header, body})
		try := len(r.requests)
		r.mu.Unlock()
		w.WriteHeader(r.status(try))
		fmt.Fprint(w, "hunter2 is what the server says")
	}))
	t.Cleanup(r.Close)
	return r
}

func always(status int) func(int) int { return func(int) int { return status } }

func (r *receiver) post(path string) Post {
	return Post{URL: secret.NewText(r.URL + path), Limit: 5 * time.Second}
}

// last is what the receiver got last, as JSON.
func (r *receiver) last(t *testing.T, into any) received {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) == 0 {
		t.Fatal("nothing was sent")
	}
	got := r.requests[len(r.requests)-1]
	if err := json.Unmarshal(got.body, into); err != nil || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s", err, got.body)
	}
	return got
}

func target(kind string, c Channel) Target {
	return Target{Name: "notify[0]", Kind: kind, On: []notice.Kind{notice.All}, Channel: c, Limit: 5 * time.Second,
		Retry: outbound.Retry{Tries: 3, Pause: time.Millisecond}}
}

func refused() notice.Notice {
	n := notice.Notice{ID: "20261122T030000Z-7f3a-refused", Kind: notice.Refused, Pipeline: "shop", Database: "shop_staging",
		Run: "20261122T030000Z-7f3a", Link: "https://refresher.example/runs/20261122T030000Z-7f3a"}
	n.Because("refused by detectors: 2 findings\n  public.<b>.\"a&b\": e-mail, twice\n  [x](http://y).c: once")
	return n
}

// Slack takes blocks of documented kinds and lengths, and reads &, < and > as its own.
func TestSlack(t *testing.T) {
	r := newReceiver(t, always(200))
	if got := target("slack", Slack{r.post("/services/T0/B0/x")}).Send(t.Context(), refused()); got.Err != nil || got.Tries != 1 {
		t.Fatal(got)
	}
	type text struct{ Type, Text string }
	var m struct {
		Text   string
		Blocks []struct {
			Type     string
			Text     text
			Elements []text
		}
	}
	r.last(t, &m)
	if m.Text != "refresher shop: the refresh was refused (shop_staging)" || len(m.Blocks) != 3 ||
		m.Blocks[0].Type != "header" || m.Blocks[0].Text != (text{"plain_text", m.Text}) ||
		m.Blocks[1].Type != "section" || m.Blocks[1].Text.Type != "mrkdwn" ||
		!strings.Contains(m.Blocks[1].Text.Text, `public.&lt;b&gt;."a&amp;b"`) ||
		m.Blocks[2].Type != "context" || m.Blocks[2].Elements[0].Text != "<https://refresher.example/runs/20261122T030000Z-7f3a|Open the page>" {
		t.Errorf("%+v", m)
	}
	long := refused()
	long.Reason = strings.Repeat("<", 5000)
	if target("slack", Slack{r.post("/")}).Send(t.Context(), long); len(r.requests) != 2 {
		t.Fatal("not sent")
	}
	r.last(t, &m)
	if n := len(m.Blocks[1].Text.Text); n > 3000 || n < 2000 || len(m.Blocks[0].Text.Text) > 150 {
		t.Errorf("a section of %d", n)
	}
}

// Teams takes an Adaptive Card in a message; names in it are no Markdown.
func TestTeams(t *testing.T) {
	r := newReceiver(t, always(202))
	if got := target("teams", Teams{r.post("/workflows/x")}).Send(t.Context(), refused()); got.Err != nil {
		t.Fatal(got)
	}
	var m struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct {
					Type    string
					Inlines []struct{ Type, Text, Weight, Color string }
				}
				Actions []struct{ Type, Title, URL string }
			}
		}
	}
	r.last(t, &m)
	if m.Type != "message" || len(m.Attachments) != 1 || m.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Fatalf("%+v", m)
	}
	card := m.Attachments[0].Content
	var lines []string
	for _, b := range card.Body {
		if b.Type != "RichTextBlock" || len(b.Inlines) != 1 || b.Inlines[0].Type != "TextRun" {
			t.Errorf("a block %+v", b)
		}
		lines = append(lines, b.Inlines[0].Text)
	}
	if card.Type != "AdaptiveCard" || card.Version != "1.4" || lines[0] != "refresher shop: the refresh was refused (shop_staging)" ||
		lines[3] != "- [x](http://y).c: once" || card.Actions[0].Type != "Action.OpenUrl" || card.Actions[0].URL != refused().Link {
		t.Errorf("%+v", card)
	}
}

// What another try mends is tried again, what it doesn't is not; either ends, and the error shows
// neither the address nor what the server says.
func TestATargetThatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		status func(int) int
		tries  int
		want   string // empty: it is sent
	}{
		"for ever":   {always(500), 3, "notify[0] (slack): the server answered 500 Internal Server Error"},
		"twice":      {func(n int) int { return map[bool]int{true: 503, false: 200}[n < 3] }, 3, ""},
		"once, busy": {func(n int) int { return map[bool]int{true: 429, false: 200}[n < 2] }, 2, ""},
		"gone":       {always(410), 1, "notify[0] (slack): the server answered 410 Gone"},
	} {
		r := newReceiver(t, tc.status)
		got := target("slack", Slack{r.post("/services/hunter2")}).Send(t.Context(), refused())
		switch {
		case got.Tries != tc.tries || len(r.requests) != tc.tries || (got.Err == nil) != (tc.want == ""):
			t.Errorf("%s: %+v, %d requests", name, got, len(r.requests))
		case got.Err != nil && got.Err.Error() != tc.want:
			t.Errorf("%s: %v", name, got.Err)
		}
	}
}

// Each target hears of what it wants to hear of, and one that fails keeps no other from it.
func TestDeliver(t *testing.T) {
	good, bad := newReceiver(t, always(200)), newReceiver(t, always(500))
	a, b, c := target("slack", Slack{good.post("/")}), target("teams", Teams{bad.post("/")}), target("slack", Slack{good.post("/")})
	c.On = []notice.Kind{notice.Stale}
	results := Deliver(t.Context(), []Target{b, a, c}, refused())
	if len(results) != 2 || results[0].Err == nil || results[0].Target != "notify[0] (teams)" || results[1].Err != nil ||
		len(good.requests) != 1 {
		t.Errorf("%+v", results)
	}
}

// What is wrong with an address or a secret is found without sending, and not quoted.
func TestChecks(t *testing.T) {
	ok := Post{URL: secret.NewText("https://hooks.example/x")}
	for name, tc := range map[string]struct {
		c    Channel
		want string
	}{
		"good":            {Webhook{Post: ok, Secret: secret.NewText("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, ""},
		"no URL":          {Slack{Post{URL: secret.NewText("hunter2")}}, "the address is not a URL that begins with https:// or http://"},
		"in plain text":   {Teams{Post{URL: secret.NewText("http://hunter2.example/x")}}, "must begin with https://"},
		"a short secret":  {Webhook{Post: ok, Secret: secret.NewText("hunter2")}, "the secret is too short"},
		"no base64":       {Webhook{Post: ok, Secret: secret.NewText("whsec_hunter2!")}, "goes on in base64"},
		"a header":        {Webhook{Post: ok, Secret: secret.NewText(strings.Repeat("k", 16)), Headers: map[string]secret.Text{"X-A": secret.NewText("a\nhunter2")}}, "the value of the header X-A"},
		"no mail address": {SMTP{Host: "h", Port: 25, Security: "none", From: "hunter2", To: []string{"a@b.example"}, Limit: time.Second}, "smtp.from"},
		"plain password":  {SMTP{Host: "h", Port: 25, Security: "none", Username: "u", Password: secret.NewText("hunter2"), From: "a@b.example", To: []string{"a@b.example"}, Limit: time.Second}, "in plain text"},
	} {
		err := tc.c.Check(t.Context())
		var input *fault.Input
		switch {
		case tc.want == "" && err == nil:
		case !errors.As(err, &input) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of what was found, columns, classes and numbers are told, and no shape: that has initials.
func TestFindingsAreToldWithoutTheirShapes(t *testing.T) {
	find := func(column, shape, kind string, strong bool) verify.Finding {
		return verify.Finding{Table: "public.t", Column: column, Class: "email", Shape: shape, Kind: kind, Strong: strong}
	}
	rep := &report.Report{Run: "r", Outcome: fault.Refused, Verification: []report.Subject{{Results: []*verify.Result{{
		Findings: []verify.Finding{find("a", "j***@g***.com", verify.Survivor, true), find("a", "k***@g***.com", verify.Survivor, true),
			find("b", "x***", verify.Detection, true), find("c", "y***", verify.Detection, false)}}}}},
		Error: "refused by survivors: 2 found\n  public.t.a: 2 values, such as j***@g***.com\n    paste: a: email"}
	n, _ := Of(rep, false)
	if got := strings.Join(n.Details, "; "); n.Reason != "refused by survivors: 2 found" ||
		got != "public.t.a: 2 values of the source (class email); public.t.b: 1 value personal by shape (class email)" {
		t.Errorf("%s: %s", n.Reason, got)
	}
}

func TestWhatIsToldOfARun(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	rep := &report.Report{Run: "r", Outcome: fault.Done, Started: at, Finished: at.Add(90 * time.Second), Promoted: true,
		Staging: report.Server{Database: "app"}, Tables: []report.Table{{Rows: 5, Bytes: 50}, {Rows: 2, Bytes: 20}},
		Warnings: []string{"one"}, Verification: []report.Subject{{Results: []*verify.Result{{Survivors: 2, Detected: 3, Weak: 4}}}}}
	n, ok := Of(rep, true)
	if !ok || n.Kind != notice.Recovered || n.ID != "r-recovered" || n.Rows != 7 || n.Bytes != 70 || n.Tables != 2 || n.Findings != 5 ||
		n.Seconds != 90 || n.Warnings != 1 || !n.Promoted || n.Database != "app" {
		t.Errorf("%+v", n)
	}
	for outcome, want := range map[fault.Outcome]notice.Kind{fault.Done: notice.Done, fault.Refused: notice.Refused,
		fault.Failed: notice.Failed, fault.Invalid: notice.Invalid, fault.Stopped: notice.Stopped, fault.Lost: notice.Lost,
		fault.Skipped: "", fault.Running: ""} {
		n, ok := Of(&report.Report{Run: "r", Outcome: outcome, Error: "a\n  b"}, false)
		if ok != (want != "") || ok && n.Kind != want || n.Reason != "a" && ok {
			t.Errorf("%s: %+v, %t", outcome, n, ok)
		}
	}
}
