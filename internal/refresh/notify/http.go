package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"refresher/internal/config/host"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report/notice"
)

// Post is an address that takes JSON.
type Post struct {
	URL   secret.Text
	TLS   *tls.Config
	Limit time.Duration // of one try
}

// address is where to. A reference is fetched each time. private: the address is a secret by itself, so
// it goes over TLS, or stays on this machine.
func (p Post) address(ctx context.Context, private bool) (string, error) {
	text, err := p.URL.Fetch(ctx)
	if err != nil {
		return "", err
	}
	u, err := outbound.ParseURL(text, "https", "http")
	switch {
	case err != nil:
		return "", p.URL.Bad("the address %v", err)
	case private && u.Scheme == "http" && !host.Loopback(u.Hostname()):
		return "", p.URL.Bad("the address must begin with https://, since it is a secret")
	}
	return u.String(), nil
}

func (p Post) send(ctx context.Context, to string, body []byte, headers http.Header) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return outbound.Final(p.URL.Bad("the address is not one that can be requested"))
	}
	req.Header.Set("User-Agent", "refresher")
	for name, values := range headers {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	client := outbound.NewClient(p.TLS, p.Limit)
	defer client.Close()
	_, err = client.Do(req)
	return err
}

// decided marks what another try would give again.
func decided(err error) error {
	if fault.Decided(err) {
		return outbound.Final(err)
	}
	return err
}

// Slack is an incoming webhook of Slack.
type Slack struct{ Post }

// Check is part of Channel.
func (s Slack) Check(ctx context.Context) error {
	_, err := s.address(ctx, true)
	return err
}

// Send is part of Channel.
func (s Slack) Send(ctx context.Context, m Message) error {
	to, err := s.address(ctx, true)
	if err != nil {
		return decided(err)
	}
	body, err := json.Marshal(slackMessage(m))
	if err != nil {
		return outbound.Final(err)
	}
	return s.send(ctx, to, body, nil)
}

// slackMessage is a title, a text and a link as Slack's blocks. The text beside them is what
// notifications of the desktop and screen readers show.
func slackMessage(m Message) map[string]any {
	type object = map[string]any
	mark := func(text string) object { return object{"type": "mrkdwn", "text": text} }
	blocks := []object{
		{"type": "header", "text": object{"type": "plain_text", "text": m.Title}},
	}
	if m.Text != "" {
		blocks = append(blocks, object{"type": "section", "text": mark(slackEscaped(m.Text, slackText))})
	}
	if link := m.Notice.Link; link != "" {
		link = strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C", "&", "&amp;").Replace(link)
		blocks = append(blocks, object{"type": "context", "elements": []object{mark("<" + link + "|Open the page>")}})
	}
	return object{"text": slackEscaped(m.Title, slackText), "blocks": blocks}
}

// slackText is how much text a section may have; control characters count as they are written.
const slackText = 3000

// slackEscaped makes the characters that Slack gives a meaning to plain, and keeps within a limit.
func slackEscaped(text string, limit int) string {
	var b strings.Builder
	for _, c := range text {
		piece := string(c)
		switch c {
		case '&':
			piece = "&amp;"
		case '<':
			piece = "&lt;"
		case '>':
			piece = "&gt;"
		}
		if b.Len()+len(piece) > limit {
			break
		}
		b.WriteString(piece)
	}
	return b.String()
}

// Teams is a webhook of Microsoft Teams' Workflows.
type Teams struct{ Post }

// Check is part of Channel.
func (t Teams) Check(ctx context.Context) error {
	_, err := t.address(ctx, true)
	return err
}

// Send is part of Channel.
func (t Teams) Send(ctx context.Context, m Message) error {
	to, err := t.address(ctx, true)
	if err != nil {
		return decided(err)
	}
	body, err := json.Marshal(teamsMessage(m))
	if err != nil {
		return outbound.Final(err)
	}
	return t.send(ctx, to, body, nil)
}

