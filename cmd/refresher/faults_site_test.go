package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/s3server"
)

// faultSchema is a production database that a run refreshes in a second or two.
// Every personal value of it holds the word zanzibar, which no fake does.
const faultSchema = `
	CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, name text, joined date);
	CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users, memo text);
	CREATE TABLE events (id bigint, at date NOT NULL, body jsonb) PARTITION BY RANGE (at);
	CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
	CREATE TABLE events_new PARTITION OF events DEFAULT;
	CREATE TABLE bulk (id int PRIMARY KEY, filler text);
	CREATE TABLE nothing (id int);
	CREATE MATERIALIZED VIEW totals AS SELECT user_id, count(*) AS n FROM orders GROUP BY 1;
	CREATE INDEX ON orders (user_id);
	INSERT INTO users SELECT i, 'zanzibar.' || i || '@bigcorp.com', 'Zanzibar Quillfeather' || i, date '2020-01-01' + i FROM generate_series(1, 200) i;
	INSERT INTO orders (user_id, memo) SELECT i % 200 + 1, 'order ' || i FROM generate_series(1, 2000) i;
	INSERT INTO events SELECT i, date '2024-01-01' + i, jsonb_build_object('mail', 'zanzibar.' || i || '@bigcorp.com', 'kind', 'click') FROM generate_series(1, 700) i;
	INSERT INTO bulk SELECT i, repeat('lorem ipsum dolor ', 10) FROM generate_series(1, 4000) i;
	REFRESH MATERIALIZED VIEW totals;`

const faultRules = `version: 1
tables:
  public.users: {columns: {id: keep, email: email, name: full_name, joined: {transform: date_shift, max_days: 30}}}
  public.orders: {columns: {id: keep, user_id: keep, memo: keep}}
  public.events: {columns: {id: keep, at: keep, body: {json: {mail: email, kind: keep}}}}
  public.bulk: {columns: {"*": keep}}
  public.nothing: {columns: {id: keep}}
`

// faultServers are this suite's own: they are killed and starved.
var faultServers = sync.OnceValues(func() (*servers, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var s servers
	var err error
	// A standby that cancels at once what is in the way of the primary's changes.
	config := map[string]string{
		"hot_standby_feedback":        "off",
		"max_standby_streaming_delay": "50ms",
		"autovacuum":                  "off",
	}
	if s.primary, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return nil, err
	}
	if s.standby, err = s.primary.Standby(ctx); err != nil {
		return nil, err
	}
	if s.staging, err = pgserver.Start(ctx, pgserver.Options{}); err != nil {
		return nil, err
	}
	if s.s3, err = s3server.Versity(ctx); err != nil {
		return nil, err
	}
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": s.s3.AccessKey, "AWS_SECRET_ACCESS_KEY": s.s3.SecretKey, "AWS_REGION": s3server.Region, "AWS_MAX_ATTEMPTS": "3"} {
		if err := os.Setenv(k, v); err != nil {
			return nil, err
		}
	}
	conn, err := pgx.Connect(ctx, s.primary.URL(pgserver.User))
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE faults"); err != nil {
		return nil, err
	}
	db, err := pgx.Connect(ctx, s.primary.URL("faults"))
	if err != nil {
		return nil, err
	}
	defer db.Close(ctx)
	_, err = db.PgConn().Exec(ctx, faultSchema).ReadAll()
	return &s, err
})

// faultSite is a site that every fault is injected into, with proxies before its
// servers, and what it must look like after each.
type faultSite struct {
	*site
	toSource, toStaging, toS3 *faultproxy.Proxy
	temp                      string
	want                      string // content of staging
	replaced                  string // content that is right too, after production changed
	counts                    *faultCounts
	kind                      string
	sizes                     map[*faultproxy.Proxy]int64 // bytes of a whole run
	took                      time.Duration
	requests                  int // of a whole run to the bucket; 0: not counted yet
	clock                     func() time.Time
}

// newFaultSite makes a site that has been refreshed once.
func newFaultSite(t *testing.T, counts *faultCounts) *faultSite {
	t.Helper()
	srv, err := faultServers()
	if err != nil {
		t.Fatal(err)
	}
	return siteOf(t, srv, counts, "")
}

