package discover_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

// A draft leaves the rows of queues and outboxes behind and says why; the rules that would copy
// them stand below, as comments, and are right. Rows that others refer to are copied.
func TestADraftLeavesQueuesBehind(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		CREATE TABLE outbox (id int PRIMARY KEY, user_id int REFERENCES users, payload jsonb, recipient_email text, published_at timestamptz);
		CREATE TABLE jobs (id int PRIMARY KEY, parent_id int REFERENCES jobs, args jsonb, attempts int);
		CREATE TABLE webhook_deliveries (id int PRIMARY KEY, body text, attempts int, at timestamptz) PARTITION BY RANGE (id);
		CREATE TABLE webhook_deliveries_1 PARTITION OF webhook_deliveries FOR VALUES FROM (0) TO (1000);
		CREATE TABLE task_queue (id int PRIMARY KEY, payload jsonb, status text);
		CREATE TABLE invoices (id int PRIMARY KEY, task_id int REFERENCES task_queue);
		CREATE TABLE integrations (id int PRIMARY KEY, webhook_url text UNIQUE, options jsonb, queue_name text);
		INSERT INTO users VALUES (1, 'maria@nordmail.se');
		INSERT INTO outbox SELECT g, 1, '{"to": "maria@nordmail.se"}', 'maria@nordmail.se' FROM generate_series(1, 9) g;
		INSERT INTO task_queue VALUES (1, '{}', 'open'); INSERT INTO invoices VALUES (1, 1);
		INSERT INTO integrations SELECT g, 'https://shop' || g || '.acme.io/orders', '{"webhook_url": "https://shop.acme.io/o"}' FROM generate_series(1, 9) g`)
	s, cat, conn := survey(t, url)
	d, err := s.DraftOn(t.Context(), conn, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := d.YAML()
	accepted(t, text, cat)
	for _, want := range []string{
		"  # review: its rows are messages to publish, which a relay of staging would publish again.\n" +
			"  # To keep them, put the rules below in the place of this one.\n  public.outbox: {rows: none}\n  # public.outbox:\n",
		"  public.jobs: {rows: none}\n", "  public.webhook_deliveries: {rows: none}\n",
		"# 3 tables stay empty, since their rows would make staging act on others.\n",
		"  public.task_queue:\n    # review: its rows are jobs to do, which a worker of staging would do again; they are copied, since rows of other tables refer to them.\n",
		"        webhook_url: inert\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q:\n%s", want, text)
		}
	}
	for _, f := range s.Findings(d) {
		if empty := f.Transform == "rows: none"; empty != regexp.MustCompile(`outbox|jobs|deliveries`).MatchString(f.Table) {
			t.Errorf("%s.%s: %s", f.Table, f.Column, f.Transform)
		}
	}

	// To keep the rows is to take the comments' marks away.
	kept := regexp.MustCompile(`(?m)^  public\.\w+: \{rows: none\}\n`).ReplaceAllString(text, "")
	kept = regexp.MustCompile(`(?m)^  # (public\.| {2})`).ReplaceAllString(kept, "  $1")
	accepted(t, kept, cat)
	for _, want := range []string{"recipient_email: email", "payload:", "body: "} {
		if !strings.Contains(kept, want) {
			t.Errorf("the rules in comments lack %q:\n%s", want, kept)
		}
	}

	// A patch for rules that exist says the same.
	file := filepath.Join(t.TempDir(), "app.yaml")
	rest := regexp.MustCompile(`(?s)\n  # review: its rows are messages to publish.*?\n\n`).ReplaceAllString(text, "\n")
	if err := os.WriteFile(file, []byte(rest), 0o600); err != nil {
		t.Fatal(err)
	}
	existing, err := rules.Load([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	patch, err := draft(t, s, existing).Patch([]string{file}, existing)
	if err != nil || !strings.Contains(string(patch), "+  public.outbox: {rows: none}\n+  # public.outbox:\n+  #   subject: user_id\n+  #   columns:\n") {
		t.Errorf("%v\n%s", err, patch)
	}
}
