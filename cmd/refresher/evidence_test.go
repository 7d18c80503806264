package main

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
)

// theReportIsSigned wherever it goes, and checked from there.
func (s *site) theReportIsSigned(t *testing.T) {
	dir := filepath.Join(s.dir, "evidence") + "/"
	file := dir + "report.json"
	doc := []byte(readFile(t, file))
	if canonical, err := signature.Canonical(doc); err != nil || !bytes.Equal(doc, canonical) {
		t.Errorf("report.json is not its own canonical form: %v", err)
	}
	s.valid(doc)

	key, _ := s.must(exitClean, "public-key")
	key = strings.TrimSpace(key)
	if !strings.Contains(string(doc), `"public_key":"`+key+`"`) ||
		!strings.Contains(html.UnescapeString(readFile(t, dir+"report.html")), key) {
		t.Error("the report does not name the key that signs it")
	}
	pem, _ := s.must(exitClean, "public-key", "--format", "pem")
	s.write("key.pem", pem)
	id := s.lastReport().Run
	saved := filepath.Join(s.dir, "saved")
	s.must(exitClean, "runs", id, "--save", saved)
	if !bytes.Equal([]byte(readFile(t, filepath.Join(saved, "report.json"))), doc) {
		t.Error("the history gives another report than the run")
	}
	indented, _ := s.must(exitClean, "runs", id, "--format", "json")
	s.write("indented.json", indented)
	s.write("indented.json.sig", readFile(t, file+".sig"))

	web := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer web.Close()
	bucket := "s3://" + s.db + "/data/runs/" + id
	for _, where := range []string{file, dir, saved, filepath.Join(s.dir, "indented.json"), web.URL + "/report.json", bucket, bucket + "/report.json", "dev"} {
		_, said := s.must(exitClean, "verify", "--report", where)
		if !strings.Contains(said, key) || !strings.Contains(said, "run "+id+" is genuine") ||
			!strings.Contains(said, "done") {
			t.Errorf("%s:\n%s", where, said)
		}
		if inBucket := where == "dev" || strings.HasPrefix(where, "s3"); inBucket != strings.Contains(said,
			"objects that the report describes") {
			t.Errorf("%s:\n%s", where, said)
		}
	}
	// Whoever has the public key needs nothing else.
	for _, k := range []string{key, filepath.Join(s.dir, "key.pem")} {
		a, out := &app{
			getenv:     func(string) (string, bool) { return "", false },
			out:        &bytes.Buffer{},
			configPath: "nowhere.yaml",
		}, &bytes.Buffer{}
		a.err = out
		if code := run(t.Context(), []string{"verify", "--report", file, "--public-key", k, "--config", "nowhere.yaml"}, a); code != exitClean {
			t.Errorf("exit %d\n%s", code, out)
		}
	}
	for _, format := range []string{"json", "junit", "sarif"} {
		if out, _ := s.must(exitClean, "verify", "--report", file, "--format", format); format != "sarif" &&
			!strings.Contains(out, "signature") {
			t.Errorf("%s:\n%s", format, out)
		}
	}

	// What somebody changed, forged or left out.
	s.write("forged.json", strings.Replace(string(doc), `"survivors":0`, `"survivors":1`, 1))
	s.write("forged.json.sig", readFile(t, file+".sig"))
	s.write("bare.json", string(doc))
	s.write("other.json", string(doc))
	stranger, err := signature.ParseSigner([]byte(otherKey))
	if err != nil {
		t.Fatal(err)
	}
	s.write("other.json.sig", string(stranger.Sign(doc)))
	for name, want := range map[string]string{"forged.json": "changed after it was signed", "bare.json": "no signature bare.json.sig beside the report", "other.json": "signed by another key"} {
		_, said := s.must(exitRefused, "verify", "--report", filepath.Join(s.dir, name))
		if !strings.Contains(said, want) {
			t.Errorf("%s:\n%s", name, said)
		}
	}
	s.must(exitClean, "verify", "--report", filepath.Join(s.dir, "other.json"), "--public-key", key, "--public-key",
		stranger.Public().String())
	for _, args := range [][]string{
		{"--report", ""}, {"--report", filepath.Join(s.dir, "none.json")}, {"--report", bucket + "x"}, {"--report", web.URL + "/none.json"}, {"--public-key", key},
		{"--report", file, "--public-key", "abc"}, {"--report", file, "--target", "staging"}, {"--report", file, "--format", "pdf"}, {"--report", file, "--config", "nowhere.yaml"},
	} {
		a, out := &app{getenv: s.getenv, out: &bytes.Buffer{}}, &bytes.Buffer{}
		a.err = out
		if code := run(t.Context(), append([]string{"verify", "--config", filepath.Join(s.dir, "refresher.yaml")}, args...), a); code != exitInput {
			t.Errorf("%q: exit %d\n%s", args, code, out)
		}
	}

	// A report beside another dataset than its own: here an object was exchanged, manifest and all.
	manifest := s.object("data/runs/" + id + "/manifest.json")
	defer s.put("data/runs/"+id+"/manifest.json", manifest)
	s.put("data/runs/"+id+"/manifest.json", bytes.Replace(manifest, []byte(`"sha256": "`), []byte(`"sha256": "00`), 1))
	if _, said := s.must(exitRefused, "verify", "--report", bucket); !strings.Contains(said,
		"not the one that the report describes") {
		t.Errorf("an exchanged dataset:\n%s", said)
	}

	// This run's folder under the id of a later one, which latest.json names.
	const later = "20991121T030000Z-7f3a"
	latest := s.object("data/latest.json")
	defer s.put("data/latest.json", latest)
	for _, name := range []string{report.JSONName, report.JSONName + signature.Suffix, s3sink.ManifestName} {
		s.put("data/runs/"+later+"/"+name, s.object("data/runs/"+id+"/"+name))
		defer s.drop("data/runs/" + later + "/" + name)
	}
	s.put("data/latest.json", bytes.ReplaceAll(latest, []byte(id), []byte(later)))
	_, said := s.must(exitRefused, "verify", "--report", "dev")
	if !strings.Contains(said, "an older one was put in its place") {
		t.Errorf("an older run as the latest:\n%s", said)
	}
}

