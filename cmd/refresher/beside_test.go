package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"refresher/internal/report"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/longform"
)

func (s *site) drop(key string) {
	s.t.Helper()
	if _, err := s.s3.Client().DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: &s.db, Key: &key}); err != nil {
		s.t.Fatal(err)
	}
}

// latest is the run that latest.json names.
func (s *site) latest() string {
	s.t.Helper()
	var l s3sink.Latest
	if err := json.Unmarshal(s.object("data/latest.json"), &l); err != nil {
		s.t.Fatal(err)
	}
	return l.Run
}

// What lies beside the dataset of latest.json is looked through, too.
func TestVerifySeesWhatLiesBesideADataset(t *testing.T) {
	t.Parallel()
	s := newRemainsSite(t)
	s.production(`CREATE TABLE teams (id int PRIMARY KEY, slug text, name text, lead_id bigint);
		INSERT INTO teams VALUES (1, 'growth', 'Growth', 1)`)
	s.edit("rules.yaml", "tables:\n", "tables:\n  public.teams: {columns: {\"*\": keep}}\n")
	shows := func(said string) bool { return strings.Contains(strings.ToLower(said), "zwetschgauer") }
	s.vars["AWS_ENDPOINT_URL"] = s.s3.Endpoint
	s.must(exitClean, "run", "--fingerprints", "bucket:dev")
	older := s.latest()
	_, said := s.must(exitClean, "verify", "--target", "dev")
	if strings.Contains(said, "other runs") || strings.Contains(said, "no run's manifest") {
		t.Error(said)
	}
	s.must(exitClean, "run", "--fingerprints", "bucket:dev")
	current := s.latest()
	url := "s3://" + s.db + "/data"
	leak := []byte("x\nmail ottokar.zwetschgauer@posteo.de\n")
	ways := map[string][]string{
		"name":         {"verify", "--target", "dev"},
		"prefix":       {"verify", "--target", url},
		"fingerprints": {"verify", "--target", "dev", "--fingerprints", "dev", "--offline"},
		"both":         {"verify", "--target", url, "--fingerprints", "dev", "--offline"},
		"older run":    {"verify", "--target", url + "/runs/" + older},
	}
	note := "of other runs (1); --target " + url + "/runs/" + older + " looks into one"
	for name, args := range ways {
		_, said := s.must(exitClean, args...)
		if strings.Contains(said, note) != (name == "name") || strings.Contains(said, "no run's manifest") {
			t.Errorf("%s: %s", name, said)
		}
		if shows(said) {
			t.Errorf("%s shows a person: %s", name, said)
		}
	}
	refused := func(key, want string, names ...string) {
		t.Helper()
		for _, name := range names {
			_, said := s.must(exitRefused, ways[name]...)
			if !strings.Contains(said, want) {
				t.Errorf("%s, by %s: no %q in\n%s", key, name, want, said)
			}
			if shows(said) {
				t.Errorf("%s, by %s: the finding shows a person: %s", key, name, said)
			}
		}
	}
	for i, name := range longform.Some(t, 4, []string{
		"upload.log", "deep/upload.log", "upload.fingerprints", "runs/notes.log", "report.html",
		"runs/" + current + "/notes.log", "runs/" + older + "/notes.log", "runs/" + older + "/report.json",
		"runs/20200101T000000Z-abcd/notes.log", "runs/20200101T000000Z-abcd/manifest.json",
	}) {
		before := s.object("data/" + name)
		s.put("data/"+name, leak)
		refused(name, name+", line 2: survivor of class email", []string{"name", "both"}[i%2])
		if s.drop("data/" + name); before != nil {
			s.put("data/"+name, before)
		}
	}
	stray := "runs/" + current + "/tables/public.teams/part-00007.parquet"
	s.put("data/"+stray, s.leakyParquet())
	refused(stray, "parquet "+stray, "prefix", "fingerprints")
	refused(stray, "public.teams.name, row 2: survivor", "name")
	s.drop("data/" + stray)
	s.put("data/clean.log", []byte("nothing\n"))
	set := s.object("data/runs/" + current + "/fingerprints.fingerprints")
	s.put("data/sets/x.fingerprints", set)
	_, said = s.must(exitClean, ways["name"]...)
	if !strings.Contains(said, "names: 2, looked through") ||
		!strings.Contains(said, "being a fingerprint set: sets/x.fingerprints") {
		t.Error(said)
	}

	// Objects that an older run's manifest names are looked into where it is said so.
	held := "runs/" + older + "/" + teamsObject
	body := s.leakyParquet()
	s.put("data/"+held, body)
	refused(held, held, "older run", "name") // by the name: its size is another
	var m s3sink.Manifest
	if err := json.Unmarshal(s.object("data/runs/"+older+"/manifest.json"), &m); err != nil {
		t.Fatal(err)
	}
	for i := range m.Objects {
		if m.Objects[i].Name == teamsObject {
			m.Objects[i].Size = int64(len(body))
		}
	}
	doc, _ := json.Marshal(m)
	s.put("data/runs/"+older+"/manifest.json", doc)
	refused(held, "public.teams.name, row 2: survivor", "prefix", "fingerprints", "both")
	if _, said = s.must(exitClean, ways["name"]...); !strings.Contains(said, note) {
		t.Error(said)
	}

	t.Run("a folder", func(t *testing.T) {
		dir := t.TempDir()
		for _, k := range s.keys() {
			path := filepath.Join(dir, k)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if k == "data/"+held || strings.Contains(k, "/report.") || strings.HasSuffix(k, report.AttestationName) { // a report's paths can look like tokens
				continue
			}
			if err := os.WriteFile(path, s.object(k), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.must(exitClean, "verify", "--target", filepath.Join(dir, "data"))
		for name, text := range map[string]string{"x.fingerprints": string(leak), "y.fingerprints": "RFPRINTS" + string(leak), "z.log": string(leak)} {
			path := filepath.Join(dir, "data", name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, said := s.must(exitRefused, "verify", "--target", filepath.Join(dir, "data"))
			if !strings.Contains(said, name+", line 2: survivor of class email") {
				t.Errorf("%s: %s", name, said)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	})
}
