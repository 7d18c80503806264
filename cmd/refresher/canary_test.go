package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/config/secret"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

// A rule that lets values pass is found out by canaries, which nothing else can:
// nobody knows yet that what stands there are names.
func TestACanaryThatComesOutRefusesTheRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.state()
	s.edit("rules.yaml", "full_name: full_name",
		"full_name: {transform: regex_replace, pattern: '^(.+)$', with: '${1}'}")
	_, said := s.must(exitRefused, "run")
	if !strings.Contains(said, "refused by canaries") ||
		!strings.Contains(said, "public.users.full_name: a canary came out of regex_replace") {
		t.Errorf("the refusal:\n%s", said)
	}
	if s.state() != before || s.leftovers() != "" {
		t.Error("a refused run changed staging or the bucket")
	}
	if c := s.lastReport().Canaries; c == nil || c.Leaked == 0 {
		t.Errorf("the report: %+v", c)
	}
}

// Canaries went through every table in which something is masked, and none is
// anywhere: not in staging, not in the bucket, in no report and no output.
func TestCanariesAreNeverLoaded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit("refresher.yaml",
		"content: sample, formats: [pgdump, parquet], sample: {roots: [public.users], percent: 10}",
		"content: full, formats: [pgdump, parquet]")
	stdout, stderr := s.must(exitClean, "run")
	rep := s.lastReport()
	if c := rep.Canaries; c == nil || c.Leaked > 0 || c.Untested > 0 || c.Tested < 30 || c.Followed < 10 ||
		c.Missed > 0 {
		t.Fatalf("canaries: %+v", c)
	}
	// The key and the run's name give the same canaries again.
	conn := pgserver.Conn(t, s.primary.URL(s.db))
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Load([]string{filepath.Join(s.dir, "rules.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	key, err := secret.ParseKey([]byte(s.vars["KEY"]))
	if err != nil {
		t.Fatal(err)
	}
	p, err := scrub.Compile(rs, cat, key.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	tables := map[string]bool{}
	for _, tp := range p.Tables() {
		if !tp.Masked() {
			continue
		}
		tables[tp.Table.Name.String()] = true
		_, ids, err := p.NewWriter(tp, nil, nil).
			Rehearse(key.Derive("canaries\x00" + rep.Run + "\x00" + tp.Table.Name.String()))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			all = append(all, strings.ToLower(id.Text))
		}
	}
	if int64(len(all)) != rep.Canaries.Followed || len(all) < 10 {
		t.Fatalf("%d identities here, %d in the run", len(all), rep.Canaries.Followed)
	}
	for _, c := range rep.Canaries.Tables {
		delete(tables, c.Table)
		if c.Rows < 3 {
			t.Errorf("%s: %d canaries", c.Table, c.Rows)
		}
	}
	if len(tables) > 0 {
		t.Errorf("without canaries: %v", tables)
	}
	doc, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{
		"staging": s.dump(s.staging.URL(s.db)),
		"report":  string(doc),
		"stdout":  stdout,
		"stderr":  stderr,
	}
	for _, k := range s.keys() {
		text := string(s.object(k))
		if strings.HasSuffix(k, ".dump") {
			text = s.undump(text)
		}
		texts[k] = text
	}
	if len(texts) < 10 {
		t.Fatalf("only %d texts", len(texts))
	}
	for where, text := range texts {
		text = strings.ToLower(text)
		for _, id := range all {
			if strings.Contains(text, id) {
				t.Errorf("a canary is in %s", where)
			}
		}
	}
	// The counts know nothing of them.
	if got, want := s.one(s.staging.URL(s.db), "SELECT count(*)::text FROM users"), s.one(s.primary.URL(s.db), "SELECT count(*)::text FROM users"); got != want {
		t.Errorf("%s users in staging, %s in production", got, want)
	}
}

// undump is a dump's SQL.
func (s *site) undump(dump string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, "undump")
	if err := os.WriteFile(path, []byte(dump), 0o600); err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command(s.staging.Tool("pg_restore"), "-f", "-", path).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return string(out)
}
