package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"refresher/internal/config/secret"
	"refresher/internal/report/notice"
)

// The recipe of docs/notifications.md, word for word: TestTheRecipe compares them.

// verified reads a notification and fails unless it is refresher's and new.
func verified(r *http.Request, secret string, now time.Time) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return nil, errors.New("too old, or of the future")
	}
	key := []byte(secret)
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err = base64.StdEncoding.DecodeString(coded); err != nil {
			return nil, err
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + string(body)))
	for _, one := range strings.Fields(r.Header.Get("webhook-signature")) {
		coded, ok := strings.CutPrefix(one, "v1,")
		given, err := base64.StdEncoding.DecodeString(coded)
		if ok && err == nil && hmac.Equal(given, mac.Sum(nil)) {
			return body, nil
		}
	}
	return nil, errors.New("not signed by refresher")
}

func TestTheRecipe(t *testing.T) {
	here, err := os.ReadFile("recipe_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, _ := strings.Cut(string(here), "\n// verified reads")
	recipe, _, _ = strings.Cut(recipe, "\nfunc Test")
	docs, err := os.ReadFile("../../../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(docs), "```go\n// verified reads"+recipe) {
		t.Error("docs/notifications.md has another recipe than this file")
	}
}

// A receiver that follows the recipe takes what is sent, once each try is signed, and nothing that was
// changed, kept for later or signed by another.
func TestWebhook(t *testing.T) {
	at := time.Date(2026, 11, 22, 4, 5, 0, 0, time.UTC)
	for _, key := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "sixteen bytes or more"} {
		r := newReceiver(t, func(try int) int { return map[bool]int{true: 500, false: 204}[try == 1] })
		tries := 0
		hook := Webhook{Post: r.post("/in"), Secret: secret.NewText(key),
			Headers: map[string]secret.Text{"Authorization": secret.NewText("Bearer t"), "webhook-id": secret.NewText("mine")},
			Now:     func() time.Time { tries++; return at.Add(time.Duration(tries) * time.Minute) }}
		n := refused()
		n.Finished = at
		if got := target("webhook", hook).Send(t.Context(), n); got.Err != nil || got.Tries != 2 {
			t.Fatal(got)
		}
		var payload Payload
		got := r.last(t, &payload)
		if payload.Type != "refresher.refused" || !payload.Timestamp.Equal(at) || payload.Data.Run != n.Run ||
			payload.Data.Kind != notice.Refused || payload.Data.Title == "" || payload.Data.Text == "" || len(payload.Data.Details) != 2 {
			t.Errorf("%+v", payload)
		}
		if got.header.Get("Authorization") != "Bearer t" || got.header.Get("webhook-id") != n.ID || r.requests[0].header.Get("webhook-id") != n.ID {
			t.Errorf("%v", got.header)
		}
		read := func(now time.Time, key string, change func(*http.Request, *string)) error {
			body := string(got.body)
			req, _ := http.NewRequest("POST", "/", nil)
			req.Header = got.header.Clone()
			if change != nil {
				change(req, &body)
			}
			req.Body = io.NopCloser(strings.NewReader(body))
			_, err := verified(req, key, now)
			return err
		}
		then := at.Add(2 * time.Minute)
		if err := read(then, key, nil); err != nil {
			t.Errorf("the recipe refuses it: %v", err)
		}
		for name, err := range map[string]error{
			"replayed":     read(then.Add(6*time.Minute), key, nil),
			"another key":  read(then, "another key of 16", nil),
			"another body": read(then, key, func(_ *http.Request, b *string) { *b = strings.Replace(*b, "refused", "done", 1) }),
			"another id":   read(then, key, func(r *http.Request, _ *string) { r.Header.Set("webhook-id", "x") }),
			"another time": read(then, key, func(r *http.Request, _ *string) {
				r.Header.Set("webhook-timestamp", strconv.FormatInt(then.Unix()+1, 10))
			}),
			"not signed": read(then, key, func(r *http.Request, _ *string) { r.Header.Del("webhook-signature") }),
			"another scheme": read(then, key, func(r *http.Request, _ *string) {
				r.Header.Set("webhook-signature", strings.Replace(r.Header.Get("webhook-signature"), "v1,", "v1a,", 1))
			}),
		} {
			if err == nil {
				t.Errorf("the recipe takes what was %s", name)
			}
		}
	}
}

// The example of the Standard Webhooks specification.
func TestSignatureOfTheSpecification(t *testing.T) {
	key, err := Webhook{Secret: secret.NewText("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}.key(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s", got)
	}
}

// A payload is JSON with the documented fields, and no time that isn't known.
func TestPayload(t *testing.T) {
	text, err := json.Marshal(Payload{Type: "refresher.stale", Data: Data{Notice: notice.Notice{ID: "i", Kind: notice.Stale}}})
	if err != nil || strings.Contains(string(text), "0001-01-01T00:00:00Z\",\"s") || !strings.Contains(string(text), `"data":{"id":"i","kind":"stale"`) {
		t.Errorf("%s, %v", text, err)
	}
}