func siteOf(t *testing.T, srv *servers, counts *faultCounts, kind string) *faultSite {
	t.Helper()
	s := &site{servers: srv, t: t, db: fmt.Sprintf("fault%d", sites.Add(1)), dir: t.TempDir()}
	pgserver.Exec(t, s.primary.URL(pgserver.User), "CREATE DATABASE "+s.db+" TEMPLATE faults")
	t.Cleanup(func() {
		for _, c := range []*pgserver.Cluster{s.primary, s.staging} {
			pgserver.Exec(t, c.URL(pgserver.User), "DROP DATABASE IF EXISTS "+s.db+" WITH (FORCE)")
			pgserver.Exec(t, c.URL(pgserver.User), "DROP DATABASE IF EXISTS "+s.db+"_previous WITH (FORCE)")
		}
	})
	if err := s.s3.CreateBucket(context.Background(), s.db); err != nil {
		t.Fatal(err)
	}
	f := &faultSite{site: s, temp: t.TempDir(), counts: counts, kind: kind, clock: time.Now}
	endpoint, err := url.Parse(s.s3.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		proxy  **faultproxy.Proxy
		target string
	}{{&f.toSource, fmt.Sprintf("127.0.0.1:%d", s.standby.Port())}, {&f.toStaging, fmt.Sprintf("127.0.0.1:%d", s.staging.Port())}, {&f.toS3, endpoint.Host}} {
		if *p.proxy, err = faultproxy.Listen(p.target); err != nil {
			t.Fatal(err)
		}
		t.Cleanup((*p.proxy).Close)
	}
	through := func(p *faultproxy.Proxy) string {
		return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", pgserver.User, p.Port(), s.db)
	}
	s.vars = map[string]string{
		"SOURCE":  through(f.toSource),
		"STAGING": through(f.toStaging),
		"S3":      "http://" + f.toS3.Addr(),
		"KEY":     testKey,
	}
	s.write("rules.yaml", faultRules)
	s.write("refresher.yaml", fmt.Sprintf(`
source: {url: "${SOURCE}", require_replica: true}
staging: {url: "${STAGING}"}
rules: [rules.yaml]
key: env:KEY
buckets:
  - {name: dev, url: s3://%s/data, content: sample, formats: [pgdump, parquet], sample: {roots: [public.users], percent: 20}, keep: 2}
s3: {endpoint: "${S3}", path_style: true}
retry: {restarts: 3, resumes: 10, patience: 1m, stall: 30s}
workers: 2
temp_dir: %q
`, s.db, f.temp))
	f.measure() // and makes what later runs find: the history, a database to replace
	f.want = f.content()
	return f
}

// measure runs once and notes how long that takes and how many bytes go to and from
// each server.
func (f *faultSite) measure() {
	f.t.Helper()
	f.sizes = map[*faultproxy.Proxy]int64{}
	for _, p := range []*faultproxy.Proxy{f.toSource, f.toStaging, f.toS3} {
		f.sizes[p] = -p.Total()
	}
	began := time.Now()
	f.must(exitClean, "run")
	f.took = time.Since(began)
	for p := range f.sizes {
		f.sizes[p] += p.Total()
	}
}

// content is everything that staging holds, as one hash: rows, sequences, and that
// constraints and indexes are there and valid. With one key and an unchanged
// production it is the same after every run.
func (f *faultSite) content() string {
	f.t.Helper()
	var parts []string
	for _, table := range []string{"users", "orders", "events_old", "events_new", "bulk", "nothing", "totals"} {
		parts = append(
			parts,
			fmt.Sprintf(
				"(SELECT '%s ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM %s t)",
				table,
				table,
			),
		)
	}
	parts = append(
		parts,
		"(SELECT 'sequence ' || last_value || ' ' || is_called FROM orders_id_seq)",
		"(SELECT 'constraints ' || count(*) || ' ' || bool_and(convalidated) FROM pg_constraint WHERE connamespace = 'public'::regnamespace)",
		"(SELECT 'indexes ' || count(*) || ' ' || bool_and(indisvalid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = 'public'::regnamespace)",
		"(SELECT 'schemas ' || string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_')",
	)
	return f.one(f.staging.URL(f.db), "SELECT concat_ws(E'\\n', "+strings.Join(parts, ", ")+")")
}

// dataset says what is wrong with the bucket as a reader sees it: empty if
// latest.json names a run of which every object is as its manifest says.
func (f *faultSite) dataset() string {
	f.t.Helper()
	var latest s3sink.Latest
	if err := json.Unmarshal(f.object("data/latest.json"), &latest); err != nil {
		return "latest.json can't be read"
	}
	doc := f.object("data/" + latest.Manifest)
	sum := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	var m s3sink.Manifest
	if err := json.Unmarshal(doc, &m); err != nil || sum(doc) != latest.SHA256 {
		return "the manifest is not the one that latest.json names"
	}
	for _, o := range m.Objects {
		if b := f.object("data/runs/" + latest.Run + "/" + o.Name); sum(b) != o.SHA256 {
			return "object " + o.Name + " differs from the manifest"
		}
	}
	return ""
}

