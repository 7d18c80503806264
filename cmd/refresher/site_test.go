package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"

	"refresher"
	"refresher/internal/report"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/s3server"
	"refresher/internal/testkit/shop"
)

// TestMain lets a test run this binary as refresher itself, in a process of its
// own that can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("REFRESHER_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// servers are what the tests of this package share: a primary with a streaming
// hot standby, another cluster for staging, a real S3 server.
type servers struct {
	primary, standby, staging *pgserver.Cluster
	s3                        *s3server.Server
}

const (
	sampleTemplate = "sample"
	sampleUsers    = 100
)

var shared = sync.OnceValues(func() (*servers, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var s servers
	var err error
	config := map[string]string{}
	if n, _ := strconv.Atoi(os.Getenv("REFRESHER_TEST_TABLES")); n > 0 { // each takes a lock in several sessions
		config["max_locks_per_transaction"] = strconv.Itoa(64 + n/10)
	}
	if s.primary, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return nil, err
	}
	if s.standby, err = s.primary.Standby(ctx); err != nil {
		return nil, err
	}
	if s.staging, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return nil, err
	}
	if s.s3, err = s3server.Versity(ctx); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, s.primary.URL(pgserver.User))
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+sampleTemplate); err != nil {
		return nil, err
	}
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": s.s3.AccessKey, "AWS_SECRET_ACCESS_KEY": s.s3.SecretKey, "AWS_REGION": s3server.Region} {
		if err := os.Setenv(k, v); err != nil {
			return nil, err
		}
	}
	return &s, shop.Load(ctx, s.primary.URL(sampleTemplate), shop.Options{Users: sampleUsers, Seed: 7})
})

// testKey and otherKey stand in no file: a key that does is refused. They are the same in each run of
// the tests, so that what the fakes look like is no matter of chance; other keys are tried in the long
// form.
var testKey, otherKey = keyOf("the key of the tests"), keyOf("another key")

func keyOf(text string) string {
	key := sha256.Sum256([]byte(text))
	if longform.Asked() {
		_, _ = rand.Read(key[:])
	}
	return hex.EncodeToString(key[:])
}

// site is one team's set-up: a production database of its own with its replica,
// a staging database, a bucket and a configuration.
type site struct {
	*servers
	t    *testing.T
	db   string
	dir  string
	vars map[string]string
}

var sites atomic.Int64

func newSite(t *testing.T) *site {
	t.Helper()
	srv, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return newSiteOn(t, srv, sampleTemplate)
}

