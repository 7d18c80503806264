package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// leakyParquet is a Parquet file of public.teams with a customer's address in a kept column.
func (s *site) leakyParquet() []byte {
	s.t.Helper()
	type team struct {
		ID     int32  `parquet:"id"`
		Slug   string `parquet:"slug"`
		Name   string `parquet:"name"`
		LeadID int64  `parquet:"lead_id,optional"`
	}
	email := s.one(s.primary.URL(s.db), "SELECT email FROM users ORDER BY id LIMIT 1")
	var b bytes.Buffer
	w := parquet.NewGenericWriter[team](&b)
	if _, err := w.Write([]team{{1, "growth", "Growth", 1}, {2, "core", "ask " + email, 2}}); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

const teamsObject = "tables/public.teams/part-00000.parquet"

func (s *site) put(key string, body []byte) {
	s.t.Helper()
	if _, err := s.s3.Client().PutObject(context.Background(), &s3.PutObjectInput{Bucket: &s.db, Key: &key, Body: bytes.NewReader(body)}); err != nil {
		s.t.Fatal(err)
	}
}

// What a bucket holds is not taken on trust.
func TestBuckets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run")
	for _, step := range []struct {
		name  string
		check func(*testing.T)
	}{
		{"other bytes come back", s.otherBytesComeBack}, {"changed during a run", s.changedDuringARun}, {"a year that is not yet", s.aYearThatIsNotYet},
		{"what stands beside the bytes", s.whatStandsBesideTheBytes},
		{"verify looks inside Parquet", s.verifyLooksInsideParquet},
		{"in a folder", s.inAFolder},
	} {
		t.Run(step.name, func(t *testing.T) { s.t = t; step.check(t) })
		s.t = t
	}
}

// A store keeps more with an object than its bytes, and gives it to everyone who reads these.
func (s *site) whatStandsBesideTheBytes(t *testing.T) {
	key, client := "data/note.txt", s.s3.Client()
	for _, in := range []s3.PutObjectInput{
		{Metadata: map[string]string{"owner": "hanna.quistorp@posteo.de"}},
		{ContentDisposition: aws.String(`attachment; filename="hanna.quistorp@posteo.de.txt"`)},
	} {
		in.Bucket, in.Key, in.Body = &s.db, &key, strings.NewReader("nothing")
		if _, err := client.PutObject(context.Background(), &in); err != nil {
			t.Fatal(err)
		}
		_, said := s.must(exitRefused, "verify", "--target", "dev")
		if !strings.Contains(said, "note.txt, its metadata") || strings.Contains(said, "quistorp") {
			t.Errorf("what stands beside the bytes: %s", said)
		}
	}
	remove := s3.DeleteObjectInput{Bucket: &s.db, Key: &key}
	if _, err := client.DeleteObject(context.Background(), &remove); err != nil {
		t.Fatal(err)
	}
	s.must(exitClean, "verify", "--target", "dev")
}

// A leak in a Parquet file whose manifest agrees with it: only looking inside finds it.
func (s *site) verifyLooksInsideParquet(t *testing.T) {
	var latest s3sink.Latest
	var manifest s3sink.Manifest
	unmarshal := func(key string, v any) {
		if err := json.Unmarshal(s.object(key), v); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	unmarshal("data/latest.json", &latest)
	unmarshal("data/"+latest.Manifest, &manifest)
	body := s.leakyParquet()
	s.put("data/runs/"+latest.Run+"/"+teamsObject, body)
	_, said := s.must(exitRefused, "verify", "--target", "dev")
	if !strings.Contains(said, teamsObject) {
		t.Errorf("bytes that differ from the manifest: %s", said)
	}
	for i := range manifest.Objects {
		if manifest.Objects[i].Name == teamsObject {
			manifest.Objects[i].Size, manifest.Objects[i].SHA256 = int64(len(body)), sum(body)
		}
	}
	doc, _ := json.Marshal(manifest)
	s.put("data/"+latest.Manifest, doc)
	latest.SHA256 = sum(doc)
	doc, _ = json.Marshal(latest)
	s.put("data/latest.json", doc)
	_, said = s.must(exitRefused, "verify", "--target", "dev")
	if !strings.Contains(said, "public.teams.name") {
		t.Errorf("the leak in the Parquet file was not found: %s", said)
	}
	if found := s.leaks(said); len(found) > 0 {
		t.Errorf("the finding shows %s", found[0])
	}
}

// A bucket that gives back other bytes than it was sent never becomes the latest.
func (s *site) otherBytesComeBack(t *testing.T) {
	before := s.state()
	target, err := url.Parse(s.s3.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	body := s.leakyParquet()
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodGet && strings.HasSuffix(r.Request.URL.Path, teamsObject) {
				r.Body = http.NoBody
				r.Header.Del("Content-Length")
				r.ContentLength = int64(len(body))
				r.Body = readCloser{bytes.NewReader(body)}
			}
			return nil
		},
	})
	defer proxy.Close()
	s.vars["S3"] = proxy.URL
	defer func() { s.vars["S3"] = s.s3.Endpoint }()
	_, said := s.must(exitRefused, "run")
	if !strings.Contains(said, teamsObject) {
		t.Errorf("the refusal does not name the object: %s", said)
	}
	if s.state() != before || s.leftovers() != "" {
		t.Error("a refused run changed staging or latest.json")
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// Somebody else publishes under the same prefix while a run is reading back: the
// run is refused before staging is replaced.
func (s *site) changedDuringARun(t *testing.T) {
	latest := s.object("data/latest.json")
	before := s.one(s.staging.URL("postgres"), "SELECT oid::text FROM pg_database WHERE datname = '"+s.db+"'")
	target, err := url.Parse(s.s3.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var changed sync.Once
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			if r.In.Method == http.MethodGet && strings.HasSuffix(r.In.URL.Path, teamsObject) {
				changed.Do(func() {
					s.put(
						"data/latest.json",
						[]byte(
							`{"run":"20990101T000000Z-ffff","manifest":"runs/20990101T000000Z-ffff/manifest.json","sha256":"`+strings.Repeat(
								"0", 64)+`"}`,
						),
					)
				})
			}
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
	})
	defer proxy.Close()
	s.vars["S3"] = proxy.URL
	defer func() { s.vars["S3"] = s.s3.Endpoint }()
	_, said := s.must(exitRefused, "run")
	if !strings.Contains(said, "latest.json") {
		t.Errorf("the refusal does not name latest.json: %s", said)
	}
	if after := s.one(s.staging.URL("postgres"), "SELECT oid::text FROM pg_database WHERE datname = '"+s.db+"'"); after != before {
		t.Error("staging was replaced")
	}
	s.put("data/latest.json", latest)
}

