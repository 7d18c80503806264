package detect

import (
	"strings"
	"testing"
)

// What lets a program act is strong by its shape: URLs with passwords, vendors' webhooks, signed URLs, passwords of
// connection strings.
func TestCapabilities(t *testing.T) {
	for text, want := range map[string]string{
		"DATABASE_URL=postgres://app:s3cr3t@db.acme.io:5432/orders":                                                         "capability!:postgres://app:s3cr3t@db.acme.io:5432",
		`{"url":"redis://:hunter22@10.0.0.7/0"}`:                                                                            "capability!:redis://:hunter22@10.0.0.7",
		"smtps://mailer:Kx7-9@smtp.acme.io":                                                                                 "capability!:smtps://mailer:Kx7-9@smtp.acme.io",
		"mongodb+srv://u:p4ss@a.acme.io,b.acme.io/x":                                                                        "capability!:mongodb+srv://u:p4ss@a.acme.io,b.acme.io",
		"https://jane@acme.io:pw9@git.acme.io/r.git":                                                                        "capability!:https://jane@acme.io:pw9@git.acme.io",
		"https://0123456789abcdef0123@git.acme.io/r":                                                                        "capability!:https://0123456789abcdef0123@git.acme.io",
		"post to https://hooks.slack.com/services/T0AB/B0CD/xYz, ok":                                                        "capability!:https://hooks.slack.com/services/T0AB/B0CD/xYz,",
		"https://acme.webhook.office.com/webhookb2/ab@cd/IncomingWebhook/ef":                                                "capability!:https://acme.webhook.office.com/webhookb2/ab@cd/IncomingWebhook/ef",
		"https://discord.com/api/webhooks/123456/abc-DEF":                                                                   "capability!:https://discord.com/api/webhooks/123456/abc-DEF",
		"https://hooks.zapier.com/hooks/catch/123456/abcdef":                                                                "capability!:https://hooks.zapier.com/hooks/catch/123456/abcdef",
		"https://events.pagerduty.com/integration/abcdef12/enqueue":                                                         "capability!:https://events.pagerduty.com/integration/abcdef12/enqueue",
		"https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=0123456789ab":                                            "capability!:https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=0123456789ab",
		"https://x.blob.core.windows.net/c/k?sv=2022&sig=abcdefghijklmnop%3D":                                               "capability!:https://x.blob.core.windows.net/c/k?sv=2022&sig=abcdefghijklmnop%3D",
		"https://prod-12.westeurope.logic.azure.com:443/workflows/0a1b2c/triggers/manual/paths/invoke?sp=x&sig=abcdefghij0": "capability!:https://prod-12.westeurope.logic.azure.com:443/workflows/0a1b2c/triggers/manual/paths/invoke?sp=x&sig=abcdefghij0",
		"https://fcm.googleapis.com/fcm/send/cXyZ12:abc":                                                                    "capability!:https://fcm.googleapis.com/fcm/send/cXyZ12:abc",
		"https://api.netlify.com/build_hooks/5c23abc":                                                                       "capability!:https://api.netlify.com/build_hooks/5c23abc",
		"host=db.acme.io user=app password=hunter dbname=orders":                                                            "capability!:password=hunter",
		"Server=tcp:db.acme.io,1433;User ID=app;Password=Kx7;":                                                              "capability!:Password=Kx7",
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abcd/efg=;":                                                "capability!:AccountKey=abcd/efg=",
	} {
		if got := show(text, New().Scan(nil, []byte(text))); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
	// Hosts of nobody, this machine, placeholders, and pages of the same vendors.
	for _, text := range []string{
		"postgres://app:s3cr3t@db.invalid/orders", "https://u:p1@x.example.com/", "redis://:pw1@localhost:6379", "amqp://g:g1@127.0.0.1",
		"postgres://app:${PASSWORD}@db.acme.io/x", "https://user:***@acme.io/", "https://user:pass@acme.io", "postgres://app@db.acme.io",
		"https://api.slack.com/messaging/webhooks", "https://discord.com/developers/docs", "https://hooks.slack.com/", "https://acme.io/?sig=1",
		"password=hunter2", "https://acme.io/login?password=reset", "https://www.make.com/en/pricing", "https://fcm.googleapis.com/v1/projects/x/messages:send", "https://api.netlify.com/api/v1/sites",
		"https://learn.microsoft.com/azure/logic-apps/workflows/overview", "https://logic.azure.com/workflows/abcdef", "host=db password=%s",
	} {
		if got := show(text, New().Scan(nil, []byte(text))); strings.Contains(got, "capability") {
			t.Errorf("%q: %s", text, got)
		}
	}
	// What follows a password is looked at, too.
	text := "https://u:pw1@acme.io/?to=jane@posteo.de"
	if got := show(text, New().Scan(nil, []byte(text))); !strings.Contains(got, "email!:jane@posteo.de") {
		t.Error(got)
	}
}
