package refresh

import (
	"encoding/json"
	"reflect"
	"testing"

	"refresher/internal/dataset/lake"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// What a worker is told of objects is what the run compiles: tables and rules come through JSON whole, conditions,
// nested rules and parameters of every kind among them.
func TestTermsCarryFiles(t *testing.T) {
	rs, err := rules.Parse("lake.yaml", []byte(`version: 1
objects:
  "users/**/*.csv":
    subject: {column: uid, fallback: mail}
    columns:
      uid: keep
      mail: [{transform: email, when: "uid > 7"}, {transform: constant, value: "a"}]
      note: text
      state: {transform: choice, values: [{value: a, weight: 3}, {value: b, weight: 1}]}
  "events/{mail}/*.jsonl.gz": {columns: {mail: email, who: {json: {mail: email, "tags[*]": keep}}, n: {transform: number_noise, percent: 5}}}
  "parquet/*.parquet": {columns: {uid: keep, mails: {array: email}, born: {transform: date_shift, max_days: 9}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	files, problems := lake.Presume("processed", rs)
	if len(problems) > 0 || len(files) < 3 {
		t.Fatal(problems, len(files))
	}
	text, err := json.Marshal(terms{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	var got terms
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(got)
	if err != nil || string(again) != string(text) {
		t.Errorf("%s\n%v, want\n%s", again, err, text)
	}
	for i, f := range files {
		if !reflect.DeepEqual(got.Files[i].Table, f.Table) || scrub.File(got.Files[i]).Rules.Name != f.Rules.Name {
			t.Errorf("%+v, want %+v", got.Files[i], f)
		}
	}
}
