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

	"refresher/internal/fault"
	"refresher/internal/s3sink/fingerprints"
	"refresher/internal/verify"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/pass"
	"refresher/internal/verify/risk"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *Report {
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	r := &Report{
		Run: "20261121T030000Z-7f3a", Version: "v1", Started: at, Finished: at.Add(83 * time.Second), Outcome: fault.Refused, Stage: "verify",
		Error:          "refused by survivors: staging database failed verification",
		Source:         Server{Address: "replica:5432", Database: "app", Version: 150018, SystemID: "7", Replica: true},
		Staging:        Server{Address: "staging:5432", Database: "app", Version: 170002, SystemID: "8"},
		KeyFingerprint: "0011223344556677", RulesetHash: strings.Repeat("ab", 32), SchemaHash: strings.Repeat("cd", 32),
		Stages: []Stage{{Name: "guard", Seconds: 0.3}, {Name: "data", Seconds: 61}, {Name: "verify", Seconds: 21.7}},
		Tables: []Table{
			{Name: "public.users", Rows: 1_234_567, Bytes: 310_000_000, Seconds: 20, Mode: "all", Format: "binary", Columns: []Column{
				{Name: "id", Type: "bigint", Transform: "keep", Class: "none", Keep: true, Origin: "app.yaml:4"},
				{Name: "email", Type: "text", Transform: "email", Class: "email", Domain: "email", Origin: "app.yaml:5"},
				{Name: "note", Type: "text", Transform: "text", Class: "free_text", Origin: "app.yaml:6"}}},
			{Name: "public.countries", Rows: 249, Bytes: 4_000, Seconds: 0.01, Mode: "all", Columns: []Column{{Name: "code", Keep: true, Wildcard: true, Transform: "keep"}}},
			{Name: "public.sessions", Mode: "none"},
			{Name: "public.audit", Rows: 5, Mode: "when", When: "tenant < 7", Dropped: 4321, Columns: []Column{
				{Name: "actor", Transform: "email", Detail: "keep when is_staff; else email", KeepSome: true, KeptRows: 17}}},
		},
		Identifiers:  []Identifier{{Class: "email", Added: 1_234_000, Fictional: 567}},
		Verification: []Subject{{Name: pass.StagingDatabase, Seconds: 21.7, Results: []*verify.Result{finding()}}},
		Canaries: &canary.Result{Rows: 8, Values: 40, Columns: 3, Tested: 2, Untested: 1, Tables: []canary.Table{{Table: "public.users", Rows: 8, Columns: []canary.Column{
			{Column: "email", Transform: "email", Class: "email", Values: 20, Masked: 20},
			{Column: "note", Transform: "text", Values: 20, Masked: 20},
			{Column: "photo", Transform: "null", Why: "no canary can be made of its type"}}}}},
		Risk: []*risk.Result{{
			Table: "public.users", QuasiIdentifiers: []risk.Column{{Name: "postcode", Transform: "postcode"}, {Name: "born", Transform: "keep", Kept: true}},
			MinK: 5, MinL: 2, Below: risk.Inform, Origin: "app.yaml:40", Rows: 1000, Classes: 120, K: 1, Singletons: 3, ClassesBelow: 9, RowsBelow: 21, HighestRisk: 1, AverageRisk: 0.12,
			Sizes:     []risk.Size{{From: 1, To: 1, Classes: 3, Rows: 3}, {From: 2, To: 4, Classes: 6, Rows: 18}, {From: 5, Classes: 111, Rows: 979}},
			Sensitive: []risk.Diversity{{Column: "diagnosis", L: 1, ClassesBelow: 4, RowsBelow: 7}}, Passed: true, Seconds: 0.4}},
		SafeHarbor: &risk.SafeHarbor{Declared: true, Identifiers: []risk.HIPAA{
			{Letter: "A", Key: "names", Name: "Names", Status: risk.Mapped, Columns: []risk.HarborColumn{{Table: "public.users", Column: "email", Transform: "email", Removed: true}}},
			{Letter: "B", Key: "geography", Name: "Geographic subdivisions", Status: risk.Mapped, Columns: []risk.HarborColumn{{Table: "public.users", Column: "city", Transform: "keep", Note: "kept"}}},
			{Letter: "C", Key: "dates", Name: "Dates", Status: risk.Absent, Why: "no dates are held"},
			{Letter: "D", Key: "phones", Name: "Telephone numbers", Status: risk.Unmapped}},
			FreeText: []risk.HarborColumn{{Table: "public.users", Column: "note", Transform: "text"}},
			Unmapped: []string{"phones"}, Gaps: []string{"phones: nothing is said of them", "geography: public.users.city is kept"}},
		LargeObjects: &LargeObjects{Kept: true, Count: 12_345, Bytes: 67_000_000},
		ObjectSets: []ObjectSet{{Name: "processed", From: "s3://acme-prod-processed/app/", LeftBehind: 2, Patterns: []ObjectPattern{
			{Pattern: "**/*.jsonl.gz", Origin: "rules/lake.yaml:12", Objects: 345, Carried: 300, Rows: 98_765, Bytes: 12_000_000, Columns: []Column{
				{Name: "uid", Type: "json", Transform: "keep", Keep: true, Origin: "rules/lake.yaml:13"},
				{Name: "who", Type: "json", Transform: "json", Detail: "email: email", Origin: "rules/lake.yaml:14"}}}}}},
		Warnings: []string{"<script>alert(1)</script> is only text here"},
	}
	r.Prints = &fingerprints.Kept{URL: "s3://prints/app/x", Size: 1234, SHA256: strings.Repeat("12", 32)}
	r.Verification[0].Results[0].Findings[0].Key, r.Verification[0].Results[0].Findings[0].Encoding = "id=17", "base64"
	r.Verification[0].Results[0].Columns = []verify.ColumnStats{{Table: "public.users", Column: "born", Type: "date", Why: "a date or time identifies nobody by itself"}}
	before := *r
	before.Run, before.RulesetHash, before.KeyFingerprint = "20261114T030000Z-1111", strings.Repeat("ef", 32), "8899aabbccddeeff"
	before.Stages = []Stage{{Name: "guard", Seconds: 0.2}, {Name: "data", Seconds: 50}}
	before.Tables = []Table{
		{Name: "public.users", Rows: 1_200_000, Mode: "all", Columns: []Column{
			{Name: "id", Type: "integer", Transform: "keep", Keep: true}, {Name: "email", Type: "text", Transform: "keep", Keep: true},
			{Name: "gone", Type: "text", Transform: "null"}}},
		{Name: "public.countries", Rows: 249, Mode: "all", Columns: []Column{{Name: "code", Transform: "constant"}}},
		{Name: "public.sessions", Mode: "all"}, {Name: "public.old", Mode: "all"},
	}
	before.Signed = &Signed{Document: []byte("{}")}
	r.Drift = Compare(&before, r)
	return r
}