// A latest.json with a name far in the future neither stops the runs to come nor gives them
// its year.
func (s *site) aYearThatIsNotYet(t *testing.T) {
	latest := s.object("data/latest.json")
	const far = "99991231T235959Z-ffff"
	s.put("data/latest.json", []byte(`{"run":"`+far+`","manifest":"runs/`+far+`/manifest.json","sha256":"`+strings.Repeat("0", 64)+`"}`))
	_, said := s.must(exitClean, "run")
	if !strings.Contains(said, "keeps its own name") || strings.HasPrefix(s.latest(), "9999") || strings.HasPrefix(s.latest(), "1000") {
		t.Errorf("the latest run is %s:\n%s", s.latest(), said)
	}
	s.must(exitClean, "verify", "--target", "dev")
	if string(s.object("data/latest.json")) == string(latest) {
		t.Error("nothing was published")
	}
}

// A folder is a bucket as any other: a run publishes there, and verify, pull and the check of
// the report read what it did.
func (s *site) inAFolder(t *testing.T) {
	url := "file://" + filepath.Join(s.dir, "bucket", "app")
	config, err := os.ReadFile(filepath.Join(s.dir, "refresher.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.write("refresher.yaml", string(config))
	s.write("refresher.yaml", strings.Replace(string(config), "s3://"+s.db+"/data", url, 1))
	made := s.syntheticBucket()
	whole := filepath.Join(s.dir, "whole")
	s.edit("refresher.yaml", "buckets:\n", "buckets:\n  - {name: whole, url: file://"+whole+", content: full, formats: [pgdump]}\n")
	s.edit("refresher.yaml", "public.api_keys: 40", "public.api_keys: 40, public.assignments: 90000000")
	for _, command := range [][]string{{"run", "--dry-run"}, {"check"}} { // both before a row is read
		if _, said := s.must(exitRefused, command...); !strings.Contains(said, "unique key assignments_pkey of public.assignments") {
			t.Errorf("%v: %s", command, said)
		}
	}
	s.edit("refresher.yaml", ", public.assignments: 90000000", "")
	s.must(exitClean, "run")
	s.everyMajorLoads(t, whole, filepath.Join(s.dir, "bucket", "app"), strings.TrimPrefix(made, "file://"))
	s.invented(t, made)
	s.must(exitClean, "verify", "--target", "dev")
	s.must(exitClean, "verify", "--target", url)
	s.must(exitClean, "verify", "--report", "dev")
	to := s.staging.URL(s.db + "_pulled")
	t.Cleanup(func() {
		pgserver.Exec(t, s.staging.URL("postgres"), "DROP DATABASE IF EXISTS "+s.db+"_pulled")
	})
	_, said := s.must(exitClean, "pull", url, "--to", to)
	if want := s.one(to, "SELECT count(*)::text FROM users"); want == "0" || !strings.Contains(said, "(sample)") {
		t.Errorf("%s users were pulled: %s", want, said)
	}
	// What another program put into the folder is looked through, and a planted address found.
	email := s.one(s.primary.URL(s.db), "SELECT email FROM users ORDER BY id LIMIT 1")
	planted := filepath.Join(s.dir, "bucket", "app", "notes.txt")
	if err := os.WriteFile(planted, []byte("ask "+email+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, said = s.must(exitRefused, "verify", "--target", "dev")
	if !strings.Contains(said, "notes.txt") || len(s.leaks(said)) > 0 {
		t.Errorf("the finding beside the dataset: %s", said)
	}
}