// newLargerSite has more rows: of two streets alone, discover draws no conclusion.
func newLargerSite(t *testing.T) *site {
	t.Helper()
	s := newEmptySite(t)
	if err := shop.Load(t.Context(), s.primary.URL(s.db), shop.Options{Users: 3 * sampleUsers, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	s.replayed()
	return s
}

// newEmptySite is a site whose production database holds nothing yet.
func newEmptySite(t *testing.T) *site {
	t.Helper()
	srv, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return newSiteOn(t, srv, "template0")
}

// newSmallSite is a site with the few tables of faultSchema: for tests that need many
// runs and no particular data.
func newSmallSite(t *testing.T) *site {
	t.Helper()
	s := newEmptySite(t)
	s.production(faultSchema)
	s.write("rules.yaml", faultRules)
	return s
}

// newSiteOn is a site on given servers, with a copy of a database as production.
func newSiteOn(t *testing.T, srv *servers, template string) *site {
	t.Helper()
	n := sites.Add(1)
	s := &site{servers: srv, t: t, db: fmt.Sprintf("app%d", n), dir: t.TempDir()}
	s.primary.Exec(t, "CREATE DATABASE "+s.db+" TEMPLATE "+template)
	t.Cleanup(func() { s.primary.Exec(t, "DROP DATABASE IF EXISTS "+s.db+" WITH (FORCE)") })
	if err := s.s3.CreateBucket(context.Background(), s.db); err != nil {
		t.Fatal(err)
	}
	s.vars = map[string]string{
		"SOURCE": s.standby.URL(s.db), "STAGING": s.staging.URL(s.db), "S3": s.s3.Endpoint,
		"KEY": testKey,
	}
	s.write("rules.yaml", refresher.ExperimentationRules)
	s.write("refresher.yaml", fmt.Sprintf(`
source: {url: "${SOURCE}", require_replica: true}
staging: {url: "${STAGING}"}
rules: [rules.yaml]
key: env:KEY
buckets:
  - {name: dev, url: s3://%s/data, content: sample, formats: [pgdump, parquet], sample: {roots: [public.users], percent: 10}, keep: 2}
s3: {endpoint: "${S3}", path_style: true}
workers: 2
`, s.db))
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// edit changes a file of the site; the text must be there.
func (s *site) edit(name, old, new string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		s.t.Fatalf("%s does not hold %q", name, old)
	}
	s.write(name, strings.Replace(string(text), old, new, 1))
}

func (s *site) getenv(name string) (string, bool) { v, ok := s.vars[name]; return v, ok }

// production runs a statement on the primary and waits until the replica has it.
func (s *site) production(sql string) {
	s.t.Helper()
	pgserver.Exec(s.t, s.primary.URL(s.db), sql)
	s.replayed()
}

func (s *site) replayed() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.primary.WaitReplay(ctx, s.standby); err != nil {
		s.t.Fatal(err)
	}
}

// run is the program as a function.
func (s *site) run(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	s.replayed()
	var out, err bytes.Buffer
	a := &app{out: &out, err: &err, getenv: s.getenv}
	code = run(context.Background(), append(args, "--config", filepath.Join(s.dir, "refresher.yaml")), a)
	return code, out.String(), err.String()
}

// must runs and wants an exit code.
func (s *site) must(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	got, stdout, stderr := s.run(args...)
	if got != code {
		s.t.Fatalf("refresher %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, stderr, stdout)
	}
	return stdout, stderr
}

// process is the program as a process.
func (s *site) process(args ...string) *exec.Cmd {
	s.t.Helper()
	s.replayed()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(self, append(args, "--config", filepath.Join(s.dir, "refresher.yaml"))...)
	cmd.Env = append(os.Environ(), "REFRESHER_TEST_MAIN=1")
	for k, v := range s.vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

// lastReport is the newest run's.
func (s *site) lastReport() *report.Report {
	s.t.Helper()
	list, _ := s.must(exitClean, "runs", "--format", "json")
	var runs []struct{ Run string }
	if err := json.Unmarshal([]byte(list), &runs); err != nil || len(runs) == 0 {
		s.t.Fatalf("no runs: %v\n%s", err, list)
	}
	doc, _ := s.must(exitClean, "runs", runs[0].Run, "--format", "json")
	rep, err := report.Parse([]byte(doc), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return rep
}

// one returns a query's only value, as text.
func (s *site) one(url, sql string) string {
	s.t.Helper()
	conn := pgserver.Conn(s.t, url)
	defer conn.Close(context.Background())
	var v string
	if err := conn.QueryRow(context.Background(), sql).Scan(&v); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// state is what must not change when a run is refused or dies: the
// identity of the staging database and the bytes of latest.json.
func (s *site) state() string {
	s.t.Helper()
	oid := s.one(s.staging.URL(pgserver.User), fmt.Sprintf(
		"SELECT coalesce(string_agg(datname || '=' || oid, ' ' ORDER BY datname), '') FROM pg_database WHERE datname IN ('%s', '%s_previous')",
		s.db,
		s.db,
	))
	return oid + "\n" + string(s.object("data/latest.json"))
}

// leftovers are databases and objects that belong to no finished run.
func (s *site) leftovers() string {
	s.t.Helper()
	return s.one(s.staging.URL(pgserver.User), fmt.Sprintf(
		"SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database WHERE datname LIKE '%s\\_%%' AND datname <> '%s_previous'",
		s.db,
		s.db,
	))
}

// object reads an object, nil if it isn't there.
func (s *site) object(key string) []byte {
	s.t.Helper()
	out, err := s.s3.Client().GetObject(context.Background(), &s3.GetObjectInput{Bucket: &s.db, Key: &key})
	if err != nil {
		return nil
	}
	defer out.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(out.Body); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// keys lists the bucket.
func (s *site) keys() []string {
	s.t.Helper()
	var keys []string
	p := s3.NewListObjectsV2Paginator(s.s3.Client(), &s3.ListObjectsV2Input{Bucket: &s.db})
	for p.HasMorePages() {
		page, err := p.NextPage(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	return keys
}