// A key of its own signs instead of the one derived from the masking key.
func TestAConfiguredKeySigns(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	derived, _ := s.must(exitClean, "public-key")
	s.edit("refresher.yaml", "key: env:KEY\n", "key: env:KEY\nsign: env:SIGN\n")
	if _, said := s.must(exitInput, "run"); !strings.Contains(said, "sign: the environment variable SIGN is not set") {
		t.Error(said)
	}
	s.vars["SIGN"] = "hunter2"
	if _, said := s.must(exitInput, "run"); !strings.Contains(said, "sign: the signing key must be") ||
		strings.Contains(said, "hunter2") {
		t.Error(said)
	}
	s.vars["SIGN"] = otherKey
	file := filepath.Join(s.dir, "report.json")
	s.must(exitClean, "run", "--report", file)
	own, _ := s.must(exitClean, "public-key")
	s.must(exitClean, "verify", "--report", file)
	if _, said := s.must(exitRefused, "verify", "--report", file, "--public-key", strings.TrimSpace(derived)); !strings.Contains(
		said, "signed by another key ("+strings.TrimSpace(own)+")") {
		t.Error(said)
	}
	if rep := s.lastReport(); rep.Signing.Origin != "configured" || rep.Signing.PublicKey+"\n" != own {
		t.Errorf("%+v", rep.Signing)
	}
}

// What changed since the last run that was done stands in the report, also where
// the change is why the run is refused.
func TestDriftBetweenRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withoutBuckets()
	s.must(exitClean, "run")
	first := s.lastReport()
	if first.Drift != nil {
		t.Errorf("the first run drifts: %+v", first.Drift)
	}
	s.production(
		"ALTER TABLE experiments ADD shade text; ALTER TABLE teams ALTER name TYPE varchar(200); DELETE FROM metrics WHERE ctid IN (SELECT ctid FROM metrics LIMIT 5)",
	)
	s.edit("rules.yaml", "      key: keep\n      name: keep\n",
		"      key: keep\n      name: lorem\n      shade: \"null\"\n")
	s.must(exitClean, "run")
	d := s.lastReport().Drift
	if d == nil || d.Run != first.Run || d.SHA256 != first.Signed.SHA256() || d.Ruleset == nil || d.Schema == nil ||
		d.Key != nil ||
		d.Signer != nil {
		t.Fatalf("%+v", d)
	}
	doc, _ := json.Marshal(d)
	for _, want := range []string{
		`"columns":[{"table":"public.experiments","column":"shade","change":"added","to":"text","transform":"null"},{"table":"public.teams","column":"name","change":"retyped","from":"text","to":"character varying(200)"}]`,
		`{"table":"public.experiments","column":"name","from":"keep","to":"lorem","masked":true}`,
		`{"name":"public.metrics_later","from":90,"to":85}`, `"stage":"verify"`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
	// A run that is refused is compared with the last one that was done.
	s.edit("rules.yaml", "name: lorem", "name: keep")
	email := s.one(s.primary.URL(s.db), "SELECT email FROM users ORDER BY id LIMIT 1")
	s.production("UPDATE experiments SET name = 'ask " + email + "' WHERE id = 1")
	s.must(exitRefused, "run")
	rep := s.lastReport()
	if rep.Outcome != fault.Refused || rep.Drift == nil || len(rep.Drift.Rules) != 1 || !rep.Drift.Rules[0].Unmasked {
		t.Errorf("%s: %+v", rep.Outcome, rep.Drift)
	}
	saved := filepath.Join(s.dir, "saved")
	s.must(exitClean, "runs", rep.Run, "--save", saved)
	if _, said := s.must(exitClean, "verify", "--report", saved); !strings.Contains(said,
		"It says that the run was refused") {
		t.Error(said)
	}
	s.valid([]byte(readFile(t, filepath.Join(saved, "report.json"))))
}

// valid holds a report against its documented schema.
func (s *site) valid(doc []byte) {
	s.t.Helper()
	c := jsonschema.NewCompiler()
	schema, err := c.Compile("../../docs/report.schema.json")
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		s.t.Error(err)
	}
}
