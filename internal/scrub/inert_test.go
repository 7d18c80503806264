package scrub_test

import (
	"os"
	"strings"
	"testing"

	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
)

// What acts keeps its form and leads nowhere.
func TestInert(t *testing.T) {
	get := one(t, "text", "inert")
	for in, want := range map[string]string{
		"postgres://app:s3cr3t@db.acme.io:5432/orders?sslmode=require":     "postgres://host.invalid:5432/xxxxxx",
		"https://hooks.slack.com/services/T0AB/B0CD/xYz9":                  "https://host.invalid/xxxxxxxx/X0XX/X0XX/xXx0",
		"https://b.s3.amazonaws.com/k/a.csv?X-Amz-Signature=0123456789ab":  "https://host.invalid/x/x.xxx",
		"s3://prod-models/1/artifacts":                                     "s3://host.invalid/0/xxxxxxxxx",
		"redis://[2001:db8::1]:6379/0":                                     "redis://host.invalid:6379/0",
		"sk_live_4eC39HqLyjWDarjtT1zdp7dc":                                 "xx_xxxx_0xX00XxXxxXXxxxxX0xxx0xx",
		"smtp.acme.io:587":                                                 "host.invalid:587",
		"ops@acme.io":                                                      "xxx@host.invalid",
		"host=db.acme.io port=5432 user=app password='a b' dbname=o1":      "host=host.invalid port=5432 user=xxx dbname=x0",
		"Server=tcp:db.acme.io,1433;User ID=app;Password=Kx7;Encrypt=True": "Server=host.invalid;User ID=xxx;Encrypt=True",
		"-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----": "-----XXXXX XXXXXXX XXX-----\nXXXXxX==\n-----XXX XXXXXXX XXX-----",
		`{"host": "db.acme.io", "port": 5432, "ssl": true, "password": "Kx7", "id": 123456789, "urls": ["https://u:p@acme.io/a"]}`: `{"host": "host.invalid", "port": 5432, "ssl": true, "password": "Xx0", "id": 0, "urls": ["https://host.invalid/x"]}`,
		"{not JSON": "{xxx XXXX", "Zürich": "Xxxxxx",
	} {
		got := get(in)
		if got != want {
			t.Errorf("%q\nbecame %q\n  not %q", in, got, want)
		}
		for _, h := range detect.New().Scan(nil, []byte(got)) {
			if h.Strong && !fake.Recognise(h.Class, []byte(got[h.Start:h.End])) {
				t.Errorf("%q became %q, in which %s is found", in, got, h.Class)
			}
		}
	}
	if got := one(t, "varchar(10)", "inert")("x.io:1"); got != "x.xx:0" {
		t.Errorf("in a narrow column: %q", got)
	}
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"q jsonb"}})
	p := compile(t, cat, head+`  a.t: {columns: {q: {json: {"**": inert}, other: keep}}}`+"\n")
	got := scrubbed(t, p, "a.t", []string{`{"url": "https://u:p@acme.io", "on": true}`})[0][0]
	if got != `{"url": "https://host.invalid", "on": true}` {
		t.Error(got)
	}
	got = one(t, "text", "text")("post to https://hooks.slack.com/services/T0AB/B0CD/xYz now")
	if got != "post to [redacted] now" {
		t.Error(got)
	}
	if strings.Contains(get("jane.doe@acme.io:pw@x.acme.io"), "jane") {
		t.Error("a user's name stays")
	}
}

// What becomes of a credential, of any vendor's form, is none.
func TestInertCredentials(t *testing.T) {
	b, err := os.ReadFile("../../testdata/credentials.txt")
	if err != nil {
		t.Fatal(err)
	}
	get := one(t, "text", "inert")
	for line := range strings.Lines(string(b)) {
		vendor, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		made := get(strings.NewReplacer("|", "", `\n`, "\n").Replace(value))
		for _, h := range detect.New().Scan(nil, []byte(made)) {
			t.Errorf("%s: became %q, in which %s is found", vendor, made, h.Class)
		}
	}
}
