package notice

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWhichKindsAListCovers(t *testing.T) {
	for _, tc := range []struct {
		kind Kind
		list []Kind
		want bool
	}{
		{Refused, []Kind{Refused, Failed}, true},
		{Refused, []Kind{Failed, Stale}, false},
		{Stopped, []Kind{All}, true},
		{Recovered, []Kind{Done}, true},
		{Done, []Kind{Recovered}, false},
		{Lost, []Kind{Failed}, true},
		{Invalid, []Kind{Failed}, true},
		{Failed, []Kind{Invalid, Lost}, false},
		{Stale, []Kind{Failed}, false},
		{Done, nil, false},
	} {
		if got := tc.kind.In(tc.list); got != tc.want {
			t.Errorf("%s in %v: %t", tc.kind, tc.list, got)
		}
	}
}

func TestTheFirstLineIsTheReason(t *testing.T) {
	var n Notice
	n.Because("refused by coverage: 12 columns have no rule\n" + strings.Repeat("  public.t.c: no rule\n    paste: c: keep\n", 12))
	if n.Reason != "refused by coverage: 12 columns have no rule" || len(n.Details) != MaxDetails || n.More != 4 ||
		n.Details[0] != "public.t.c: no rule" {
		t.Errorf("%+v", n)
	}
}

// What people read without a template of their own, for each kind.
func TestDefaults(t *testing.T) {
	tmpl, err := Parse(Source{}, Source{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		n           Notice
		title, text string
	}{
		{Notice{Kind: Done, Pipeline: "default", Database: "app", Run: "r1", Rows: 12345, Bytes: 2 << 30, Tables: 7, Seconds: 75,
			Warnings: 2, Promoted: true},
			"refresher: the refresh is done (app)",
			"12\u202f345 rows (2.15 GB) of 7 tables in 75.0 s, 2 warnings.\nRun r1."},
		{Notice{Kind: Refused, Pipeline: "shop", Database: "app", Run: "r2", Reason: "refused by detectors: 2 findings", Stage: "verify",
			Details: []string{"public.users.note: e-mail, twice"}, More: 3, By: "schedule", Host: "h", LastDone: at},
			"refresher shop: the refresh was refused (app)",
			"refused by detectors: 2 findings\n- public.users.note: e-mail, twice\n- and 3 more, in the report\n" +
				"Staging is as it was: the last refresh that was done ended 2026-11-22 03:00 UTC.\n" +
				"Run r2, stage verify, by schedule, on h."},
		{Notice{Kind: Failed, Pipeline: "shop", Database: "app", Reason: "no space", Promoted: true, RetryAt: at},
			"refresher shop: the refresh failed (app)",
			"no space\nStaging was replaced.\nIt is tried again 2026-11-22 03:00 UTC."},
	} {
		title, text, err := tmpl.Render(tc.n)
		if err != nil || title != tc.title || text != tc.text {
			t.Errorf("%s: %q\n%s\n%v", tc.n.Kind, title, text, err)
		}
	}
}

// A mistake is found when the template is read, whichever kind it would show with, and its place is named.
func TestMistakesInTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"{{.Reazon}}": "notify[0].text:1:2: ",
		"a\n{{if eq .Kind \"stale\"}}{{.X}}{{end}}": "notify[0].text:2:25: ",
		"{{.Reason":                      "notify[0].text:1: ",
		"\n\n{{nosuch .Run}}":            "notify[0].text:3: ",
		"{{range .Run}}{{end}}":          "notify[0].text:1:8: ",
		`{{local "Mars/Base" .Started}}`: `there is no time zone "Mars/Base"`,
		`{{range $i := .Details}}{{printf "%100000d" 1}}{{end}}`:                 "more than 64 kB",
		`{{if .Good}}{{else if eq .Outcome "lost"}}{{index .Details 99}}{{end}}`: "notify[0].text:1:",
	} {
		_, err := Parse(Source{}, Source{"notify[0].text", text})
		if err == nil || !strings.Contains(err.Error(), want) || strings.HasPrefix(err.Error(), "template:") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Parse(Source{"notify.tmpl", "{{.No}}"}, Source{}); err == nil || !strings.Contains(err.Error(), "notify.tmpl:1:2") {
		t.Errorf("a title: %v", err)
	}
}

// docs/notifications.md shows the templates that are used without others.
func TestTheDocumentedTemplates(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"```gotemplate\n" + DefaultTitle + "\n```", "```gotemplate\n" + DefaultText + "\n```"} {
		if !strings.Contains(string(docs), want) {
			t.Errorf("docs/notifications.md lacks\n%s", want)
		}
	}
	kind := reflect.TypeFor[Notice]()
	for i := range kind.NumField() {
		if name := kind.Field(i).Name; name != "ID" && !strings.Contains(string(docs), "`."+name+"`") {
			t.Errorf("docs/notifications.md lacks the field .%s", name)
		}
	}
}

// A title is one line, and both are as long as chats take.
func TestLengths(t *testing.T) {
	tmpl, err := Parse(Source{"title", "{{.Database}}\n{{.Reason}}"}, Source{"text", "{{.Reason}}"})
	if err != nil {
		t.Fatal(err)
	}
	n := Notice{Database: "a", Reason: strings.Repeat("ä\x1b", 3000)}
	title, text, err := tmpl.Render(n)
	if err != nil || len(title) > maxTitle || len(text) > maxText || strings.ContainsAny(title+text, "\n\x1b") ||
		!utf8.ValidString(title) || !utf8.ValidString(text) || !strings.HasPrefix(title, `a ä\x1b`) {
		t.Errorf("%d, %d, %v: %.40s", len(title), len(text), err, title)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(DefaultText)
	f.Add("{{with $x := .Run}}{{$x}}{{end}}")
	f.Fuzz(func(t *testing.T, text string) {
		tmpl, err := Parse(Source{}, Source{"text", text})
		if err != nil {
			return
		}
		for _, n := range samples() {
			if _, out, err := tmpl.Render(n); err != nil || len(out) > maxText || !utf8.ValidString(out) {
				t.Errorf("%q: %v", out, err)
			}
		}
	})
}