// remains is what belongs to no finished run: databases, objects, uploads, files.
func (f *faultSite) remains() string {
	f.t.Helper()
	var found []string
	if left := f.leftovers(); left != "" {
		found = append(found, "databases: "+left)
	}
	runs := map[string]bool{}
	for _, k := range f.keys() {
		rest, ok := strings.CutPrefix(k, "data/runs/")
		switch run, name, _ := strings.Cut(rest, "/"); {
		case !ok && k != "data/latest.json":
			found = append(found, "object "+k)
		case ok:
			runs[run] = runs[run] || name == "manifest.json"
		}
	}
	for run, complete := range runs {
		if !complete {
			found = append(found, "objects of "+run)
		}
	}
	if len(runs) > 2 {
		found = append(found, fmt.Sprintf("%d runs in the bucket, 2 are kept", len(runs)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := f.s3.Client().ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &f.db})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, u := range out.Uploads {
		found = append(found, "upload "+aws.ToString(u.Key))
	}
	entries, err := os.ReadDir(f.temp)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range entries {
		found = append(found, "temporary "+e.Name())
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}

// atStage is called when the run says that a stage begins, and the run waits for them.
type atStage map[string]func()

// hooked is the program's stderr, listened to.
type hooked struct {
	bytes.Buffer
	on atStage
}

func (h *hooked) Write(b []byte) (int, error) {
	n, err := h.Buffer.Write(b)
	for stage, do := range h.on {
		if bytes.Contains(b, []byte("  "+stage+" …")) {
			delete(h.on, stage)
			do()
		}
	}
	return n, err
}

// refresh runs the program in this process, with hooks.
func (f *faultSite) refresh(on atStage) (code int, said string) {
	f.t.Helper()
	f.replayed()
	var out bytes.Buffer
	said2 := &hooked{on: on}
	a := &app{out: &out, err: said2, getenv: f.getenv, now: f.clock}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	code = run(ctx, []string{"run", "--config", filepath.Join(f.dir, "refresher.yaml")}, a)
	if ctx.Err() != nil {
		f.t.Errorf("%s: the run hung", f.kind)
	}
	return code, said2.String() + out.String()
}

// killed is the exit code of a process that a signal ended.
const killed = -1

// inject carries out one fault and judges what it left. fault runs the program
// while it breaks something, and mends it again.
func (f *faultSite) inject(detail string, fault func() (code int, said string)) {
	f.t.Helper()
	before := f.state()
	code, said := fault()
	f.judge(detail, before, code, said)
}

func (f *faultSite) judge(detail, before string, code int, said string) {
	f.t.Helper()
	var wrong []string
	after, content := f.state(), f.content()
	if content != f.want && (f.replaced == "" || content != f.replaced) {
		wrong = append(wrong, "staging holds\n"+content+"\ninstead of\n"+f.want)
	}
	if d := f.dataset(); d != "" {
		wrong = append(wrong, d)
	}
	promoting := strings.Contains(said, "  promote …")
	switch {
	case code == exitClean && after == before:
		wrong = append(wrong, "the run says that it is done, and nothing is new")
	case code != exitClean && after != before && !promoting:
		wrong = append(wrong, fmt.Sprintf("a run that ended with %d changed\n%s\nto\n%s", code, before, after))
	case !slices.Contains([]int{exitClean, exitRefused, exitEnvironment, exitInterrupted, killed}, code):
		wrong = append(wrong, fmt.Sprintf("exit code %d", code))
	}
	if strings.Contains(strings.ToLower(said), "zanzibar") {
		wrong = append(wrong, "a value is in what it said")
	}
	if code != exitClean {
		next, told := f.refresh(nil)
		if next != exitClean {
			wrong = append(wrong, "the next run failed:\n"+told)
		} else if content := f.content(); content != f.want && content != f.replaced {
			wrong = append(wrong, "after the next run staging holds\n"+content)
		}
	}
	if left := f.remains(); left != "" {
		wrong = append(wrong, "left over: "+left)
	}
	f.counts.note(f.kind, code, said, len(wrong) > 0)
	if len(wrong) > 0 {
		f.t.Errorf("%s, %s: exit %d\n%s\n%s", f.kind, detail, code, strings.Join(wrong, "\n"), said)
	} else if testing.Verbose() {
		f.t.Logf("%s, %s: exit %d %s", f.kind, detail, code, lastLine(said))
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
