package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// corpusShort are the schemas of the corpus that `make test` tries; `make corpus`
// tries all of them.
var corpusShort = []string{"streaming_titles", "booking"}

// people is how many persons the schemas of the corpus draw from.
const people = 960

// A database as people have them goes from nothing to a clean run: the draft as it
// is written, check, run; where the run is refused, one round of --from-run, and
// run again. Nothing that was planted arrives.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../testdata/corpus/*.sql")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		if name == "people" || os.Getenv("REFRESHER_CORPUS") == "" && !slices.Contains(corpusShort, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCorpusSite(t, name)
			s.must(exitClean, "discover", "--output", filepath.Join(s.dir, "rules.yaml"))
			s.must(exitClean, "check")
			code, _, said := s.run("run")
			if code == exitRefused {
				s.patchRules()
				code, _, said = s.run("run")
			}
			if code != exitClean {
				t.Fatalf("exit code %d:\n%s\n%s", code, said, readFile(t, filepath.Join(s.dir, "rules.yaml")))
			}
			s.noPerson()
		})
	}
}

// newCorpusSite is a site whose production is one schema of the corpus.
func newCorpusSite(t *testing.T, name string) *site {
	t.Helper()
	return newSiteOf(t, "corpus_"+name,
		readFile(t, "../../testdata/corpus/people.sql")+readFile(t, "../../testdata/corpus/"+name+".sql"))
}

// patchRules applies what discover proposes after a refused run, as a user does.
func (s *site) patchRules() {
	s.t.Helper()
	patch, said := s.must(exitClean, "discover", "--from-run", "latest")
	if patch == "" {
		s.t.Fatalf("a refused run gives no patch:\n%s", said)
	}
	cmd := exec.Command("git", "apply", "-p0", "-")
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(strings.ReplaceAll(patch, filepath.ToSlash(filepath.Join(s.dir, "rules.yaml")), "rules.yaml"))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s\n%s", err, out, patch)
	}
}

var (
	anyMail  = regexp.MustCompile(`[\w.'-]+@[\w-]+\.[\w.-]+`)
	anyPhone = regexp.MustCompile(`\b49151\d{7,8}\b`)
)

// noPerson looks for everybody of people.sql in all that staging holds.
func (s *site) noPerson() {
	s.t.Helper()
	tool, err := exec.LookPath("pg_dump")
	if err != nil {
		s.t.Fatal(err)
	}
	dump, err := exec.Command(tool, "--inserts", s.staging.URL(s.db)).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	dump = bytes.ReplaceAll(dump, []byte("''"), []byte("'"))
	mails, phones, names, streets := s.everybody()
	for _, m := range anyMail.FindAll(dump, -1) {
		if mails[strings.ToLower(string(m))] {
			s.t.Errorf("staging holds an address of production: %.3s…", m)
		}
	}
	for _, p := range anyPhone.FindAll(dump, -1) {
		if phones["+"+string(p)] {
			s.t.Errorf("staging holds a phone number of production: %.6s…", p)
		}
	}
	lower := bytes.ToLower(dump)
	for what, list := range map[string][]string{"name": names, "street": streets} {
		for _, v := range list {
			if bytes.Contains(lower, []byte(strings.ToLower(v))) {
				s.t.Errorf("staging holds a %s of production: %.4s…", what, v)
			}
		}
	}
}

// everybody asks production's server for the persons of people.sql.
func (s *site) everybody() (mails, phones map[string]bool, names, streets []string) {
	s.t.Helper()
	ctx := s.t.Context()
	conn, err := pgx.Connect(ctx, s.primary.URL(s.db))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, readFile(s.t, "../../testdata/corpus/people.sql")); err != nil {
		s.t.Fatal(err)
	}
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT pg_temp.mail(i), pg_temp.phone(i), pg_temp.person(i), pg_temp.street(i) FROM generate_series(1, %d) i`, people))
	if err != nil {
		s.t.Fatal(err)
	}
	mails, phones = map[string]bool{}, map[string]bool{}
	var mail, phone, name, street string
	if _, err := pgx.ForEachRow(rows, []any{&mail, &phone, &name, &street}, func() error {
		mails[mail], phones[phone] = true, true
		names, streets = append(names, name), append(streets, street)
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	return mails, phones, names, streets
}
