package discover_test

import (
	"strings"
	"testing"

	"refresher/internal/check"
	"refresher/internal/discover"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

// Columns of odd names and forms: none may become a keep that nobody meant.
func TestDraftOfOddColumns(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE TABLE users (id int PRIMARY KEY, "*" int, email text);
		INSERT INTO users SELECT i, i, 'anna' || i || '@posteo.de' FROM generate_series(1, 30) i;
		CREATE TABLE loans (id int PRIMARY KEY, ssn_last4 text);
		INSERT INTO loans SELECT i, 1000 + 37 * i FROM generate_series(1, 30) i;
		CREATE TABLE pages (id int PRIMARY KEY, terms tsvector, price numeric(4));
		INSERT INTO pages SELECT i, to_tsvector('simple', 'Wolfhard Pfefferkuchen ' || i), i FROM generate_series(1, 30) i;
		CREATE TABLE stats (id int PRIMARY KEY, by_key jsonb);
		INSERT INTO stats SELECT i, jsonb_build_object('anna' || i || '@posteo.de', i, 'bert' || i || '@posteo.de', i) FROM generate_series(1, 30) i`)
	s, cat, _ := survey(t, url)
	d := draft(t, s, nil)
	text := d.YAML()
	accepted(t, text, cat)
	got := classes(s.Findings(d))
	for column, want := range map[string]pii.Class{
		"public.users/*": pii.None, "public.loans/ssn_last4": pii.NationalID,
		"public.pages/terms": pii.FreeText, "public.pages/price": pii.None, "public.stats/by_key": pii.Email,
	} {
		if got[column] != want {
			t.Errorf("%s is %s, want %s", column, got[column], want)
		}
	}
	for _, want := range []string{`'"*"': keep`, "ssn_last4: {transform: digits, otherwise: redact, domain: national_id_part}", `terms: "null"`, "by_key: {json: {}}"} {
		if !strings.Contains(text, "      "+want) {
			t.Errorf("the draft lacks %s:\n%s", want, text)
		}
	}
	rs, err := rules.Parse("draft.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if rs.Tables[catalog.Name{Schema: "public", Name: "users"}].Wildcard() != nil {
		t.Error("a column called * became the wildcard")
	}
	result, err := check.Run(check.Input{Rules: rs, Now: cat})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range result.Issues {
		if i.ID != "constraint" {
			t.Errorf("check says of its own draft: %+v", i)
		}
	}
	names, err := discover.Names(cat).Draft(nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := names.YAML(); !strings.Contains(text, `terms: "null"`) {
		t.Errorf("by names:\n%s", text)
	}
}
