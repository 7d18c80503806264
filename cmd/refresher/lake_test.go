package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/testkit/pgserver"
)

// lakeRules are for the objects of lakeSite.
const lakeRules = `version: 1
objects:
  "users/**/*.csv": {columns: {uid: keep, mail: email, note: text, region: keep}}
  "events/{mail}/*.jsonl.gz": {columns: {mail: email, uid: keep, who: {json: {mail: email, tags: keep}}, n: keep}}
  "parquet/*.parquet": {columns: {uid: keep, mails: {array: email}}}
  "tmp/**": {rows: none}
`

// lakeRow is a row of a Parquet file.
type lakeRow struct {
	UID   int64    `parquet:"uid"`
	Mails []string `parquet:"mails,list"`
}

// newLakeSite is a small site with objects beside its database: the same people, by address
// and id.
func newLakeSite(t *testing.T) *site {
	t.Helper()
	s := newSmallSite(t)
	var csv, lines strings.Builder
	csv.WriteString("uid,mail,note\n")
	for i := 1; i <= 200; i++ {
		fmt.Fprintf(&csv, "%d,zanzibar.%d@bigcorp.com,\"call zanzibar.%d@bigcorp.com, \"\"soon\"\"\"\n", i, i, i)
		fmt.Fprintf(&lines, `{"uid":%d,"who":{"mail":"zanzibar.%d@bigcorp.com","tags":["a"],"new":"zanzibar"},"n":1.50}`+"\n", i, i)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Name = "zanzibar.7@bigcorp.com"
	_, _ = io.WriteString(z, lines.String())
	_ = z.Close()
	s.put("prod/users/region=EU/part-0.csv", []byte(csv.String()))
	s.put("prod/events/zanzibar.7@bigcorp.com/day1.jsonl.gz", packed.Bytes())
	var table bytes.Buffer
	w := parquet.NewGenericWriter[lakeRow](&table, parquet.KeyValueMetadata("author", "zanzibar.7@bigcorp.com"),
		parquet.MaxRowsPerRowGroup(64))
	for i := int64(1); i <= 200; i++ {
		if _, err := w.Write([]lakeRow{{i, []string{fmt.Sprintf("zanzibar.%d@bigcorp.com", i)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.put("prod/parquet/users.parquet", table.Bytes())
	s.put("prod/tmp/zanzibar.bin", []byte("zanzibar"))
	s.write("lake.yaml", lakeRules)
	s.vars["SOURCE_ID"], s.vars["SOURCE_SECRET"] = s.s3.AccessKey, s.s3.SecretKey
	s.edit("refresher.yaml", "s3: {", fmt.Sprintf(`objects:
  - name: processed
    from: {url: s3://%s/prod/, access_key_id: env:SOURCE_ID, secret_access_key: env:SOURCE_SECRET}
    rules: lake.yaml
    to: [{url: s3://%[1]s/lake/}, {url: s3://%[1]s/lakedev/, percent: 10, by: uid}]
s3: {`, s.db))
	return s
}

// oneObject puts a file beside the database of a site, which reaches a target.
func (s *site) oneObject() {
	s.put("prod/users.csv", []byte("uid,mail\n7,zanzibar.7@bigcorp.com\n"))
	s.write("lake.yaml", "version: 1\nobjects: {'*.csv': {columns: {uid: keep, mail: email}}}\n")
	s.edit("refresher.yaml", "s3: {", fmt.Sprintf(
		"objects: [{name: processed, from: s3://%s/prod/, rules: lake.yaml, to: [{url: s3://%[1]s/lake/}]}]\ns3: {", s.db))
}

// copies are the published objects of a target, unpacked, by key.
func (s *site) copies(prefix string) map[string]string {
	s.t.Helper()
	var latest struct{ Run, Manifest string }
	if err := json.Unmarshal(s.object(prefix+"latest.json"), &latest); err != nil {
		s.t.Fatalf("%s: %v", prefix, err)
	}
	all := map[string]string{}
	for _, key := range s.keys() {
		name, ok := strings.CutPrefix(key, prefix+"runs/"+latest.Run+"/objects/")
		if !ok {
			continue
		}
		b := s.object(key)
		if strings.HasSuffix(key, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				s.t.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil || z.Name != "" {
				s.t.Fatal(err, z.Name)
			}
		}
		all[name] = string(b)
	}
	return all
}

// Objects beside the database reach their targets scrubbed by the same rules: a person is the
// same fake in both, a sample holds the same people, and what has not changed is not read again.
func TestObjectsBesideTheDatabase(t *testing.T) {
	t.Parallel()
	s := newLakeSite(t)
	if _, text := s.must(exitClean, "check"); !strings.Contains(text, "every column has a rule") {
		t.Error(text)
	}
	_, text := s.must(exitClean, "run")
	if want := "objects    processed: 3 objects (600 rows) scrubbed"; !strings.Contains(text, want) ||
		!strings.Contains(text, "left behind by the rules: 1") {
		t.Errorf("%q is not in\n%s", want, text)
	}
	fake := s.one(s.staging.URL(s.db), "SELECT email FROM users WHERE id = 7")
	all := s.copies("lake/")
	events := all["events/"+fake+"/day1.jsonl.gz"]
	users := all["users/region=EU/part-0.csv"]
	if len(all) != 3 || strings.Contains(fmt.Sprint(all), "zanzibar") {
		t.Fatalf("%.2000v", all)
	}
	for _, want := range []string{"uid,mail,note\n", "\n7," + fake + ",\"call " + fake + ", \"\"soon\"\"\"\n"} {
		if !strings.Contains(users, want) {
			t.Errorf("%q is not in\n%.500s", want, users)
		}
	}
	if want := `{"uid":7,"who":{"mail":"` + fake + `","tags":["a"],"`; !strings.Contains(events, want) || strings.Count(events, `"n":1.50}`) != 200 {
		t.Errorf("%q is not in\n%.500s", want, events)
	}
	rows, err := parquet.Read[lakeRow](strings.NewReader(all["parquet/users.parquet"]), int64(len(all["parquet/users.parquet"])))
	if err != nil || len(rows) != 200 || rows[6].UID != 7 || rows[6].Mails[0] != fake {
		t.Errorf("%d rows, %v, %.200v", len(rows), err, rows)
	}
	t.Run("the sample", func(t *testing.T) { s.t = t; s.lakeSample(users) })
	s.t = t
	t.Run("again", func(t *testing.T) { s.t = t; s.lakeAgain(all) })
	s.t = t
	t.Run("forged", func(t *testing.T) { s.t = t; s.lakeForged() })
	s.t = t
	t.Run("refused", func(t *testing.T) { s.t = t; s.lakeRefused() })
	s.t = t
}

// lakeSample compares the rows of the sampled target with those that a sample of the database
// takes by the same share.
func (s *site) lakeSample(users string) {
	s.must(exitClean, "verify", "--target", "s3://"+s.db+"/lakedev")
	var latest struct{ Run string }
	if err := json.Unmarshal(s.object("data/latest.json"), &latest); err != nil {
		s.t.Fatal(err)
	}
	table := s.object("data/runs/" + latest.Run + "/tables/public.users/part-00000.parquet")
	persons, err := parquet.Read[struct {
		ID int32 `parquet:"id"`
	}](bytes.NewReader(table), int64(len(table)))
	if err != nil || len(persons) == 0 {
		s.t.Fatal(persons, err)
	}
	want := "uid,mail,note\n"
	for row := range strings.Lines(users) {
		id, _, _ := strings.Cut(row, ",")
		for _, p := range persons {
			if fmt.Sprint(p.ID) == id {
				want += row
			}
		}
	}
	if got := s.copies("lakedev/")["users/region=EU/part-0.csv"]; got != want {
		s.t.Errorf("the sample is\n%s\nand the database's would make\n%s", got, want)
	}
}

// lakeAgain changes one object; the others are carried over byte for byte. The tables are copied by a
// worker, which makes the same of them as the run did.
func (s *site) lakeAgain(before map[string]string) {
	const rows = "SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u"
	alone := s.one(s.staging.URL(s.db), rows)
	s.edit("refresher.yaml", "s3: {", "copy: {dispatch: workers}\ns3: {")
	c := &crew{site: s}
	c.hire()
	s.put("prod/users/region=EU/part-1.csv", []byte("uid,mail,note\n9,zanzibar.9@bigcorp.com,\n"))
	first := s.lastReport().Run
	_, text := s.must(exitClean, "run", "--purge-previous")
	if want := "processed: 4 objects (601 rows) scrubbed"; !strings.Contains(text, want) || !strings.Contains(text, "taken over: 3") {
		s.t.Errorf("%q is not in\n%s", want, text)
	}
	c.dismiss()
	if got := s.one(s.staging.URL(s.db), rows); got != alone {
		s.t.Error("the worker made other rows than the run")
	}
	s.edit("refresher.yaml", "copy: {dispatch: workers}\n", "")
	after := s.copies("lake/")
	for key, b := range before {
		if after[key] != b {
			s.t.Errorf("%s changed", key)
		}
	}
	if len(after) != 4 {
		s.t.Errorf("%d objects", len(after))
	}
	if old := slices.IndexFunc(s.keys(), func(k string) bool { return strings.Contains(k, "/runs/"+first+"/") }); old >= 0 {
		s.t.Errorf("--purge-previous left %s", s.keys()[old])
	}
	_, made := s.must(exitClean, "keys", "rotate", "--out", filepath.Join(s.t.TempDir(), "new.key"))
	rep := s.lastReport()
	for _, bucket := range []string{"processed-1", "processed-2"} {
		if want := "dataset " + rep.Run + " in bucket " + bucket; !strings.Contains(made, want) {
			s.t.Errorf("%q is not in\n%s", want, made)
		}
	}
	if len(rep.ObjectSets) != 1 || rep.ObjectSets[0].Total().Carried != 3 {
		s.t.Errorf("%+v", rep.ObjectSets)
	}
}

// lakeForged puts another object into a target, which manifest and latest.json name there: without the run's
// signature nothing of that is taken over, or the next run would sign it.
func (s *site) lakeForged() {
	var latest struct{ Run, Manifest string }
	if err := json.Unmarshal(s.object("lake/latest.json"), &latest); err != nil {
		s.t.Fatal(err)
	}
	sum := func(b []byte) []byte { return fmt.Appendf(nil, "%x", sha256.Sum256(b)) }
	object, manifest := "lake/runs/"+latest.Run+"/objects/users/region=EU/part-1.csv", "lake/"+latest.Manifest
	good, named, announced := s.object(object), s.object(manifest), s.object("lake/latest.json")
	forged := bytes.Replace(good, []byte("9,"), []byte("8,"), 1)
	other := bytes.Replace(named, sum(good), sum(forged), 1)
	s.put(object, forged)
	s.put(manifest, other)
	s.put("lake/latest.json", bytes.Replace(announced, sum(named), sum(other), 1))
	_, text := s.must(exitClean, "run")
	if strings.Contains(text, "taken over") || s.copies("lake/")["users/region=EU/part-1.csv"] != string(good) {
		s.t.Errorf("a forged object was taken over:\n%s", text)
	}
}

// lakeRefused lets runs be refused in each way: nothing that was published changes.
func (s *site) lakeRefused() {
	before := s.state() + string(s.object("lake/latest.json")) + string(s.object("lakedev/latest.json"))
	same := func(what string) {
		s.t.Helper()
		if now := s.state() + string(s.object("lake/latest.json")) + string(s.object("lakedev/latest.json")); now != before {
			s.t.Errorf("%s: what was published changed", what)
		}
		if left := s.leftovers(); left != "" {
			s.t.Errorf("%s: left %s", what, left)
		}
	}
	s.put("prod/users/region=EU/part-2.csv", []byte("uid,mail,note,ssn\n"))
	s.put("prod/other/zanzibar.8@bigcorp.com.csv", []byte("x\n"))
	for _, command := range []string{"check", "run"} { // check looks at the objects as they are, too
		out, text := s.must(exitRefused, command)
		for _, want := range []string{`object users/region=***/part-2.csv has a column "ssn"`, "no pattern under objects takes object other/***.csv"} {
			if text := out + text; !strings.Contains(text, want) || strings.Contains(text, "zanzibar") {
				s.t.Errorf("%s: %q is not in\n%s", command, want, text)
			}
		}
	}
	same("a column without a rule")
	s.must(exitRefused, "run", "--dry-run")
	s.put("prod/users/region=EU/part-2.csv", []byte("uid,mail,note\n1,\"zanzibar\n"))
	s.edit("lake.yaml", "tmp/**", "{tmp,other}/**")
	s.must(exitInput, "run")
	s.edit("lake.yaml", `"{tmp,other}/**": {rows: none}`, "\"tmp/**\": {rows: none}\n  \"other/**\": {rows: none}")
	_, text := s.must(exitRefused, "run")
	if want := "row 1: a quote is never closed"; !strings.Contains(text, want) || strings.Contains(text, "zanzibar") {
		s.t.Errorf("%q is not in\n%s", want, text)
	}
	same("a file that can't be read")
	s.put("prod/users/region=EU/part-2.csv", []byte("uid,mail,note\n1,zanzibar.1@bigcorp.com,\n"))
	s.edit("lake.yaml", "mail: email, note", "mail: keep, note")
	_, text = s.must(exitRefused, "run")
	if !strings.Contains(text, "survivor") && !strings.Contains(text, "source value") || strings.Contains(text, "zanzibar") {
		s.t.Errorf("a survivor is not told in\n%s", text)
	}
	same("a survivor")
	pgserver.Exec(s.t, s.primary.URL(s.db), "ALTER TABLE users ADD COLUMN extra text")
	s.edit("lake.yaml", "mail: keep, note", "mail: email, note")
	s.must(exitRefused, "run")
	same("a database that is refused")
	if slices.ContainsFunc(s.keys(), func(k string) bool { return strings.Contains(k, "/runs/") && strings.Contains(k, "part-2") }) {
		s.t.Errorf("remains of refused runs: %v", s.keys())
	}
}
