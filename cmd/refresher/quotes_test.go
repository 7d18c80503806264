package main

import (
	"strings"
	"testing"
)

// What the rules quote of a person, and a column that is called after one, do not reach
// the report that is published beside the dataset, nor anything else that lies there.
func TestWhatTheRulesQuoteIsNotPublished(t *testing.T) {
	t.Parallel()
	s := newRemainsSite(t)
	const address, name, other = "ottokar.zwetschgauer@posteo.de", "Ottokar Zwetschgauer", "sieglinde.krautwurst@posteo.de"
	s.production(`ALTER TABLE users ADD doc jsonb, ADD extra text, ADD "` + other + `" int`)
	s.write("rules.yaml", `version: 1
# `+name+` (`+address+`) asked for this.
tables:
  public.users:
    columns:
      id: keep
      email: {transform: email, domain: "`+address+`"}
      full_name: [{transform: constant, value: `+name+`, when: 'full_name == "Nobody At All"'}, full_name]
      note: [{transform: template, format: "for `+name+`", when: 'note == "never"'}, lorem]
      doc: {json: {'"`+name+`"': keep, '"`+address+`"': keep}}
      "`+other+`": keep
  "*.extr*": lorem
allow:
  - {table: public.users, column: note, class: email, values: [`+address+`], why: it is that of `+name+`}
  - {table: public.users, column: note, class: full_name, up_to: 9, why: asked `+address+`}
`)
	s.must(exitClean, "run", "--fingerprints", "bucket:dev")
	published := 0
	for _, k := range s.keys() {
		if strings.HasSuffix(k, ".dump") || strings.HasSuffix(k, ".parquet") { // verified as rows
			continue
		}
		published++
		body := strings.ToLower(string(s.object(k)))
		for _, person := range []string{address, name, "zwetschgauer"} {
			if strings.Contains(body, strings.ToLower(person)) {
				t.Errorf("%s holds %s", k, person)
			}
		}
		if strings.Contains(k, "/report.") && strings.Contains(body, other) {
			t.Errorf("%s names a column after a person", k)
		}
	}
	if published < 7 { // latest.json, the manifest, the report, its page, signatures, the fingerprint set
		t.Errorf("only %d objects describe the dataset: %s", published, s.keys())
	}
	s.must(exitClean, "verify", "--target", "dev")
}