// teamsMessage is an Adaptive Card. Text stands in runs, which know no Markdown: names in it stay as
// they are.
func teamsMessage(m Message) map[string]any {
	type object = map[string]any
	run := func(text, weight, color string) object {
		return object{"type": "RichTextBlock",
			"inlines": []object{{"type": "TextRun", "text": text, "weight": weight, "color": color}}}
	}
	color := "Attention"
	if m.Notice.Good() {
		color = "Good"
	}
	body := []object{run(m.Title, "Bolder", color)}
	for line := range strings.SplitSeq(m.Text, "\n") {
		if line != "" {
			body = append(body, run(line, "Default", "Default"))
		}
	}
	card := object{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
		"version": "1.4", "body": body}
	if m.Notice.Link != "" {
		card["actions"] = []object{{"type": "Action.OpenUrl", "title": "Open the page", "url": m.Notice.Link}}
	}
	return object{"type": "message", "attachments": []object{
		{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card}}}
}

// Webhook is a receiver of JSON, signed as Standard Webhooks (standardwebhooks.com) says.
type Webhook struct {
	Post
	Secret  secret.Text
	Headers map[string]secret.Text
	Now     func() time.Time // nil: time.Now
}

// Payload is what a webhook receives.
type Payload struct {
	Type      string    `json:"type"` // refresher. and the kind: refresher.refused
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is a notice and its words.
type Data struct {
	notice.Notice
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Check is part of Channel.
func (w Webhook) Check(ctx context.Context) error {
	if _, err := w.address(ctx, false); err != nil {
		return err
	}
	if _, err := w.key(ctx); err != nil {
		return err
	}
	_, err := w.headers(ctx)
	return err
}

// MinSecret is the least length of a webhook's secret, in bytes: 128 bits.
const MinSecret = 16

// key is the secret's bytes: what is after whsec_ in base64, else the text itself.
func (w Webhook) key(ctx context.Context) ([]byte, error) {
	text, err := w.Secret.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	key := []byte(strings.TrimSpace(text))
	if coded, ok := strings.CutPrefix(string(key), "whsec_"); ok {
		if key, err = base64.StdEncoding.DecodeString(coded); err != nil {
			return nil, w.Secret.Bad("a secret that begins with whsec_ goes on in base64, and this one doesn't")
		}
	}
	if len(key) < MinSecret {
		return nil, w.Secret.Bad("the secret is too short: it needs at least %d bytes, "+
			"such as those of: openssl rand -base64 24", MinSecret)
	}
	return key, nil
}

func (w Webhook) headers(ctx context.Context) (http.Header, error) {
	out := http.Header{}
	for name, value := range w.Headers {
		v, err := value.Fetch(ctx)
		if err != nil {
			return nil, err
		}
		if v = strings.TrimSpace(v); strings.ContainsAny(v, "\r\n\x00") {
			return nil, value.Bad("the value of the header %s can't be sent", name)
		}
		out.Set(name, v)
	}
	return out, nil
}

// Send is part of Channel. The signature is of this try's time.
func (w Webhook) Send(ctx context.Context, m Message) error {
	at := time.Now()
	if w.Now != nil {
		at = w.Now()
	}
	happened := m.Notice.Finished
	if happened.IsZero() {
		happened = at
	}
	body, err := json.Marshal(Payload{Type: "refresher." + string(m.Notice.Kind), Timestamp: happened.UTC(),
		Data: Data{m.Notice, m.Title, m.Text}})
	if err != nil {
		return outbound.Final(err)
	}
	to, err := w.address(ctx, false)
	if err != nil {
		return decided(err)
	}
	headers, err := w.headers(ctx)
	if err != nil {
		return decided(err)
	}
	key, err := w.key(ctx)
	if err != nil {
		return decided(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	headers.Set("webhook-id", m.Notice.ID)
	headers.Set("webhook-timestamp", stamp)
	headers.Set("webhook-signature", "v1,"+signature(key, m.Notice.ID, stamp, body))
	return w.send(ctx, to, body, headers)
}

// signature is HMAC-SHA-256 of the id, the time and the body with dots between them, in base64.
func signature(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, stamp)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