func finding() *verify.Result {
	return &verify.Result{
		Subject: "database app", Rows: 1_234_816, Bytes: 300_000_000, Survivors: 1, Duration: 21 * time.Second,
		Checks:   []verify.Check{{Name: "coverage", OK: true, Detail: "3 tables"}, {Name: "survivors", Detail: "1 found"}},
		Findings: []verify.Finding{{Table: "public.users", Column: "note", Row: "ctid (1,2)", Class: "email", Kind: verify.Survivor, Shape: "j***@g***.com", Strong: true}},
		Leaks: []verify.Leak{{
			Table: "public.users", Column: "note", Survivors: 1, Classes: []verify.ClassCount{{Class: "email", Count: 1}},
			ValuesOf: []string{"public.users.email"}, Example: "j***@g***.com", Row: "ctid (1,2)", Rule: "note: lorem",
			Allow: []string{"{table: public.users, column: note, class: email, up_to: 1, why: WHY}"},
		}},
	}
}

func TestThePageIsSelfContainedAndEscaped(t *testing.T) {
	var b bytes.Buffer
	r := sample()
	signed(t, r)
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if dir := os.Getenv("REPORT_SAMPLE"); dir != "" { // to be looked at
		if err := os.WriteFile(dir, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"refused", "1\u202f234\u202f567", "j***@g***.com", "&lt;script&gt;", "structure only", "Decided by a wildcard: public.countries", "Kept in some rows, by a condition: public.audit.actor (17 values)", "tenant &lt; 7",
		"4\u202f321 left behind", "keep when is_staff; else email", "as they were before it", "pseudonymised", "GDPR Art. 4(5) and Recital 26", "Destroy the masking key (0011223344556677)",
		"no canary can be made of its type", "diagnosis", "k = 2–4", "geography: public.users.city is kept", "no longer masked", "20261114T030000Z-1111", "&#43;2.9 %", "every value maps to another one",
		"a date or time identifies nobody by itself", "public.users.born", "id=17", "under base64", "s3://prints/app/x", "Large objects: 12\u202f345 kept as they are, 67 MB.", "Drop the large objects",
		"processed: 345 objects (98\u202f765 rows) scrubbed, 12 MB read, of them unchanged and taken over: 300; left behind by the rules: 2", "**/*.jsonl.gz", "1 masked"} {
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
		"text": func(b *bytes.Buffer) error { return v.Text(b, true) }, "json": func(b *bytes.Buffer) error { return v.JSON(b) },
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
				if err := xml.Unmarshal(b.Bytes(), new(struct{ XMLName xml.Name })); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
