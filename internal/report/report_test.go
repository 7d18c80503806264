package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"refresher/internal/verify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *Report {
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	return &Report{
		Run: "20261121T030000Z-7f3a", Version: "v1", Started: at, Finished: at.Add(83 * time.Second), Outcome: Refused, Stage: "verify",
		Error:          "refused by survivors: staging database failed verification",
		Source:         Server{Address: "replica:5432", Database: "app", Version: 150018, SystemID: "7", Replica: true},
		Staging:        Server{Address: "staging:5432", Database: "app", Version: 170002, SystemID: "8"},
		KeyFingerprint: "0011223344556677", RulesetHash: strings.Repeat("ab", 32), SchemaHash: strings.Repeat("cd", 32),
		Stages: []Stage{{Name: "guard", Seconds: 0.3}, {Name: "data", Seconds: 61}, {Name: "verify", Seconds: 21.7}},
		Tables: []Table{
			{Name: "public.users", Rows: 1_234_567, Bytes: 310_000_000, Seconds: 20, Mode: "all", Format: "binary", Columns: []Column{
				{Name: "id", Type: "bigint", Transform: "keep", Class: "none", Keep: true, Origin: "app.yaml:4"},
				{Name: "email", Type: "text", Transform: "email", Class: "email", Domain: "email", Origin: "app.yaml:5"}}},
			{Name: "public.countries", Rows: 249, Bytes: 4_000, Seconds: 0.01, Mode: "all", Columns: []Column{{Name: "code", Keep: true, Wildcard: true, Transform: "keep"}}},
			{Name: "public.sessions", Mode: "none"},
			{Name: "public.audit", Rows: 5, Mode: "when", When: "tenant < 7", Dropped: 4321, Columns: []Column{
				{Name: "actor", Transform: "email", Detail: "keep when is_staff; else email", KeepSome: true, KeptRows: 17}}},
		},
		Identifiers:  []Identifier{{Class: "email", Added: 1_234_000, Fictional: 567}},
		Verification: []Subject{{Name: verify.StagingDatabase, Seconds: 21.7, Results: []*verify.Result{finding()}}},
		Warnings:     []string{"<script>alert(1)</script> is only text here"},
	}
}

func finding() *verify.Result {
	return &verify.Result{
		Subject: "database app", Rows: 1_234_816, Bytes: 300_000_000, Survivors: 1, Duration: 21 * time.Second,
		Checks:   []verify.Check{{Name: "coverage", OK: true, Detail: "3 tables"}, {Name: "survivors", Detail: "1 found"}},
		Findings: []verify.Finding{{Table: "public.users", Column: "note", Row: "ctid (1,2)", Class: "email", Kind: verify.Survivor, Shape: "j***@g***.com", Strong: true}},
	}
}

func TestThePageIsSelfContainedAndEscaped(t *testing.T) {
	var b bytes.Buffer
	if err := sample().HTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"refused", "1\u202f234\u202f567", "j***@g***.com", "&lt;script&gt;", "structure only", "Decided by a wildcard: public.countries", "Kept in some rows, by a condition: public.audit.actor (17 values)", "tenant &lt; 7",
		"4\u202f321 left behind", "keep when is_staff; else email", "as they were before it", "pseudonymised"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "@import", "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestAReportSurvivesItsJSON(t *testing.T) {
	doc, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	back := &Report{}
	if err := json.Unmarshal(doc, back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(back)
	if !bytes.Equal(doc, again) {
		t.Errorf("a report changes on its way through JSON:\n%s\n%s", doc, again)
	}
}

func TestFormats(t *testing.T) {
	v := &Verdict{Target: "staging", Results: []*verify.Result{finding()}, Notes: []string{"nothing else"}}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text": func(b *bytes.Buffer) error { return v.Text(b) }, "json": func(b *bytes.Buffer) error { return v.JSON(b) },
		"junit": func(b *bytes.Buffer) error { return v.JUnit(b) }, "sarif": func(b *bytes.Buffer) error { return v.SARIF(b, "v1") },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden := "testdata/verdict." + name
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("differs from %s:\n%s", golden, b.String())
			}
			switch name {
			case "json", "sarif":
				if !json.Valid(b.Bytes()) {
					t.Error("not JSON")
				}
			case "junit":
				if err := xml.Unmarshal(b.Bytes(), new(junitSuites)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestUnits(t *testing.T) {
	for got, want := range map[string]string{
		Count(0): "0", Count(999): "999", Count(1000): "1\u202f000", Count(-1234567): "-1\u202f234\u202f567",
		Size(999): "999 B", Size(1500): "1.5 kB", Size(987_654_321): "988 MB", Size(2_000_000_000_000): "2 TB",
		Seconds(0.123): "0.12 s", Seconds(61): "61.0 s", Seconds(200): "3 min 20 s",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
